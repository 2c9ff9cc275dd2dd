//! The listeners: plain HTTP for `AWS_ENDPOINT_URL`, TLS for the real host names, and the proxy to the latter.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::connect_proxy;
use super::directory::Directory;
use super::dispatch::Dispatch;
use super::fault::Faults;
use super::request_log::LoggedRequest;
use super::tls;

/// A running practice AWS on free loopback ports; dropped, it stops at once.
#[derive(Debug)]
pub struct Server {
    dispatch: Arc<Dispatch>,
    plain: SocketAddr,
    proxy: SocketAddr,
    ca_pem: String,
    /// Ends the listeners, and they their connections, when dropped.
    _listeners: JoinSet<()>,
}

/// Why the practice AWS did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No port, or no more files.
    #[error("listen on loopback")]
    Listen(#[from] io::Error),
    /// The certificate authority could not be made.
    #[error("prepare TLS: {0}")]
    Tls(String),
}

impl Server {
    /// Starts to serve the directory, on the Tokio runtime of the caller.
    pub async fn start(directory: Directory) -> Result<Self, StartError> {
        let identity = tls::identity().map_err(|error| StartError::Tls(error.to_string()))?;
        let [plain, secure, proxy] = [listen().await?, listen().await?, listen().await?];
        let (plain_address, secure_address, proxy_address) =
            (plain.local_addr()?, secure.local_addr()?, proxy.local_addr()?);
        let dispatch = Arc::new(Dispatch::new(directory));
        let acceptor = TlsAcceptor::from(identity.config);

        let mut listeners = JoinSet::new();
        let app = Arc::clone(&dispatch);
        listeners.spawn(accept(plain, move |client| serve_http(Arc::clone(&app), client)));
        let app = Arc::clone(&dispatch);
        listeners.spawn(accept(secure, move |client| serve_tls(Arc::clone(&app), acceptor.clone(), client)));
        listeners.spawn(accept(proxy, move |client| async move {
            // A client that leaves early is its own affair.
            let _ = connect_proxy::serve(client, secure_address).await;
        }));
        Ok(Self {
            dispatch,
            plain: plain_address,
            proxy: proxy_address,
            ca_pem: identity.ca_pem,
            _listeners: listeners,
        })
    }

    /// Returns the value for `AWS_ENDPOINT_URL`: `http://127.0.0.1:PORT`. It serves every region.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.plain)
    }

    /// Returns the value for `HTTPS_PROXY`: `http://127.0.0.1:PORT`.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy)
    }

    /// Returns the certificate authority that clients behind the proxy must trust (`SSL_CERT_FILE`).
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Returns the switch for faults.
    pub fn faults(&self) -> &Faults {
        self.dispatch.faults()
    }

    /// Returns the requests so far, in the order in which they were answered.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.dispatch.requests()
    }
}

async fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// Serves clients until it is dropped, which drops the connections as well.
async fn accept<S, F>(listener: TcpListener, serve: S)
where
    S: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(connections.spawn(serve(client))),
                // Out of file descriptors, most likely: one client must go before the next can come.
                Err(_) => drop(connections.join_next().await),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_tls(dispatch: Arc<Dispatch>, acceptor: TlsAcceptor, client: TcpStream) {
    // A handshake that fails is a client that does not trust us, and it says so itself.
    if let Ok(client) = acceptor.accept(client).await {
        serve_http(dispatch, client).await;
    }
}

async fn serve_http<S>(dispatch: Arc<Dispatch>, client: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| {
        let dispatch = Arc::clone(&dispatch);
        async move { dispatch.respond(request).await }
    });
    // An error here is a client that left, or a fault that cut the connection on purpose.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(client), service).await;
}
