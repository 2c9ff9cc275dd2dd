//! What AWS refused, in words that name the cause and the next step.
//!
//! Every SDK error of the crate goes through here once. AWS's own message is quoted where it is worth it, never
//! where it could hold part of a request: the one about a wrong signature repeats headers, session token included.

use std::error::Error;
use std::time::Duration;

use aws_config::meta::{ProviderAttempt, ProviderChainError};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use rolecall_engine::port::{PortError, PortErrorKind};

use crate::session::AwsSession;

mod answer;
#[cfg(test)]
mod tests;

use answer::Answer;

/// What was tried, and what is known around it.
pub(crate) struct Attempt<'a> {
    operation: &'static str,
    resource: &'a str,
    region: &'a str,
    profile: Option<&'a str>,
    now: Timestamp,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(operation: &'static str, resource: &'a str, session: &'a AwsSession) -> Self {
        Self {
            operation,
            resource,
            region: session.region(),
            profile: session.profile(),
            now: session.clock().timestamp(),
        }
    }

    fn error(&self, kind: PortErrorKind, message: impl Into<String>, hint: impl Into<String>) -> PortError {
        PortError::new(kind, self.operation, self.resource, message).with_hint(hint)
    }
}

/// Translates the error of a call.
pub(crate) fn from_sdk<E>(error: &SdkError<E, HttpResponse>, attempt: &Attempt<'_>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) => timed_out(attempt),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => timed_out(attempt),
        SdkError::DispatchFailure(_) => unreachable_host(&innermost(error), attempt),
        SdkError::ServiceError(refusal) => answer(refusal.err(), refusal.raw(), attempt).translate(),
        SdkError::ResponseError(_) => attempt.error(
            PortErrorKind::Unavailable,
            format!("what answered is not AWS: {}", innermost(error)),
            "is a proxy or `AWS_ENDPOINT_URL` in between?",
        ),
        _ => attempt.error(
            PortErrorKind::Other,
            innermost(error),
            "look at the arguments and at `AWS_…` in the environment",
        ),
    }
}

/// Translates why there are no credentials.
pub(crate) fn from_credentials(error: &CredentialsError, session: &AwsSession) -> PortError {
    let attempt = Attempt::new("find", "credentials", session);
    if let Some(refusal) = sts_refusal(error, &attempt) {
        return refusal;
    }
    let hint = sign_in_hint(session.profile());
    match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            attempt.error(PortErrorKind::Unauthenticated, not_loaded(error, session.profile()), hint)
        }
        CredentialsError::ProviderTimedOut(_) => {
            attempt.error(PortErrorKind::Timeout, innermost(error), hint)
        }
        CredentialsError::InvalidConfiguration(_) => attempt.error(
            PortErrorKind::Invalid,
            innermost(error),
            "look at `~/.aws/config` and `~/.aws/credentials`, or at the files that `AWS_CONFIG_FILE` and \
             `AWS_SHARED_CREDENTIALS_FILE` name",
        ),
        _ => attempt.error(PortErrorKind::Unauthenticated, source_failed(&innermost(error)), hint),
    }
}

/// The refusal of STS inside an error of a credential source, wherever the chain has it.
fn sts_refusal(error: &CredentialsError, attempt: &Attempt<'_>) -> Option<PortError> {
    let mut source = error.source();
    while let Some(inner) = source {
        let resource = Attempt { operation: "assume", resource: "the role", ..*attempt };
        if let Some(error) = inner.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return Some(from_sdk(error, &resource));
        }
        if let Some(error) = inner.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>() {
            return Some(from_sdk(error, &resource));
        }
        source = inner.source();
    }
    None
}

fn answer<'a>(
    error: &'a dyn ProvideErrorMetadata,
    raw: &'a HttpResponse,
    attempt: &'a Attempt<'a>,
) -> Answer<'a> {
    let header = |name| raw.headers().get(name);
    Answer {
        attempt,
        code: error.code().unwrap_or_default(),
        message: error.message().unwrap_or_default(),
        status: raw.status().as_u16(),
        date: header("date").and_then(parse_date),
        retry_after: header("retry-after").and_then(|secs| secs.parse().ok()).map(Duration::from_secs),
    }
}

fn parse_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

fn timed_out(attempt: &Attempt<'_>) -> PortError {
    attempt.error(
        PortErrorKind::Timeout,
        "AWS did not answer in time",
        "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), or pass a longer `--timeout`",
    )
}

fn unreachable_host(cause: &str, attempt: &Attempt<'_>) -> PortError {
    attempt.error(
        PortErrorKind::Unavailable,
        format!("AWS cannot be reached in region `{}`: {cause}", attempt.region),
        format!(
            "is `{}` the right region? If so, check the network, the proxy (`HTTPS_PROXY`, `NO_PROXY`) and \
             `AWS_ENDPOINT_URL`; a private CA goes into `AWS_CA_BUNDLE`",
            attempt.region
        ),
    )
}

/// Where credentials were looked for, and what was found in each place.
fn not_loaded(error: &CredentialsError, profile: Option<&str>) -> String {
    let chain =
        error.source().and_then(|source| source.downcast_ref::<ProviderChainError<CredentialsError>>());
    if let Some(chain) = chain {
        let looked_at = |attempt: &ProviderAttempt<CredentialsError>| {
            format!("{}: {}", place(attempt.name()), cause(attempt.error()))
        };
        let places: Vec<_> = chain.attempts().iter().map(looked_at).collect();
        return format!("no credentials found; looked at {}", places.join("; "));
    }
    format!("no credentials found in profile `{}`: {}", profile.unwrap_or("default"), cause(error))
}

/// A place that should have credentials failed. The instance is the last place, and all others were in vain before.
fn source_failed(cause: &str) -> String {
    if cause.contains("IMDS") {
        return format!(
            "no credentials found: there are none in the environment, profile, web identity or container, and \
             the instance (IMDS) failed: {cause}"
        );
    }
    format!("the credentials cannot be loaded: {cause}")
}

/// Why a place holds no credentials; the SDK does not always say.
fn cause(error: &CredentialsError) -> String {
    error.source().map_or_else(|| "nothing is there".to_owned(), innermost)
}

/// A place where the SDK looks for credentials, as people know it.
fn place(name: &str) -> &str {
    match name {
        "Environment" => "the environment (`AWS_ACCESS_KEY_ID`)",
        "Profile" => "the profile (`~/.aws/config`, `~/.aws/credentials`)",
        "WebIdentityToken" => "web identity (`AWS_WEB_IDENTITY_TOKEN_FILE`)",
        "EcsContainer" => "the container (`AWS_CONTAINER_CREDENTIALS_FULL_URI`)",
        "Ec2InstanceMetadata" => "the instance (IMDS)",
        other => other,
    }
}

fn sign_in_hint(profile: Option<&str>) -> String {
    match profile {
        Some(profile) => {
            format!("sign in again (`aws sso login --profile {profile}`), or name another profile")
        }
        None => "sign in (`aws sso login`), pass `--profile`, or set `AWS_ACCESS_KEY_ID` and its secret"
            .to_owned(),
    }
}

/// The last cause of an error: the outer ones only say that there is one.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    one_line(&last.to_string())
}

/// A quotation of somebody else's words that cannot flood the screen.
fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= 300 {
        return words;
    }
    words.chars().take(300).chain(['…']).collect()
}
