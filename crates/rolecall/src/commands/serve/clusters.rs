//! One task a cluster: connect, keep, and connect anew now and then, since what EKS says of a cluster may change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rolecall_core::config::{ClusterConfig, Config, SourceConfig};
use rolecall_engine::port::FetchSource;
use rolecall_engine::reconcile::{Project, State};
use rolecall_kube::FIELD_MANAGER;
use rolecall_server::control::{Kept, Manners, Source, keep};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::ears::Ears;
use super::source::folder;
use super::{Process, names};
use crate::failure::Failure;
use crate::target::{SystemClock, connect_configured};

/// How long a connection is used: what EKS told when it was made (endpoint, authentication mode) may change.
pub(super) const RENEWED_AFTER: Duration = Duration::from_mins(15);

/// After a connection that failed: a second, and twice as long each time, so often.
pub(super) const LAST_DOUBLING: u32 = 7;

/// The clusters of a configuration, and their one source.
pub(super) struct Files {
    config: Config,
    url: String,
    source: Arc<dyn FetchSource>,
}

impl Files {
    pub(super) async fn open(
        config: &Config,
        source: SourceConfig,
        beside: Option<&Path>,
        cache: PathBuf,
    ) -> Result<Self, Failure> {
        let opened = super::source::open(&source, &config.clusters, beside, cache).await?;
        Ok(Self { config: config.clone(), url: source.url, source: Arc::new(opened) })
    }

    /// Keeps every cluster, each in a task of its own, and follows their source in one more.
    pub(super) fn keep_all(&self, process: &Arc<Process>) -> JoinSet<()> {
        let source = Arc::new(Source::new(self.url.clone(), Arc::clone(&self.source)));
        process.sources.add(&source);
        let names = names::of(&self.config.clusters);
        process.ears.expect(names.iter().cloned());
        process.ears.expected();
        let mut tasks = JoinSet::new();
        for (cluster, name) in self.config.clusters.iter().zip(names) {
            tasks.spawn(self.work(cluster, name, &source, process).run());
        }
        let (process, interval) = (Arc::clone(process), self.config.serve.interval);
        tasks.spawn(async move {
            source.follow(interval, process.ears.as_ref(), process.stopped.clone()).await;
        });
        tasks
    }

    fn work(
        &self,
        cluster: &ClusterConfig,
        name: String,
        source: &Arc<Source>,
        process: &Arc<Process>,
    ) -> Work {
        Work {
            name,
            config: cluster.clone(),
            project: Project { url: self.url.clone(), folder: folder(cluster).to_owned(), policy: None },
            manners: Manners {
                interval: self.config.serve.interval,
                patience: self.config.serve.patience,
                holder: process.holder.clone(),
                writer: FIELD_MANAGER,
                leadership: process.leadership.clone(),
            },
            source: Arc::clone(source),
            ears: Arc::clone(&process.ears),
            stopped: process.stopped.clone(),
        }
    }
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
            // On the heap: it is large, and there is one of it for a moment only.
            cluster = Box::pin(connect_configured(&self.config)) => cluster?,
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
