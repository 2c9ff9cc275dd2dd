//! The fewest lines that speak to the API server: one JSON request, one answer.
//!
//! Tests set the stage with it as admin; it is deliberately not the client
//! that Rolecall ships, so that a fault there cannot hide itself here.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use serde_json::Value;

use crate::{background, tls};

/// The API server's answer; `body` is `null` where it was not JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Answer {
    /// The body of a 2xx answer, or an error with the server's message.
    pub fn success(self) -> Result<Value> {
        ensure!(
            self.status.is_success(),
            "the API server answered {}: {}",
            self.status,
            self.body["message"]
        );
        Ok(self.body)
    }
}

/// Sends one request over a connection of its own.
///
/// Who asks is the certificate in `config`, if it has one, or the bearer token.
pub(crate) fn send(
    port: u16,
    config: &Arc<ClientConfig>,
    token: Option<&str>,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Answer> {
    let bytes = body.map(Value::to_string).unwrap_or_default();
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, format!("127.0.0.1:{port}"))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(bytes)))?;
    if let Some(token) = token {
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse()?);
    }
    background::run(exchange(port, Arc::clone(config), request))
}

async fn exchange(port: u16, config: Arc<ClientConfig>, request: Request<Full<Bytes>>) -> Result<Answer> {
    let stream = tls::connect(port, config).await.context("connect to the API server")?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.context("send to the API server")?;
    let status = response.status();
    let bytes = response.into_body().collect().await.context("read from the API server")?.to_bytes();
    connection.abort();
    Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}
