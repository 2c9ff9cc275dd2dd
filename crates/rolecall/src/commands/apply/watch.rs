//! What an apply tells while it runs, and how it hears that it shall stop.

use std::env;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rolecall_core::Timestamp;
use rolecall_core::plan::Change;
use rolecall_engine::line::{Event, Planned, Watcher};

use super::page;
use crate::failure::Failure;
use crate::output::{Progress, Screen};

/// How far an apply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has touched nothing.
    Planning,
    /// It may hold the lock.
    Waiting,
    /// It may have written.
    Writing,
}

/// Listens to one apply.
pub(crate) struct Watch<'a> {
    screen: &'a Screen,
    progress: Progress,
    is_cancelled: AtomicBool,
    heard: Mutex<Heard>,
}

struct Heard {
    stage: Stage,
    /// The changes that people have seen.
    shown: Option<Vec<Change>>,
    /// Whom we said that we wait for.
    holder: Option<String>,
}

impl<'a> Watch<'a> {
    /// Needs a tokio runtime around it.
    pub(crate) fn new(screen: &'a Screen, shown: Option<Vec<Change>>) -> Self {
        let heard = Heard { stage: Stage::Planning, shown, holder: None };
        Self {
            screen,
            progress: screen.progress("looking at the cluster"),
            is_cancelled: AtomicBool::new(false),
            heard: Mutex::new(heard),
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.heard().stage
    }

    /// Asks the apply to stop; tells whether that was asked before.
    pub(super) fn cancel(&self) -> bool {
        self.is_cancelled.swap(true, Ordering::Relaxed)
    }

    pub(super) fn timed_out(&self, timeout: Duration) -> Failure {
        self.screen.timed_out(timeout)
    }

    pub(super) fn say_stopping(&self, stage: Stage) {
        let text = match stage {
            Stage::Planning | Stage::Waiting => "stopping before anything is changed",
            Stage::Writing => "finishing what was begun: the write, its record and the lock",
        };
        self.screen.note(format!("{text}; Ctrl-C again stops at once"));
    }

    fn show(&self, planned: &Planned) {
        let mut heard = self.heard();
        if heard.shown.as_deref() == Some(planned.plan.changes()) {
            return;
        }
        if heard.shown.replace(planned.plan.changes().to_vec()).is_some() {
            self.screen.note("the plan has changed meanwhile");
        }
        let lines = page(planned);
        if !self.screen.is_text() {
            self.screen.show(&lines);
        } else if let Err(failure) = self.screen.lines(&lines) {
            // The apply goes on: whether somebody reads along is no reason to leave it half done.
            self.screen.failure(&failure);
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher for Watch<'_> {
    fn hear(&self, event: Event<'_>) {
        match event {
            Event::Approved(planned) => {
                self.show(planned);
                self.heard().stage = Stage::Waiting;
                self.progress.at("taking the lock");
            }
            Event::Waiting { holder, remaining } => {
                let text = format!("waiting for the lock held by `{holder}`");
                self.progress.at(&text);
                let is_known =
                    self.heard().holder.replace(holder.to_owned()).is_some_and(|known| known == holder);
                if !is_known {
                    self.screen
                        .note(format!("{text}, for {} s at most unless it is renewed", remaining.as_secs()));
                }
            }
            Event::PlanningAgain => {
                self.screen.note("somebody else wrote the map first: planning again");
                self.progress.at("planning again");
            }
            Event::Writing => {
                self.heard().stage = Stage::Writing;
                self.progress.at("writing");
            }
            Event::Verifying => self.progress.at("knocking on the door"),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

/// How we call ourselves on the lock: who, where, and which process, so that no two runs are the same.
pub(crate) fn holder() -> String {
    let variable = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| env::var(name).ok());
        values.find(|value| !value.is_empty())
    };
    let job = variable(&["CODEBUILD_BUILD_ID"])
        .or_else(|| {
            Some(format!("{} run {}", variable(&["GITHUB_REPOSITORY"])?, variable(&["GITHUB_RUN_ID"])?))
        })
        .or_else(|| variable(&["CI_JOB_URL"]));
    let who = job.unwrap_or_else(|| {
        let user = variable(&["USER", "LOGNAME", "USERNAME"]).unwrap_or_else(|| "somebody".to_owned());
        let file = || std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned());
        let host = variable(&["HOSTNAME", "COMPUTERNAME"]).or_else(file);
        format!("{user}@{}", host.unwrap_or_else(|| "a machine".to_owned()))
    });
    format!("{who} ({}-{:x})", process::id(), Timestamp::now().as_millisecond())
}
