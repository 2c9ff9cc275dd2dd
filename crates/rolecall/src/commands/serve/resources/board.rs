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
    /// The annotation that is followed by the next pass, and by the one that is under way.
    wish: Option<String>,
    wish_under_way: Option<String>,
    written: Option<AccessSyncStatus>,
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
            wish_under_way: None,
            written: None,
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

    /// No pass could begin, for this reason; that is the answer to whoever has asked for one.
    pub(super) fn cannot_begin(&self, why: &str, is_wrong: bool) {
        const REASON: &str = "CannotBegin";
        {
            let mut told = self.told();
            let notice = told.teller.trouble(REASON, why);
            told.happens(notice);
            told.wish_under_way = told.wish.take();
        }
        self.status(|status, generation, now| {
            if is_wrong {
                status.impossible(generation, (REASON, why), now)
            } else {
                status.failed(generation, (REASON, why), now)
            }
        });
        self.answered();
    }

    /// Whoever has asked for the pass that is over has his answer.
    fn answered(&self) {
        let wish = self.told().wish_under_way.take();
        if wish.is_some() {
            self.status(|status, _, _| AccessSyncStatus { last_handled_reconcile: wish, ..status });
        }
        self.changed.notify_one();
    }

    /// Writes what there is to tell, whenever there is; for ever.
    pub(super) async fn write(&self, home: &KubeHome, name: &str) {
        let mut pause = Duration::from_secs(1);
        loop {
            self.changed.notified().await;
            match self.write_once(home, name).await {
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

    /// Writes what there is to tell now. Events are told also where the status cannot be written.
    pub(super) async fn write_once(&self, home: &KubeHome, name: &str) -> Result<(), PortError> {
        let (status, uid) = {
            let told = self.told();
            let is_written = told.written.as_ref() == Some(&told.status);
            ((!is_written).then(|| told.status.clone()), told.object["metadata"]["uid"].clone())
        };
        let mut result = Ok(());
        if let Some(status) = status {
            result = home.write_status((name, &uid), &json!(status)).await;
            if result.is_ok() {
                self.told().written = Some(status);
            }
        }
        loop {
            let (object, next) = {
                let told = self.told();
                (told.object.clone(), told.happenings.front().cloned())
            };
            let Some(next) = next else { return result };
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
    fn begins(&self, _: &str) {
        let mut told = self.told();
        told.wish_under_way = told.wish.take();
    }

    fn stands(&self, cluster: &str, standing: &Standing, took: Duration) {
        self.ears.stands(cluster, standing, took);
        {
            let mut told = self.told();
            let notices = told.teller.pass(standing);
            told.happens(notices);
        }
        self.status(|status, generation, now| status.after(standing, generation, now));
        self.answered();
    }

    fn cannot_watch(&self, cluster: &str, why: &PortError) {
        self.ears.cannot_watch(cluster, why);
    }

    fn gave_up(&self, cluster: &str, after: Duration) {
        self.ears.gave_up(cluster, after);
        let why = format!("a pass did not end within {} s, and was given up", after.as_secs());
        self.status(|status, generation, now| status.failed(generation, ("GaveUp", &why), now));
        self.answered();
    }

    fn fetched(&self, source: &str, outcome: FetchOutcome) {
        self.ears.fetched(source, outcome);
    }
}
