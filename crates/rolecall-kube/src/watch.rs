//! Waiting until the map moves: a Kubernetes watch on one object, told in one answer.
//!
//! An ordinary end, and a cut, is followed by another watch from the last version that was told, so that
//! nothing is missed; a refusal goes to the caller. It asks for metadata alone, and by the collection with a
//! field selector, which the API server authorises like a read of the one name (`requestinfo.go`): a rule
//! with `resourceNames` and the verb `watch` is enough, `list` is not needed.
//!
//! A version that expired is no error. An API server remembers what happened to ConfigMaps since its own
//! start, and of that the last events only; a map that nobody touched for a week is at a version from which it
//! cannot be watched, and observing it again gives that version again. So the watch then begins at "now",
//! which tells first what is there, and once it has begun the map is read, for a watch does not tell what is
//! not there: a deletion before that is in the read, one after it in the watch.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use http::StatusCode;
use rolecall_engine::port::{Moved, PortError, PortErrorKind, PortFuture, WatchAccess};
use tokio::time::Instant;

use crate::cluster::KubeCluster;
use crate::connection::{Refusal, Request};
use crate::errors::Asked;
use crate::wire::{MAP, MAP_NAME, MAP_PATH, MAPS_PATH};

mod event;
mod stream;

#[cfg(test)]
mod tests;

use stream::EventStream;

/// A watch that ends sooner than this, and says nothing, twice in a row, is not begun a third time: whatever
/// is between here and the API server does not let watches through (client-go's reflector has the same rule).
const TOO_SHORT: Duration = Duration::from_secs(1);

const RIGHT: &str = "the right `watch configmaps aws-auth` in the namespace `kube-system` is missing: \
                     a Role with `resourceNames: [aws-auth]` and the verb `watch` grants it";

/// Where a watch begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Start {
    /// With the first event after this version.
    After(String),
    /// With what is there.
    Now,
}

/// What a watch has come to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Moved(Moved),
    /// It is to be begun again, from here.
    Ended(Start),
}

impl WatchAccess for KubeCluster {
    fn moved<'a>(&'a self, seen: Option<&'a str>) -> PortFuture<'a, Moved> {
        Box::pin(async move {
            let mut start = seen.map_or(Start::Now, |version| Start::After(version.to_owned()));
            let mut was_short = false;
            loop {
                let begun = Instant::now();
                let next = match self.watch_once(start.clone(), seen).await? {
                    Outcome::Moved(moved) => return Ok(moved),
                    Outcome::Ended(next) => next,
                };
                let is_short = next == start && begun.elapsed() < TOO_SHORT;
                if is_short && was_short {
                    let message = "the watch ends as soon as it begins";
                    return Err(asked().error(PortErrorKind::Unavailable, message).with_hint(
                        "is there a proxy before the cluster that does not let answers through as they come?",
                    ));
                }
                (start, was_short) = (next, is_short);
            }
        })
    }
}

impl KubeCluster {
    async fn watch_once(&self, start: Start, seen: Option<&str>) -> Result<Outcome, PortError> {
        let time = around(self.connection.watch_time(), RandomState::new().build_hasher().finish());
        let request = Request::watch(MAP, path(&start, time)).of_metadata();
        let body = match self.connection.open_stream(request).await {
            Ok(body) => body,
            Err(refusal) => return expired_or(refusal, &start),
        };
        if start == Start::Now && seen.is_some() && self.is_gone().await? {
            return Ok(Outcome::Moved(Moved::Deleted));
        }
        EventStream::new(body, patience(time)).until_moved(start, seen).await
    }

    /// Is there no map? Asked once a watch has begun, so that nothing is between the two.
    async fn is_gone(&self) -> Result<bool, PortError> {
        Ok(self.connection.find(Request::read(MAP, MAP_PATH).of_metadata()).await?.is_none())
    }
}

impl Start {
    /// Where to begin when this one has expired.
    fn expired(&self) -> Result<Outcome, PortError> {
        match self {
            Self::After(_) => Ok(Outcome::Ended(Self::Now)),
            Self::Now => {
                let message = "the API server says that the present has expired";
                Err(asked().error(PortErrorKind::Unavailable, message))
            }
        }
    }
}

fn expired_or(refusal: Refusal, start: &Start) -> Result<Outcome, PortError> {
    match refusal.error {
        _ if refusal.status == Some(StatusCode::GONE) => start.expired(),
        error if error.kind == PortErrorKind::Denied => Err(error.with_hint(RIGHT)),
        error => Err(error),
    }
}

fn asked() -> Asked {
    Asked { operation: "watch", resource: format!("`{MAP}`") }
}

fn path(start: &Start, time: Duration) -> String {
    let mut path = format!(
        "{MAPS_PATH}?watch=true&fieldSelector=metadata.name%3D{MAP_NAME}&allowWatchBookmarks=true&timeoutSeconds={}",
        time.as_secs().max(1)
    );
    if let Start::After(version) = start {
        write!(path, "&resourceVersion={version}").expect("writing to a text cannot fail");
    }
    path
}

/// `time`, give or take a tenth: a thousand watches that began together must not end together for ever.
fn around(time: Duration, chance: u64) -> Duration {
    let thousandths = 900 + u32::try_from(chance % 201).expect("a remainder is small");
    time * thousandths / 1000
}

/// How long a watch may be silent: a bit longer than until its end.
fn patience(time: Duration) -> Duration {
    time + time / 10 + Duration::from_secs(1)
}

/// Is `version` later than `seen`? Versions are numbers that can be compared (KEP-5504); of what is none,
/// another one is a later one.
fn is_later(version: &str, seen: Option<&str>) -> bool {
    let Some(seen) = seen else { return true };
    match (version.parse::<u128>(), seen.parse::<u128>()) {
        (Ok(version), Ok(seen)) => version > seen,
        _ => version != seen,
    }
}
