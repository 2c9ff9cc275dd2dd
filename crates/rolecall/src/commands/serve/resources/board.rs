//! What is told of one resource: its status and its events. Written apart from the work, which waits for neither.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rolecall_engine::port::PortError;
use rolecall_engine::reconcile::{Done, Standing};
use rolecall_kube::{Happening, KubeHome};
use rolecall_server::control::{self, done, told};
use rolecall_server::metrics::FetchOutcome;
use rolecall_server::resource::status::reason;
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
    /// Of the last pass.
    reason: String,
    /// The annotation that is followed by the next pass.
    wish: Option<String>,
}

impl<'a> Board<'a> {
    /// Goes on from what the status says.
    pub(super) fn new(ears: &'a Ears, object: &AccessSync) -> Self {
        let status = object.status.clone().unwrap_or_default();
        let reason = status.condition("Ready").map(|ready| ready.reason.clone()).unwrap_or_default();
        let told = Told {
            object: json!(object),
            generation: object.metadata.generation.unwrap_or_default(),
            wish: None,
            happenings: VecDeque::new(),
            status,
            reason,
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
    pub(super) fn warn(&self, reason: &'static str, message: String) {
        let mut told = self.told();
        if told.reason != reason {
            reason.clone_into(&mut told.reason);
            told.happens(Happening { reason, message, is_warning: true });
            self.changed.notify_one();
        }
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
    fn happens(&mut self, happening: Happening) {
        self.happenings.push_back(happening);
        while self.happenings.len() > HAPPENINGS {
            self.happenings.pop_front();
        }
    }

    /// What was done is told each time, what is the matter when it is something else than before.
    fn pass(&mut self, standing: &Standing) {
        let reason = reason(standing);
        let is_new = self.reason != reason;
        match done(standing) {
            Some(Done::Applied(_)) => {
                self.happens(Happening { reason: "Applied", message: told(standing), is_warning: false });
            }
            Some(Done::Healed(_)) => {
                self.happens(Happening { reason: "Healed", message: told(standing), is_warning: true });
            }
            None => {}
        }
        let is_well = standing.is_ready();
        if is_new && !(is_well && (done(standing).is_some() || self.reason == "Progressing")) {
            self.happens(Happening { reason, message: told(standing), is_warning: !is_well });
        }
        reason.clone_into(&mut self.reason);
    }
}

impl control::Ears for Board<'_> {
    fn stands(&self, cluster: &str, standing: &Standing, took: Duration) {
        self.ears.stands(cluster, standing, took);
        {
            let mut told = self.told();
            told.pass(standing);
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
