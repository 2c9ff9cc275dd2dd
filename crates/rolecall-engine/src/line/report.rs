//! What an apply tells: on the way, and at its end.

use std::time::Duration;

use rolecall_core::guard::{Judgement, Refusal};
use rolecall_core::observed::ObservedAccess;
use rolecall_core::plan::Plan;
use rolecall_core::record::Outcome;

use super::{Planned, Verification};
use crate::port::PortError;

/// Hears what an apply is doing.
pub trait Watcher: Send + Sync {
    /// Hears one thing.
    fn hear(&self, event: Event<'_>);

    /// Has the user asked to stop? Asked for the last time just before the first write.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// What an apply is doing.
pub enum Event<'a> {
    /// It has planned, and the guards let the plan through.
    Approved(&'a Planned),
    /// Somebody else is at it.
    Waiting {
        /// Who.
        holder: &'a str,
        /// For how long at most, if he does not renew.
        remaining: Duration,
    },
    /// Somebody else's write came first: planning again.
    PlanningAgain,
    /// It writes.
    Writing,
    /// It looks at what came of it.
    Verifying,
}

/// How an apply ended.
#[derive(Debug)]
pub struct ApplyReport {
    /// The plan that was applied; an empty one where there was nothing to do.
    pub plan: Plan,
    /// What it was planned against.
    pub observed: ObservedAccess,
    /// What the guards said.
    pub judgements: Vec<Judgement>,
    /// The record, where one was written.
    pub record: Option<String>,
    /// What came of it; `None` where there was nothing to do.
    pub outcome: Option<Outcome>,
    /// What was seen afterwards.
    pub verification: Option<Verification>,
    /// Was the ledger written? It may have had to be where the map was as it should be.
    pub is_ledger_written: bool,
    /// Applies of earlier runs that this one found unfinished, and what had come of them.
    pub settled: Vec<Settled>,
    /// What else people should know, in sentences.
    pub remarks: Vec<String>,
}

impl ApplyReport {
    /// Of a run that had nothing to do, and needed nobody's lock for that.
    pub fn of_nothing(planned: Planned) -> Self {
        let Planned { observed, plan, judgements } = planned;
        Self {
            plan,
            observed,
            judgements,
            record: None,
            outcome: None,
            verification: None,
            is_ledger_written: false,
            settled: Vec::new(),
            remarks: Vec::new(),
        }
    }
}

/// An apply of an earlier run that did not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The name of its record.
    pub record: String,
    /// What had come of it.
    pub outcome: Outcome,
}

/// Why an apply changed nothing, or did not get to its end.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A guard, another source, or the state of the cluster speaks against it. Nothing was changed.
    #[error("the plan is refused")]
    Refused(Box<Refusal>, Box<ObservedAccess>),
    /// What was approved is no longer what would be done. Nothing was changed.
    #[error("the cluster has moved: what would change now is not what was approved")]
    Moved(Box<Planned>),
    /// The caller may not record what it does. Nothing was changed.
    #[error("the caller may not record what it does: it lacks {}", .0.join(", "))]
    MayNotRecord(Vec<String>),
    /// Without a record nobody can tell what was ours. Nothing was changed.
    #[error("the plan removes entries, and without records nobody can tell whether they were ours")]
    CannotRemoveUnrecorded,
    /// Without a ledger nobody can tell whose the entries are that would change. Nothing was changed.
    #[error("the plan changes entries that are there, and nobody can tell whose they are: {0}")]
    CannotTellWhose(String),
    /// Somebody else is at it. Nothing was changed.
    #[error("`{holder}` is deploying to this cluster")]
    Locked {
        /// Who.
        holder: String,
    },
    /// The user asked to stop. Nothing was changed.
    #[error("stopped before anything was changed")]
    Cancelled,
    /// Other writers came first, every time. Nothing was changed.
    #[error("somebody else keeps writing the map: {0} attempts, and each came too late")]
    Contended(u32),
    /// The outside refused something. What was answered may not be all that was done.
    #[error(transparent)]
    Port {
        /// What it refused.
        #[from]
        source: PortError,
    },
    /// The write of the map was not answered: it may have been made, or still be on its way. A record stays
    /// unfinished, and the next apply settles it.
    #[error("the map may have been written: {}", fate(record.as_deref(), unread.as_ref()))]
    Unanswered {
        /// The name of the record, where one is kept.
        record: Option<String>,
        /// What came instead of an answer.
        source: PortError,
        /// Why the map could not be read afterwards; `None` where it could, and is as it was before.
        unread: Option<PortError>,
    },
    /// The map was written, and what belongs to it could not be: the record stays unfinished, and the next
    /// apply finishes it.
    #[error("the map was written, but the record `{record}` could not be finished")]
    Unfinished {
        /// The name of the record.
        record: String,
        /// What was refused.
        source: PortError,
    },
}

impl ApplyError {
    /// Was the map written, or can nobody tell?
    pub fn may_have_written(&self) -> bool {
        matches!(self, Self::Unanswered { .. } | Self::Unfinished { .. })
    }
}

fn fate(record: Option<&str>, unread: Option<&PortError>) -> String {
    let seen = match unread {
        Some(why) => format!("there was no answer, and the map could not be read afterwards ({why})"),
        None => "there was no answer, and the map does not show it yet".to_owned(),
    };
    match record {
        Some(record) => format!("{seen}; the record `{record}` stays unfinished"),
        None => seen,
    }
}
