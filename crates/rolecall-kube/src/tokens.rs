//! Where bearer tokens come from. Who makes them is the caller's business.

use rolecall_engine::port::PortFuture;
use secrecy::SecretString;

/// A source of bearer tokens for one cluster.
///
/// It is asked before every request, so it keeps a token and renews it before it ends.
pub trait BearerTokens: Send + Sync {
    /// A token that is good for the next request.
    fn token(&self) -> PortFuture<'_, SecretString>;

    /// A token whose bytes no API server has seen yet: servers cache what a token stands for by its bytes.
    fn fresh(&self) -> PortFuture<'_, SecretString>;
}
