//! What one line of a watch says.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use rolecall_engine::port::{PortError, PortErrorKind, Writer, Written};
use serde::Deserialize;
use serde_json::Value;

use crate::errors::{self, Asked};
use crate::wire::{MAP_NAME, or_default};

/// An event, as far as it is anything to us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The map was created or written; or it is there, at the start of a watch that named no version.
    Written(Written),
    /// The map was deleted, which made this version.
    Deleted(String),
    /// Everything up to this version has been told.
    Bookmark(String),
    /// The version that the watch began at is not remembered any more.
    Expired,
    /// Something else.
    Other,
}

/// The map, as far as it is watched: its metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Watched {
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: String,
    resource_version: String,
    #[serde(deserialize_with = "or_default")]
    managed_fields: Vec<ManagedFields>,
}

/// `metav1.ManagedFieldsEntry`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ManagedFields {
    manager: String,
    operation: String,
    time: Option<Timestamp>,
}

/// `metav1.WatchEvent`.
#[derive(Deserialize)]
struct Line {
    r#type: String,
    object: Value,
}

/// The part of `metav1.Status` that says more than other refusals do.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    code: u16,
    #[serde(deserialize_with = "or_default")]
    details: Details,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    retry_after_seconds: u64,
}

/// Reads a line. An `ERROR` is one here too, unless it is that the version has expired.
pub(super) fn event(line: &[u8], asked: &Asked) -> Result<Event, PortError> {
    let strange = |error| {
        asked.error(PortErrorKind::Other, format!("an event is not what an API server says: {error}"))
    };
    let Line { r#type, object } = serde_json::from_slice(line).map_err(strange)?;
    if r#type == "ERROR" {
        return failure(&object, asked);
    }
    let Watched { metadata } = serde_json::from_value(object).map_err(strange)?;
    Ok(match r#type.as_str() {
        "BOOKMARK" => Event::Bookmark(metadata.resource_version),
        // A server that does not know the field selector tells of the neighbours too.
        _ if metadata.name != MAP_NAME => Event::Other,
        "ADDED" | "MODIFIED" => Event::Written(metadata.written()),
        "DELETED" => Event::Deleted(metadata.resource_version),
        _ => Event::Other,
    })
}

impl Metadata {
    fn written(self) -> Written {
        let writers = self.managed_fields.into_iter().map(|entry| Writer {
            name: entry.manager,
            operation: entry.operation,
            time: entry.time,
        });
        Written::new(self.resource_version, writers.collect())
    }
}

/// A `Status` in a stream, in whose head there was no room for it any more.
fn failure(object: &Value, asked: &Asked) -> Result<Event, PortError> {
    let said = Status::deserialize(object).unwrap_or_default();
    let status = StatusCode::from_u16(said.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::GONE {
        return Ok(Event::Expired);
    }
    let mut error = errors::refused(asked, status, &HeaderMap::new(), object.to_string().as_bytes());
    let seconds = Some(said.details.retry_after_seconds).filter(|seconds| *seconds > 0);
    error.retry_after = seconds.map(Duration::from_secs);
    Err(error)
}
