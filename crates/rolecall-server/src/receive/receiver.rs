//! A receiver as it is configured: one name in the path, one forge, one secret.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Shorter secrets can be guessed offline by whoever saw one signed delivery.
const MIN_SECRET: usize = 16;
/// As long as a label of a host name, since the name is part of a path and of a metric.
const MAX_NAME: usize = 63;

/// Somebody who may tell that something moved, at `/hooks/NAME`.
#[derive(Clone)]
pub struct Receiver {
    /// The last part of the path, and the label of its metrics.
    pub name: String,
    /// How deliveries are signed and written.
    pub kind: ReceiverKind,
    /// What the forge was given as secret, key or token.
    pub secret: SecretString,
}

/// How deliveries are signed and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverKind {
    /// GitHub, cloud and server.
    GitHub,
    /// GitLab, with its secret token.
    GitLab,
    /// Gitea and Forgejo.
    Gitea,
    /// Bitbucket, cloud and data center.
    Bitbucket,
    /// Whoever can compute an HMAC: `X-Rolecall-Signature` over `X-Rolecall-Timestamp`, a dot and the body.
    Generic,
}

/// Why a list of receivers cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReceiverError {
    /// The name does not fit into a path and a metric.
    #[error("receiver name `{0}` is not 1 to 63 of `a-z`, `0-9` and `-`")]
    Name(String),
    /// Two receivers share a path.
    #[error("receiver `{0}` is there twice")]
    Twice(String),
    /// An empty secret would let everybody in, a short one everybody who tries.
    #[error("the secret of receiver `{0}` is shorter than 16 bytes")]
    ShortSecret(String),
}

impl Receiver {
    /// Says what keeps this receiver from being used.
    pub(super) fn check(&self) -> Result<(), ReceiverError> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > MAX_NAME || !self.name.chars().all(is_plain) {
            return Err(ReceiverError::Name(self.name.clone()));
        }
        if self.secret.expose_secret().len() < MIN_SECRET {
            return Err(ReceiverError::ShortSecret(self.name.clone()));
        }
        Ok(())
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}
