//! Results and refusals in the shapes of AWS's two protocols: query (XML, or JSON if asked) and REST with JSON.
//! Of the query protocol's JSON only what the authenticator reads is proven: identities and errors.

use std::fmt::Write as _;

use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::signature::Refusal;
use super::{Service, random};

/// A refusal, before it takes the shape of a protocol.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn unavailable(service: Service) -> Self {
        let code = match service {
            Service::Sts => "ServiceUnavailable",
            Service::Eks => "ServiceUnavailableException",
        };
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "the practice AWS was told to be unavailable")
    }

    pub(super) fn throttled(service: Service) -> Self {
        match service {
            Service::Sts => Self::new(StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded"),
            Service::Eks => Self::new(StatusCode::TOO_MANY_REQUESTS, "ThrottlingException", "Rate exceeded"),
        }
    }

    /// Returns a failed authentication in the service's own words: the two differ in every code.
    pub(super) fn refused(service: Service, refusal: &Refusal) -> Self {
        let (sts, eks) = match refusal {
            Refusal::Unsigned => ("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
            Refusal::Incomplete(_) => ("IncompleteSignature", "IncompleteSignatureException"),
            Refusal::Signature(_) => ("SignatureDoesNotMatch", "InvalidSignatureException"),
            Refusal::UnknownKey => ("InvalidClientTokenId", "UnrecognizedClientException"),
            Refusal::ExpiredSession => ("ExpiredToken", "ExpiredTokenException"),
        };
        let status = match refusal {
            Refusal::Incomplete(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::FORBIDDEN,
        };
        let code = if service == Service::Sts { sts } else { eks };
        Self::new(status, code, refusal.to_string())
    }

    /// Returns what both services say to a caller without the right.
    pub(super) fn denied(code: &'static str, caller: &str, action: &str, resource: &str) -> Self {
        let message =
            format!("User: {caller} is not authorized to perform: {action} on resource: {resource}");
        Self::new(StatusCode::FORBIDDEN, code, message)
    }
}

/// Answers in the query protocol; `result` is what stands inside `<ACTIONResult>`.
pub(super) fn query(action: &str, result: Result<Value, Failure>, as_json: bool) -> Response<Full<Bytes>> {
    let request_id = random::request_id();
    let (status, document) = match result {
        Ok(result) => (StatusCode::OK, query_result(action, &result, &request_id)),
        Err(failure) => (failure.status, query_error(&failure, &request_id)),
    };
    let (content_type, body) = if as_json {
        // In JSON an error stands at the top, without the `ErrorResponse` around it.
        let body = document.get("ErrorResponse").unwrap_or(&document);
        ("application/json", body.to_string())
    } else {
        ("text/xml", xml(&document))
    };
    response(status, content_type, body, &request_id)
}

/// Answers in REST with JSON.
pub(super) fn rest(result: Result<Value, Failure>) -> Response<Full<Bytes>> {
    let request_id = random::request_id();
    match result {
        Ok(body) => response(StatusCode::OK, "application/json", body.to_string(), &request_id),
        Err(failure) => {
            let body = json!({ "message": failure.message }).to_string();
            let mut response = response(failure.status, "application/json", body, &request_id);
            response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(failure.code));
            response
        }
    }
}

fn query_result(action: &str, result: &Value, request_id: &str) -> Value {
    json!({
        format!("{action}Response"): {
            format!("{action}Result"): result,
            "ResponseMetadata": { "RequestId": request_id },
        }
    })
}

fn query_error(failure: &Failure, request_id: &str) -> Value {
    let at = if failure.status.is_server_error() { "Receiver" } else { "Sender" };
    json!({
        "ErrorResponse": {
            "Error": { "Type": at, "Code": failure.code, "Message": failure.message },
            "RequestId": request_id,
        }
    })
}

fn response(
    status: StatusCode,
    content_type: &'static str,
    body: String,
    request_id: &str,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", request_id);
    }
    response
}

/// Renders an object of objects and strings; the names come from us, the texts may hold anything.
fn xml(document: &Value) -> String {
    let mut text = String::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        let _ = write!(text, "<{name} xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">");
        write_element(&mut text, value);
        let _ = write!(text, "</{name}>");
    }
    text
}

fn write_element(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let _ = write!(text, "<{name}>");
                write_element(text, value);
                let _ = write!(text, "</{name}>");
            }
        }
        Value::String(content) => text.push_str(&escape(content)),
        other => text.push_str(&other.to_string()),
    }
}

fn escape(content: &str) -> String {
    content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
