//! Tells people where they are: by Slack, or by a webhook of their own. Only news are told, and telling delays nothing:
//! each target has a queue and a task.

mod letter;
mod post;

use std::sync::Arc;

use jiff::Timestamp;
use rolecall_core::config::NotifyKind;
use secrecy::SecretString;
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::control::Notice;
use crate::metrics::{Metrics, NotificationOutcome};
use letter::letter;
pub use post::{Post, PostError};

/// So many may wait for a target that does not answer; more are dropped, and counted.
const QUEUE: usize = 100;

/// Where to.
pub struct Target {
    /// What it is called in logs and metrics.
    pub name: String,
    /// How it is written.
    pub kind: NotifyKind,
    /// Whoever knows a webhook's address may write to it: it is never shown.
    pub url: SecretString,
    /// Signs what is sent, where the kind has signatures.
    pub secret: Option<SecretString>,
}

/// What is told of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Which.
    pub cluster: String,
    /// What.
    pub notice: Notice,
    /// The newest commit then.
    pub revision: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Hears what could not be told.
pub type Complain = dyn Fn(&str, &PostError) + Send + Sync;

/// All targets.
pub struct Notifier {
    queues: Vec<(String, mpsc::Sender<News>)>,
    metrics: Arc<Metrics>,
}

impl Notifier {
    /// Begins a task for each target. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// Where an address is none.
    pub fn start(
        targets: Vec<Target>,
        metrics: &Arc<Metrics>,
        complain: &Arc<Complain>,
    ) -> Result<Self, PostError> {
        let mut queues = Vec::new();
        for target in targets {
            let post = Post::to(&target)?;
            let (sender, news) = mpsc::channel(QUEUE);
            queues.push((target.name.clone(), sender));
            tokio::spawn(deliver(target, post, news, (Arc::clone(metrics), Arc::clone(complain))));
        }
        Ok(Self { queues, metrics: Arc::clone(metrics) })
    }

    /// Has it told everywhere, soon.
    pub fn tell(&self, news: &News) {
        for (target, queue) in &self.queues {
            if let Err(TrySendError::Full(_)) = queue.try_send(news.clone()) {
                self.metrics.notified(target, NotificationOutcome::Dropped);
            }
        }
    }
}

async fn deliver(
    target: Target,
    post: Post,
    mut news: mpsc::Receiver<News>,
    (metrics, complain): (Arc<Metrics>, Arc<Complain>),
) {
    while let Some(news) = news.recv().await {
        let outcome = match post.send(&letter(&target, &news)).await {
            Ok(()) => NotificationOutcome::Sent,
            Err(error) => {
                complain(&target.name, &error);
                NotificationOutcome::Failed
            }
        };
        metrics.notified(&target.name, outcome);
    }
}
