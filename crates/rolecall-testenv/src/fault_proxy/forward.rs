//! The proxy's own work: accept, record, apply the fault, pass on.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use anyhow::{Result, anyhow};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, ServerConfig};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::rule::{Fault, Hook, RequestLine};
use super::{RecordedRequest, State, lock};
use crate::tls;

type Reply = Response<Either<Incoming, Either<Full<Bytes>, Silence>>>;

/// A body of which nothing ever comes. It holds the one that the API server sends.
struct Silence {
    _unheard: Incoming,
}

/// Where requests go and where they are recorded; one for all connections.
#[derive(Clone)]
pub(super) struct Forwarder {
    upstream_port: u16,
    upstream: Arc<ClientConfig>,
    state: Arc<Mutex<State>>,
}

/// A request's place in the record.
struct Entry {
    generation: usize,
    line: RequestLine,
}

/// Serves until it is aborted; the connections end with it, and whenever `cut` says so.
pub(super) async fn serve(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    forwarder: Forwarder,
    cut: Arc<Notify>,
) {
    let acceptor = TlsAcceptor::from(config);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = cut.notified() => {
                connections.shutdown().await;
                continue;
            }
        };
        let Ok((socket, _)) = accepted else { return };
        let (acceptor, forwarder) = (acceptor.clone(), forwarder.clone());
        connections.spawn(async move {
            // A connection that breaks is a test's intention or its client's
            // business; either sees it on its own side.
            let _ = forwarder.serve_connection(socket, acceptor).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

impl Forwarder {
    pub(super) fn new(upstream_port: u16, upstream: Arc<ClientConfig>, state: Arc<Mutex<State>>) -> Self {
        Self { upstream_port, upstream, state }
    }

    async fn serve_connection(self, socket: TcpStream, acceptor: TlsAcceptor) -> Result<()> {
        socket.set_nodelay(true)?;
        let stream = acceptor.accept(socket).await?;
        let link = tokio::sync::Mutex::new(None);
        let service = service_fn(|request| self.answer(request, &link));
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await?;
        Ok(())
    }

    /// An error means that the connection is cut.
    async fn answer(
        &self,
        request: Request<Incoming>,
        link: &tokio::sync::Mutex<Option<SendRequest<Incoming>>>,
    ) -> Result<Reply, io::Error> {
        let (entry, fault) = self.record(&request);
        let mut link = link.lock().await;
        let reply = match fault {
            None => self.forward(request, &mut link, &entry).await,
            Some(fault) => self.apply(fault, request, &mut link, &entry).await,
        };
        let reply = reply.map_err(|error| io::Error::other(format!("{error:#}")))?;
        self.update(&entry, |recorded| recorded.status = Some(reply.status().as_u16()));
        Ok(reply)
    }

    async fn apply(
        &self,
        fault: Fault,
        request: Request<Incoming>,
        link: &mut Option<SendRequest<Incoming>>,
        entry: &Entry,
    ) -> Result<Reply> {
        match fault {
            Fault::Answer { status, retry_after_secs } => status_reply(status, retry_after_secs),
            Fault::Delay(duration) => {
                tokio::time::sleep(duration).await;
                self.forward(request, link, entry).await
            }
            Fault::CutBefore => Err(anyhow!("cut before it was passed on")),
            Fault::CutAfter => {
                self.carry_out(request, link, entry).await?;
                Err(anyhow!("cut after it was carried out"))
            }
            Fault::Hang => std::future::pending().await,
            Fault::Mute => {
                let reply = self.forward(request, link, entry).await?;
                Ok(reply.map(|body| match body {
                    Either::Left(unheard) => Either::Right(Either::Right(Silence { _unheard: unheard })),
                    own @ Either::Right(_) => own,
                }))
            }
            Fault::Meanwhile(hook) => {
                run_hook(hook, entry.line.clone()).await?;
                self.forward(request, link, entry).await
            }
            Fault::StopBefore(hook) => {
                run_hook(hook, entry.line.clone()).await?;
                std::future::pending().await
            }
            Fault::StopAfter(hook) => {
                self.carry_out(request, link, entry).await?;
                run_hook(hook, entry.line.clone()).await?;
                std::future::pending().await
            }
        }
    }

    /// Passes the request on and reads the answer to its end.
    async fn carry_out(
        &self,
        request: Request<Incoming>,
        link: &mut Option<SendRequest<Incoming>>,
        entry: &Entry,
    ) -> Result<()> {
        let reply = self.forward(request, link, entry).await?;
        reply.into_body().collect().await.map_err(|error| anyhow!(error))?;
        Ok(())
    }

    async fn forward(
        &self,
        request: Request<Incoming>,
        link: &mut Option<SendRequest<Incoming>>,
        entry: &Entry,
    ) -> Result<Reply> {
        if let Some(sender) = link
            && sender.ready().await.is_err()
        {
            *link = None;
        }
        let sender = match link {
            Some(sender) => sender,
            None => link.insert(self.open().await?),
        };
        self.update(entry, |recorded| recorded.forwarded = true);
        Ok(sender.send_request(request).await?.map(Either::Left))
    }

    async fn open(&self) -> Result<SendRequest<Incoming>> {
        let stream = tls::connect(self.upstream_port, Arc::clone(&self.upstream)).await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped with the client's connection.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn record(&self, request: &Request<Incoming>) -> (Entry, Option<Fault>) {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let method = request.method().clone();
        let mut state = lock(&self.state);
        let number = state.requests.len() + 1;
        state.requests.push(RecordedRequest {
            number,
            method: method.clone(),
            path: path.clone(),
            status: None,
            forwarded: false,
        });
        let line = RequestLine { number, method, path };
        let fault = state.script.decide(&line);
        (Entry { generation: state.generation, line }, fault)
    }

    fn update(&self, entry: &Entry, change: impl FnOnce(&mut RecordedRequest)) {
        let mut state = lock(&self.state);
        if state.generation == entry.generation {
            change(&mut state.requests[entry.line.number - 1]);
        }
    }
}

impl Body for Silence {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

async fn run_hook(hook: Hook, line: RequestLine) -> Result<()> {
    // Off the runtime's workers: a hook may block on the cluster.
    Ok(tokio::task::spawn_blocking(move || (hook.0)(&line)).await?)
}

fn status_reply(status: u16, retry_after_secs: Option<u32>) -> Result<Reply> {
    let status = StatusCode::from_u16(status)?;
    let reason = match status.as_u16() {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        _ => "",
    };
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("the fault proxy answers {status}"), "reason": reason, "code": status.as_u16(),
    });
    let mut reply = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    if let Some(seconds) = retry_after_secs {
        reply = reply.header(RETRY_AFTER, seconds);
    }
    Ok(reply.body(Either::Right(Either::Left(Full::new(Bytes::from(body.to_string())))))?)
}
