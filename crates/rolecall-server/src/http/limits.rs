//! How much and how long the server lets a client have.

use std::time::Duration;

/// The most that is read of a body. GitHub cuts its deliveries at 25 MB, but a push of a repository of access
/// lists is a few KiB: <https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap>
pub(super) const BODY_BYTES: usize = 1024 * 1024;

/// The most that is read of a request's head; four times what any forge sends.
pub(super) const HEAD_BYTES: usize = 16 * 1024;

/// How much and how long the server lets a client have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; more wait in the kernel's queue.
    pub connections: usize,
    /// From accepting a connection to the end of its request's head.
    pub head: Duration,
    /// From there to the end of the body.
    pub body: Duration,
    /// A whole connection, whatever it does.
    pub connection: Duration,
    /// From the order to stop until the last connection is cut.
    pub shutdown: Duration,
}

impl Default for Limits {
    /// Forges give up after ten seconds (GitHub, GitLab, Bitbucket), Kubernetes stops a pod after thirty.
    fn default() -> Self {
        Self {
            connections: 256,
            head: Duration::from_secs(5),
            body: Duration::from_secs(10),
            connection: Duration::from_secs(20),
            shutdown: Duration::from_secs(4),
        }
    }
}
