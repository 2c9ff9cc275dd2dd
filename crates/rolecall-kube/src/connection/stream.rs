//! An answer that keeps coming, for a watch: its head within the time of a request, its body as it arrives.

use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt;
use kube::client::Body;
use rolecall_engine::port::PortError;

use super::{Connection, Request};
use crate::errors;

/// The body of an answer of 2xx. Dropping it closes its connection, unless it has ended.
pub(crate) struct Incoming(Body);

/// An answer that is not 2xx, or none.
pub(crate) struct Refusal {
    pub(crate) status: Option<StatusCode>,
    pub(crate) error: PortError,
}

/// How a body went on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// So.
    Bytes(Vec<u8>),
    /// It ended, orderly or not.
    End,
    /// Not at all for so long.
    Nothing,
}

impl Connection {
    /// Sends a request whose answer is read piece by piece.
    pub(crate) async fn open_stream(&self, request: Request) -> Result<Incoming, Refusal> {
        let asked = request.asked.clone();
        let allowed = self.timeouts.request;
        match tokio::time::timeout(allowed, self.head_of(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Refusal { status: None, error: errors::timed_out(&asked, allowed) }),
        }
    }

    /// How long a watch is to be.
    pub(crate) fn watch_time(&self) -> Duration {
        self.timeouts.watch
    }

    async fn head_of(&self, request: Request) -> Result<Incoming, Refusal> {
        let asked = request.asked.clone();
        let lost = |error| Refusal { status: None, error };
        let (parts, body) = self.begin(request).await.map_err(lost)?.into_parts();
        if parts.status.is_success() {
            return Ok(Incoming(body));
        }
        let body = body.collect().await.map_err(|error| lost(self.lost(&asked, &error)))?.to_bytes();
        let error = errors::refused(&asked, parts.status, &parts.headers, &body);
        Err(Refusal { status: Some(parts.status), error })
    }
}

impl Incoming {
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        Self(Body::from(text.as_bytes().to_vec()))
    }

    /// The next piece, if it comes within `patience`.
    pub(crate) async fn hear(&mut self, patience: Duration) -> Heard {
        match tokio::time::timeout(patience, self.0.frame()).await {
            Err(_) => Heard::Nothing,
            Ok(None | Some(Err(_))) => Heard::End,
            Ok(Some(Ok(frame))) => {
                Heard::Bytes(frame.into_data().map_or_else(|_| Vec::new(), |data| data.to_vec()))
            }
        }
    }
}
