//! A client that writes bytes and reads an answer, and can do everything wrong that a real one would not.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Long for anything on loopback; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// With small letters, but for the date.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answered {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// A connection.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("the server listens"))
    }

    /// Writes; whether the server still took it.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }

    /// Reads until the server ends the connection, cleanly or not; what was read.
    pub(crate) async fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        let reading = async {
            while let Ok(count @ 1..) = self.0.read(&mut chunk).await {
                bytes.extend_from_slice(&chunk[..count]);
            }
        };
        timeout(PATIENCE, reading).await.expect("the server ends the connection");
        bytes
    }

    /// Reads until the server ends the connection; whether it did so without a reset.
    pub(crate) async fn is_ended_cleanly(&mut self) -> bool {
        let mut bytes = Vec::new();
        let reading = self.0.read_to_end(&mut bytes);
        timeout(PATIENCE, reading).await.expect("the server ends the connection").is_ok()
    }

    /// Reads what there is, once there is something.
    pub(crate) async fn read_some(&mut self) -> Vec<u8> {
        let mut chunk = [0; 4096];
        let count = timeout(PATIENCE, self.0.read(&mut chunk)).await.expect("the server writes");
        chunk[..count.expect("the connection holds")].to_vec()
    }

    /// Reads the answer.
    pub(crate) async fn answer(&mut self) -> Answered {
        let bytes = self.read_to_end().await;
        parse(&String::from_utf8(bytes).expect("answers are text")).expect("an answer")
    }
}

/// Sends one request and reads the answer.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Answered {
    let mut client = Client::connect(address).await;
    assert!(client.write(request).await, "the server reads");
    client.answer().await
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answered {
    send(address, format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await
}

/// A request with a body and its length.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        for part in [*name, ": ", *value, "\r\n"] {
            request.push_str(part);
        }
    }
    request.push_str("\r\n");
    request.push_str(body);
    request.into_bytes()
}

fn parse(text: &str) -> Option<Answered> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some(Answered { status, headers, body: body.to_owned() })
}
