//! A proxy before the API server that does to request n what a test says.
//!
//! It ends TLS with a certificate of the cluster's own authority, so a client
//! needs nothing but another endpoint, and the shipped binary no test hook.
//! Client certificates end here too: use bearer tokens or exec plugins.

use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::Result;
use http::Method;
use rustls::ClientConfig;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::api::{self, Answer};
use crate::cluster::Cluster;
use crate::{background, tls};

mod forward;
mod rule;

pub use rule::{Fault, Hook, Match, RequestLine, Rule};

use forward::Forwarder;
use rule::Script;

/// A running proxy; dropping it closes its port and every connection.
pub struct FaultProxy {
    port: u16,
    trust: Arc<ClientConfig>,
    state: Arc<Mutex<State>>,
    cut: Arc<Notify>,
    task: AbortHandle,
}

/// A request that reached the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// From 1, since the script was set.
    pub number: usize,
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// What the client was answered; `None` when it was answered nothing (yet).
    pub status: Option<u16>,
    /// Whether the API server got it.
    pub forwarded: bool,
}

#[derive(Default)]
struct State {
    script: Script,
    requests: Vec<RecordedRequest>,
    // Tells answers to requests of an earlier script from those of this one.
    generation: usize,
}

impl FaultProxy {
    /// Starts a proxy before `cluster` that passes everything on.
    pub fn start(cluster: &Cluster) -> Result<Self> {
        let server = tls::server_config(&cluster.authority().server()?)?;
        let trust = Arc::clone(cluster.as_nobody());
        let listener = background::run(TcpListener::bind(("127.0.0.1", 0)))?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(Mutex::new(State::default()));
        let forwarder = Forwarder::new(cluster.api_server_port(), Arc::clone(&trust), Arc::clone(&state));
        let cut = Arc::new(Notify::new());
        let task = background::spawn(forward::serve(listener, server, forwarder, Arc::clone(&cut)));
        Ok(Self { port, trust, state, cut, task })
    }

    /// The endpoint to give to the client instead of the cluster's.
    pub fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// One request with a bearer token through the proxy, tried once.
    pub fn request_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        api::send(self.port, &self.trust, Some(token), method, path, body)
    }

    /// Sets what happens from now on and forgets what was recorded. The first
    /// rule that matches a request decides; no rule passes it on.
    pub fn script(&self, rules: impl IntoIterator<Item = Rule>) {
        let mut state = lock(&self.state);
        state.script = Script::new(rules);
        state.requests.clear();
        state.generation += 1;
    }

    /// Cuts every connection that there is, in the middle of whatever is being said.
    pub fn cut(&self) {
        self.cut.notify_one();
    }

    /// Passes everything on again, and forgets what was recorded.
    pub fn clear(&self) {
        self.script([]);
    }

    /// Every request since the script was set, in the order of arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.state).requests.clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Hooks run outside the lock, so a panic in one cannot poison it.
    state.lock().expect("nothing panics while it holds this lock")
}
