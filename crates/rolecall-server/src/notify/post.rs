//! Posts a letter, and tries again where that makes sense. No address is part of an error.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::ExposeSecret;

use super::Target;
use super::letter::Letter;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Before each further attempt.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(16), Duration::from_secs(64)];

/// Why something was not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The address is not one that is posted to.
    #[error("its address is no `https://` URL")]
    NoAddress,
    /// The machine's authorities cannot be read.
    #[error("the machine's certificate authorities cannot be read: {0}")]
    NoAuthorities(String),
    /// There was no answer, for this reason.
    #[error("there was no answer: {0}")]
    NoAnswer(String),
    /// It was refused.
    #[error("it answered with HTTP {0}")]
    Refused(StatusCode),
}

/// Posts to one address.
pub struct Post {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    uri: Uri,
}

impl Post {
    /// To the address of a target.
    ///
    /// # Errors
    /// Where it is none: `https://`, or `http://` on this machine.
    pub fn to(target: &Target) -> Result<Self, PostError> {
        let uri: Uri = target.url.expose_secret().trim().parse().map_err(|_| PostError::NoAddress)?;
        let host = uri.host().ok_or(PostError::NoAddress)?;
        let is_here = ["localhost", "[::1]"].contains(&host) || host.starts_with("127.");
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_here => {}
            _ => return Err(PostError::NoAddress),
        }
        let authorities = |error: rustls::Error| PostError::NoAuthorities(error.to_string());
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(authorities)?
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), uri })
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), PostError> {
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.attempt(letter).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.may_pass() => tokio::time::sleep(*pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn attempt(&self, letter: &Letter) -> Result<(), PostError> {
        let mut request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("rolecall/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &letter.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::from(letter.body.clone())).map_err(|_| PostError::NoAddress)?;
        let answered = tokio::time::timeout(PATIENCE, self.client.request(request)).await;
        let answer = answered.map_err(|_| PostError::NoAnswer("it took too long".to_owned()))?;
        // The error itself may show the address; its cause does not.
        let cause = |error: hyper_util::client::legacy::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            PostError::NoAnswer(cause.unwrap_or_else(|| "the connection broke off".to_owned()))
        };
        let status = answer.map_err(cause)?.status();
        if status.is_success() { Ok(()) } else { Err(PostError::Refused(status)) }
    }
}

impl PostError {
    fn may_pass(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Refused(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::NoAddress | Self::NoAuthorities(_) => false,
        }
    }
}
