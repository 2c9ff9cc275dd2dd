//! Which requests reached the API server, from its own audit log.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Cluster;

/// A place in the log: requests after it are asked for.
#[derive(Debug, Clone, Copy)]
pub struct AuditMark(usize);

/// One finished request, except those of the API server and authenticator
/// themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedRequest {
    /// Kubernetes' verb, such as `patch` or `list`.
    pub verb: String,
    /// Path and query.
    pub uri: String,
    /// Empty where the caller was not authenticated.
    pub username: String,
    pub user_agent: String,
    pub status: u16,
}

impl Cluster {
    pub fn audit_mark(&self) -> AuditMark {
        AuditMark(self.audit_log().len())
    }

    /// Everything that was finished since the mark, in the order of the log.
    ///
    /// The log is written before the answer's last byte has left, so a client
    /// that has its answer finds its request here.
    pub fn requests_since(&self, mark: AuditMark) -> Result<Vec<AuditedRequest>> {
        self.audit_log()[mark.0..].lines().map(parse).collect()
    }

    /// Without a line that is being written at this moment.
    fn audit_log(&self) -> String {
        let mut log = fs::read_to_string(self.home().join("audit.jsonl")).unwrap_or_default();
        log.truncate(log.rfind('\n').map_or(0, |end| end + 1));
        log
    }
}

fn parse(line: &str) -> Result<AuditedRequest> {
    let event: Value = serde_json::from_str(line).context("read the audit log")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(AuditedRequest {
        verb: text(&event["verb"]),
        uri: text(&event["requestURI"]),
        username: text(&event["user"]["username"]),
        user_agent: text(&event["userAgent"]),
        status: event["responseStatus"]["code"].as_u64().and_then(|code| code.try_into().ok()).unwrap_or(0),
    })
}
