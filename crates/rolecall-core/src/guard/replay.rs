//! RG09: what was applied is followed by what descends from it; an old revision, applied again, would take back
//! whatever came after it.
//!
//! How two commits are related is not decided here, but handed in: the history is the outside's to read.

use alloc::format;
use alloc::string::String;

#[cfg(test)]
mod tests;

use super::{Case, Opinion};
use crate::desired::DesiredAccess;
use crate::observed::{Knowledge, ObservedAccess};
use crate::plan::Plan;
use crate::record::{Intent, Outcome};
use crate::source::{Lineage, SourceId, SourceRevision};

/// So much of a commit id is shown.
const COMMIT_SHOWN: usize = 12;

/// The revision that the source of `desired` applied last, if both have a commit and not the same: what the
/// history has to be asked about.
pub fn predecessor<'a>(desired: &DesiredAccess, observed: &'a ObservedAccess) -> Option<&'a SourceRevision> {
    let commit = desired.revision().commit.as_ref()?;
    applied_last(desired, observed).filter(|last| last.commit.as_ref().is_some_and(|last| last != commit))
}

/// RG09: refuses a revision that is neither the one that was applied last nor a descendant of it.
pub(super) fn goes_on(case: &Case<'_>) -> Opinion {
    let Some(objection) = objection(case.desired, case.observed, &case.circumstances.lineage) else {
        return Opinion::fine(why_not(case));
    };
    if is_at_rest(case.plan, case.observed) {
        return Opinion::fine(format!("nothing would change, though {}", objection.message));
    }
    Opinion::against(objection.message, objection.hint)
}

/// The plan of a revision that would change nothing and may not follow what was applied last: it is no later word
/// of its source, and the ledger does not take it for one.
pub(super) fn without_going_back(
    mut plan: Plan,
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    lineage: &Knowledge<Lineage>,
) -> Plan {
    if is_at_rest(&plan, observed) && objection(desired, observed, lineage).is_some() {
        let source = &desired.revision().source;
        match observed.ledger().and_then(|ledger| ledger.applied.get(source)) {
            Some(applied) => plan.ledger.applied.insert(source.clone(), applied.clone()),
            None => plan.ledger.applied.remove(source),
        };
    }
    plan
}

/// The revision that this source applied last: by the ledger, or by an apply that nobody completed and that the
/// map shows to be made. An edit by hand is no revision.
fn applied_last<'a>(desired: &DesiredAccess, observed: &'a ObservedAccess) -> Option<&'a SourceRevision> {
    if desired.is_partial() {
        return None;
    }
    let source = &desired.revision().source;
    let is_made = |intent: &&Intent| {
        intent.revision.source == *source
            && intent.revision.commit.is_some()
            && intent.outcome_by(observed.data()) == Some(Outcome::FoundApplied)
    };
    let made = observed.unfinished.iter().filter(is_made).max_by_key(|intent| intent.started_at);
    let recorded = || Some(&observed.ledger()?.applied.get(source)?.revision);
    made.map(|intent| &intent.revision).or_else(recorded)
}

/// Would neither the map change, nor whose its entries are?
fn is_at_rest(plan: &Plan, observed: &ObservedAccess) -> bool {
    plan.calls().is_empty() && observed.ledger().is_some_and(|ledger| ledger.owners == plan.ledger().owners)
}

/// Why a revision may not follow the one that was applied last.
struct Objection {
    message: String,
    hint: &'static str,
}

fn objection(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    lineage: &Knowledge<Lineage>,
) -> Option<Objection> {
    let (now, last) = (desired.revision(), predecessor(desired, observed)?);
    match lineage {
        Knowledge::Known(Lineage::Descendant) => None,
        Knowledge::Known(Lineage::Ancestor) => Some(older(now, last)),
        Knowledge::Known(Lineage::Diverged) => Some(beside(now, last)),
        // What is applied by hand has one name for all the repositories that have none.
        Knowledge::Known(Lineage::Missing) | Knowledge::Unknown(_) if now.source == SourceId::cli() => None,
        Knowledge::Known(Lineage::Missing) => Some(elsewhere(now, last)),
        Knowledge::Unknown(why) => older_by_date(now, last, why),
    }
}

fn older(now: &SourceRevision, last: &SourceRevision) -> Objection {
    let (now, last) = (shown(now), shown(last));
    Objection {
        message: format!(
            "revision {now} is older than {last}, which was applied last: what came after it would be taken back"
        ),
        hint: "apply the newest commit (`git pull`); to go back on purpose, `git revert` what came after it, or allow it once with `--allow RG09 --reason …`",
    }
}

fn beside(now: &SourceRevision, last: &SourceRevision) -> Objection {
    let (now, last) = (shown(now), shown(last));
    Objection {
        message: format!(
            "revision {now} does not descend from {last}, which was applied last: each has commits that the other lacks"
        ),
        hint: "rebase it on what was applied last, or merge that into it; if it is meant, allow it once with `--allow RG09 --reason …`",
    }
}

fn elsewhere(now: &SourceRevision, last: &SourceRevision) -> Objection {
    let (now, last) = (shown(now), shown(last));
    Objection {
        message: format!(
            "revision {now} does not descend from {last}, which was applied last and is not in this clone"
        ),
        hint: "apply the newest commit (`git pull`); if the history was rewritten on purpose, allow it once with `--allow RG09 --reason …`",
    }
}

/// Dates are all that is left where the history is not at hand.
fn older_by_date(now: &SourceRevision, last: &SourceRevision, why: &str) -> Option<Objection> {
    let (of_now, of_last) = now.committed_at.zip(last.committed_at).filter(|(now, last)| now < last)?;
    let (now, last) = (shown(now), shown(last));
    Some(Objection {
        message: format!(
            "revision {now} of {of_now} is older than {last} of {of_last}, which was applied last; their history is not known: {why}"
        ),
        hint: "apply the newest commit; a clone with its whole history tells for sure; or allow it once with `--allow RG09 --reason …`",
    })
}

/// Why there is nothing against the revision.
fn why_not(case: &Case<'_>) -> String {
    let revision = case.desired.revision();
    if case.desired.is_partial() {
        return "an edit of single entries is no revision".into();
    }
    if let Knowledge::Unknown(why) = &case.observed.ledger {
        return format!("what was applied last is not known: {why}");
    }
    let Some(last) = applied_last(case.desired, case.observed) else {
        return "this source has applied nothing yet".into();
    };
    match (&revision.commit, &last.commit, &case.circumstances.lineage) {
        (Some(now), Some(then), _) if now == then => "the revision is the one that was applied last".into(),
        (Some(_), Some(_), Knowledge::Known(Lineage::Descendant)) => {
            format!("revision {} descends from {}, which was applied last", shown(revision), shown(last))
        }
        (Some(_), Some(_), Knowledge::Known(_)) => {
            format!("{}, which was applied by hand last, is of another repository", shown(last))
        }
        (Some(_), Some(_), Knowledge::Unknown(why)) => format!(
            "whether revision {} descends from {}, which was applied last, is not known: {why}",
            shown(revision),
            shown(last)
        ),
        (None, _, _) => "the files are of no commit that is known".into(),
        (_, None, _) => "what was applied last is of no commit that is known".into(),
    }
}

fn shown(revision: &SourceRevision) -> String {
    let commit = revision.commit.as_deref().unwrap_or("without a commit");
    let short: String = commit.chars().take(COMMIT_SHOWN).collect();
    format!("`{short}`")
}
