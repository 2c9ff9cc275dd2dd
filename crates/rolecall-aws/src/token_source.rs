//! EKS tokens for one cluster: minted when wanted, kept until shortly before they end, never written anywhere.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};
use rolecall_core::token::{EXPIRES_SECS, MAX_EXPIRES_SECS, Token, expiry, sts_host};
use rolecall_engine::port::{PortError, PortErrorKind};

use crate::clock::to_timestamp;
use crate::presign::{Claim, presign};
use crate::session::AwsSession;

/// How long before its end a kept token is replaced: a request on its way must not outlive it.
const RENEW_BEFORE_END: SignedDuration = SignedDuration::from_secs(60);

/// A token, and when it is said to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintedToken {
    /// The token; a secret.
    pub token: Token,
    /// 14 minutes after it was signed, or the end of the credentials if that is sooner.
    pub expires_at: Timestamp,
}

/// Mints tokens for one cluster. Share it behind an `Arc`.
pub struct TokenSource {
    session: AwsSession,
    cluster_name: String,
    host: String,
    kept: Mutex<Option<MintedToken>>,
}

impl TokenSource {
    /// A source of tokens for the cluster of this name in the session's region. Asks nothing of anybody.
    ///
    /// The name is what the server was given as its id: the cluster's name, not its ARN.
    pub fn new(session: AwsSession, cluster_name: impl Into<String>) -> Result<Self, PortError> {
        let cluster_name = cluster_name.into();
        let refused = |message: String| PortError::new(PortErrorKind::Invalid, "sign", "a token", message);
        if cluster_name.is_empty() || !cluster_name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused(format!("`{}` cannot be a cluster's name", cluster_name.escape_debug()))
                .with_hint("pass the name that `aws eks list-clusters` shows"));
        }
        let host =
            sts_host(session.region(), session.endpoint()).map_err(|error| refused(error.to_string()))?;
        Ok(Self { session, cluster_name, host, kept: Mutex::new(None) })
    }

    /// A token that has more than a minute to go (unless the credentials have not), the same one while that is so.
    pub async fn token(&self) -> Result<MintedToken, PortError> {
        let now = self.now();
        let kept = self.kept().clone();
        if let Some(kept) = kept.filter(|kept| kept.expires_at.duration_since(now) > RENEW_BEFORE_END) {
            return Ok(kept);
        }
        let minted = self.mint(now, EXPIRES_SECS).await?;
        *self.kept() = Some(minted.clone());
        Ok(minted)
    }

    /// A token whose bytes differ from those of every other one that this process has made.
    ///
    /// API servers remember answers by a token's bytes, and signatures know whole seconds only. So
    /// `X-Amz-Expires` counts up from 61 within a second: the authenticator takes 0 to 900, and neither it nor STS
    /// go by it. After 840 tokens in one second the date runs a second ahead, which STS lets pass.
    pub async fn fresh(&self) -> Result<MintedToken, PortError> {
        let (second, expires_secs) = FRESH.next(self.now().as_second());
        let signed_at = Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        self.mint(signed_at, expires_secs).await
    }

    /// The name that tokens are bound to.
    pub fn cluster_name(&self) -> &str {
        &self.cluster_name
    }

    /// The session that tokens are made with.
    pub fn session(&self) -> &AwsSession {
        &self.session
    }

    async fn mint(&self, signed_at: Timestamp, expires_secs: u64) -> Result<MintedToken, PortError> {
        let credentials = self.session.credentials().await?;
        let claim = Claim {
            host: &self.host,
            region: self.session.region(),
            cluster_name: &self.cluster_name,
            signed_at,
            expires_secs,
        };
        let token = self.sign(&claim, &credentials)?;
        Ok(MintedToken { token, expires_at: expiry(signed_at, credentials.expiry().map(to_timestamp)) })
    }

    fn sign(&self, claim: &Claim<'_>, credentials: &Credentials) -> Result<Token, PortError> {
        let resource = format!("a token for cluster `{}`", self.cluster_name);
        let refused = |message: String| PortError::new(PortErrorKind::Invalid, "sign", &resource, message);
        let url = presign(claim, credentials).map_err(|error| refused(error.to_string()))?;
        Token::from_presigned_url(&url).map_err(|error| {
            refused(error.to_string())
                .with_hint("the session token is too long: use a role session with fewer tags and policies")
        })
    }

    fn now(&self) -> Timestamp {
        self.session.clock().timestamp()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<MintedToken>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("cluster_name", &self.cluster_name).finish_non_exhaustive()
    }
}

/// The dates and expiries of all fresh tokens of the process.
static FRESH: Sequence = Sequence(Mutex::new((0, 0)));

/// Pairs of a second and an expiry that only ever grow, so that no two are equal.
struct Sequence(Mutex<(i64, u64)>);

impl Sequence {
    /// A clock that was set back by more than this starts the sequence anew: tokens must not lie in the future.
    const MAX_AHEAD_SECS: i64 = 60;

    fn next(&self, now: i64) -> (i64, u64) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (second, expires) = *last;
        let first_of = |second| (second, EXPIRES_SECS + 1);
        *last = if now > second || now < second - Self::MAX_AHEAD_SECS {
            first_of(now)
        } else if expires < MAX_EXPIRES_SECS {
            (second, expires + 1)
        } else {
            first_of(second + 1)
        };
        *last
    }
}

#[cfg(test)]
mod tests;
