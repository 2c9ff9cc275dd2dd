//! What the authenticator would say of a token before it asks STS, and what the token tells about itself.
//!
//! It never shows the token, its signature or its security token, and it cannot tell for which cluster a token
//! was made: the name is in the signature only. Whether STS would take the signature is not known here either.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use jiff::Timestamp;
use serde::Serialize;

mod checks;
mod facts;

pub(super) use checks::not_a_url;
pub use facts::TokenFacts;

use super::{MAX_BYTES, PREFIX, url};

/// Go's decoder, which does not mind what the unused bits of the last letter are.
const DECODER: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// What a judgement on a token depends on besides the token.
#[derive(Debug, Clone, Copy)]
pub struct InspectContext<'a> {
    /// The time of the judgement.
    pub now: Timestamp,
    /// The verifier's partition; if unknown, the partition of the token's own region.
    pub partition: Option<&'a str>,
    /// The verifier's region, if known: its endpoint is accepted even where the region is new.
    pub region: Option<&'a str>,
}

/// The outcome of looking at a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// The first check that fails, in the server's order; `None` means that the server would go on and ask STS.
    pub failure: Option<Remark>,
    /// What the server lets pass, but STS or a stricter server would not.
    pub warnings: Vec<Remark>,
    /// What could be read, also from a token that fails.
    pub facts: TokenFacts,
}

/// One thing said about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What was looked at.
    pub code: Check,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// The checks on a token, in the server's order, then those that only warn, then what STS may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// At most 4096 bytes.
    Length,
    /// It starts with `k8s-aws-v1.`.
    Prefix,
    /// The rest is base64url without padding.
    Encoding,
    /// That is a URL.
    Url,
    /// The scheme is `https`.
    Scheme,
    /// The host is an STS endpoint of the verifier's partition.
    Host,
    /// The path is `/`.
    Path,
    /// The query can be read.
    Query,
    /// No two parameters differ in their letters' case only.
    DuplicateParameter,
    /// Only the parameters of a presigned `GetCallerIdentity`.
    UnknownParameter,
    /// Each of them once.
    RepeatedParameter,
    /// The action is `GetCallerIdentity`.
    Action,
    /// `x-k8s-aws-id` is signed, so that the token is bound to a cluster.
    SignedHeaders,
    /// `X-Amz-Expires` is between 0 and 900 seconds.
    Expires,
    /// `X-Amz-Date` is there and is a time.
    Date,
    /// No more than 15 minutes have passed since then.
    Expired,
    /// Warning: signed in the future; STS allows about five minutes.
    FutureDate,
    /// Warning: a user name or password in the URL.
    UserInfo,
    /// Warning: a fragment in the URL.
    Fragment,
    /// Warning: part of the signature is missing.
    Unsigned,
    /// Warning: signed for another region or service than the host's.
    Scope,
    /// Warning: a temporary key without its session token.
    SessionToken,
    /// Warning: the STS of another region than the cluster's.
    OtherRegion,
    /// STS takes the token; failing it, STS refused it for a reason of its own.
    Sts,
    /// STS: the signature is right, for this cluster.
    Signature,
    /// STS: it was signed at a time that STS goes by.
    Clock,
    /// STS: the credentials behind it have not expired.
    Credentials,
    /// STS: the access key is known.
    AccessKey,
    /// STS: the region is active in the account.
    Region,
    /// What answered is STS.
    StsAnswer,
    /// Who it is can enter a cluster.
    Identity,
    /// STS could not be asked, or did not have the time.
    Unanswered,
}

/// Judges a token as the authenticator does, up to the call of STS, and tells what it says.
pub fn inspect(token: &str, context: &InspectContext<'_>) -> Inspection {
    let mut inspection = Inspection {
        failure: None,
        warnings: Vec::new(),
        facts: TokenFacts { bytes: token.len(), ..TokenFacts::default() },
    };
    match decode(token) {
        Ok(text) => inspection.judge_url(&text, context),
        Err(remark) => inspection.failure = Some(remark),
    }
    inspection
}

impl Inspection {
    fn judge_url(&mut self, text: &str, context: &InspectContext<'_>) {
        let url = match url::parse(text) {
            Ok(url) => url,
            Err(why) => {
                self.failure = Some(checks::not_a_url(why));
                return;
            }
        };
        let query = url::parse_query(url.query);
        self.facts.read(&url, query.as_deref().unwrap_or_default());
        self.warnings = facts::warnings(&self.facts, &url, context);
        self.failure = checks::check_address(&url, context)
            .and_then(|()| query.map_err(checks::unreadable_query))
            .and_then(|query| checks::check_query(&query, context.now))
            .err();
    }
}

/// The URL in a token: checks 1 to 3.
pub(super) fn decode(token: &str) -> Result<String, Remark> {
    if token.len() > MAX_BYTES {
        return Err(checks::too_long(token.len()));
    }
    let Some(encoded) = token.strip_prefix(PREFIX) else {
        return Err(checks::no_prefix(token));
    };
    // Go's decoder steps over line breaks, so the server does not see them.
    let encoded: String = encoded.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = DECODER.decode(encoded).map_err(|_| checks::bad_encoding())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A remark from its parts.
pub(super) fn remark(code: Check, message: impl Into<String>, hint: &str) -> Remark {
    Remark { code, message: message.into(), hint: hint.to_owned() }
}
