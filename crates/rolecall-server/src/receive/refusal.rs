//! Why a delivery is not believed.
//!
//! The kinds are for metrics and tests. Whoever has not proven that he knows the secret is told none of them.

/// Why a delivery is not believed, or not understood.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    /// The header that proves where it comes from is missing, is there twice, or is not written as it must be.
    #[error("the delivery is not signed")]
    Unsigned,
    /// The proof does not belong to this body and this secret.
    #[error("the signature is wrong")]
    Signature,
    /// Signed rightly, at another time.
    #[error("the timestamp is more than five minutes away")]
    Expired,
    /// Signed rightly, and not readable: the sender may be told what is wrong.
    #[error("{0}")]
    Malformed(&'static str),
}
