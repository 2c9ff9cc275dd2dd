//! `git http-backend` behind a small TLS server, which checks credentials and can do it all wrong.
//!
//! One thread and one request a connection, HTTP written by hand: a fault is then a matter of a line.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot start its server fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Runs Git with a configuration of its own, and gives what it said.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("these tests need the program `git` with `git http-backend` (Debian: `apt-get install git`): {error}")
    });
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {arguments:?}: {failed}");
    said.trim().to_owned()
}

/// Git as Ann runs it, whatever the machine has configured.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ann")
        .env("GIT_AUTHOR_EMAIL", "ann@example.com")
        .env("GIT_COMMITTER_NAME", "Ann")
        .env("GIT_COMMITTER_EMAIL", "ann@example.com")
        .env_remove("GIT_DIR");
    command
}

/// What the server does wrong.
#[derive(Clone, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Answers with this status line and these headers.
    Answer(&'static str),
    /// Redirects to the repository's path with this before the request's own end.
    Redirect(String),
    /// Says nothing after the request.
    Silent,
    /// Sends half of the answer to a POST, and then nothing.
    Stalls,
    /// Sends half of the answer to a POST, and hangs up.
    Cut,
    /// Ends a pack early, as if that were all of it.
    Short,
    /// A byte now and then.
    Trickle,
    /// Turns a byte of the pack around.
    Lies,
}

/// What is to be expected of requests, and what came.
#[derive(Default)]
pub struct Desk {
    /// What it does wrong.
    pub fault: Fault,
    /// The `Authorization` header that is right, if any is needed.
    pub authorization: Option<String>,
    /// Speaks the protocol of old, as CodeCommit does.
    pub is_old: bool,
    /// Method, path and `Authorization` of what came.
    pub requests: Vec<(String, String, Option<String>)>,
    /// Bytes of packs and lists that went out.
    pub sent: usize,
}

/// A Git server on loopback, at `https://localhost:PORT/REPOSITORY`.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    /// Its authority, in PEM.
    pub ca: String,
    /// What it is told, and what it heard.
    pub desk: Arc<Mutex<Desk>>,
}

type Stream = StreamOwned<ServerConnection, TcpStream>;

impl Server {
    /// Serves the repositories in `root` until the test ends.
    pub fn start(root: &Path) -> Self {
        let (config, ca) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Arc::<Mutex<Desk>>::default();
        let (shared, root) = (Arc::clone(&desk), root.to_owned());
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (config, desk, root) = (Arc::clone(&config), Arc::clone(&shared), root.clone());
                thread::spawn(move || {
                    let tls = ServerConnection::new(config).unwrap();
                    // A client that does not like us hangs up, and that is its right.
                    let _ = serve(StreamOwned::new(tls, socket.unwrap()), &desk, &root);
                });
            }
        });
        Self { port, ca, desk }
    }

    /// Changes what it does from now on.
    pub fn set(&self, change: impl FnOnce(&mut Desk)) {
        change(&mut self.desk.lock().unwrap());
    }
}

fn certificates() -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let chain = vec![CertificateDer::from(leaf.der().to_vec())];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    (Arc::new(config), authority.pem())
}

struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &mut Stream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { method, target, headers, body: Vec::new() };
        request.body = vec![0; request.header("content-length").map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut request.body)?;
        Ok(request)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn serve(mut stream: Stream, desk: &Mutex<Desk>, root: &Path) -> std::io::Result<()> {
    let request = Request::read(&mut stream)?;
    let authorization = request.header("authorization").map(str::to_owned);
    let (fault, is_known, is_old) = {
        let mut desk = desk.lock().unwrap();
        let is_known = desk.authorization.is_none() || desk.authorization == authorization;
        desk.requests.push((request.method.clone(), request.target.clone(), authorization));
        (desk.fault.clone(), is_known, desk.is_old)
    };
    if !is_known {
        return stream.write_all(
            b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
        );
    }
    let is_post = request.method == "POST";
    match fault {
        Fault::Answer(head) => {
            return stream.write_all(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n").as_bytes());
        }
        Fault::Redirect(to) if !request.target.starts_with("/access.git") => {
            let end = request.target.find("/info").unwrap();
            let head = format!("HTTP/1.1 301 Moved\r\nLocation: {to}{}\r\n", &request.target[end..]);
            return stream.write_all(format!("{head}Content-Length: 0\r\n\r\n").as_bytes());
        }
        Fault::Silent => return wait_for_the_other_side(&mut stream),
        _ => {}
    }
    let (head, mut body) = backend(&request, root, is_old);
    desk.lock().unwrap().sent += body.len();
    if let (Fault::Lies, Some(pack)) = (&fault, pack_in(&body)) {
        // In the first object's compressed bytes.
        body[pack + 20] ^= 0x40;
    }
    if let (Fault::Short, Some(pack)) = (&fault, pack_in(&body)) {
        body.truncate(pack + 30);
    }
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    send(&mut stream, &body, (&fault, is_post))
}

/// Sends a body, or what a fault makes of it.
fn send(stream: &mut Stream, body: &[u8], (fault, is_post): (&Fault, bool)) -> std::io::Result<()> {
    match fault {
        Fault::Stalls | Fault::Cut if is_post => {
            stream.write_all(&body[..body.len() / 2])?;
            if matches!(fault, Fault::Stalls) {
                wait_for_the_other_side(stream)?;
            }
            Ok(())
        }
        Fault::Trickle => {
            for byte in body {
                stream.write_all(&[*byte])?;
                stream.flush()?;
                thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }
        _ => {
            stream.write_all(body)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
    }
}

fn pack_in(body: &[u8]) -> Option<usize> {
    body.windows(4).position(|bytes| bytes == b"PACK")
}

/// Ends when the client gives up.
fn wait_for_the_other_side(stream: &mut Stream) -> std::io::Result<()> {
    let _ = stream.read(&mut [0])?;
    Ok(())
}

/// What Git's own server answers: status and headers, and the body.
fn backend(request: &Request, root: &Path, is_old: bool) -> (String, Vec<u8>) {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut command = command(&PathBuf::from(root));
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &request.method)
        .env("CONTENT_TYPE", request.header("content-type").unwrap_or_default())
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("GIT_PROTOCOL", request.header("git-protocol").filter(|_| !is_old).unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("`git http-backend` comes with Debian's package `git`");
    child.stdin.take().unwrap().write_all(&request.body).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("headers of a CGI");
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let others: Vec<&str> = head.lines().filter(|line| !line.starts_with("Status: ")).collect();
    (format!("{status}\r\n{}", others.join("\r\n")), output[end + 4..].to_vec())
}
