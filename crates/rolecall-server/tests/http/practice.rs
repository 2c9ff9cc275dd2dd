//! A server to practise on.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rolecall_core::config::ReceiverKind;
use rolecall_server::http::{Health, Limits, Site, serve};
use rolecall_server::metrics::Metrics;
use rolecall_server::receive::{Nudge, Rate, Receiver, Receivers};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub(crate) const SECRET: &str = "0123456789abcdef-hook-secret";

/// A push as GitHub writes it, and its code as Python computes it:
/// `hmac.new(b"0123456789abcdef-hook-secret", body, hashlib.sha256).hexdigest()`.
pub(crate) const PUSH: &str = r#"{"ref":"refs/heads/main","before":"0000000000000000000000000000000000000000","after":"9f2c1e7a4b5d6c8e0f1a2b3c4d5e6f7a8b9c0d1e","repository":{"clone_url":"https://git.example/platform/access.git","ssh_url":"git@git.example:platform/access.git"}}"#;
pub(crate) const SIGNATURE: &str = "sha256=36e28b24c9b92362d7d260b10e3e616daa783413c649a8baa5aecec90890e41a";
/// The same of `{"zen":"Keep it logically awesome."}`.
pub(crate) const PING: &str = r#"{"zen":"Keep it logically awesome."}"#;
pub(crate) const PING_SIGNATURE: &str =
    "sha256=8a4de6f0d8c7d2a7e67a4c2bab314fa7f4c3ed36d35f3278808097bbefd81c40";

/// What a test may set.
pub(crate) struct Setup {
    pub(crate) limits: Limits,
    pub(crate) rate: Rate,
    pub(crate) room: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self { limits: Limits::default(), rate: Rate::default(), room: 64 }
    }
}

/// A running server with receivers `github` and `gitlab`.
pub(crate) struct Practice {
    pub(crate) address: SocketAddr,
    pub(crate) nudges: mpsc::Receiver<Nudge>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Switch>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) running: JoinHandle<()>,
}

/// Healthy until it is told otherwise.
#[derive(Default)]
pub(crate) struct Switch {
    pub(crate) is_dead: AtomicBool,
    pub(crate) is_waiting: AtomicBool,
}

impl Health for Switch {
    fn alive(&self) -> Result<(), &'static str> {
        if self.is_dead.load(Ordering::SeqCst) { Err("no pass for ten minutes") } else { Ok(()) }
    }

    fn ready(&self) -> Result<(), &'static str> {
        if self.is_waiting.load(Ordering::SeqCst) { Err("no source was fetched yet") } else { Ok(()) }
    }
}

pub(crate) async fn start(setup: Setup) -> Practice {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let metrics = Arc::new(Metrics::new());
    let health = Arc::new(Switch::default());
    let (sender, nudges) = mpsc::channel(setup.room);
    let list = vec![receiver("github", ReceiverKind::GitHub), receiver("gitlab", ReceiverKind::GitLab)];
    let receivers = Receivers::new(list, setup.rate, sender, Arc::clone(&metrics)).expect("good receivers");
    let site = Site {
        receivers: Some(Arc::new(receivers)),
        health: Some(Arc::clone(&health) as Arc<dyn Health>),
        metrics: Some(Arc::clone(&metrics)),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    let running = tokio::spawn(serve(listener, site, setup.limits, stopped));
    Practice { address, nudges, metrics, health, stop, running }
}

/// Limits that bad clients meet soon.
pub(crate) fn impatient() -> Setup {
    let limits = Limits {
        head: Duration::from_millis(100),
        body: Duration::from_millis(100),
        connection: Duration::from_mins(5),
        ..Limits::default()
    };
    Setup { limits, ..Setup::default() }
}

fn receiver(name: &str, kind: ReceiverKind) -> Receiver {
    Receiver { name: name.into(), kind, secret: SecretString::from(SECRET) }
}
