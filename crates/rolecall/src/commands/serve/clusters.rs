//! One task a cluster: connect, keep, and connect anew now and then, since what EKS says of a cluster may change.

use std::sync::Arc;
use std::time::Duration;

use rolecall_core::config::{ClusterConfig, Config};
use rolecall_engine::reconcile::{Project, State};
use rolecall_kube::FIELD_MANAGER;
use rolecall_server::control::{Kept, Manners, Source, keep};
use rolecall_server::lead::Leadership;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::ears::Ears;
use super::names;
use super::source::folder;
use crate::commands::apply::holder;
use crate::failure::Failure;
use crate::target::{SystemClock, connect_configured};

/// How long a connection is used: what EKS told when it was made (endpoint, authentication mode) may change.
const RENEWED_AFTER: Duration = Duration::from_mins(15);

/// After a connection that failed: a second, and twice as long each time, so often.
const LAST_DOUBLING: u32 = 7;

/// Keeps every cluster of the configuration, each in a task of its own, and follows their source in one more.
pub(super) fn keep_all(
    config: &Config,
    url: &str,
    (source, ears): (&Arc<Source>, &Arc<Ears>),
    leadership: &Leadership,
    stopped: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    // Once a process: others look there who is at it.
    let holder = format!("rolecall serve, {}", holder());
    let names = names::of(&config.clusters);
    ears.expect(names.iter().cloned());
    for (cluster, name) in config.clusters.iter().zip(names) {
        let work = Work {
            name,
            config: cluster.clone(),
            project: Project { url: url.to_owned(), folder: folder(cluster).to_owned(), policy: None },
            manners: Manners {
                interval: config.serve.interval,
                patience: config.serve.patience,
                holder: holder.clone(),
                writer: FIELD_MANAGER,
                leadership: leadership.clone(),
            },
            source: Arc::clone(source),
            ears: Arc::clone(ears),
            stopped: stopped.clone(),
        };
        tasks.spawn(work.run());
    }
    let (source, ears, interval) = (Arc::clone(source), Arc::clone(ears), config.serve.interval);
    let stopped = stopped.clone();
    tasks.spawn(async move { source.follow(interval, ears.as_ref(), stopped).await });
    tasks
}

struct Work {
    name: String,
    config: ClusterConfig,
    project: Project,
    manners: Manners,
    source: Arc<Source>,
    ears: Arc<Ears>,
    stopped: watch::Receiver<bool>,
}

impl Work {
    async fn run(mut self) {
        let mut state = State::default();
        let mut failures = 0_u32;
        while !*self.stopped.borrow() {
            match self.connected(&mut state).await {
                Ok(()) => failures = 0,
                Err(failure) => {
                    self.ears.cannot_connect(&self.name, &failure);
                    let pause = Duration::from_secs(1 << failures.min(LAST_DOUBLING));
                    failures += 1;
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        _ = self.stopped.wait_for(|stop| *stop) => {}
                    }
                }
            }
        }
    }

    /// Keeps the cluster over one connection.
    async fn connected(&mut self, state: &mut State) -> Result<(), Failure> {
        let mut stopped = self.stopped.clone();
        let cluster = tokio::select! {
            cluster = connect_configured(&self.config) => cluster?,
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
        };
        let kept = Kept {
            name: self.name.clone(),
            ports: Arc::new(cluster),
            source: Arc::clone(&self.source),
            project: self.project.clone(),
            nudge: Arc::default(),
        };
        let end = (stopped, Instant::now() + RENEWED_AFTER);
        keep(&kept, &self.manners, (&SystemClock, state), self.ears.as_ref(), end).await;
        Ok(())
    }
}
