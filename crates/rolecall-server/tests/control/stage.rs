//! A cluster in memory, a repository in memory, the loop between them, and an ear.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use jiff::SignedDuration;
use rolecall_core::Timestamp;
use rolecall_core::cluster::ClusterIdentity;
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess, ObservedMap};
use rolecall_core::reconcile::Patience;
use rolecall_core::source::Lineage;
use rolecall_engine::fake::FakeCluster;
use rolecall_engine::port::{Clock, Entry, FetchSource, Fetched, PortError, PortFuture, Snapshot};
use rolecall_engine::reconcile::{Project, Standing, State};
use rolecall_server::control::{Ears, Kept, Manners, Source, Sources, keep};
use rolecall_server::lead::Leadership;
use rolecall_server::metrics::FetchOutcome;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

const OWN: &str = "- rolearn: arn:aws:iam::111122223333:role/deployer\n  username: deployer\n  groups: [rolecall:deployers]\n";

pub(crate) fn role(name: &str) -> String {
    format!("- rolearn: arn:aws:iam::111122223333:role/{name}\n  username: {name}\n  groups: [ops]\n")
}

fn file(names: &[&str]) -> String {
    let roles: String = names.iter().map(|name| role(name)).collect();
    let indented: String = format!("{OWN}{roles}").lines().flat_map(|line| ["    ", line, "\n"]).collect();
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n{indented}"
    )
}

/// A repository whose branch points to one commit at a time; they are numbered in their order.
#[derive(Default)]
pub(crate) struct Repository {
    tip: Mutex<(String, String)>,
    problem: Mutex<Option<PortError>>,
    hangs: AtomicBool,
    asked: AtomicUsize,
}

impl Repository {
    pub(crate) fn push(&self, commit: &str, names: &[&str]) {
        *self.tip.lock().unwrap() = (commit.to_owned(), file(names));
    }

    /// Every fetch fails so.
    pub(crate) fn fail(&self, problem: Option<PortError>) {
        *self.problem.lock().unwrap() = problem;
    }

    /// No fetch ever ends.
    pub(crate) fn hang(&self) {
        self.hangs.store(true, Ordering::Relaxed);
    }

    /// How often a fetch was begun.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl FetchSource for Repository {
    fn fetch<'a>(&'a self, known: Option<&'a str>) -> PortFuture<'a, Fetched> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.hangs.load(Ordering::Relaxed) {
            return Box::pin(std::future::pending());
        }
        if let Some(problem) = self.problem.lock().unwrap().clone() {
            return Box::pin(std::future::ready(Err(problem)));
        }
        let (commit, text) = self.tip.lock().unwrap().clone();
        let fetched = if known == Some(&commit) {
            Fetched::Unchanged
        } else {
            let entries = BTreeMap::from([("aws-auth.yml".to_owned(), Entry::File(text.into_bytes()))]);
            let (committed_at, signer, paths) = (Timestamp::UNIX_EPOCH, None, Vec::new());
            Fetched::New(Snapshot { commit, committed_at, signer, paths, entries })
        };
        Box::pin(std::future::ready(Ok(fetched)))
    }

    fn lineage<'a>(&'a self, commit: &'a str, earlier: &'a str) -> PortFuture<'a, Knowledge<Lineage>> {
        let lineage = if commit > earlier { Lineage::Descendant } else { Lineage::Ancestor };
        Box::pin(std::future::ready(Ok(Knowledge::Known(lineage))))
    }
}

/// Tokio's time, which stands still where nobody waits. The cluster goes by it, too.
struct PausedClock(Instant, Arc<FakeCluster>);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::try_from(self.0.elapsed()).unwrap();
        let behind = now.duration_since(self.1.now()).max(SignedDuration::ZERO).unsigned_abs();
        let mut catches_up = self.1.sleep(behind);
        let is_there = catches_up.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(is_there.is_ready(), "a fake cluster's time passes at once");
        now
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// What was heard of a pass.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    pub(crate) trouble: Vec<String>,
    pub(crate) drift: usize,
}

#[derive(Default)]
pub(crate) struct Ear {
    heard: Mutex<Vec<Heard>>,
    complaints: Mutex<usize>,
    fetches: Mutex<Vec<FetchOutcome>>,
}

impl Ear {
    pub(crate) fn last(&self) -> Heard {
        self.heard.lock().unwrap().last().cloned().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    pub(crate) fn fetches(&self) -> Vec<FetchOutcome> {
        self.fetches.lock().unwrap().clone()
    }

    pub(crate) fn complaints(&self) -> usize {
        *self.complaints.lock().unwrap()
    }
}

impl Ears for Ear {
    fn stands(&self, cluster: &str, standing: &Standing, _: Duration) {
        assert_eq!(cluster, "prod");
        let trouble = standing.trouble.iter().map(|one| format!("{}: {one}", one.reason()));
        self.heard.lock().unwrap().push(Heard { trouble: trouble.collect(), drift: standing.drift.len() });
    }

    fn cannot_watch(&self, _: &str, _: &PortError) {
        *self.complaints.lock().unwrap() += 1;
    }

    fn gave_up(&self, _: &str, _: Duration) {}

    fn fetched(&self, source: &str, outcome: FetchOutcome) {
        assert_eq!(source, "doors");
        self.fetches.lock().unwrap().push(outcome);
    }
}

pub(crate) struct Stage {
    pub(crate) cluster: Arc<FakeCluster>,
    pub(crate) repository: Arc<Repository>,
    pub(crate) ears: Arc<Ear>,
    pub(crate) leadership: Leadership,
    source: Arc<Source>,
    pub(crate) sources: Sources,
    pub(crate) wish: Arc<Notify>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Stage {
    /// Nothing is running yet.
    pub(crate) fn new(names: &[&str]) -> Self {
        let repository = Arc::new(Repository::default());
        repository.push("c1", names);
        let source = Arc::new(Source::new("doors".to_owned(), repository.clone()));
        let sources = Sources::default();
        sources.add(&source);
        Self {
            cluster: Arc::new(cluster()),
            source,
            sources,
            wish: Arc::default(),
            repository,
            ears: Arc::default(),
            leadership: Leadership::alone(),
            stop: watch::channel(false).0,
            task: None,
        }
    }

    /// The first commit is applied, and seen to be so.
    pub(crate) async fn start(names: &[&str]) -> Self {
        let stage = Self::new(names).started().await;
        stage.until(Duration::from_secs(2), |stage| stage.ears.count() >= 2).await;
        stage
    }

    pub(crate) async fn started(self) -> Self {
        self.started_for(Duration::from_hours(10_000)).await
    }

    pub(crate) async fn started_for(mut self, time: Duration) -> Self {
        let kept = Kept {
            name: "prod".to_owned(),
            ports: self.cluster.clone(),
            source: self.source.clone(),
            project: Project {
                url: "https://git.example.com/doors".to_owned(),
                folder: String::new(),
                policy: None,
            },
            nudge: self.wish.clone(),
        };
        let manners = Manners {
            interval: SignedDuration::from_mins(1),
            patience: Patience::default(),
            holder: "controller".to_owned(),
            writer: "rolecall",
            leadership: self.leadership.clone(),
        };
        let (source, ears, stop) = (self.source.clone(), self.ears.clone(), self.stop.subscribe());
        let interval = manners.interval;
        tokio::spawn(async move { source.follow(interval, ears.as_ref(), stop).await });
        let (ears, stop) = (self.ears.clone(), self.stop.subscribe());
        let cluster = self.cluster.clone();
        self.task = Some(tokio::spawn(async move {
            let clock = PausedClock(Instant::now(), cluster);
            let mut state = State::default();
            let end = Instant::now() + time;
            keep(&kept, &manners, (&clock, &mut state), ears.as_ref(), (stop, end)).await;
        }));
        self.until(Duration::from_secs(1), |stage| stage.ears.count() >= 1).await;
        self
    }

    /// Has it ended by itself?
    pub(crate) fn is_over(&self) -> bool {
        self.task.as_ref().is_some_and(JoinHandle::is_finished)
    }

    pub(crate) fn nudge(&self) {
        self.source.nudge();
    }

    /// Somebody else's hand on `mapRoles`.
    pub(crate) fn meddle(&self, change: impl FnOnce(&mut String)) {
        self.cluster.meddle("kubectl-edit", |observed: &mut ObservedAccess| {
            observed.map.as_mut().unwrap().alter(|data| change(data.get_mut("mapRoles").unwrap()));
        });
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let map = self.cluster.observed().effective();
        map.entries().map(|entry| entry.mapping.username.clone()).collect()
    }

    /// Waits until something is so, for so long at most.
    pub(crate) async fn until(&self, patience: Duration, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + patience;
        while !is_so(self) {
            assert!(Instant::now() < end, "it is not so in time: {:?} {:?}", self.names(), self.ears.last());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Says stop, and sees that it does.
    pub(crate) async fn end(mut self) {
        self.stop.send_replace(true);
        let task = self.task.take().unwrap();
        tokio::time::timeout(Duration::from_secs(10), task).await.unwrap().unwrap();
    }
}

fn cluster() -> FakeCluster {
    FakeCluster::new(ObservedAccess {
        cluster: ClusterIdentity { name: "prod".into(), endpoint: None, ca_fingerprint: None },
        observed_at: Some(Timestamp::UNIX_EPOCH),
        mode: Knowledge::Unknown("not EKS".into()),
        access_entries: Knowledge::Unknown("not EKS".into()),
        map: Some(ObservedMap::of_data([("mapRoles".into(), OWN.to_owned())].into()).at("1")),
        ledger: Knowledge::Known(None),
        unfinished: Vec::new(),
        caller: Knowledge::Known(Caller {
            username: "deployer".into(),
            groups: vec!["rolecall:deployers".into()],
            canonical_arn: Some("arn:aws:iam::111122223333:role/deployer".into()),
        }),
    })
}
