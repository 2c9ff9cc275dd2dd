//! From what arrived to what is believed: the proof first, and not a byte of the body is read before.
//!
//! Every delivery costs one HMAC over its body, whatever is wrong with it, so that time tells nothing.

use std::fmt;

use http::HeaderMap;
use jiff::Timestamp;
use rolecall_core::config::ReceiverKind;
use secrecy::SecretString;

use super::header::only;
use super::push::{self, Push};
use super::receiver::Receiver;
use super::refusal::Refusal;
use super::signature::{Code, code, hex, is_code, is_token};

/// How far the timestamp of a generic delivery may be from now, either way.
pub(super) const WINDOW_SECONDS: i64 = 300;

/// What a request carried.
#[derive(Clone, Copy)]
pub struct Arrived<'a> {
    /// All headers of the request.
    pub headers: &'a HeaderMap,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// What is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What tells this delivery from others.
    pub id: DeliveryId,
    /// What moved; nothing, when the event is no push.
    pub pushes: Vec<Push>,
}

/// What tells deliveries apart: a code over all that is signed.
///
/// The forges' own ids (`X-GitHub-Delivery`) stand in headers that are not signed, so whoever replays a body
/// could write another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryId(Code);

/// Decides whether a delivery is believed, and says what it tells.
pub fn verify(receiver: &Receiver, arrived: Arrived<'_>, now: Timestamp) -> Result<Verified, Refusal> {
    let headers = arrived.headers;
    let code = code_of(receiver, arrived);
    match receiver.kind {
        // https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
        ReceiverKind::GitHub => check_prefixed(headers, "x-hub-signature-256", &code)?,
        // https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
        ReceiverKind::Bitbucket => check_prefixed(headers, "x-hub-signature", &code)?,
        ReceiverKind::Gitea => check_gitea(headers, &code)?,
        ReceiverKind::GitLab => check_token(receiver, headers)?,
        ReceiverKind::Generic => {
            check_prefixed(headers, GENERIC_SIGNATURE, &code)?;
            check_time(headers, now)?;
        }
    }
    Ok(Verified { id: DeliveryId(code), pushes: push::pushes(receiver.kind, arrived)? })
}

const GENERIC_SIGNATURE: &str = "x-rolecall-signature";
const GENERIC_TIMESTAMP: &str = "x-rolecall-timestamp";

/// The headers by which a generic receiver believes a body.
pub(crate) fn signed(secret: &SecretString, body: &str, at: Timestamp) -> [(&'static str, String); 2] {
    let seconds = at.as_second().to_string();
    let code = code(secret, &[seconds.as_bytes(), b".", body.as_bytes()]);
    [(GENERIC_SIGNATURE, format!("sha256={}", hex(&code))), (GENERIC_TIMESTAMP, seconds)]
}

/// The code over what is signed. GitLab signs nothing: there the delivery's id is part of it, since two pushes
/// of a branch forth and back may have equal bodies.
fn code_of(receiver: &Receiver, Arrived { headers, body }: Arrived<'_>) -> Code {
    let head = match receiver.kind {
        ReceiverKind::Generic => only(headers, GENERIC_TIMESTAMP).unwrap_or_default(),
        // The same on each attempt; https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers
        ReceiverKind::GitLab => only(headers, "idempotency-key")
            .or_else(|| only(headers, "x-gitlab-event-uuid"))
            .unwrap_or_default(),
        _ => return code(&receiver.secret, &[body]),
    };
    code(&receiver.secret, &[head.as_bytes(), b".", body])
}

/// `sha256=HEX`. A `sha1=` is refused: GitHub still sends it, in the header that Bitbucket uses.
fn check_prefixed(headers: &HeaderMap, name: &str, code: &Code) -> Result<(), Refusal> {
    let given = only(headers, name).and_then(|value| value.strip_prefix("sha256="));
    check_code(given, code)
}

/// Bare digits. Forgejo sends both headers, Gitea one; of two, Forgejo's counts.
/// <https://forgejo.org/docs/latest/user/webhooks/>, <https://docs.gitea.com/usage/repository/webhooks>
fn check_gitea(headers: &HeaderMap, code: &Code) -> Result<(), Refusal> {
    let forgejo = "x-forgejo-signature";
    let name = if headers.contains_key(forgejo) { forgejo } else { "x-gitea-signature" };
    check_code(only(headers, name), code)
}

fn check_code(given: Option<&str>, code: &Code) -> Result<(), Refusal> {
    let given = given.ok_or(Refusal::Unsigned)?;
    if is_code(given, code) { Ok(()) } else { Err(Refusal::Signature) }
}

/// The secret itself, as a header. <https://docs.gitlab.com/user/project/integrations/webhooks/>
fn check_token(receiver: &Receiver, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = only(headers, "x-gitlab-token").ok_or(Refusal::Unsigned)?;
    if is_token(given, &receiver.secret) { Ok(()) } else { Err(Refusal::Signature) }
}

/// Seconds since 1970, digits only, that are not long ago and not far ahead.
fn check_time(headers: &HeaderMap, now: Timestamp) -> Result<(), Refusal> {
    let text = only(headers, GENERIC_TIMESTAMP).ok_or(Refusal::Unsigned)?;
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let signed_at: i64 = text.parse().ok().filter(|_| is_digits).ok_or(Refusal::Expired)?;
    let age = now.as_second().saturating_sub(signed_at).saturating_abs();
    if age <= WINDOW_SECONDS { Ok(()) } else { Err(Refusal::Expired) }
}

impl fmt::Debug for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // For all but GitLab the code is the signature.
        f.write_str("DeliveryId")
    }
}
