//! What a token tells about itself, and what in it will trouble STS though the server lets it pass.
//!
//! A fact is read as well as it can be; whether it is right is the business of the checks.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::super::host::host_region;
use super::super::url::Url;
use super::super::{LIFETIME, SERVICE};
use super::{Check, InspectContext, Remark, remark};

/// How far ahead of its own clock STS takes a signature's date.
const STS_SKEW: SignedDuration = SignedDuration::from_secs(5 * 60);

/// What could be read of a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenFacts {
    /// The token's length, prefix included.
    pub bytes: usize,
    /// The STS host in the URL.
    pub host: Option<String>,
    /// The region in the host, `global` for `sts.amazonaws.com`.
    pub region: Option<String>,
    /// The region that it was signed for.
    pub signing_region: Option<String>,
    /// The service that it was signed for; `sts` in a good token.
    pub signing_service: Option<String>,
    /// The access key's id, its first four characters (which tell its kind) and its last four, such as `ASIA…ZE7C`.
    ///
    /// A key id is no secret, but it is enough to find an account by, and four characters tell two keys apart.
    pub access_key_id: Option<String>,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// `X-Amz-Expires`, which neither the server nor STS go by.
    pub expires_secs: Option<i64>,
    /// Until when the server takes it: 15 minutes after it was signed.
    pub valid_until: Option<Timestamp>,
    /// The headers under the signature; `x-k8s-aws-id` must be one of them.
    pub signed_headers: Vec<String>,
    /// Whether it was made with temporary credentials.
    pub has_session_token: bool,
    /// Whether it carries a signature at all.
    pub has_signature: bool,
}

impl TokenFacts {
    /// Takes what the URL and its query hold.
    pub(super) fn read(&mut self, url: &Url<'_>, query: &[(String, String)]) {
        self.host = (!url.host.is_empty()).then(|| url.host.to_owned());
        self.region = host_region(url.host).ok().map(ToOwned::to_owned);
        for (name, value) in query {
            self.read_parameter(&name.to_ascii_lowercase(), value);
        }
    }

    fn read_parameter(&mut self, name: &str, value: &str) {
        match name {
            "x-amz-credential" => self.read_credential(value),
            "x-amz-date" => {
                self.signed_at = parse_date(value);
                self.valid_until = self.signed_at.and_then(|at| at.checked_add(LIFETIME).ok());
            }
            "x-amz-expires" => self.expires_secs = value.parse().ok(),
            "x-amz-signedheaders" => {
                self.signed_headers = value.split(';').map(str::to_ascii_lowercase).collect();
            }
            "x-amz-security-token" => self.has_session_token = !value.is_empty(),
            "x-amz-signature" => self.has_signature = !value.is_empty(),
            _ => {}
        }
    }

    /// `<key id>/<date>/<region>/<service>/aws4_request`.
    fn read_credential(&mut self, value: &str) {
        let mut parts = value.split('/');
        self.access_key_id = parts.next().filter(|id| !id.is_empty()).map(mask);
        self.signing_region = parts.nth(1).map(ToOwned::to_owned);
        self.signing_service = parts.next().map(ToOwned::to_owned);
    }
}

/// `yyyymmddThhmmssZ`, with a fraction of a second if need be, as Go's time parser takes it.
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = match time.split_once(['.', ',']) {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (time, None),
    };
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(date, 8) || !digits(time, 6) || fraction.is_some_and(|f| !digits(f, f.len().max(1))) {
        return None;
    }
    let date = Date::new(date[..4].parse().ok()?, date[4..6].parse().ok()?, date[6..].parse().ok()?).ok()?;
    let nanosecond = fraction.map_or(Some(0), nanoseconds)?;
    let time =
        Time::new(time[..2].parse().ok()?, time[2..4].parse().ok()?, time[4..].parse().ok()?, nanosecond)
            .ok()?;
    date.to_datetime(time).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// What a good server would not have noticed, but STS or a stricter server will.
pub(super) fn warnings(facts: &TokenFacts, url: &Url<'_>, context: &InspectContext<'_>) -> Vec<Remark> {
    [
        future_date(facts, context.now),
        url.has_user_info.then(user_info),
        url.has_fragment.then(fragment),
        unsigned(facts),
        scope(facts),
        session_token(facts),
        other_region(facts, context.region),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The first four characters and the last four; nothing of a text too short to hide the rest.
fn mask(id: &str) -> String {
    let n = id.chars().count();
    if n < 12 {
        return "…".to_owned();
    }
    let first: String = id.chars().take(4).collect();
    let last: String = id.chars().skip(n - 4).collect();
    format!("{first}…{last}")
}

/// A decimal fraction of a second; digits after the ninth are dropped.
fn nanoseconds(fraction: &str) -> Option<i32> {
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    digits.parse().ok()
}

fn future_date(facts: &TokenFacts, now: Timestamp) -> Option<Remark> {
    let ahead = facts.signed_at?.duration_since(now);
    (ahead > STS_SKEW).then(|| {
        remark(
            Check::FutureDate,
            format!("it was signed {} minutes in the future", ahead.as_secs() / 60),
            "STS refuses that: set the clock of the machine that made it, or of this one",
        )
    })
}

fn user_info() -> Remark {
    remark(
        Check::UserInfo,
        "its URL holds a user name or password",
        "no honest client makes such a token; the server would send them on to STS",
    )
}

fn fragment() -> Remark {
    remark(Check::Fragment, "its URL has a fragment", "no honest client makes such a token")
}

fn unsigned(facts: &TokenFacts) -> Option<Remark> {
    let missing = if !facts.has_signature {
        "`X-Amz-Signature`"
    } else if facts.access_key_id.is_none() {
        "`X-Amz-Credential`"
    } else if !facts.signed_headers.iter().any(|name| name == "host") {
        "`host` among the signed headers"
    } else {
        return None;
    };
    let message = format!("it has no {missing}");
    Some(remark(Check::Unsigned, message, "STS refuses it; make a new one with `rolecall token`"))
}

fn scope(facts: &TokenFacts) -> Option<Remark> {
    let (region, service) = (facts.signing_region.as_deref()?, facts.signing_service.as_deref()?);
    let host_region = facts.region.as_deref()?;
    // The global endpoint is signed for us-east-1.
    let fits = region == if host_region == "global" { "us-east-1" } else { host_region };
    (!fits || service != SERVICE).then(|| {
        let message =
            format!("it was signed for `{service}` in `{region}`, and its host is `sts` in `{host_region}`");
        remark(Check::Scope, message, "STS refuses it; make a new one with the region of the host")
    })
}

fn session_token(facts: &TokenFacts) -> Option<Remark> {
    let is_temporary = facts.access_key_id.as_deref()?.starts_with("ASIA");
    (is_temporary && !facts.has_session_token).then(|| {
        remark(
            Check::SessionToken,
            "it was made with a temporary key, and without its session token".to_string(),
            "STS refuses it; set `AWS_SESSION_TOKEN` as well where the token is made",
        )
    })
}

fn other_region(facts: &TokenFacts, cluster_region: Option<&str>) -> Option<Remark> {
    let (theirs, ours) = (cluster_region?, facts.region.as_deref()?);
    (ours != theirs).then(|| {
        let message = format!("it names the STS of `{ours}`, and the cluster is in `{theirs}`");
        let hint = "servers take that, where they reach it; the region of the cluster is the safe one";
        remark(Check::OtherRegion, message, hint)
    })
}
