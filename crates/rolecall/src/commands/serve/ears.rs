//! What `serve` says: a line whenever something is no longer as it was, or, for machines, a line a pass.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rolecall_core::render::{API_VERSION, printable};
use rolecall_engine::port::PortError;
use rolecall_engine::reconcile::{Done, Seen, Standing, Trouble};
use rolecall_server::control::{self, Notice, Teller, done, outcome, told};
use rolecall_server::http::Health;
use rolecall_server::lead;
use rolecall_server::metrics::{FetchOutcome, Metrics, PassOutcome};
use rolecall_server::notify::{Complain, News, Notifier, PostError, Target};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Hears everything, counts it, and says what people or machines should know.
pub(super) struct Ears {
    is_json: bool,
    metrics: Arc<Metrics>,
    /// What was said of each cluster last; `None` as long as nothing was.
    said: Mutex<BTreeMap<String, Option<String>>>,
    /// What else was said last: why each cluster's map cannot be watched, and why nobody can be elected.
    complained: Mutex<BTreeMap<String, String>>,
    /// Others that do not lead look at no cluster, and are ready for it.
    leads: AtomicBool,
    knows_all: AtomicBool,
    /// Tells people where they are, if that is wanted.
    notifier: OnceLock<Notifier>,
    tellers: Mutex<BTreeMap<String, Teller>>,
}

/// What complaints are about, some of them with the name of a cluster or a target behind it.
const ELECTION: &str = "election ";
const RESOURCES: &str = "resources ";
const PUSHES: &str = "pushes ";
const NOTIFY: &str = "notify ";
const STATUS: &str = "status ";
const WATCH: &str = "watch ";

impl Ears {
    /// A process that is alone leads from the beginning.
    pub(super) fn new(is_json: bool, metrics: Arc<Metrics>, is_alone: bool) -> Self {
        metrics.leads(is_alone);
        Self {
            is_json,
            metrics,
            said: Mutex::default(),
            complained: Mutex::default(),
            leads: AtomicBool::new(is_alone),
            knows_all: AtomicBool::new(false),
            notifier: OnceLock::new(),
            tellers: Mutex::default(),
        }
    }

    /// Tells these of news from now on.
    pub(super) fn notify(self: &Arc<Self>, targets: Vec<Target>) -> Result<(), PostError> {
        let ears = Arc::downgrade(self);
        let complain: Arc<Complain> = Arc::new(move |target: &str, why: &PostError| {
            if let Some(ears) = ears.upgrade() {
                ears.cannot_notify(target, why);
            }
        });
        let notifier = Notifier::start(targets, &self.metrics, &complain)?;
        // It is set once, before anything is told.
        let _ = self.notifier.set(notifier);
        Ok(())
    }

    fn cannot_notify(&self, target: &str, why: &PostError) {
        let about = format!("{NOTIFY}{target}");
        self.once(&about, &json!({ "kind": "Notification" }), &format!("`{target}` was not notified: {why}"));
    }

    fn news(&self, cluster: &str, revision: Option<&String>, of: impl FnOnce(&mut Teller) -> Vec<Notice>) {
        let Some(notifier) = self.notifier.get() else { return };
        let mut tellers = self.tellers.lock().unwrap_or_else(PoisonError::into_inner);
        for notice in of(tellers.entry(cluster.to_owned()).or_default()) {
            let (cluster, revision) = (cluster.to_owned(), revision.cloned());
            notifier.tell(&News { cluster, notice, revision, at: Timestamp::now() });
        }
    }

    /// There will be something to hear of these.
    pub(super) fn expect(&self, clusters: impl Iterator<Item = String>) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        for name in clusters {
            self.metrics.expect_cluster(&name);
            said.entry(name).or_default();
        }
    }

    /// Nobody is kept by this process any more: what it knew is not true for long.
    pub(super) fn clear(&self) {
        let said = std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner));
        for cluster in said.keys() {
            self.metrics.forget_cluster(cluster);
        }
        self.tellers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.knows_all.store(false, Ordering::Relaxed);
    }

    /// All clusters that there are, are known.
    pub(super) fn expected(&self) {
        self.knows_all.store(true, Ordering::Relaxed);
    }

    /// There is nothing to hear of this one any more.
    pub(super) fn forget(&self, cluster: &str) {
        self.metrics.forget_cluster(cluster);
        self.said.lock().unwrap_or_else(PoisonError::into_inner).remove(cluster);
        let is_of_it = |about: &String| about.strip_suffix(cluster).is_some_and(|head| head.ends_with(' '));
        self.complained.lock().unwrap_or_else(PoisonError::into_inner).retain(|about, _| !is_of_it(about));
        self.tellers.lock().unwrap_or_else(PoisonError::into_inner).remove(cluster);
        self.note(&format!("{cluster}: not kept any more; its map stays as it is"));
    }

    /// Nobody looks at this one.
    pub(super) fn suspended(&self, cluster: &str) {
        self.metrics.forget_cluster(cluster);
        self.say(cluster, &json!({ "outcome": "suspended" }), "suspended");
    }

    /// The resources cannot be listed or watched.
    pub(super) fn cannot_follow(&self, why: &PortError) {
        let hint = why.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        self.once(
            RESOURCES,
            &json!({ "kind": "Resources" }),
            &format!("the resources are not known: {why}{hint}"),
        );
    }

    /// Pushes are not passed on from one process to the other.
    pub(super) fn cannot_pass_on(&self, why: &PortError) {
        let text = format!("pushes are not passed on between processes, and are seen in time only: {why}");
        self.once(PUSHES, &json!({ "kind": "Pushes" }), &text);
    }

    /// A status or an event cannot be written.
    pub(super) fn cannot_tell(&self, cluster: &str, why: &PortError) {
        let text = format!("{cluster}: its status or an event cannot be written: {why}");
        self.once(&format!("{STATUS}{cluster}"), &json!({ "kind": "Status", "cluster": cluster }), &text);
    }

    /// Says something about the process.
    pub(super) fn note(&self, text: &str) {
        self.write(&json!({ "kind": "Note", "message": text }), text);
    }

    /// A cluster cannot be reached at all.
    pub(super) fn cannot_connect(&self, cluster: &str, failure: &Failure) {
        self.metrics.pass(cluster, PassOutcome::Failed, Duration::ZERO);
        let causes: Vec<String> = failure.error.chain().map(ToString::to_string).collect();
        let text = format!("cannot be reached: {}", causes.join(": "));
        self.say(cluster, &json!({ "outcome": "failed" }), &text);
        self.news(cluster, None, |teller| teller.trouble("CannotBegin", &text).into_iter().collect());
    }

    /// Says of a cluster what was not said just before.
    fn say(&self, cluster: &str, document: &Value, text: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new =
            said.insert(cluster.to_owned(), Some(text.to_owned())).flatten().as_deref() != Some(text);
        if self.is_json || is_new {
            let mut document = document.clone();
            document["kind"] = json!("Pass");
            document["cluster"] = json!(cluster);
            document["message"] = json!(text);
            self.write(&document, &format!("{cluster}: {text}"));
        }
    }

    /// Says a complaint that was not the last one about this.
    fn once(&self, about: &str, document: &Value, text: &str) {
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if complained.insert(about.to_owned(), text.to_owned()).as_deref() != Some(text) || self.is_json {
            let mut document = document.clone();
            document["message"] = json!(text);
            self.write(&document, text);
        }
    }

    fn write(&self, document: &Value, text: &str) {
        let now = Timestamp::now();
        let line = if self.is_json {
            let mut document = document.clone();
            document["apiVersion"] = json!(API_VERSION);
            document["at"] = json!(now);
            format!("{document}\n")
        } else {
            format!("{now:.0} {}\n", printable(text))
        };
        let mut stdout = io::stdout().lock();
        // Whoever does not listen any more is no reason to leave the clusters alone.
        let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
    }
}

impl control::Ears for Ears {
    fn stands(&self, cluster: &str, standing: &Standing, took: Duration) {
        let outcome = outcome(standing);
        self.count(cluster, standing, outcome, took);
        let drift: Vec<Value> = standing
            .drift
            .iter()
            .map(|one| json!({ "message": printable(&one.message), "healsAt": one.heals_at }))
            .collect();
        let trouble = standing.trouble.iter();
        let trouble: Vec<Value> = trouble
            .map(|one| json!({ "reason": one.reason(), "message": printable(&one.to_string()) }))
            .collect();
        let document = json!({
            "outcome": outcome.as_str(),
            "commit": standing.commit,
            "drift": drift,
            "trouble": trouble,
            "heldUntil": standing.hold.as_ref().map(|hold| hold.until),
            "record": done(standing).and_then(|done| done.report().record.clone()),
            "tookSeconds": took.as_secs_f64(),
        });
        self.say(cluster, &document, &told(standing));
        self.news(cluster, standing.commit.as_ref(), |teller| teller.pass(standing));
    }

    fn cannot_watch(&self, cluster: &str, why: &PortError) {
        let text = format!("{cluster}: the map cannot be watched, and is looked at in time only: {why}");
        self.once(&format!("{WATCH}{cluster}"), &json!({ "kind": "Watch", "cluster": cluster }), &text);
    }

    fn gave_up(&self, cluster: &str, after: Duration) {
        self.metrics.pass(cluster, PassOutcome::Failed, after);
        let text = format!("a pass did not end within {} s, and was given up", after.as_secs());
        self.say(cluster, &json!({ "outcome": "failed" }), &text);
    }

    fn fetched(&self, source: &str, outcome: FetchOutcome) {
        self.metrics.fetched(source, outcome);
    }
}

impl lead::Ears for Ears {
    fn leads(&self, leader: Option<&str>, is_us: bool) {
        self.leads.store(is_us, Ordering::Relaxed);
        self.metrics.leads(is_us);
        let text = match (leader, is_us) {
            (_, true) => "this process leads, and keeps the clusters".to_owned(),
            (Some(other), false) => format!("waiting: `{other}` leads"),
            (None, false) => "waiting: nobody leads yet".to_owned(),
        };
        self.write(
            &json!({ "kind": "Election", "leader": leader, "isLeading": is_us, "message": text }),
            &text,
        );
    }

    fn cannot_elect(&self, why: &PortError) {
        self.once(ELECTION, &json!({ "kind": "Election" }), &format!("nobody can be elected: {why}"));
    }
}

impl Ears {
    fn count(&self, cluster: &str, standing: &Standing, outcome: PassOutcome, took: Duration) {
        self.metrics.pass(cluster, outcome, took);
        if standing.is_judged {
            self.metrics.drift(cluster, standing.drift.len());
            self.metrics.hold(cluster, standing.hold.is_some());
        }
        if standing.seen != Seen::Nothing {
            for (section, count) in standing.entries {
                self.metrics.entries(cluster, section, count);
            }
        }
        if matches!(done(standing), Some(Done::Healed(_))) {
            self.metrics.healed(cluster);
        }
        if matches!(outcome, PassOutcome::Unchanged | PassOutcome::Applied) {
            self.metrics.succeeded(cluster, Timestamp::now());
        }
        for trouble in &standing.trouble {
            if let Trouble::Refused(guards, _) = trouble {
                for guard in guards {
                    self.metrics.refused(cluster, *guard);
                }
            }
        }
    }
}

impl Health for Ears {
    fn alive(&self) -> Result<(), &'static str> {
        Ok(())
    }

    fn ready(&self) -> Result<(), &'static str> {
        if !self.leads.load(Ordering::Relaxed) {
            return Ok(());
        }
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if self.knows_all.load(Ordering::Relaxed) && said.values().all(Option::is_some) {
            Ok(())
        } else {
            Err("not every cluster was looked at yet")
        }
    }
}
