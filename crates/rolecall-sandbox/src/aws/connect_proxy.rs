//! An HTTPS proxy that leads every host to the practice AWS.
//!
//! This is how clients reach it that take no endpoint, aws-iam-authenticator above all: `HTTPS_PROXY`, and a
//! CA by `SSL_CERT_FILE`. It speaks `CONNECT` to port 443 and nothing else.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request head is a few hundred bytes; a client that sends more is not one of ours.
const MAX_HEAD: usize = 8 * 1024;

/// Serves one client: reads its `CONNECT`, then passes bytes on until both sides are done.
pub(super) async fn serve(mut client: TcpStream, target: SocketAddr) -> io::Result<()> {
    let head = read_head(&mut client).await?;
    if !is_connect_to_https(&head) {
        let refusal = b"HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(refusal).await;
    }
    let mut server = TcpStream::connect(target).await?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// Reads byte by byte up to the empty line, since what follows it belongs to the tunnel.
async fn read_head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(client.read_u8().await?);
    }
    Ok(head)
}

fn is_connect_to_https(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&byte| byte == b' ');
    words.next() == Some(b"CONNECT") && words.next().is_some_and(|target| target.ends_with(b":443"))
}
