//! Git's smart HTTP on our own client: gix brings one that knows no private authority, no budget and no end.
//!
//! One connection a request, TLS always, redirects within the same server only. Gix reads and writes on a thread
//! of its own; every wait on it is a wait of the runtime, with an end.

use std::any::Any;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gix_transport::Protocol;
use gix_transport::client::blocking_io::http::{
    GetResponse, Http, PostBodyDataKind, PostResponse, Transport,
};
use hyper::body::{Bytes, Incoming};
use tokio::runtime::Handle;

use crate::problem::Problem;

pub(crate) mod tls;
mod wire;

pub(crate) use wire::{Request, Wire};

/// An address that nothing resolves.
pub(crate) const NOWHERE: &str = "https://source.invalid/repository";

/// What a request may say to the server, a list of commits: there is no reason for more.
const MAX_QUESTION: usize = 4 << 20;

type GixResult<T = ()> = Result<T, gix::Error>;

/// The client of one fetch.
pub(crate) struct Client {
    wire: Arc<Wire>,
    runtime: Handle,
}

impl Client {
    /// To be used on a thread that may block.
    pub(crate) fn new(wire: Arc<Wire>, runtime: Handle) -> Self {
        Self { wire, runtime }
    }

    /// Git's protocol over this client. It sees no address: what it appends to one goes to the repository.
    pub(crate) fn transport(self) -> Result<Transport<Self>, Problem> {
        let url = gix::url::parse(NOWHERE).map_err(Problem::unreadable)?;
        Ok(Transport::new_http(self, url, Protocol::V2, false))
    }

    fn exchange(&self, method: http::Method, tail: &str, lines: Vec<String>) -> Shared {
        let request = Request { method, tail: tail.to_owned(), lines, body: Vec::new() };
        let (wire, runtime) = (Arc::clone(&self.wire), self.runtime.clone());
        Shared(Arc::new(Mutex::new(Exchange { wire, runtime, state: State::Asking(request) })))
    }
}

impl Http for Client {
    type Headers = Headers;
    type ResponseBody = Body;
    type PostBody = Question;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> GixResult<GetResponse<Headers, Body>> {
        let tail = url.strip_prefix(base_url).unwrap_or_default();
        let exchange = self.exchange(http::Method::GET, tail, lines(headers));
        Ok(GetResponse {
            headers: Headers::new(exchange.clone()),
            body: Body { exchange, buffer: Bytes::new() },
        })
    }

    fn post(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> GixResult<PostResponse<Headers, Body, Question>> {
        let tail = url.strip_prefix(base_url).unwrap_or_default();
        let exchange = self.exchange(http::Method::POST, tail, lines(headers));
        let post_body = Question(exchange.clone());
        Ok(PostResponse {
            post_body,
            headers: Headers::new(exchange.clone()),
            body: Body { exchange, buffer: Bytes::new() },
        })
    }

    fn configure(&mut self, _config: &dyn Any) -> GixResult {
        Ok(())
    }
}

fn lines(headers: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    headers.into_iter().map(|line| line.as_ref().to_owned()).collect()
}

/// One request and its answer. It is sent when somebody reads: what is to be asked is written before.
struct Exchange {
    wire: Arc<Wire>,
    runtime: Handle,
    state: State,
}

enum State {
    Asking(Request),
    Answering { headers: Vec<u8>, body: Incoming },
    Done,
}

impl Exchange {
    /// Sends the request, unless that was done.
    fn start(&mut self) -> io::Result<()> {
        if let State::Asking(request) = &mut self.state {
            let request = std::mem::take(request);
            self.state = State::Done;
            let answer = self.runtime.block_on(self.wire.send(request));
            let (headers, body) = answer.map_err(|problem| self.wire.meter.fail(problem))?;
            self.state = State::Answering { headers, body };
        }
        Ok(())
    }

    /// The next bytes of the answer; none at its end.
    fn next(&mut self) -> io::Result<Bytes> {
        self.start()?;
        let State::Answering { body, .. } = &mut self.state else { return Ok(Bytes::new()) };
        loop {
            let bytes = self
                .runtime
                .block_on(self.wire.frame(body))
                .map_err(|problem| self.wire.meter.fail(problem))?;
            match bytes {
                Some(bytes) if bytes.is_empty() => {}
                Some(bytes) => return Ok(bytes),
                None => return Ok(Bytes::new()),
            }
        }
    }
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Exchange>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked, while it is being written.
pub(crate) struct Question(Shared);

impl Write for Question {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0.lock().state {
            State::Asking(request) if request.body.len() + bytes.len() <= MAX_QUESTION => {
                request.body.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            _ => Err(io::Error::other("the question is too long, or was asked already")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The answer's headers as lines.
pub(crate) struct Headers {
    exchange: Shared,
    text: Option<Cursor<Vec<u8>>>,
}

impl Headers {
    fn new(exchange: Shared) -> Self {
        Self { exchange, text: None }
    }

    fn text(&mut self) -> io::Result<&mut Cursor<Vec<u8>>> {
        if self.text.is_none() {
            let mut exchange = self.exchange.lock();
            exchange.start()?;
            let headers = match &mut exchange.state {
                State::Answering { headers, .. } => std::mem::take(headers),
                _ => Vec::new(),
            };
            self.text = Some(Cursor::new(headers));
        }
        Ok(self.text.get_or_insert_default())
    }
}

impl Read for Headers {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.text()?.read(to)
    }
}

impl BufRead for Headers {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.text()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(text) = &mut self.text {
            text.consume(amount);
        }
    }
}

/// The answer's body, metered.
pub(crate) struct Body {
    exchange: Shared,
    buffer: Bytes,
}

impl Read for Body {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let amount = self.fill_buf()?.read(to)?;
        self.consume(amount);
        Ok(amount)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffer.is_empty() {
            self.buffer = self.exchange.lock().next()?;
        }
        Ok(&self.buffer)
    }

    fn consume(&mut self, amount: usize) {
        let _ = self.buffer.split_to(amount.min(self.buffer.len()));
    }
}
