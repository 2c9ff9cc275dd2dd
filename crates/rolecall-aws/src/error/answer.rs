//! What AWS answered, and what it means: the table of error codes.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rolecall_engine::port::{PortError, PortErrorKind};

use super::{Attempt, one_line, sign_in_hint};

/// How far a clock may be off before AWS refuses signatures, less the time of an answer on its way.
const MAX_SKEW: SignedDuration = SignedDuration::from_secs(4 * 60);

/// An error answer, in its parts.
pub(super) struct Answer<'a> {
    pub(super) attempt: &'a Attempt<'a>,
    /// Empty if the answer has none.
    pub(super) code: &'a str,
    /// Empty if the answer has none.
    pub(super) message: &'a str,
    pub(super) status: u16,
    /// The time in the answer's header, which may be a proxy's.
    pub(super) date: Option<Timestamp>,
    pub(super) retry_after: Option<Duration>,
}

impl Answer<'_> {
    /// The answer as the engine knows it.
    pub(super) fn translate(&self) -> PortError {
        use PortErrorKind as Kind;
        let mut error = match self.code {
            "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "RequestExpired"
            | "RequestTimeTooSkewed"
            | "IncompleteSignature"
            | "IncompleteSignatureException" => self.wrong_signature(),
            "ExpiredToken" | "ExpiredTokenException" => {
                let hint = sign_in_hint(self.attempt.profile);
                self.attempt.error(Kind::Unauthenticated, "the credentials have expired", hint)
            }
            "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
                self.unknown_key()
            }
            "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "InvalidIdentityToken"
            | "IDPRejectedClaim"
            | "OptInRequired" => self.quoted(Kind::Unauthenticated, &sign_in_hint(self.attempt.profile)),
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => self.denied(),
            "RegionDisabledException" => self.quoted(
                Kind::Denied,
                "activate STS for this region in the account's settings, or use another region",
            ),
            "ResourceNotFoundException" | "NotFoundException" => {
                self.quoted(Kind::NotFound, "check the name, the region and the account")
            }
            "ResourceInUseException" | "ConflictException" => {
                self.quoted(Kind::Conflict, "wait until the other change is done")
            }
            "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "SlowDown" => self.quoted(Kind::Throttled, "try again a little later"),
            _ => self.by_status(),
        };
        error.retry_after = self.retry_after;
        error
    }

    fn by_status(&self) -> PortError {
        use PortErrorKind as Kind;
        match self.status {
            401 => self.quoted(Kind::Unauthenticated, &sign_in_hint(self.attempt.profile)),
            403 => self.denied(),
            404 => self.quoted(Kind::NotFound, "check the name, the region and `AWS_ENDPOINT_URL`"),
            408 | 504 => self.quoted(Kind::Timeout, "try again a little later"),
            409 => self.quoted(Kind::Conflict, "wait until the other change is done"),
            429 => self.quoted(Kind::Throttled, "try again a little later"),
            400..500 => self.quoted(Kind::Invalid, "look at the arguments"),
            500.. => self.quoted(Kind::Unavailable, "AWS is failing: try again a little later"),
            _ => self.quoted(Kind::Other, "is a proxy or `AWS_ENDPOINT_URL` in between?"),
        }
    }

    /// A signature is wrong because a clock is, or because the secret is.
    fn wrong_signature(&self) -> PortError {
        let their_time = server_time(self.message).or(self.date);
        let skew = their_time.map(|theirs| self.attempt.now.duration_since(theirs));
        let off = skew.filter(|skew| skew.abs() > MAX_SKEW);
        let speaks_of_time = self.code.starts_with("Request")
            || self.message.contains("Signature expired")
            || self.message.contains("Signature not yet current");
        let (message, hint) = match off {
            Some(skew) => (clock_is_off(skew), "set this machine's clock (NTP), then try again"),
            None if speaks_of_time => (
                "AWS says that the request is too old or too new".to_owned(),
                "set this machine's clock (NTP)",
            ),
            None => (
                "AWS says that the signature is wrong".to_owned(),
                "the secret access key does not belong to the key id, or a proxy changes the request",
            ),
        };
        self.attempt.error(PortErrorKind::Unauthenticated, message, hint)
    }

    fn unknown_key(&self) -> PortError {
        self.attempt.error(
            PortErrorKind::Unauthenticated,
            format!("AWS does not know the access key in region `{}`", self.attempt.region),
            "the key is deleted or disabled, or a temporary one without its `AWS_SESSION_TOKEN`, or the region \
             is not enabled in the account",
        )
    }

    /// AWS names the caller, the action and the resource; a caller without a right reads what to ask for.
    fn denied(&self) -> PortError {
        let hint = match self.attempt.operation {
            "assume" => {
                "the role's trust policy must name the caller, and the caller's policy must allow `sts:AssumeRole`"
            }
            _ => "allow the action in the caller's IAM policy, or use another role (`--role-arn`)",
        };
        self.quoted(PortErrorKind::Denied, hint)
    }

    fn quoted(&self, kind: PortErrorKind, hint: &str) -> PortError {
        let message = match (self.code, self.message) {
            ("", "") => format!("AWS answered with status {}", self.status),
            (code, "") => format!("AWS answered `{code}`"),
            ("", message) => one_line(message),
            (code, message) => format!("{} (`{code}`)", one_line(message)),
        };
        self.attempt.error(kind, message, hint)
    }
}

/// The server's time in AWS's own words: `… (20230428T010000Z - 15 min.)`, or `+` if we are ahead.
fn server_time(message: &str) -> Option<Timestamp> {
    let (time, _) = message.split_once(" (")?.1.split_once(' ')?;
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn clock_is_off(skew: SignedDuration) -> String {
    let minutes = skew.abs().as_secs() / 60;
    let direction = if skew.is_negative() { "behind" } else { "ahead of" };
    format!("this machine's clock is {minutes} minutes {direction} AWS's")
}
