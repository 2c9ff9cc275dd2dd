//! Which calls were made, so that a test can count them. No header, query or body is kept.

use std::sync::{Arc, Mutex, PoisonError};

use super::Service;

/// One request and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The service that was asked.
    pub service: Service,
    /// The operation, such as `AssumeRole`; for a route or action that is not known, what was asked for.
    pub action: String,
    /// The caller's STS or IAM ARN; `None` unless the signature was right.
    pub caller: Option<String>,
    /// The answer's status; `None` if the connection was cut.
    pub status: Option<u16>,
    /// The AWS error code of a refusal.
    pub error: Option<String>,
}

/// Clones share the list.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestLog {
    requests: Arc<Mutex<Vec<LoggedRequest>>>,
}

impl RequestLog {
    pub(super) fn push(&self, request: LoggedRequest) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    }

    pub(super) fn list(&self) -> Vec<LoggedRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
