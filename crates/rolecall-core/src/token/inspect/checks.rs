//! The checks 4 to 15 of the authenticator on a token, in its order, each with what to say when it fails.
//!
//! Messages quote names, hosts, dates and numbers; never a value that could be a secret.

use alloc::format;
use alloc::string::String;

use jiff::Timestamp;

use super::super::host::{accept_host, host_region, partition_of};
use super::super::url::Url;
use super::super::{CLUSTER_HEADER, LIFETIME, MAX_BYTES, MAX_EXPIRES_SECS, PREFIX};
use super::facts::parse_date;
use super::{Check, InspectContext, Remark, remark};

/// What a presigned `GetCallerIdentity` may carry, in lower case; case is not looked at.
const PARAMETERS: [&str; 9] = [
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

const REMAKE: &str = "make a new one with `rolecall token --cluster-name <name>`";

/// Check 1.
pub(super) fn too_long(bytes: usize) -> Remark {
    remark(
        Check::Length,
        format!("it is {bytes} bytes long, and servers take {MAX_BYTES} at most"),
        "session tags and session policies make the session token longer: use a role session with fewer",
    )
}

/// Check 2. The text may be another secret, so it is not quoted.
pub(super) fn no_prefix(token: &str) -> Remark {
    let hint = if token.trim_start().starts_with('{') {
        "this looks like an exec credential: the token is its `status.token`"
    } else if token.trim_start().starts_with(PREFIX) {
        "there is a blank before the token"
    } else if token.starts_with("eyJ") {
        "this looks like a JSON web token (of a ServiceAccount or an OIDC provider), which IAM has no part in"
    } else {
        "EKS takes tokens made by `rolecall token`, `aws eks get-token` or aws-iam-authenticator"
    };
    remark(Check::Prefix, format!("it does not start with `{PREFIX}`"), hint)
}

/// Check 3.
pub(super) fn bad_encoding() -> Remark {
    remark(
        Check::Encoding,
        format!("what follows `{PREFIX}` is not base64url without padding"),
        "look for a cut end, blanks, a `=`, or `+` and `/` where `-` and `_` belong",
    )
}

/// Check 4.
pub(in super::super) fn not_a_url(why: &str) -> Remark {
    remark(Check::Url, format!("what it holds is not a URL: {why}"), REMAKE)
}

/// Check 8.
pub(super) fn unreadable_query(why: &str) -> Remark {
    remark(Check::Query, format!("its query cannot be read: {why}"), REMAKE)
}

/// Checks 5 to 7: scheme, host, path.
pub(super) fn check_address(url: &Url<'_>, context: &InspectContext<'_>) -> Result<(), Remark> {
    if url.scheme != "https" {
        let message = if url.scheme.is_empty() {
            String::from("its URL does not begin with `https://`")
        } else {
            format!("the scheme of its URL is `{}`, not `https`", shorten(&url.scheme))
        };
        return Err(remark(Check::Scheme, message, REMAKE));
    }
    let partition = context.partition.unwrap_or_else(|| own_partition(url.host));
    accept_host(url.host, partition, context.region).map_err(|error| {
        let hint = "sign for the regional endpoint of STS, without a port; a custom endpoint \
                    (`AWS_ENDPOINT_URL`, a VPC endpoint's own name) is refused by every server";
        remark(Check::Host, shorten(&format!("{error}")), hint)
    })?;
    if url.path != "/" {
        let message = format!("the path of its URL is `{}`, not `/`", shorten(url.path));
        return Err(remark(Check::Path, message, REMAKE));
    }
    Ok(())
}

/// Checks 9 to 15: names, then values.
pub(super) fn check_query(query: &[(String, String)], now: Timestamp) -> Result<(), Remark> {
    check_names(query)?;
    let value =
        |name: &str| query.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value);
    check_action(value("action"))?;
    check_signed_headers(value("x-amz-signedheaders"))?;
    check_expires(value("x-amz-expires"))?;
    check_date(value("x-amz-date"), now)
}

/// The partition of the region in a host.
fn own_partition(host: &str) -> &'static str {
    host_region(host).map_or("aws", partition_of)
}

fn check_names(query: &[(String, String)]) -> Result<(), Remark> {
    let earlier = |at: usize, same: fn(&str, &str) -> bool| {
        query[..at].iter().any(|(name, _)| same(name, &query[at].0))
    };
    let first =
        |code, is_bad: &dyn Fn(usize) -> bool, what: &str| match (0..query.len()).find(|at| is_bad(*at)) {
            Some(at) => Err(remark(code, format!("`{}` {what}", shorten(&query[at].0)), REMAKE)),
            None => Ok(()),
        };
    let differs_in_case = |a: &str, b: &str| a != b && a.eq_ignore_ascii_case(b);
    first(
        Check::DuplicateParameter,
        &|at| earlier(at, differs_in_case),
        "is there twice, in different letters",
    )?;
    let is_known = |at: usize| PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(&query[at].0));
    first(Check::UnknownParameter, &|at| !is_known(at), "does not belong into a token")?;
    first(Check::RepeatedParameter, &|at| earlier(at, |a, b| a == b), "is there twice")
}

fn check_action(action: &str) -> Result<(), Remark> {
    if action == "GetCallerIdentity" {
        return Ok(());
    }
    let message = format!("its action is `{}`, not `GetCallerIdentity`", shorten(action));
    Err(remark(Check::Action, message, REMAKE))
}

fn check_signed_headers(signed: &str) -> Result<(), Remark> {
    if signed.split(';').any(|name| name.eq_ignore_ascii_case(CLUSTER_HEADER)) {
        return Ok(());
    }
    let message = format!("`{CLUSTER_HEADER}` is not signed, so it is not bound to a cluster");
    Err(remark(Check::SignedHeaders, message, REMAKE))
}

fn check_expires(expires: &str) -> Result<(), Remark> {
    let is_good = |secs: i64| u64::try_from(secs).is_ok_and(|secs| secs <= MAX_EXPIRES_SECS);
    if expires.parse().is_ok_and(is_good) {
        return Ok(());
    }
    let message = format!(
        "its `X-Amz-Expires` is `{}`, and must be a number from 0 to {MAX_EXPIRES_SECS}",
        shorten(expires)
    );
    Err(remark(Check::Expires, message, REMAKE))
}

fn check_date(date: &str, now: Timestamp) -> Result<(), Remark> {
    if date.is_empty() {
        return Err(remark(Check::Date, "it has no `X-Amz-Date`", REMAKE));
    }
    let Some(signed_at) = parse_date(date) else {
        let message = format!("its `X-Amz-Date` is `{}`, which is not a time", shorten(date));
        return Err(remark(Check::Date, message, "it must look like `20060102T150405Z`"));
    };
    let ago = now.duration_since(signed_at);
    if ago > LIFETIME {
        let message = format!("it was signed {} ago, and is good for 15 minutes", rough(ago.as_secs() / 60));
        let hint =
            "make a new one; if it is new, the clock of this machine or of the one that made it is wrong";
        return Err(remark(Check::Expired, message, hint));
    }
    Ok(())
}

/// So many minutes, as people say it.
fn rough(minutes: i64) -> String {
    match minutes {
        ..120 => format!("{minutes} minutes"),
        120..2880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

/// A quotation that cannot flood the screen.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(120).map(|c| if c.is_control() { '·' } else { c }).collect();
    if text.chars().count() > 120 {
        short.push('…');
    }
    short
}
