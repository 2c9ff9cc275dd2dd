//! Answers and failures, as the errors that people and the retry policy read.

use std::fmt;

use http::header::RETRY_AFTER;

use super::*;

fn asked() -> Asked {
    Asked { operation: "patch", resource: "`configmap kube-system/aws-auth`".to_owned() }
}

fn answer(status: u16, body: &str) -> PortError {
    refused(&asked(), StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
}

fn status(message: &str) -> String {
    serde_json::json!({ "kind": "Status", "message": message, "reason": "" }).to_string()
}

#[test]
fn every_answer_has_a_kind() {
    let rows = [
        (400, PortErrorKind::Invalid),
        (401, PortErrorKind::Unauthenticated),
        (403, PortErrorKind::Denied),
        (404, PortErrorKind::NotFound),
        (405, PortErrorKind::Invalid),
        (408, PortErrorKind::Timeout),
        (409, PortErrorKind::Conflict),
        (413, PortErrorKind::Invalid),
        (415, PortErrorKind::Invalid),
        (418, PortErrorKind::Other),
        (422, PortErrorKind::Invalid),
        (429, PortErrorKind::Throttled),
        (500, PortErrorKind::Unavailable),
        (502, PortErrorKind::Unavailable),
        (503, PortErrorKind::Unavailable),
        (504, PortErrorKind::Timeout),
    ];
    for (code, expect) in rows {
        assert_eq!(answer(code, &status("no")).kind, expect, "{code}");
    }
}

#[test]
fn a_server_s_timeout_is_one() {
    let error = answer(500, r#"{"message":"request did not complete","reason":"Timeout"}"#);
    assert_eq!(error.kind, PortErrorKind::Timeout);
}

/// `hint` is a part of it; empty for none.
fn check(code: u16, message: &str, kind: PortErrorKind, hint: &str) {
    let error = answer(code, &status(message));
    assert_eq!(error.kind, kind, "{error}");
    assert_eq!(error.to_string(), format!("patch `configmap kube-system/aws-auth`: {message}"));
    match error.hint {
        Some(given) => assert!(!hint.is_empty() && given.contains(hint), "{given}"),
        None => assert!(hint.is_empty(), "{message}: expected a hint with {hint:?}"),
    }
}

#[test]
fn the_server_s_words_and_the_next_step() {
    check(401, "Unauthorized", PortErrorKind::Unauthenticated, "rolecall whoami");
    let denied = "configmaps \"aws-auth\" is forbidden: User \"ci\" cannot patch resource \"configmaps\"";
    check(403, denied, PortErrorKind::Denied, "rolecall bootstrap cluster");
    let nobody = "configmaps is forbidden: User \"system:anonymous\" cannot list resource \"configmaps\"";
    check(403, nobody, PortErrorKind::Unauthenticated, "rolecall whoami");
    check(404, "namespaces \"rolecall\" not found", PortErrorKind::NotFound, "rolecall bootstrap cluster");
    check(404, "configmaps \"aws-auth\" not found", PortErrorKind::NotFound, "");
    check(409, "the object has been modified", PortErrorKind::Conflict, "");
    let webhook = "admission webhook \"check.eks\" denied the request: mapRoles is not a list";
    check(403, webhook, PortErrorKind::Invalid, "webhook");
    check(400, webhook, PortErrorKind::Invalid, "webhook");
    check(413, "Request entity too large: limit is 3145728", PortErrorKind::Invalid, "1 MiB");
}

#[test]
fn an_answer_that_is_no_status_is_quoted_briefly() {
    let page = format!("\n  <html>{}\nsecond line", "x".repeat(500));
    let error = answer(502, &page);
    assert!(error.message.starts_with("the answer was 502 Bad Gateway: <html>xxx"), "{}", error.message);
    assert!(error.message.len() < 220 && !error.message.contains("second"), "{}", error.message);
    assert_eq!(answer(503, "").message, "the answer was 503 Service Unavailable");
}

#[test]
fn retry_after_is_kept() {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, "7".parse().unwrap());
    let error = refused(&asked(), StatusCode::TOO_MANY_REQUESTS, &headers, b"{}");
    assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(answer(429, "{}").retry_after, None);
}

/// An error with a text and a cause, as the layers of an HTTP client are.
#[derive(Debug)]
struct Layer(&'static str, Box<dyn Error + Send + Sync>);

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Layer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.1)
    }
}

fn lost(
    text: &'static str,
    cause: impl Into<Box<dyn Error + Send + Sync>>,
    proxy: Option<&str>,
) -> PortError {
    let failure = Layer("client error (Connect)", Box::new(Layer(text, cause.into())));
    unreachable(&asked(), "https://example", proxy, &failure)
}

fn tls(error: CertificateError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(error))
}

fn check_lost(error: &PortError, kind: PortErrorKind, message: &str, hint: &str) {
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.message.contains(message), "{error}");
    assert!(error.hint.as_deref().unwrap().contains(hint), "{:?}", error.hint);
}

#[test]
fn the_cause_is_dug_out_of_its_layers() {
    let io = |kind: io::ErrorKind| io::Error::from(kind);
    let unavailable = PortErrorKind::Unavailable;
    let refused = lost("tcp connect error", io(io::ErrorKind::ConnectionRefused), None);
    check_lost(&refused, unavailable, "`https://example` refused the connection", "running");
    let late = lost("deadline", io(io::ErrorKind::TimedOut), None);
    check_lost(&late, PortErrorKind::Timeout, "could not be reached in time", "VPC");
    let unknown = lost("dns error", io::Error::other("failed to lookup address information"), None);
    check_lost(&unknown, unavailable, "could not be resolved", "private endpoint");
    let cut = lost("connection error", io(io::ErrorKind::ConnectionReset), None);
    check_lost(&cut, unavailable, "connection reset", "between");
    let blocked = lost("tunnel error: proxy authorization required", "", Some("http://proxy:3128"));
    check_lost(&blocked, unavailable, "(through the proxy `http://proxy:3128`)", "HTTPS_PROXY");
}

#[test]
fn certificates_are_told_apart() {
    let other = PortErrorKind::Other;
    let unknown = lost("tls", tls(CertificateError::UnknownIssuer), None);
    check_lost(&unknown, other, "not signed by the CA", "right cluster");
    let name = lost("tls", tls(CertificateError::NotValidForName), None);
    check_lost(&name, other, "another name", "tls-server-name");
    let expired = lost("tls", tls(CertificateError::Expired), None);
    check_lost(&expired, other, "not valid at this time", "clock");
    let broken = lost("tls", tls(CertificateError::BadEncoding), None);
    check_lost(&broken, other, "no TLS", "API server");
    assert!(!unknown.kind.is_transient());
}
