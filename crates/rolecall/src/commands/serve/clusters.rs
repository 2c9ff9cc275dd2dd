//! One task a cluster: connect, keep, and connect anew now and then, since what EKS says of a cluster may change.

use std::sync::Arc;
use std::time::Duration;

use rolecall_core::config::{ClusterConfig, Config};
use rolecall_engine::port::FetchSource;
use rolecall_engine::reconcile::{Project, State};
use rolecall_kube::FIELD_MANAGER;
use rolecall_server::control::{Kept, Manners, keep};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::ears::Ears;
use super::source::folder;
use crate::failure::Failure;
use crate::target::{SystemClock, connect_configured};

/// How long a connection is used: what EKS told when it was made (endpoint, authentication mode) may change.
const RENEWED_AFTER: Duration = Duration::from_mins(15);

/// After a connection that failed: twice as long each time.
const PAUSES: [u64; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// Keeps every cluster of the configuration, each in a task of its own.
pub(super) fn keep_all(
    config: &Config,
    url: &str,
    (source, ears): (&Arc<dyn FetchSource>, &Arc<Ears>),
    nudges: &[Arc<Notify>],
    stopped: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    ears.expect(config.clusters.iter().map(name));
    for (cluster, nudge) in config.clusters.iter().zip(nudges) {
        let work = Work {
            config: cluster.clone(),
            project: Project { url: url.to_owned(), folder: folder(cluster).to_owned() },
            manners: Manners {
                interval: config.serve.interval,
                patience: config.serve.patience,
                holder: holder(),
                writer: FIELD_MANAGER,
            },
            source: Arc::clone(source),
            ears: Arc::clone(ears),
            nudge: Arc::clone(nudge),
            stopped: stopped.clone(),
        };
        tasks.spawn(work.run());
    }
    tasks
}

struct Work {
    config: ClusterConfig,
    project: Project,
    manners: Manners,
    source: Arc<dyn FetchSource>,
    ears: Arc<Ears>,
    nudge: Arc<Notify>,
    stopped: watch::Receiver<bool>,
}

impl Work {
    async fn run(mut self) {
        let mut state = State::default();
        let mut failures = 0;
        while !*self.stopped.borrow() {
            match self.connected(&mut state).await {
                Ok(()) => failures = 0,
                Err(failure) => {
                    self.ears.cannot_connect(&name(&self.config), &failure);
                    let pause = PAUSES.get(failures).or(PAUSES.last()).copied().unwrap_or(1);
                    failures += 1;
                    self.or_stopped(tokio::time::sleep(Duration::from_secs(pause))).await;
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
            name: name(&self.config),
            ports: Arc::new(cluster),
            source: Arc::clone(&self.source),
            project: self.project.clone(),
        };
        let (end, ended) = watch::channel(false);
        let ending = async {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => {}
                () = tokio::time::sleep(RENEWED_AFTER) => {}
            }
            end.send_replace(true);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = keep(&kept, &self.manners, (&SystemClock, state), (&self.nudge, self.ears.as_ref()), ended) => {}
            () = ending => {}
        }
        Ok(())
    }

    async fn or_stopped(&self, work: impl Future<Output = ()>) {
        let mut stopped = self.stopped.clone();
        tokio::select! {
            () = work => {}
            _ = stopped.wait_for(|stop| *stop) => {}
        }
    }
}

/// What a cluster is called.
fn name(config: &ClusterConfig) -> String {
    config.name.clone().or_else(|| config.context.clone()).unwrap_or_default()
}

/// Where others look who is at it.
fn holder() -> String {
    format!("rolecall serve, process {}", std::process::id())
}
