//! What is told of one resource: its status and its events. Written apart from the work, which waits for neither.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rolecall_engine::port::PortError;
use rolecall_engine::reconcile::Standing;
use rolecall_kube::{Happening, KubeHome};
use rolecall_server::control::{self, Notice, Teller};
use rolecall_server::metrics::FetchOutcome;
use rolecall_server::resource::{AccessSync, AccessSyncStatus};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::super::ears::Ears;

/// Older ones that could not be told are no news any more.
const HAPPENINGS: usize = 20;

/// The status and the events of one resource.
pub(super) struct Board<'a> {
    ears: &'a Ears,
    told: Mutex<Told>,
    changed: Notify,
}

struct Told {
    /// Where events point to.
    object: Value,
    generation: i64,
    status: AccessSyncStatus,
    happenings: VecDeque<Happening>,
    teller: Teller,
    /// The annotation that is followed by the next pass.
    wish: Option<String>,
}

impl<'a> Board<'a> {
    /// Goes on from what the status says.
    pub(super) fn new(ears: &'a Ears, object: &AccessSync) -> Self {
        let status = object.status.clone().unwrap_or_default();
        let reason = status.condition("Ready").map(|ready| ready.reason.as_str());
        let told = Told {
            object: json!(object),
            generation: object.metadata.generation.unwrap_or_default(),
            wish: None,
            happenings: VecDeque::new(),
            teller: Teller::after_reason(reason.unwrap_or_default()),
            status,
        };
        Self { ears, told: Mutex::new(told), changed: Notify::new() }
    }

    /// From now on it is spoken of this generation.
    pub(super) fn turn_to(&self, object: &AccessSync) {
        let mut told = self.told();
        told.object = json!(object);
        told.generation = object.metadata.generation.unwrap_or_default();
    }

    /// The next pass is the answer to this.
    pub(super) fn wished(&self, wish: Option<&String>) {
        self.told().wish = wish.cloned();
    }

    /// Says how the status goes on.
    pub(super) fn status(&self, next: impl FnOnce(AccessSyncStatus, i64, Timestamp) -> AccessSyncStatus) {
        let mut told = self.told();
        let before = told.status.clone();
        told.status = next(told.status.clone(), told.generation, Timestamp::now());
        if told.status != before {
            self.changed.notify_one();
        }
    }

    /// Tells of something that somebody should look at, once.
    pub(super) fn warn(&self, reason: &'static str, message: &str) {
        let mut told = self.told();
        let notice = told.teller.trouble(reason, message);
        told.happens(notice);
        self.changed.notify_one();
    }

    /// Writes what there is to tell, whenever there is; for ever.
    pub(super) async fn write(&self, home: &KubeHome, name: &str) {
        let mut written = None;
        let mut pause = Duration::from_secs(1);
        loop {
            self.changed.notified().await;
            let result = self.written(home, name, &mut written).await;
            match result {
                Ok(()) => pause = Duration::from_secs(1),
                Err(error) => {
                    self.ears.cannot_tell(name, &error);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_mins(1));
                    self.changed.notify_one();
                }
            }
        }
    }

    async fn written(
        &self,
        home: &KubeHome,
        name: &str,
        written: &mut Option<AccessSyncStatus>,
    ) -> Result<(), PortError> {
        let status = self.told().status.clone();
        if written.as_ref() != Some(&status) {
            home.write_status(name, &json!(status)).await?;
            *written = Some(status);
        }
        loop {
            let (object, next) = {
                let told = self.told();
                (told.object.clone(), told.happenings.front().cloned())
            };
            let Some(next) = next else { return Ok(()) };
            home.tell(&object, &next).await?;
            self.told().happenings.pop_front();
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn happens(&mut self, notices: impl IntoIterator<Item = Notice>) {
        let happening = |Notice { reason, message, is_warning }| Happening { reason, message, is_warning };
        self.happenings.extend(notices.into_iter().map(happening));
        while self.happenings.len() > HAPPENINGS {
            self.happenings.pop_front();
        }
    }
}

impl control::Ears for Board<'_> {
    fn stands(&self, cluster: &str, standing: &Standing, took: Duration) {
        self.ears.stands(cluster, standing, took);
        {
            let mut told = self.told();
            let notices = told.teller.pass(standing);
            told.happens(notices);
            if !told.happenings.is_empty() {
                self.changed.notify_one();
            }
        }
        self.status(|status, generation, now| status.after(standing, generation, now));
        let wish = self.told().wish.take();
        if wish.is_some() {
            self.status(|status, _, _| AccessSyncStatus { last_handled_reconcile: wish, ..status });
        }
    }

    fn cannot_watch(&self, cluster: &str, why: &PortError) {
        self.ears.cannot_watch(cluster, why);
    }

    fn gave_up(&self, cluster: &str, after: Duration) {
        self.ears.gave_up(cluster, after);
        let why = format!("a pass did not end within {} s, and was given up", after.as_secs());
        self.status(|status, generation, now| status.failed(generation, ("GaveUp", &why), now));
    }

    fn fetched(&self, source: &str, outcome: FetchOutcome) {
        self.ears.fetched(source, outcome);
    }
}
