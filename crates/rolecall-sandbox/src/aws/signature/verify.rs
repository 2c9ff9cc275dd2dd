//! The checks of a signature, one function each; the order is the caller's.

use hmac::{Hmac, Mac as _};
use http::Request;
use http::header::HOST;
use hyper::body::Bytes;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::canonical::string_to_sign;
use super::parse::{Form, Presented};
use super::percent::hex;
use super::{Endpoint, Refusal};
use crate::aws::Service;
use crate::aws::directory::Session;

/// Checks that the signature is for this service, and for the region and the day of this request.
pub(super) fn scope(
    presented: &Presented,
    service: Service,
    request: &Request<Bytes>,
) -> Result<(), Refusal> {
    let scope = &presented.scope;
    let refuse = |message: String| Err(Refusal::Signature(message));
    if scope.service != service.name() {
        return refuse(format!("Credential should be scoped to correct service: '{}'.", service.name()));
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let foreign = Endpoint::of_host(host).is_some_and(|endpoint| endpoint.region != scope.region);
    if foreign || scope.region.is_empty() {
        return refuse(format!("Credential should be scoped to a valid region, not '{}'.", scope.region));
    }
    if presented.date.get(..8) != Some(scope.date.as_str()) {
        return refuse(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{}' != '{}'.",
            scope.date, presented.date
        ));
    }
    Ok(())
}

/// Checks that the signature is neither too old nor from the future.
///
/// STS allows a quarter of an hour both ways, whatever `X-Amz-Expires` says; EKS five minutes, and a
/// presigned URL as long as it says.
pub(super) fn date(presented: &Presented, service: Service, now: Timestamp) -> Result<(), Refusal> {
    let signed_at = parse_date(&presented.date)
        .ok_or_else(|| Refusal::Incomplete("Date must be in ISO-8601 'basic format'.".to_owned()))?;
    let skew_mins = if service == Service::Sts { 15 } else { 5 };
    let skew = SignedDuration::from_mins(skew_mins);
    let age = now.duration_since(signed_at);
    let limit = match presented.form {
        Form::Query { expires_secs } if service != Service::Sts => SignedDuration::from_secs(expires_secs),
        _ => skew,
    };
    let (signed, server) = (&presented.date, format_date(now));
    if age > limit {
        let earliest = format_date(now.saturating_sub(limit).unwrap_or(now));
        let mins = limit.as_mins();
        return Err(Refusal::Signature(format!(
            "Signature expired: {signed} is now earlier than {earliest} ({server} - {mins} min.)"
        )));
    }
    if age < -skew {
        let latest = format_date(now.saturating_add(skew).unwrap_or(now));
        return Err(Refusal::Signature(format!(
            "Signature not yet current: {signed} is still later than {latest} ({server} + {skew_mins} min.)"
        )));
    }
    Ok(())
}

/// Checks that a session's key comes with its own token, and a long-lived key with none.
pub(super) fn session_token(presented: &Presented, session: Option<&Session>) -> Result<(), Refusal> {
    let right = match (&presented.session_token, session) {
        (None, None) => true,
        (Some(token), Some(session)) => token.as_bytes().ct_eq(session.token.as_bytes()).into(),
        _ => false,
    };
    if right { Ok(()) } else { Err(Refusal::UnknownKey) }
}

/// Checks the signature itself, over what the request really contains.
pub(super) fn signature(
    presented: &Presented,
    request: &Request<Bytes>,
    secret: &str,
) -> Result<(), Refusal> {
    must_be_signed(presented, request)?;
    let key = signing_key(presented, secret);
    let expected = hex(&hmac(&key, string_to_sign(presented, request).as_bytes()));
    if expected.as_bytes().ct_eq(presented.signature.as_bytes()).into() {
        return Ok(());
    }
    Err(Refusal::Signature(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
         Access Key and signing method. Consult the service documentation for details."
            .to_owned(),
    ))
}

/// Checks that the session has not ended.
pub(super) fn session_lives(session: Option<&Session>, now: Timestamp) -> Result<(), Refusal> {
    match session {
        Some(session) if session.expires_at <= now => Err(Refusal::ExpiredSession),
        _ => Ok(()),
    }
}

/// Refuses a request whose host, or whose date or token in a header, could be exchanged under the signature.
fn must_be_signed(presented: &Presented, request: &Request<Bytes>) -> Result<(), Refusal> {
    let headers = request.headers();
    let in_header = |name: &&str| presented.form == Form::Header && headers.contains_key(*name);
    let sensitive = ["x-amz-date", "x-amz-security-token"].into_iter().filter(in_header);
    for name in std::iter::once("host").chain(sensitive) {
        if !presented.signed_headers.iter().any(|signed| signed == name) {
            let message = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
            return Err(Refusal::Signature(message));
        }
    }
    match presented.signed_headers.iter().find(|name| !headers.contains_key(name.as_str())) {
        Some(absent) => {
            Err(Refusal::Signature(format!("the signed header '{absent}' is not in the request")))
        }
        None => Ok(()),
    }
}

fn signing_key(presented: &Presented, secret: &str) -> Vec<u8> {
    let scope = &presented.scope;
    let parts = [&scope.date, &scope.region, &scope.service, "aws4_request"];
    parts.into_iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part.as_bytes()))
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn parse_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(date).ok()
}

fn format_date(date: Timestamp) -> String {
    date.strftime("%Y%m%dT%H%M%SZ").to_string()
}
