//! A receiver as it is configured: one name in the path, one forge, one secret.

use std::fmt;

use rolecall_core::config::{ReceiverKind, is_plain_name};
use secrecy::{ExposeSecret, SecretString};

/// Shorter secrets can be guessed offline by whoever saw one signed delivery.
const MIN_SECRET: usize = 16;

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
        if !is_plain_name(&self.name) {
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
