//! Asking the authenticator itself who a token is, without the API server and its token cache before it.
//!
//! Connections are kept, since a comparison asks thousands of times. It does not ask a second time when an
//! answer fails to come: a test should see that.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{background, tls};

/// The authenticator's webhook; clones share their connections.
#[derive(Clone)]
pub struct Webhook {
    port: u16,
    config: Arc<ClientConfig>,
    idle: Arc<Mutex<Vec<SendRequest<Full<Bytes>>>>>,
}

/// Whom the authenticator takes the owner of a token for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUser {
    /// May be empty.
    pub username: String,
    /// In its order, with repetitions and empty ones.
    pub groups: Vec<String>,
    /// `aws-iam-authenticator:ACCOUNT:ID`
    pub uid: String,
    /// Names and their values.
    pub extra: Value,
}

impl Webhook {
    pub(crate) fn new(port: u16, certificate_pem: &str) -> Result<Self> {
        Ok(Self { port, config: tls::pinned_config(certificate_pem)?, idle: Arc::default() })
    }

    /// Asks about all the tokens at once; `None` for one that is denied. The answers stand in the order of
    /// the tokens.
    pub fn review(&self, tokens: &[&str]) -> Result<Vec<Option<WebhookUser>>> {
        let (webhook, tokens) = (self.clone(), tokens.iter().copied().map(str::to_owned).collect::<Vec<_>>());
        background::run(async move {
            let mut running = JoinSet::new();
            for (index, token) in tokens.into_iter().enumerate() {
                let webhook = webhook.clone();
                running.spawn(async move { (index, webhook.review_one(&token).await) });
            }
            let mut answers = running.join_all().await;
            answers.sort_by_key(|(index, _)| *index);
            answers.into_iter().map(|(_, answer)| answer).collect()
        })
    }

    async fn review_one(&self, token: &str) -> Result<Option<WebhookUser>> {
        let mut sender = self.connection().await.context("connect to the authenticator")?;
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token},
        });
        let request = Request::builder()
            .method(Method::POST)
            .uri("/authenticate")
            .header(HOST, format!("127.0.0.1:{}", self.port))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(review.to_string())))?;
        let response = sender.send_request(request).await.context("send to the authenticator")?;
        let status = response.status();
        let bytes = response.into_body().collect().await.context("read from the authenticator")?.to_bytes();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        match status {
            StatusCode::OK => {
                serde_json::from_slice(&bytes).map(|review| Some(user(&review))).map_err(Into::into)
            }
            StatusCode::FORBIDDEN => Ok(None),
            status => bail!("the authenticator answered {status}"),
        }
    }

    async fn connection(&self) -> Result<SendRequest<Full<Bytes>>> {
        let kept = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        while let Some(mut sender) = kept() {
            if sender.ready().await.is_ok() {
                return Ok(sender);
            }
        }
        let stream = tls::connect(self.port, Arc::clone(&self.config)).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the authenticator or the last sender does.
        tokio::spawn(connection);
        Ok(sender)
    }
}

fn user(review: &Value) -> WebhookUser {
    let user = &review["status"]["user"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    WebhookUser {
        username: text(&user["username"]),
        groups: user["groups"].as_array().into_iter().flatten().map(text).collect(),
        uid: text(&user["uid"]),
        extra: user["extra"].clone(),
    }
}
