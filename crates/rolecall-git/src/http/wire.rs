//! One request over one connection, with all that can go wrong on the way.

use std::sync::Arc;
use std::time::Duration;

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION,
    RETRY_AFTER,
};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::budget::Meter;
use crate::place::Web;
use crate::problem::Problem;

/// Connecting takes no longer, in the whole of the program.
const CONNECTING: Duration = Duration::from_secs(5);
const MAX_REDIRECTS: usize = 3;

/// The way to one repository.
pub(crate) struct Wire {
    pub(crate) web: Web,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) authorization: Option<SecretString>,
    pub(crate) meter: Arc<Meter>,
    /// Where the server sent us, on itself.
    pub(crate) path: std::sync::Mutex<String>,
}

/// What is asked, before it is known where.
#[derive(Default)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// What follows the repository's path.
    pub(crate) tail: String,
    pub(crate) lines: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    /// Sends a request, follows the server around on itself, and gives back an answer that is Git's.
    pub(crate) async fn send(&self, request: Request) -> Result<(Vec<u8>, Incoming), Problem> {
        for _ in 0..=MAX_REDIRECTS {
            let path = self.path.lock().map(|path| path.clone()).unwrap_or_default();
            let response = self.once(&request, &path).await?;
            if let Some(location) = location(&response) {
                let moved =
                    same_server(&self.web, location, &request.tail).filter(|_| request.method == Method::GET);
                let moved = moved.ok_or_else(|| Problem::redirected(&without_query(location)))?;
                if let Ok(mut path) = self.path.lock() {
                    *path = moved;
                }
                continue;
            }
            judge(&response, &request.tail)?;
            let headers = lines(response.headers());
            return Ok((headers, response.into_body()));
        }
        Err(Problem::redirected("itself, again and again"))
    }

    /// The next part of a body; `None` at its end.
    pub(crate) async fn frame(&self, body: &mut Incoming) -> Result<Option<Bytes>, Problem> {
        let next = self.meter.wait(body.frame()).await?;
        let Some(frame) = next.transpose().map_err(Problem::cut)? else { return Ok(None) };
        let bytes = frame.into_data().unwrap_or_default();
        self.meter.spend(bytes.len())?;
        Ok(Some(bytes))
    }

    async fn once(&self, request: &Request, path: &str) -> Result<Response<Incoming>, Problem> {
        let stream = self.connect().await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(Problem::unreachable)?;
        // It ends with the body, or when the body is dropped.
        tokio::spawn(connection);
        let request = self.request(request, path)?;
        self.meter.wait(sender.send_request(request)).await?.map_err(Problem::cut)
    }

    async fn connect(&self) -> Result<TlsStream<TcpStream>, Problem> {
        let host = self.web.host.as_str();
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Problem::invalid("the URL's host is not a name or an address"))?;
        let limit = CONNECTING.min(self.meter.patience());
        let connecting = async {
            let socket = TcpStream::connect((host, self.web.port)).await.map_err(Problem::unreachable)?;
            let tls = TlsConnector::from(Arc::clone(&self.tls));
            tls.connect(name, socket).await.map_err(|error| match error.get_ref() {
                Some(inner) if inner.is::<rustls::Error>() => Problem::certificate(inner),
                _ => Problem::unreachable(error),
            })
        };
        self.meter.wait(timeout(limit, connecting)).await?.map_err(|_| Problem::too_slow(limit))?
    }

    fn request(&self, request: &Request, path: &str) -> Result<http::Request<Full<Bytes>>, Problem> {
        let wrong = |_| Problem::invalid("the URL or the credentials do not fit into an HTTP request");
        let body = Bytes::from(request.body.clone());
        let mut built = http::Request::builder()
            .method(request.method.clone())
            .uri(format!("{path}{}", request.tail))
            .body(Full::new(body))
            .map_err(wrong)?;
        let headers = built.headers_mut();
        for (name, value) in request.lines.iter().filter_map(|line| line.split_once(':')) {
            // Lines of gix's own making: what is not a header is left out, and missed by the server.
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value.trim())) {
                headers.insert(name, value);
            }
        }
        headers
            .insert(HOST, HeaderValue::try_from(self.web.authority()).map_err(|error| wrong(error.into()))?);
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if let Some(authorization) = &self.authorization {
            let mut value =
                HeaderValue::from_str(authorization.expose_secret()).map_err(|error| wrong(error.into()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(built)
    }
}

/// What an answer means that is not a redirect.
fn judge(response: &Response<Incoming>, tail: &str) -> Result<(), Problem> {
    let status = response.status();
    match status {
        StatusCode::OK => is_git(response.headers(), tail).then_some(()).ok_or_else(Problem::not_git),
        StatusCode::UNAUTHORIZED => Err(Problem::unauthenticated()),
        StatusCode::FORBIDDEN => Err(Problem::denied()),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Problem::no_repository()),
        StatusCode::TOO_MANY_REQUESTS => Err(Problem::throttled(retry_after(response.headers()))),
        _ if status.is_server_error() => Err(Problem::failing(status.as_u16())),
        _ => Err(Problem::unexpected(status.as_u16())),
    }
}

fn is_git(headers: &HeaderMap, tail: &str) -> bool {
    let kind = if tail.contains("info/refs") { "advertisement" } else { "result" };
    let wanted = format!("application/x-git-upload-pack-{kind}");
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes() == wanted.as_bytes())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(Duration::from_hours(1)))
}

fn location(response: &Response<Incoming>) -> Option<&str> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| is_redirect)?;
    Some(location.to_str().unwrap_or("somewhere that cannot be shown"))
}

/// The repository's path after a redirect, if that stays on the server and changes nothing else.
fn same_server(web: &Web, location: &str, tail: &str) -> Option<String> {
    let path = match location.strip_prefix("https://") {
        Some(rest) => rest.strip_prefix(&web.authority())?,
        None => location,
    };
    let path = path.strip_suffix(tail)?;
    (path.starts_with('/') && !path.starts_with("//") && !path.contains(['?', '#'])).then(|| path.to_owned())
}

/// Sign-in pages are given one-time words in the query: they are not ours to show.
fn without_query(location: &str) -> String {
    let end = location.find(['?', '#']).unwrap_or(location.len());
    let place: String = location.chars().take(end.min(200)).collect();
    match place.split_once("://") {
        Some((scheme, rest)) if rest.contains('@') => format!("{scheme}://…"),
        _ => crate::problem::shown(&place),
    }
}

/// The headers that Git's own code looks at.
fn lines(headers: &HeaderMap) -> Vec<u8> {
    let mut lines = Vec::new();
    for name in [CONTENT_TYPE, CONTENT_LENGTH] {
        if let Some(value) = headers.get(&name) {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_the_server() {
        let web = Web { host: "git.example.com".to_owned(), port: 443, path: "/a".to_owned() };
        let tail = "/info/refs?service=git-upload-pack";
        let cases = [
            ("https://git.example.com/a.git/info/refs?service=git-upload-pack", Some("/a.git")),
            ("/b/info/refs?service=git-upload-pack", Some("/b")),
            ("https://git.example.com.evil.example/a/info/refs?service=git-upload-pack", None),
            ("https://git.example.com:444/a/info/refs?service=git-upload-pack", None),
            ("https://git.example.com@evil.example/a/info/refs?service=git-upload-pack", None),
            ("http://git.example.com/a/info/refs?service=git-upload-pack", None),
            ("//evil.example/a/info/refs?service=git-upload-pack", None),
            ("https://git.example.com/sign-in", None),
        ];
        for (location, expected) in cases {
            assert_eq!(same_server(&web, location, tail).as_deref(), expected, "{location}");
        }
        assert_eq!(without_query("https://sso.example.com/in?token=secret"), "https://sso.example.com/in");
        assert_eq!(without_query("https://me:secret@sso.example.com/in"), "https://…");
    }
}
