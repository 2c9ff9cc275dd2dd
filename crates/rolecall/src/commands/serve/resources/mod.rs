//! Clusters that are named by `AccessSync` resources at home: one task a resource, from its first event to its
//! deletion. Deleting it leaves the map as it is.

mod board;
mod member;
mod origin;
mod target;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rolecall_core::config::HomeConfig;
use rolecall_kube::{Change, KubeHome};
use rolecall_server::resource::{AccessSync, AccessSyncStatus};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};

use super::Process;
use super::home::Site;
use crate::failure::Failure;

/// After the list or the watch has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// The home of the resources, and what opens their sources and targets.
pub(super) struct Resources {
    home: KubeHome,
    site: Site,
    cache: PathBuf,
}

/// What the task of a resource has to work with.
struct Shared {
    resources: Arc<Resources>,
    process: Arc<Process>,
}

impl Resources {
    pub(super) async fn open(home: &HomeConfig, cache: PathBuf) -> Result<Self, Failure> {
        let site = Site::of(home);
        Ok(Self { home: KubeHome::new(site.connect().await?), site, cache })
    }

    /// Keeps the clusters of all resources that there are.
    pub(super) fn keep_all(self: &Arc<Self>, process: &Arc<Process>) -> JoinSet<()> {
        let shared = Arc::new(Shared { resources: Arc::clone(self), process: Arc::clone(process) });
        let mut tasks = JoinSet::new();
        let (sender, changes) = mpsc::unbounded_channel();
        let of_follow = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut stopped = of_follow.process.stopped.clone();
            tokio::select! {
                () = follow(&of_follow, &sender) => {}
                _ = stopped.wait_for(|stop| *stop) => {}
            }
        });
        let fleet = Fleet { shared, members: BTreeMap::new(), tasks: JoinSet::new() };
        tasks.spawn(fleet.run(changes));
        tasks
    }
}

async fn follow(shared: &Shared, changes: &mpsc::UnboundedSender<Change>) {
    // Nobody hears it any more only when all is about to end.
    let mut hear = |change| drop(changes.send(change));
    loop {
        let Err(error) = shared.resources.home.follow(&mut hear).await;
        shared.process.ears.cannot_follow(&error);
        tokio::time::sleep(error.retry_after.unwrap_or(PAUSE)).await;
    }
}

struct Fleet {
    shared: Arc<Shared>,
    /// What each is to be as; nothing where there is none of that name any more.
    members: BTreeMap<String, watch::Sender<Option<Arc<AccessSync>>>>,
    tasks: JoinSet<()>,
}

impl Fleet {
    async fn run(mut self, mut changes: mpsc::UnboundedReceiver<Change>) {
        while let Some(change) = changes.recv().await {
            match change {
                Change::All(objects) => self.all(objects),
                Change::Written(object) => self.written(object),
                Change::Deleted(name) => self.gone(&name),
            }
            while let Some(ended) = self.tasks.try_join_next() {
                carry_on(ended);
            }
        }
        // Whoever follows has ended, since it is time: each member has heard that as well.
        while let Some(ended) = self.tasks.join_next().await {
            carry_on(ended);
        }
    }

    fn all(&mut self, objects: Vec<Value>) {
        let names: Vec<String> = objects.iter().map(name).collect();
        let gone: Vec<String> = self.members.keys().filter(|name| !names.contains(name)).cloned().collect();
        for name in &gone {
            self.gone(name);
        }
        for object in objects {
            self.written(object);
        }
        self.shared.process.ears.expected();
    }

    fn gone(&self, name: &str) {
        if let Some(member) = self.members.get(name) {
            member.send_replace(None);
        }
    }

    /// What is not as our schema says is of another version of it: it is told, and what was there before goes on.
    fn written(&mut self, object: Value) {
        let (name, uid) = (name(&object), object["metadata"]["uid"].clone());
        match serde_json::from_value::<AccessSync>(object) {
            Ok(object) => self.take(name, Arc::new(object)),
            Err(error) => self.not_understood((name, uid), &error),
        }
    }

    fn take(&mut self, name: String, object: Arc<AccessSync>) {
        if let Some(member) = self.members.get(&name) {
            member.send_replace(Some(object));
            return;
        }
        let (sender, receiver) = watch::channel(Some(object));
        self.tasks.spawn(member::keep(Arc::clone(&self.shared), name.clone(), receiver));
        self.members.insert(name, sender);
    }

    fn not_understood(&self, (name, uid): (String, Value), error: &serde_json::Error) {
        let why = format!("it is of another version than this controller: {error}");
        self.shared.process.ears.note(&format!("{name}: {why}"));
        if self.members.contains_key(&name) {
            return;
        }
        let resources = Arc::clone(&self.shared.resources);
        tokio::spawn(async move {
            let status = AccessSyncStatus::default().impossible(0, ("NotUnderstood", &why), Timestamp::now());
            // It is told in the log, too.
            let _ = resources.home.write_status((&name, &uid), &json!(status)).await;
        });
    }
}

fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// What broke off in a task breaks off here, too: a cluster that nobody keeps must not look well.
fn carry_on(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}
