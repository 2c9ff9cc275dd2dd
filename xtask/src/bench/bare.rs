//! The limit: the requests of one deploy sent by a client that knows nothing and checks nothing but the status.
//!
//! Blocking sockets, HTTP/1.1, bodies written beforehand. Requests that were on their way together are so here,
//! each over a connection of its own; the others use the first connection again.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde::{Deserialize, Serialize};

/// Stands where each run needs another text: in the name of its record.
pub(super) const RUN: &str = "$RUN";

/// All that is to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Script {
    /// The first request, in the clear, to EKS: host and port.
    pub(super) eks: String,
    pub(super) eks_path: String,
    /// A file with its signed headers, a line each.
    pub(super) eks_headers: PathBuf,
    /// The API server: host and port.
    pub(super) server: String,
    pub(super) ca_pem: String,
    /// Files with a token each: of the deploy, and of the knock that verifies it.
    pub(super) tokens: [PathBuf; 2],
    /// One after another; what is in one of them is sent at once.
    pub(super) groups: Vec<Vec<Bare>>,
}

/// A request to the API server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bare {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) content_type: String,
    pub(super) body: String,
    /// Over a new connection, with the second token.
    pub(super) is_afresh: bool,
}

/// Sends what the script says.
pub(super) fn run(script: &Path) -> Result<()> {
    let script: Script = serde_json::from_slice(&fs::read(script)?)?;
    let tokens = [fs::read_to_string(&script.tokens[0])?, fs::read_to_string(&script.tokens[1])?];
    let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos().to_string();
    describe(&script)?;
    let api = Api { script: &script, tls: tls(&script.ca_pem)?, run };
    let width = script.groups.iter().map(Vec::len).max().unwrap_or_default();
    let mut connections: Vec<Option<Secure>> = (0..width).map(|_| None).collect();
    for group in &script.groups {
        match &group[..] {
            [one] if one.is_afresh => api.send(one, &mut None, tokens[1].trim())?,
            [one] => api.send(one, &mut connections[0], tokens[0].trim())?,
            several => std::thread::scope(|scope| {
                let sent = several.iter().zip(&mut connections);
                let threads: Vec<_> = sent
                    .map(|(one, connection)| scope.spawn(|| api.send(one, connection, tokens[0].trim())))
                    .collect();
                threads.into_iter().try_for_each(|thread| match thread.join() {
                    Ok(outcome) => outcome,
                    Err(_) => bail!("a thread panicked"),
                })
            })?,
        }
    }
    Ok(())
}

type Secure = BufReader<StreamOwned<ClientConnection, TcpStream>>;

struct Api<'a> {
    script: &'a Script,
    tls: Arc<ClientConfig>,
    run: String,
}

impl Api<'_> {
    fn send(&self, request: &Bare, connection: &mut Option<Secure>, token: &str) -> Result<()> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(self.connect()?),
        };
        let Bare { method, content_type, .. } = request;
        let path = request.path.replace(RUN, &self.run);
        let body = request.body.replace(RUN, &self.run);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\ncontent-type: \
             {content_type}\r\ncontent-length: {}\r\n\r\n",
            self.script.server,
            body.len()
        );
        connection.get_mut().write_all((head + &body).as_bytes())?;
        answered(connection).with_context(|| format!("{method} {path}"))
    }

    fn connect(&self) -> Result<Secure> {
        let socket = TcpStream::connect(&self.script.server)?;
        socket.set_nodelay(true)?;
        let host = self.script.server.split(':').next().unwrap_or_default().to_owned();
        let session = ClientConnection::new(Arc::clone(&self.tls), ServerName::try_from(host)?)?;
        Ok(BufReader::new(StreamOwned::new(session, socket)))
    }
}

/// EKS's DescribeCluster.
fn describe(script: &Script) -> Result<()> {
    let mut socket = TcpStream::connect(&script.eks)?;
    let headers = fs::read_to_string(&script.eks_headers)?.replace('\n', "\r\n");
    let head = format!("GET {} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", script.eks_path, script.eks);
    socket.write_all(head.as_bytes())?;
    answered(&mut BufReader::new(socket)).context("describe the cluster")
}

/// Reads an answer to its end.
fn answered(connection: &mut impl BufRead) -> Result<()> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut is_chunked) = (0, false);
    loop {
        let header = read_line(connection)?.to_ascii_lowercase();
        match header.split_once(':') {
            None if header.is_empty() => break,
            None => bail!("`{header}` is not a header"),
            Some(("content-length", value)) => length = value.trim().parse()?,
            Some(("transfer-encoding", value)) => is_chunked = value.trim() == "chunked",
            Some(_) => {}
        }
    }
    let body = if is_chunked { read_chunks(connection)? } else { read(connection, length)? };
    ensure!(status.starts_with('2'), "answered {status}: {}", String::from_utf8_lossy(&body));
    Ok(())
}

fn read_chunks(connection: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(&read_line(connection)?, 16)?;
        body.extend(read(connection, length)?);
        // Each chunk ends with a line end, and the last with an empty trailer.
        read_line(connection)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn read(connection: &mut impl BufRead, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    connection.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_line(connection: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    ensure!(connection.read_line(&mut line)? > 0, "the connection ended in the middle of an answer");
    Ok(line.trim_end().to_owned())
}

fn tls(ca_pem: &str) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots.add(certificate?)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_to_its_end_and_judged_by_its_status() {
        let check = |answer: &str, is_good: bool, left: &str| {
            let mut connection = answer.as_bytes();
            assert_eq!(answered(&mut connection).is_ok(), is_good, "{answer}");
            assert_eq!(connection, left.as_bytes(), "{answer}");
        };
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP", true, "HTTP");
        check("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nX", true, "X");
        check("HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno", false, "");
        check("HTTP/1.1 200 OK\r\nContent-Le", false, "");
    }
}
