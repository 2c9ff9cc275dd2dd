//! One pass of a controller over one cluster: observe, decide, act.
//!
//! Nothing is fetched here: what the source has said last is given, so that a source that hangs delays no healing.
//! What is decided is the core's; what is done goes through the line, with its guards, lock and records. When a
//! commit cannot be used or is refused, what was applied last goes on being defended.

mod news;
mod standing;
mod state;

pub use news::News;
pub use standing::{Done, Seen, Standing, Trouble};
pub use state::State;

use std::sync::Arc;
use std::time::Duration;

use rolecall_core::desired::DesiredAccess;
use rolecall_core::guard::Circumstances;
use rolecall_core::observed::{Knowledge, ObservedAccess};
use rolecall_core::policy::Policy;
use rolecall_core::reconcile::{
    Act, Pass, Patience, decide, is_applied, last_applied, recalled, record_to_recall,
};
use rolecall_core::source::{Lineage, SourceRevision};

use crate::line::{ApplyError, ApplyReport, ApplyRequest, Approval, Line, Reading, Watcher, apply, observe};
use crate::port::{FetchSource, PortError, PortFuture, TellLineage};

/// A controller waits no longer than this for a pipeline's deploy; there is a next pass.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Which files are a cluster's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The repository's URL, by which its entries are known as its own.
    pub url: String,
    /// The folder in it; empty for its root.
    pub folder: String,
    /// What the owner of the cluster demands on top of what the repository does.
    pub policy: Option<Policy>,
}

/// What a pass is given.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// The cluster.
    pub line: Line<'a>,
    /// What the source of the files has said last.
    pub news: &'a News,
    /// Where it is asked for the history of commits.
    pub source: &'a dyn FetchSource,
    /// Which of them are this cluster's.
    pub project: &'a Project,
    /// How long removals by hand stay.
    pub patience: Patience,
    /// How we call ourselves where others look.
    pub holder: &'a str,
    /// Hears what is done.
    pub watcher: &'a dyn Watcher,
}

/// Makes one pass, and tells how things stand after it.
pub async fn pass(work: Work<'_>, state: &mut State) -> Standing {
    state.learn(work.news, work.project);
    let mut standing = Standing::of(state);
    standing.trouble.extend(work.news.error.clone().map(Trouble::Source));
    let observed = observe(work.line.reading).await; // I/O
    let observed = match observed {
        Ok(observed) => observed,
        Err(error) => {
            standing.trouble.push(Trouble::Cluster(error));
            return standing;
        }
    };
    standing.tell_of(&observed, work.line.reading.clock.now());
    let wanted = match state.wanted() {
        Some(Ok(wanted)) => Some(Arc::clone(wanted)),
        Some(Err(unusable)) => {
            standing.trouble.push(Trouble::Unusable(unusable.clone()));
            None
        }
        None => None,
    };
    if wanted.as_ref().is_none_or(|wanted| !is_applied(wanted, &observed)) {
        // What is broken is put back before anything new comes: otherwise what others had there would be gone for
        // good, since the new record is the one from which it would be recalled.
        if !keep_what_was(work, state, &observed, &mut standing).await {
            return standing;
        }
    }
    if let Some(wanted) = wanted
        && reconcile(work, state, &wanted, &observed, &mut standing).await
    {
        state.defended = Some(wanted);
    }
    standing.applied = state.applied();
    standing
}

/// Defends what was applied last; what that was tells its record, to a process that has applied nothing. Says whether
/// something new may come.
async fn keep_what_was(
    work: Work<'_>,
    state: &mut State,
    observed: &ObservedAccess,
    standing: &mut Standing,
) -> bool {
    if state.defended.is_none()
        && let Err(error) = recall(work, state, observed).await
    {
        standing.trouble.push(Trouble::Cluster(error));
        return false;
    }
    match state.defended.clone() {
        Some(defended) => defend(work, state, &defended, observed, standing).await,
        None => true,
    }
}

async fn recall(work: Work<'_>, state: &mut State, observed: &ObservedAccess) -> Result<(), PortError> {
    let last = last_applied(observed, (&work.project.url, &work.project.folder));
    if let Some(((applied, name), records)) = last.zip(work.line.records)
        && let Some(record) = records.recall(name).await?
    {
        state.defended = recalled(applied, &record.data_after).map(Arc::new);
    }
    Ok(())
}

/// Brings the cluster to `wanted`, or keeps it there. Says whether that is what there is to defend from now on.
async fn reconcile(
    work: Work<'_>,
    state: &mut State,
    wanted: &DesiredAccess,
    observed: &ObservedAccess,
    standing: &mut Standing,
) -> bool {
    let pass = match decided(work, state, wanted, observed).await {
        Ok(pass) => pass,
        Err(error) => {
            standing.trouble.push(Trouble::Cluster(error));
            return true;
        }
    };
    standing.decided(&pass);
    let mut is_written = false;
    let is_defended = match &pass.act {
        Act::Apply => {
            let result = act(work, wanted).await; // I/O
            // A commit that changes nothing and goes back before what was applied is not the one to defend.
            let is_applied = result.as_ref().is_ok_and(|report| is_last_word(report, wanted));
            standing.applied(result);
            return is_applied;
        }
        Act::Heal(back) => {
            is_written = heal(work, back, standing).await; // I/O
            true
        }
        Act::Nothing | Act::Contended(_) => true,
        Act::Held(_) => false,
    };
    state.remember(pass, is_written, work.line.reading.clock.now());
    is_defended
}

/// Keeps what was applied last. Says whether something new may come: not while something is to be put back first.
async fn defend(
    work: Work<'_>,
    state: &mut State,
    defended: &DesiredAccess,
    observed: &ObservedAccess,
    standing: &mut Standing,
) -> bool {
    let pass = match decided(work, state, defended, observed).await {
        Ok(pass) => pass,
        Err(error) => {
            standing.trouble.push(Trouble::Cluster(error));
            return false;
        }
    };
    let is_written = match &pass.act {
        // Somebody else has applied something newer meanwhile: that is not ours to undo.
        Act::Apply => return true,
        Act::Heal(back) => heal(work, back, standing).await, // I/O
        Act::Nothing | Act::Held(_) | Act::Contended(_) => false,
    };
    standing.decided(&pass);
    state.remember(pass, is_written, work.line.reading.clock.now());
    !standing.trouble.iter().any(|trouble| matches!(trouble, Trouble::Failed(_)))
}

/// Puts back what is due. Says whether the map may have been written: only that can be undone by somebody.
async fn heal(work: Work<'_>, back: &DesiredAccess, standing: &mut Standing) -> bool {
    let result = act(work, back).await; // I/O
    let is_written = match &result {
        Ok(report) => report.outcome.is_some(),
        Err(error) => error.may_have_written(),
    };
    standing.healed(result);
    is_written
}

/// Decides. As long as it is not known how the map was when all was well, the record of the last apply tells it:
/// otherwise a map that was broken before we looked would be taken for well, and nodes whose entries are in no file
/// would stay out. A record that could not be read now is an error, for the same reason.
async fn decided(
    work: Work<'_>,
    state: &mut State,
    wanted: &DesiredAccess,
    observed: &ObservedAccess,
) -> Result<Pass, PortError> {
    let record = record_to_recall(wanted, observed).filter(|_| state.memory.is_vague(wanted));
    if let Some((name, records)) = record.zip(work.line.records)
        && let Some(record) = records.recall(name).await?
    {
        state.memory.recall(wanted, observed, record.data_after);
    }
    let now = work.line.reading.clock.now();
    Ok(decide(wanted, observed, state.writer.as_deref(), (&state.memory, work.patience), now))
}

fn is_last_word(report: &ApplyReport, wanted: &DesiredAccess) -> bool {
    let applied = report.plan.ledger().applied.get(&wanted.revision().source);
    applied.is_some_and(|applied| applied.revision.commit == wanted.revision().commit)
}

/// The history of the commit that is applied, as its source knows it.
struct History<'a> {
    source: &'a dyn FetchSource,
    commit: &'a str,
}

impl TellLineage for History<'_> {
    fn lineage<'a>(&'a self, earlier: &'a SourceRevision) -> PortFuture<'a, Knowledge<Lineage>> {
        self.source.lineage(self.commit, earlier.commit.as_deref().unwrap_or_default())
    }
}

async fn act(work: Work<'_>, wanted: &DesiredAccess) -> Result<ApplyReport, ApplyError> {
    let now = work.line.reading.clock.now();
    let request = ApplyRequest {
        desired: wanted,
        circumstances: Circumstances {
            now,
            declared: None,
            applier: None,
            allowed: Vec::new(),
            lineage: Knowledge::Unknown("it was not asked yet".to_owned()),
        },
        approval: Approval::ByGuards,
        holder: work.holder.to_owned(),
        lock_wait: LOCK_WAIT,
    };
    let commit = wanted.revision().commit.as_deref().unwrap_or_default();
    let history = History { source: work.source, commit };
    let line = Line { reading: Reading { history: &history, ..work.line.reading }, ..work.line };
    // On the heap: it is large, and most passes do without it.
    Box::pin(apply(line, request, work.watcher)).await
}
