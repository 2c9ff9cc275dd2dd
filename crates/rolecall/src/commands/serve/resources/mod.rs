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

use rolecall_core::config::HomeConfig;
use rolecall_kube::{Change, KubeHome};
use rolecall_server::resource::AccessSync;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

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
    /// What each is to be as; it is gone when nobody says so any more.
    members: BTreeMap<String, watch::Sender<Arc<AccessSync>>>,
    tasks: JoinSet<()>,
}

impl Fleet {
    async fn run(mut self, mut changes: mpsc::UnboundedReceiver<Change>) {
        while let Some(change) = changes.recv().await {
            match change {
                Change::All(objects) => {
                    let objects: Vec<AccessSync> =
                        objects.into_iter().filter_map(|one| self.read(one)).collect();
                    let is_there = |name: &String| {
                        objects.iter().any(|object| object.metadata.name.as_ref() == Some(name))
                    };
                    self.members.retain(|name, _| is_there(name));
                    for object in objects {
                        self.written(object);
                    }
                    self.shared.process.ears.expected();
                }
                Change::Written(object) => {
                    if let Some(object) = self.read(object) {
                        self.written(object);
                    }
                }
                Change::Deleted(name) => drop(self.members.remove(&name)),
            }
            while self.tasks.try_join_next().is_some() {}
        }
        // Whoever follows has ended, since it is time: each member has heard that as well.
        while self.tasks.join_next().await.is_some() {}
    }

    fn written(&mut self, object: AccessSync) {
        let Some(name) = object.metadata.name.clone() else { return };
        let object = Arc::new(object);
        if let Some(member) = self.members.get(&name) {
            let is_same = member.borrow().metadata.uid == object.metadata.uid;
            if is_same {
                member.send_replace(object);
                return;
            }
        }
        let (sender, receiver) = watch::channel(object);
        self.shared.process.ears.expect([name.clone()].into_iter());
        // One that was deleted and made anew has the old task's end before it: the map's lock keeps them apart.
        self.tasks.spawn(member::keep(Arc::clone(&self.shared), name.clone(), receiver));
        self.members.insert(name, sender);
    }

    /// What is not as the schema says is of another version of it.
    fn read(&self, object: Value) -> Option<AccessSync> {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        match serde_json::from_value(object) {
            Ok(object) => Some(object),
            Err(error) => {
                self.shared.process.ears.note(&format!("the AccessSync `{name}` is not understood: {error}"));
                None
            }
        }
    }
}
