//! Following the custom resources: a list, and the watch after it, until one of them fails.

use std::convert::Infallible;
use std::time::Duration;

use http::StatusCode;
use rolecall_engine::port::{PortError, PortErrorKind};
use serde::Deserialize;
use serde_json::Value;

use super::{KubeHome, RESOURCES, RESOURCES_PATH, with_next_step};
use crate::connection::{Heard, Request};
use crate::errors::{self, Asked};
use crate::lines::Lines;

/// Twice what an object may have.
const LONGEST: usize = 4 * 1024 * 1024;

/// How long a watch lasts before it is begun anew.
const WATCH: Duration = Duration::from_mins(5);

/// What became of the resources.
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
    /// Tells of the resources as they are, and of each change from then on. Comes back with an error only; what was
    /// told stays true until the next [`Change::All`].
    pub async fn follow(&self, hear: &mut (dyn FnMut(Change) + Send)) -> Result<Infallible, PortError> {
        loop {
            let request = Request::read(RESOURCES, RESOURCES_PATH);
            let list = self.cluster.connection.send(request).await.map_err(with_next_step)?;
            let List { metadata, items } = list.json()?;
            hear(Change::All(items));
            let mut version = Some(metadata.resource_version);
            while let Some(from) = version {
                version = self.watch(from, hear).await?;
            }
        }
    }

    /// One watch from a version on. Comes back with the version to go on from; with none, if it is forgotten.
    async fn watch(
        &self,
        mut version: String,
        hear: &mut (dyn FnMut(Change) + Send),
    ) -> Result<Option<String>, PortError> {
        let path = format!(
            "{RESOURCES_PATH}?watch=true&allowWatchBookmarks=true&timeoutSeconds={}&resourceVersion={version}",
            WATCH.as_secs()
        );
        let mut body = match self.cluster.connection.open_stream(Request::watch(RESOURCES, path)).await {
            Ok(body) => body,
            Err(refusal) if refusal.status == Some(StatusCode::GONE) => return Ok(None),
            Err(refusal) => return Err(with_next_step(refusal.error)),
        };
        let mut lines = Lines::of_at_most(LONGEST);
        loop {
            while let Some(line) = lines.take().map_err(|_| strange("an event is too long"))? {
                let Line { r#type, object } = serde_json::from_slice(&line).map_err(strange)?;
                if r#type == "ERROR" {
                    return expired(&object).map(|()| None);
                }
                let of_it = Metadata::deserialize(&object["metadata"]).map_err(strange)?;
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
fn expired(status: &Value) -> Result<(), PortError> {
    let code = status["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
    if code == StatusCode::GONE.as_u16() {
        return Ok(());
    }
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Err(errors::refused(&asked(), code, &http::HeaderMap::new(), status.to_string().as_bytes()))
}

fn strange(why: impl std::fmt::Display) -> PortError {
    asked().error(PortErrorKind::Other, format!("an event is not what an API server says: {why}"))
}

fn asked() -> Asked {
    Asked { operation: "watch", resource: format!("`{RESOURCES}`") }
}
