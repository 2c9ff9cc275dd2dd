//! Follows a source of files: in time, and when somebody tells of a push. All its clusters hear the same news.
//!
//! However many clusters it has, and however often it is nudged, there is one fetch at a time. One that hangs
//! delays no cluster.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use jiff::SignedDuration;
use rolecall_engine::port::{FetchSource, PortErrorKind};
use rolecall_engine::reconcile::News;
use tokio::sync::{Notify, watch};

use super::{Ears, pause};
use crate::metrics::FetchOutcome;

/// A source that is followed.
pub struct Source {
    name: String,
    pub(super) fetches: Arc<dyn FetchSource>,
    news: watch::Sender<News>,
    nudge: Notify,
    /// How many fetches were begun, and how many have ended.
    begun: AtomicU64,
    ended: watch::Sender<u64>,
}

impl Source {
    /// `name` is its URL, by which it is called in logs and metrics.
    pub fn new(name: String, fetches: Arc<dyn FetchSource>) -> Self {
        Self {
            name,
            fetches,
            news: watch::Sender::default(),
            nudge: Notify::new(),
            begun: AtomicU64::new(0),
            ended: watch::Sender::default(),
        }
    }

    /// Has it fetched soon. What was pushed before this call is in what it fetches; many calls are one.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Has it fetched, and comes back when a fetch has ended that was begun after this call.
    pub async fn refreshed(&self) {
        let mut ended = self.ended.subscribe();
        let wanted = self.begun.load(Ordering::SeqCst) + 1;
        self.nudge();
        if ended.wait_for(|ended| *ended >= wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What it says from now on.
    pub fn news(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }

    /// Fetches until `stop` says true.
    pub async fn follow(&self, interval: SignedDuration, ears: &dyn Ears, mut stop: watch::Receiver<bool>) {
        let mut failures = 0;
        loop {
            let before = self.news.borrow().clone();
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            let after = tokio::select! {
                after = before.after_a_fetch(self.fetches.as_ref()) => after,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            ears.fetched(&self.name, outcome(&before, &after));
            failures = if is_to_be_spared(&after) { failures + 1 } else { 0 };
            let asked = after.error.as_ref().and_then(|error| error.retry_after);
            let pause = asked.unwrap_or_else(|| pause::in_time(failures, interval));
            self.news.send_if_modified(|news| {
                let is_new = *news != after;
                *news = after;
                is_new
            });
            self.ended.send_replace(number);
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.nudge.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// The sources that are followed at the moment, for whoever hears of a push.
#[derive(Default)]
pub struct Sources(Mutex<Vec<Weak<Source>>>);

impl Sources {
    /// One more, for as long as somebody follows it.
    pub fn add(&self, source: &Arc<Source>) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|other| other.strong_count() > 0);
        sources.push(Arc::downgrade(source));
    }

    /// Has those fetched soon whose name is one of these.
    pub fn nudge(&self, is_it: impl Fn(&str) -> bool) {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|source| is_it(&source.name))
            .for_each(|one| one.nudge());
    }
}

/// Is it to be asked less and less? A server that answers with what is wrong is asked in time as ever: somebody may
/// have pushed. One that refuses credentials must not be asked until it locks them.
fn is_to_be_spared(news: &News) -> bool {
    news.error
        .as_ref()
        .is_some_and(|error| error.kind.is_transient() || error.kind == PortErrorKind::Unauthenticated)
}

fn outcome(before: &News, after: &News) -> FetchOutcome {
    match &after.error {
        Some(error) if matches!(error.kind, PortErrorKind::Denied) => FetchOutcome::Refused,
        Some(_) => FetchOutcome::Failed,
        None if before.snapshot == after.snapshot => FetchOutcome::Unchanged,
        None => FetchOutcome::Moved,
    }
}
