//! What the probes of Kubernetes ask.

/// Whoever knows how the program is. Asked at every probe: a loop that hangs cannot say so by itself.
///
/// What is wrong is a text of the program's, never one that was put together, so that it cannot tell a secret.
pub trait Health: Send + Sync {
    /// Whether the process is to be left alone; if not, it will be started again.
    fn alive(&self) -> Result<(), &'static str>;

    /// Whether it does its work: a replica that waits for the lease does.
    fn ready(&self) -> Result<(), &'static str>;
}
