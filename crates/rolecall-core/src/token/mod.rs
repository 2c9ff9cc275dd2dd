//! EKS bearer tokens: their constants, their form, how long they last, and what a server makes of one.
//!
//! A token is `k8s-aws-v1.` and the base64url (no padding) of a presigned STS `GetCallerIdentity` URL.
//! The URL is signed in `rolecall-aws`, since that needs a secret; this module knows everything else.
//! The rules are those of aws-iam-authenticator 0.7.18 (`pkg/token/token.go`).

use alloc::string::String;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};

mod host;
mod identity;
mod inspect;
#[cfg(test)]
mod tests;
mod url;
mod verify;

pub use host::{
    Endpoint, HostError, accept_host, host_region, is_region, partition_of, region_in, regional_hosts,
    sts_host,
};
pub use identity::{CallerIdentity, IdentityError};
pub use inspect::{Check, InspectContext, Inspection, Remark, TokenFacts, inspect};
pub use verify::{Outcome, Step, StepResult, StsRequest, Verification, judge_answer, sts_request, verify};

/// What every token starts with.
pub const PREFIX: &str = "k8s-aws-v1.";
/// The header that is signed, but not sent in the URL: it binds the token to one cluster.
pub const CLUSTER_HEADER: &str = "x-k8s-aws-id";
/// The service and the action that a token is signed for.
pub const SERVICE: &str = "sts";
/// The query that is presigned, without the signature's own parameters.
pub const QUERY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
/// `X-Amz-Expires` as every client sends it. STS and the server go by the 15 minutes of [`LIFETIME`] instead.
pub const EXPIRES_SECS: u64 = 60;
/// The largest `X-Amz-Expires` that the server lets pass.
pub const MAX_EXPIRES_SECS: u64 = 900;
/// How long a token is good for, from its `X-Amz-Date`.
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(15 * 60);
/// How long a token is said to be good for: one minute of slack less than [`LIFETIME`].
pub const ADVERTISED_LIFETIME: SignedDuration = SignedDuration::from_secs(14 * 60);
/// The server's limit on a whole token, prefix included: 4096 bytes pass, 4097 do not.
pub const MAX_BYTES: usize = 4096;

/// One bearer token. It is a secret: `Debug` hides it, and nothing but [`Token::expose`] gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// A token is over [`MAX_BYTES`], so that no server would take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token would be {bytes} bytes long, and API servers refuse more than {MAX_BYTES}")]
pub struct TokenTooLong {
    /// The token's length.
    pub bytes: usize,
}

impl Token {
    /// Wraps a presigned URL, or says that it is too long (session tokens with many tags or policies are).
    pub fn from_presigned_url(url: &str) -> Result<Self, TokenTooLong> {
        let mut text = String::from(PREFIX);
        URL_SAFE_NO_PAD.encode_string(url, &mut text);
        if text.len() > MAX_BYTES {
            return Err(TokenTooLong { bytes: text.len() });
        }
        Ok(Self(text))
    }

    /// The token itself, for an `Authorization` header or an exec credential and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// When a token signed at `signed_at` is said to expire: after 14 minutes, or with the credentials if they end sooner.
///
/// Upstream ignores the credentials' own end, so that a session with three minutes left yields a "14 minute" token.
pub fn expiry(signed_at: Timestamp, credentials_end: Option<Timestamp>) -> Timestamp {
    let advertised = signed_at.checked_add(ADVERTISED_LIFETIME).unwrap_or(Timestamp::MAX);
    credentials_end.map_or(advertised, |end| end.min(advertised))
}
