//! From what the API server, or the way to it, said to a [`PortError`]: the one place that does so.
//!
//! A message names the cause, the hint the next step. No request header is ever part of either.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use rolecall_engine::port::{PortError, PortErrorKind};
use rustls::CertificateError;
use serde::Deserialize;

#[cfg(test)]
mod tests;

const BOOTSTRAP: &str =
    "`rolecall bootstrap cluster`, run by an administrator of the cluster, grants what is needed";

/// What was asked for, in the words of an error.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) operation: &'static str,
    pub(crate) resource: String,
}

impl Asked {
    pub(crate) fn error(&self, kind: PortErrorKind, message: impl Into<String>) -> PortError {
        PortError::new(kind, self.operation, &self.resource, message)
    }
}

/// The part of `metav1.Status` that is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    message: String,
    reason: String,
}

/// The API server answered, and it was no.
pub(crate) fn refused(asked: &Asked, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> PortError {
    let said: Status = serde_json::from_slice(body).unwrap_or_default();
    let message = if said.message.is_empty() { excerpt(status, body) } else { said.message };
    let kind = kind(status, &said.reason, &message);
    let hint = hint(status, kind, &message);
    let mut error = asked.error(kind, message);
    error.hint = hint;
    error.retry_after = retry_after(headers);
    error
}

/// The API server did not answer within the time of one request.
pub(crate) fn timed_out(asked: &Asked, after: Duration) -> PortError {
    let message = format!("no answer from the API server within {} s", after.as_secs_f64());
    let error = asked.error(PortErrorKind::Timeout, message);
    match asked.operation {
        "create" | "patch" | "apply" => {
            error.with_hint("it may have been done all the same: the next run looks before it writes again")
        }
        _ => {
            error.with_hint("is the API server overloaded, or the network slow? `--timeout` allows more time")
        }
    }
}

/// There was no answer: the connection could not be made, or broke. `server` and `proxy` without credentials.
pub(crate) fn unreachable(
    asked: &Asked,
    server: &str,
    proxy: Option<&str>,
    failure: &(dyn Error + 'static),
) -> PortError {
    let cause = Cause::of(failure);
    let (kind, message, hint) = match cause {
        Cause::TimedOut => (
            PortErrorKind::Timeout,
            format!("`{server}` could not be reached in time"),
            "is the network right? The endpoint of a private cluster is reached only from its VPC",
        ),
        Cause::Refused => (
            PortErrorKind::Unavailable,
            format!("`{server}` refused the connection"),
            "is the cluster running, and the endpoint in the kubeconfig still right?",
        ),
        Cause::UnknownName => (
            PortErrorKind::Unavailable,
            format!("the name in `{server}` could not be resolved"),
            "does the cluster still exist? The name of a private endpoint resolves only in its VPC",
        ),
        Cause::Certificate(error) => certificate(server, &error),
        Cause::Proxy(text) => (
            PortErrorKind::Unavailable,
            format!("the proxy did not lead to `{server}`: {text}"),
            "see `HTTPS_PROXY`, `NO_PROXY` and the kubeconfig's `proxy-url`",
        ),
        Cause::Other(text) => {
            (PortErrorKind::Unavailable, text, "is there something between here and the cluster?")
        }
    };
    let message = match proxy {
        Some(proxy) => format!("{message} (through the proxy `{proxy}`)"),
        None => message,
    };
    asked.error(kind, message).with_hint(hint)
}

fn kind(status: StatusCode, reason: &str, message: &str) -> PortErrorKind {
    match status.as_u16() {
        401 => PortErrorKind::Unauthenticated,
        403 if message.contains("\"system:anonymous\"") => PortErrorKind::Unauthenticated,
        _ if message.contains("admission webhook") && message.contains("denied the request") => {
            PortErrorKind::Invalid
        }
        403 => PortErrorKind::Denied,
        404 => PortErrorKind::NotFound,
        409 => PortErrorKind::Conflict,
        429 => PortErrorKind::Throttled,
        408 | 504 => PortErrorKind::Timeout,
        500 if reason == "Timeout" || reason == "ServerTimeout" => PortErrorKind::Timeout,
        500 | 502 | 503 => PortErrorKind::Unavailable,
        400 | 405 | 406 | 413 | 415 | 422 => PortErrorKind::Invalid,
        _ => PortErrorKind::Other,
    }
}

fn hint(status: StatusCode, kind: PortErrorKind, message: &str) -> Option<String> {
    let text = match kind {
        PortErrorKind::Unauthenticated => {
            "is the principal in `aws-auth`, or does it have an access entry, and are its credentials current? \
             `rolecall whoami` looks for the reason"
        }
        PortErrorKind::Denied => BOOTSTRAP,
        PortErrorKind::Throttled => {
            "the API server is asked for too much at the moment: try again in a while"
        }
        PortErrorKind::Unavailable | PortErrorKind::Timeout => {
            "the API server, or something before it, is failing: try again in a while"
        }
        PortErrorKind::NotFound if message.contains("namespaces \"rolecall\"") => BOOTSTRAP,
        PortErrorKind::Invalid if message.contains("admission webhook") => {
            "the cluster has a webhook that judges this object: mend what it names"
        }
        PortErrorKind::Invalid if status == StatusCode::PAYLOAD_TOO_LARGE => {
            "a ConfigMap holds at most 1 MiB, and one request at most 3 MiB"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn excerpt(status: StatusCode, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line: String =
        text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("").chars().take(160).collect();
    if line.is_empty() {
        format!("the answer was {status}")
    } else {
        format!("the answer was {status}: {line}")
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn certificate(server: &str, error: &rustls::Error) -> (PortErrorKind, String, &'static str) {
    let (message, hint) = match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => (
            format!("the certificate of `{server}` is not signed by the CA that is known for this cluster"),
            "is this the right cluster? A cluster that was made anew has a new CA: run `rolecall kubeconfig` again",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => (
            format!("the certificate of `{server}` is for another name: {error}"),
            "is the endpoint right? A kubeconfig can name the other one as `tls-server-name`",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => (
            format!("the certificate of `{server}` is not valid at this time: {error}"),
            "is the clock of this machine right?",
        ),
        _ => (format!("no TLS with `{server}`: {error}"), "is there really an API server at this address?"),
    };
    (PortErrorKind::Other, message, hint)
}

/// Why there was no answer, dug out of layers of errors.
enum Cause {
    TimedOut,
    Refused,
    UnknownName,
    Certificate(rustls::Error),
    Proxy(String),
    Other(String),
}

impl Cause {
    fn of(failure: &(dyn Error + 'static)) -> Self {
        let chain = chain(failure);
        let texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
        let tls = chain.iter().find_map(|error| error.downcast_ref::<rustls::Error>());
        let io = chain.iter().find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
        let mentions = |words: &str| texts.iter().any(|text| text.starts_with(words));
        match (tls, io) {
            (Some(error), _) => Self::Certificate(error.clone()),
            _ if mentions("dns error") => Self::UnknownName,
            (_, Some(io::ErrorKind::TimedOut)) => Self::TimedOut,
            (_, Some(io::ErrorKind::ConnectionRefused)) => Self::Refused,
            _ if mentions("tunnel error") => Self::Proxy(texts.last().cloned().unwrap_or_default()),
            _ => Self::Other(texts.last().cloned().unwrap_or_default()),
        }
    }
}

/// An error and everything under it. An `io::Error` hides the one that it wraps from `source`.
fn chain<'a>(failure: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut all = vec![failure];
    let mut next = Some(failure);
    while let Some(error) = next {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        };
        all.extend(next);
    }
    all
}
