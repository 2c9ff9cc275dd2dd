//! A client that sends exactly what it is given, so that a signed request can be spoilt on its way.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A request as it goes over the wire; `Host` comes from the URL.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn get(url: &str) -> Self {
        Self { method: "GET".to_owned(), url: url.to_owned(), headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn post(url: &str, body: &str) -> Self {
        let form = ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        Self { method: "POST".to_owned(), url: url.to_owned(), headers: vec![form], body: body.to_owned() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        let before = self.headers.len();
        self.headers.retain(|(present, _)| !present.eq_ignore_ascii_case(name));
        assert!(self.headers.len() < before, "there is no `{name}` to leave out");
        self
    }

    /// Replaces text in the URL, which must be there.
    pub(crate) fn altered(mut self, from: &str, to: &str) -> Self {
        assert!(self.url.contains(from), "no `{from}` in {}", self.url);
        self.url = self.url.replace(from, to);
        self
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Returns the text of the first XML element of this name.
    pub(crate) fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    }

    /// Returns the AWS error code, from either protocol.
    pub(crate) fn code(&self) -> Option<&str> {
        let header = self.head.lines().find_map(|line| line.strip_prefix("x-amzn-errortype: "));
        header.or_else(|| self.element("Code"))
    }
}

/// Sends a request to an endpoint, whatever host its URL names; `None` if the connection ended without an answer.
pub(crate) async fn try_send(endpoint_url: &str, request: &Request) -> Option<Answer> {
    let (_, rest) = request.url.split_once("://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut text = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", request.method);
    for (name, value) in &request.headers {
        text.push_str(&[name, ": ", value, "\r\n"].concat());
    }
    let length = request.body.len().to_string();
    text.push_str(&["Content-Length: ", &length, "\r\n\r\n", &request.body].concat());
    let mut stream = TcpStream::connect(endpoint_url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let answer = read_to_end(&mut stream).await.filter(|answer| !answer.is_empty())?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// Reads until the other side is done; `None` if the connection broke. A test that waits for ever tells nothing.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let read = stream.read_to_string(&mut text);
    timeout(Duration::from_secs(30), read).await.expect("the server ends the connection").ok().map(|_| text)
}

/// Sends a request that must be answered.
pub(crate) async fn send(endpoint_url: &str, request: &Request) -> Answer {
    try_send(endpoint_url, request).await.expect("the server answers")
}
