//! One way to send a request and to get its answer, or a [`PortError`].
//!
//! Connections are pooled and used again within a run. Nothing is retried here, nothing is discovered, and
//! the token is asked for before each request.

use std::error::Error;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use kube::client::{Body, ClientBuilder};
use rolecall_engine::port::{PortError, PortErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::{self, Asked};
use crate::proxy;
use crate::target::{Target, Timeouts};
use crate::tokens::BearerTokens;
use crate::wire::FIELD_MANAGER;

mod stream;

pub(crate) use stream::{Heard, Incoming, Refusal};

/// A request, and how an error speaks of it.
pub(crate) struct Request {
    asked: Asked,
    method: Method,
    path: String,
    content_type: &'static str,
    /// What is wanted, where it is not the object as JSON.
    accept: Option<&'static str>,
    body: Vec<u8>,
}

/// Without what is in the object; from a server that cannot do so, the object.
const METADATA_ALONE: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;q=0.9";

/// An answer of 2xx.
pub(crate) struct Answer {
    pub(crate) is_created: bool,
    asked: Asked,
    body: Vec<u8>,
}

/// Connections to one API server, as one caller.
pub(crate) struct Connection {
    client: Client,
    credentials: Credentials,
    timeouts: Timeouts,
    server: String,
    proxy: Option<String>,
    clock: Mutex<Option<ServerClock>>,
}

/// The API server's time, counted on from its last answer.
#[derive(Debug, Clone, Copy)]
struct ServerClock {
    told: Timestamp,
    at: Instant,
    /// What our own clock said then.
    ours: Timestamp,
}

/// Who puts the `Authorization` header in.
enum Credentials {
    /// kube, by what the kubeconfig says; or TLS.
    InConfig,
    /// A source that is asked each time.
    Source(Arc<dyn BearerTokens>),
    /// This one token, for as long as it is good.
    Once(SecretString),
}

impl Request {
    pub(crate) fn read(resource: &str, path: impl Into<String>) -> Self {
        Self::new("read", resource, Method::GET, path, "application/json", Vec::new())
    }

    pub(crate) fn watch(resource: &str, path: impl Into<String>) -> Self {
        Self::new("watch", resource, Method::GET, path, "application/json", Vec::new())
    }

    pub(crate) fn create(resource: &str, path: &str, object: &Value) -> Self {
        let path = format!("{path}?fieldManager={FIELD_MANAGER}");
        Self::new("create", resource, Method::POST, path, "application/json", object.to_string().into_bytes())
    }

    /// A review: a question that is posted, and changes nothing.
    pub(crate) fn review(resource: &str, path: &str, object: &Value) -> Self {
        Self::new(
            "ask for",
            resource,
            Method::POST,
            path,
            "application/json",
            object.to_string().into_bytes(),
        )
    }

    pub(crate) fn merge_patch(resource: &str, path: &str, change: &Value) -> Self {
        let path = format!("{path}?fieldManager={FIELD_MANAGER}");
        let body = change.to_string().into_bytes();
        Self::new("patch", resource, Method::PATCH, path, "application/merge-patch+json", body)
    }

    /// Server-side apply, without force.
    pub(crate) fn apply(resource: &str, path: &str, object: &Value) -> Self {
        let path = format!("{path}?fieldManager={FIELD_MANAGER}");
        let body = yaml_safe(&object.to_string()).into_bytes();
        Self::new("apply", resource, Method::PATCH, path, "application/apply-patch+yaml", body)
    }

    /// The same, only asked and not done.
    pub(crate) fn rehearsed(mut self) -> Self {
        self.path.push_str("&dryRun=All");
        self.asked.operation = "rehearse";
        self
    }

    /// The same for the object's metadata alone, where the API server can do so.
    pub(crate) fn of_metadata(self) -> Self {
        Self { accept: Some(METADATA_ALONE), ..self }
    }

    fn new(
        operation: &'static str,
        resource: &str,
        method: Method,
        path: impl Into<String>,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Self {
        let asked = Asked { operation, resource: format!("`{resource}`") };
        Self { asked, method, path: path.into(), content_type, accept: None, body }
    }
}

impl Answer {
    /// The body as what it should be.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, PortError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            self.asked
                .error(PortErrorKind::Other, format!("the answer is not what an API server says: {error}"))
        })
    }
}

impl Connection {
    /// Prepares connections to `target`; the first request opens one. Needs a tokio runtime around it.
    pub(crate) fn open(target: &Target) -> Result<Self, PortError> {
        let credentials = match &target.tokens {
            Some(tokens) => Credentials::Source(Arc::clone(tokens)),
            None => Credentials::InConfig,
        };
        Self::open_as(target, credentials)
    }

    /// The same with connections of its own and, where there is a source of tokens, a token that is new.
    pub(crate) async fn open_afresh(target: &Target) -> Result<Self, PortError> {
        let credentials = match &target.tokens {
            Some(tokens) => Credentials::Once(tokens.fresh().await?),
            None => Credentials::InConfig,
        };
        Self::open_as(target, credentials)
    }

    /// Sends a request. Every answer that is not 2xx is an error.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, PortError> {
        let asked = request.asked.clone();
        let allowed = self.timeouts.request;
        match tokio::time::timeout(allowed, self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(errors::timed_out(&asked, allowed)),
        }
    }

    /// Sends a request; 404 is `None`.
    pub(crate) async fn find(&self, request: Request) -> Result<Option<Answer>, PortError> {
        match self.send(request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind == PortErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What time the API server has, to the second; our own clock before its first answer.
    pub(crate) fn server_time(&self) -> Timestamp {
        let clock = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let counted_on = clock.and_then(|clock| clock.told.checked_add(clock.at.elapsed()).ok());
        counted_on.unwrap_or_else(Timestamp::now)
    }

    /// How far the API server's clock was ahead of ours at its last answer.
    pub(crate) fn server_ahead(&self) -> Option<SignedDuration> {
        let clock = (*self.clock.lock().unwrap_or_else(PoisonError::into_inner))?;
        Some(clock.told.duration_since(clock.ours))
    }

    /// The one token that these connections show, if it is one.
    pub(crate) fn token(&self) -> Option<&SecretString> {
        match &self.credentials {
            Credentials::Once(token) => Some(token),
            Credentials::InConfig | Credentials::Source(_) => None,
        }
    }

    fn open_as(target: &Target, credentials: Credentials) -> Result<Self, PortError> {
        let mut config = target.config.clone();
        config.connect_timeout = Some(target.timeouts.connect);
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let proxy = config.proxy_url.as_ref().map(proxy::without_credentials);
        let asked = Asked { operation: "connect to", resource: format!("`{server}`") };
        let builder = ClientBuilder::try_from(config)
            .map_err(|error| asked.error(PortErrorKind::Invalid, error.to_string()))?;
        let client = builder.build();
        Ok(Self { client, credentials, timeouts: target.timeouts, server, proxy, clock: Mutex::new(None) })
    }

    async fn exchange(&self, request: Request) -> Result<Answer, PortError> {
        let asked = request.asked.clone();
        let response = self.begin(request).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| self.lost(&asked, &error))?.to_bytes();
        if !parts.status.is_success() {
            return Err(errors::refused(&asked, parts.status, &parts.headers, &body));
        }
        let is_created = parts.status == http::StatusCode::CREATED;
        Ok(Answer { is_created, asked, body: body.to_vec() })
    }

    /// Sends a request; the head of its answer has come, the body may be on its way.
    async fn begin(&self, request: Request) -> Result<http::Response<Body>, PortError> {
        let asked = request.asked.clone();
        let request = self.signed(request).await?;
        let response = self.client.send(request).await.map_err(|error| self.lost(&asked, &error))?;
        self.note_time(response.headers());
        Ok(response)
    }

    fn lost(&self, asked: &Asked, failure: &(dyn Error + 'static)) -> PortError {
        errors::unreachable(asked, &self.server, self.proxy.as_deref(), failure)
    }

    fn note_time(&self, headers: &HeaderMap) {
        if let Some(told) = date(headers) {
            let clock = ServerClock { told, at: Instant::now(), ours: Timestamp::now() };
            *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(clock);
        }
    }

    async fn signed(&self, request: Request) -> Result<http::Request<Body>, PortError> {
        let Request { asked, method, path, content_type, accept, body } = request;
        let mut signed = http::Request::builder()
            .method(method)
            .uri(path)
            .header(CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .map_err(|error| asked.error(PortErrorKind::Invalid, error.to_string()))?;
        if let Some(accept) = accept {
            signed.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        }
        let header = match &self.credentials {
            Credentials::InConfig => None,
            Credentials::Source(tokens) => Some(bearer(&tokens.token().await?, &asked)?),
            Credentials::Once(token) => Some(bearer(token, &asked)?),
        };
        if let Some(header) = header {
            signed.headers_mut().insert(AUTHORIZATION, header);
        }
        Ok(signed)
    }
}

fn bearer(token: &SecretString, asked: &Asked) -> Result<HeaderValue, PortError> {
    let mut header = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).map_err(|_| {
        asked.error(PortErrorKind::Invalid, "the token holds characters that no HTTP header may")
    })?;
    header.set_sensitive(true);
    Ok(header)
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp())
}

/// JSON that a YAML parser reads as JSON. The API server parses what is applied as YAML, and YAML folds the
/// line separators of Unicode and refuses some characters where they are not escaped; beyond the basic plane
/// JSON's escapes (surrogates) are unknown to it, and the characters themselves are welcome.
fn yaml_safe(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match u32::from(character) {
            code @ (0x7f..=0xffff) => {
                write!(text, "\\u{code:04x}").expect("writing to a String does not fail");
            }
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{date, yaml_safe};
    use http::HeaderMap;

    #[test]
    fn reads_the_server_s_date() {
        let mut headers = HeaderMap::new();
        headers.insert("date", "Tue, 24 Nov 2026 08:24:48 GMT".parse().unwrap());
        assert_eq!(date(&headers), Some("2026-11-24T08:24:48Z".parse().unwrap()));
        headers.insert("date", "yesterday".parse().unwrap());
        assert_eq!(date(&headers), None);
    }

    #[test]
    fn escapes_what_yaml_would_fold() {
        assert_eq!(yaml_safe("{\"a\":\"é\u{85}\u{2028}😀\"}"), "{\"a\":\"\\u00e9\\u0085\\u2028😀\"}");
    }
}
