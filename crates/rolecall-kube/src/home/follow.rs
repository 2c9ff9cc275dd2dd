//! Following objects at home: a list, and the watch after it, until one of them fails.

use std::convert::Infallible;
use std::time::Duration;

use http::StatusCode;
use rolecall_engine::port::{PortError, PortErrorKind};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::KubeHome;
use crate::connection::{Heard, Request};
use crate::errors::{self, Asked};
use crate::lines::Lines;

/// Twice what an object may have.
const LONGEST: usize = 4 * 1024 * 1024;

/// How long a watch lasts before it is begun anew.
const WATCH: Duration = Duration::from_mins(5);

/// A watch that ends sooner is begun again after a pause.
const TOO_SHORT: Duration = Duration::from_secs(1);

/// Which objects are followed.
pub(super) struct Followed {
    /// What errors call them.
    pub(super) shown: &'static str,
    pub(super) path: &'static str,
    /// A part of the query, with an ampersand at its end, or nothing.
    pub(super) selector: &'static str,
}

/// What became of the objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// These are there, and no others.
    All(Vec<Value>),
    /// This one was created or written.
    Written(Value),
    /// The one of this name is gone.
    Deleted(String),
}

#[derive(Deserialize)]
struct List {
    metadata: Metadata,
    items: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: String,
    resource_version: String,
}

#[derive(Deserialize)]
struct Line {
    r#type: String,
    object: Value,
}

impl KubeHome {
    /// Tells of the objects as they are, and of each change from then on. Comes back with an error only; what was
    /// told stays true until the next [`Change::All`].
    pub(super) async fn followed(
        &self,
        what: &Followed,
        hear: &mut (dyn FnMut(Change) + Send),
    ) -> Result<Infallible, PortError> {
        loop {
            let request = Request::read(what.shown, format!("{}?{}", what.path, what.selector));
            let List { metadata, items } = self.cluster.connection.send(request).await?.json()?;
            hear(Change::All(items));
            let mut version = Some(metadata.resource_version);
            while let Some(from) = version {
                let begun = Instant::now();
                version = self.watched(what, from, hear).await?;
                // Whatever is between here and the API server must not be asked without end.
                if begun.elapsed() < TOO_SHORT {
                    tokio::time::sleep(TOO_SHORT).await;
                }
            }
        }
    }

    /// One watch from a version on. Comes back with the version to go on from; with none, if it is forgotten.
    async fn watched(
        &self,
        what: &Followed,
        mut version: String,
        hear: &mut (dyn FnMut(Change) + Send),
    ) -> Result<Option<String>, PortError> {
        let path = format!(
            "{}?{}watch=true&allowWatchBookmarks=true&timeoutSeconds={}&resourceVersion={version}",
            what.path,
            what.selector,
            WATCH.as_secs()
        );
        let mut body = match self.cluster.connection.open_stream(Request::watch(what.shown, path)).await {
            Ok(body) => body,
            Err(refusal) if refusal.status == Some(StatusCode::GONE) => return Ok(None),
            Err(refusal) => return Err(refusal.error),
        };
        let mut lines = Lines::of_at_most(LONGEST);
        loop {
            while let Some(line) = lines.take().map_err(|_| strange(what, "an event is too long"))? {
                let Line { r#type, object } =
                    serde_json::from_slice(&line).map_err(|error| strange(what, error))?;
                if r#type == "ERROR" {
                    return expired(what, &object).map(|()| None);
                }
                let of_it =
                    Metadata::deserialize(&object["metadata"]).map_err(|error| strange(what, error))?;
                version = of_it.resource_version;
                match r#type.as_str() {
                    "ADDED" | "MODIFIED" => hear(Change::Written(object)),
                    "DELETED" => hear(Change::Deleted(of_it.name)),
                    _ => {}
                }
            }
            match body.hear(WATCH + WATCH / 10).await {
                Heard::Bytes(bytes) => lines.push(&bytes),
                Heard::End | Heard::Nothing => return Ok(Some(version)),
            }
        }
    }
}

/// A `Status` in a stream is mostly that the version is forgotten.
fn expired(what: &Followed, status: &Value) -> Result<(), PortError> {
    let code = status["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
    if code == StatusCode::GONE.as_u16() {
        return Ok(());
    }
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Err(errors::refused(&asked(what), code, &http::HeaderMap::new(), status.to_string().as_bytes()))
}

fn strange(what: &Followed, why: impl std::fmt::Display) -> PortError {
    asked(what).error(PortErrorKind::Other, format!("an event is not what an API server says: {why}"))
}

fn asked(what: &Followed) -> Asked {
    Asked { operation: "watch", resource: format!("`{}`", what.shown) }
}
