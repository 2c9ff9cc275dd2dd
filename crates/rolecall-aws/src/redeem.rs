//! Redeeming a token: the one question that the authenticator asks STS, asked as it asks it.
//!
//! It needs no credentials, since they are in the token. What the answer means is decided in the core; nothing is
//! tried again here, no redirect is followed, and neither the URL nor the answer is ever part of an error.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use rolecall_core::token::StsRequest;
use rolecall_engine::port::{PortError, PortErrorKind};

use crate::http_client::connector;
use crate::session::{ca_bundle, variable};

/// As long as the authenticator waits, at most.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The answer of STS has a few hundred bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What STS answered.
#[derive(Clone, PartialEq, Eq)]
pub struct StsAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, cut off after 64 KiB. It may repeat what was asked.
    pub body: Vec<u8>,
    /// The time of STS.
    pub date: Option<Timestamp>,
}

/// Asks STS: one request.
///
/// `AWS_ENDPOINT_URL_STS` and `AWS_ENDPOINT_URL` lead it elsewhere, with the token's host in the `host` header;
/// the authenticator itself knows only a proxy (`HTTPS_PROXY`), which counts here as well.
pub async fn redeem(request: &StsRequest) -> Result<StsAnswer, PortError> {
    let resource = format!("`{}` about the token", request.host);
    let failed = |kind, message: String| {
        PortError::new(kind, "ask", &resource, message).with_hint(
            "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`); a private CA goes into `AWS_CA_BUNDLE`",
        )
    };
    let http_request =
        http_request(request).map_err(|message| failed(PortErrorKind::Invalid, message.to_owned()))?;
    let connector = connector(ca_bundle().as_deref())?;
    let exchange = async {
        let answer = connector.call(http_request).await.map_err(|error| {
            let message = if error.is_timeout() { "no answer in time" } else { "it cannot be reached" };
            failed(PortErrorKind::Unavailable, message.to_owned())
        })?;
        let status = answer.status().as_u16();
        let date = answer.headers().get("date").and_then(|date| rfc2822::parse(date).ok());
        let mut stream = ByteStream::new(answer.into_body());
        let mut body = Vec::new();
        while let Some(part) = stream.next().await {
            let cut = |_| failed(PortErrorKind::Unavailable, "its answer was cut off".to_owned());
            body.extend_from_slice(&part.map_err(cut)?);
            if body.len() > MAX_ANSWER_BYTES {
                body.truncate(MAX_ANSWER_BYTES);
                break;
            }
        }
        Ok(StsAnswer { status, body, date: date.map(|zoned| zoned.timestamp()) })
    };
    let timed_out = |_| failed(PortErrorKind::Timeout, "no answer in time".to_owned());
    tokio::time::timeout(TIMEOUT, exchange).await.map_err(timed_out)?
}

fn http_request(request: &StsRequest) -> Result<HttpRequest, &'static str> {
    let elsewhere = variable("AWS_ENDPOINT_URL_STS").or_else(|| variable("AWS_ENDPOINT_URL"));
    let base = match &elsewhere {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("https://{}", request.host),
    };
    let mut http_request = HttpRequest::get(format!("{base}{}", request.path_and_query))
        .map_err(|_| "the URL in the token cannot be asked for")?;
    let headers = http_request.headers_mut();
    if elsewhere.is_some() {
        headers.insert("host", request.host.clone());
    }
    for (name, value) in &request.headers {
        headers.try_insert(*name, value.clone()).map_err(|_| "the cluster's name cannot be in a header")?;
    }
    Ok(http_request)
}
