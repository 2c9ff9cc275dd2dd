//! One pass of a controller, decided: what is done now, what waits and until when, and what people must know.
//!
//! A new revision is applied as a whole. What differs without one is drift: what takes access from nodes or
//! protected principals, breaks a section or deletes the map is healed at once, and so is what gives more than the
//! files do. A person whom somebody took out by hand may be an incident being handled, and waits.
//! What is done is done by the line, under its guards, like anything else.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jiff::{SignedDuration, Timestamp};

mod drift;
mod hold;

#[cfg(test)]
mod tests;

pub use drift::{Drift, Urgency};
pub use hold::{HOLD_ANNOTATION, Hold};

use crate::desired::DesiredAccess;
use crate::document::AwsAuthDocument;
use crate::identity_mapping::EntryKey;
use crate::ledger::{AppliedSource, Ledger};
use crate::observed::ObservedAccess;
use crate::plan::{Subject, plan};
use crate::project;
use crate::source::SourceId;

/// So many heals in a row against one other writer are enough: it is not going to stop.
const MOST_HEALS: usize = 3;

/// A heal that is older says nothing about who writes today.
const HEALS_COUNT_FOR: SignedDuration = SignedDuration::from_hours(1);

/// What the owner of a controller has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long an entry stays away that somebody removed or narrowed by hand.
    pub heal_removals_after: SignedDuration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { heal_removals_after: SignedDuration::from_mins(15) }
    }
}

/// What a controller remembers of a cluster from one pass to the next.
///
/// Where it is lost, removals wait anew, and what was not ours is known from the last record only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    good: Option<Good>,
    /// Since when an entry is missed, or says less than the files.
    missed_since: BTreeMap<EntryKey, Timestamp>,
    /// When a heal was made, and against whom.
    heals: Vec<(Timestamp, Option<String>)>,
}

/// The map when all was well, with the entries of nodes and others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Good {
    /// The files that it is as.
    digest: String,
    data: BTreeMap<String, String>,
    owners: BTreeMap<EntryKey, SourceId>,
}

/// What one pass comes to.
#[derive(Debug, Clone)]
pub struct Pass {
    /// What is to be done.
    pub act: Act,
    /// When to look again at the latest, if something waits.
    pub wake_at: Option<Timestamp>,
    /// What differs though no new revision says so, healed now or not.
    pub drift: Vec<Drift>,
    /// What to remember.
    pub memory: Memory,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Act {
    /// Nothing: all is as the files say, or waits.
    Nothing,
    /// A revision that was not applied yet is applied, or the same one again: to settle an apply that was killed,
    /// or where the policy wants strays gone.
    Apply,
    /// What is due is put back, and nothing else.
    Heal(Box<DesiredAccess>),
    /// Nothing, as long as the hold lasts.
    Held(Hold),
    /// Nothing: whoever this is keeps undoing what is healed.
    Contended(Option<String>),
}

/// Decides a pass. `writer` wrote the map last, if that is known.
pub fn decide(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    writer: Option<&str>,
    (memory, patience): (&Memory, Patience),
    now: Timestamp,
) -> Pass {
    let mut memory = memory.at(now);
    let hold = Hold::of(observed, now);
    if !is_applied(desired, observed) {
        let (wake_at, act) = match hold {
            Some(hold) => (Some(hold.until), Act::Held(hold)),
            None => (None, Act::Apply),
        };
        return Pass { act, wake_at, drift: Vec::new(), memory };
    }
    let file = plan(desired, observed);
    let whole = memory.restoration(desired, observed);
    let drift = memory.note(drift::of(&file, &plan(&whole, observed), observed), patience, now);
    let due: BTreeSet<&Subject> =
        drift.iter().filter(|one| one.heals_at.is_some_and(|at| at <= now)).map(|one| &one.subject).collect();
    let next = drift.iter().filter_map(|one| one.heals_at).filter(|at| *at > now).min();
    let (wake_at, act) = match hold {
        Some(hold) if !drift.is_empty() => (Some(hold.until), Act::Held(hold)),
        // An apply that was killed is carried on, if only to say what came of it.
        _ if due.is_empty() && !observed.unfinished.is_empty() => (next, Act::Apply),
        _ if due.is_empty() => (next, Act::Nothing),
        _ if memory.is_contended(writer) => {
            (memory.forgets_at(), Act::Contended(writer.map(ToString::to_string)))
        }
        _ => (next, act(&due, &drift, desired, &whole)),
    };
    // Whoever let himself in is not put back with the others.
    if drift.iter().all(|one| one.urgency == Urgency::Never)
        && !file.unmanaged().iter().any(drift::is_intruder)
    {
        memory.good = Some(Good::of(desired, observed));
    }
    Pass { act, wake_at, drift, memory }
}

impl Pass {
    /// What to remember once the act is done, or was not. Only a heal that may have written the map is one that
    /// somebody can undo.
    #[must_use]
    pub fn remembered(self, is_written: bool, writer: Option<&str>, now: Timestamp) -> Memory {
        let mut memory = self.memory;
        if is_written && matches!(self.act, Act::Heal(_)) {
            memory.heals.push((now, writer.map(ToString::to_string)));
        }
        memory
    }
}

/// The name of the record that tells how the map was when this very revision was applied; `None` if somebody has
/// applied something else since.
pub fn record_to_recall<'a>(desired: &DesiredAccess, observed: &'a ObservedAccess) -> Option<&'a str> {
    let record = last_record(&desired.revision().source, observed)?;
    is_applied(desired, observed).then_some(record)
}

/// What a source of these files has applied last, and the name of its record; `None` if somebody has applied
/// something else since.
pub fn last_applied<'a>(
    observed: &'a ObservedAccess,
    (url, folder): (&str, &str),
) -> Option<(&'a AppliedSource, &'a str)> {
    let sources = project::map_paths(folder).map(|path| SourceId::repository(url, &path));
    sources.into_iter().find_map(|source| {
        let applied = observed.ledger()?.applied.get(&source)?;
        Some((applied, last_record(&source, observed)?))
    })
}

/// What is to be defended of it, given the map that the record has.
pub fn recalled(applied: &AppliedSource, data: &BTreeMap<String, String>) -> Option<DesiredAccess> {
    DesiredAccess::as_applied(applied, data)
}

fn last_record<'a>(source: &SourceId, observed: &'a ObservedAccess) -> Option<&'a str> {
    let ledger = observed.ledger()?;
    let ours = ledger.applied.get(source)?.record.as_deref()?;
    // The names of records begin with their times.
    let mut records = ledger.applied.values().filter_map(|applied| applied.record.as_deref());
    records.all(|name| name <= ours).then_some(ours)
}

/// Is this very revision the one that was applied last?
pub fn is_applied(desired: &DesiredAccess, observed: &ObservedAccess) -> bool {
    let source = &desired.revision().source;
    let applied = observed.ledger().and_then(|ledger: &Ledger| ledger.applied.get(source));
    applied.is_some_and(|applied| {
        applied.revision.commit == desired.revision().commit && applied.digest == desired.digest()
    })
}

/// What puts right what is due. Strays that the policy wants gone go with the next whole apply, for which there has
/// to be nobody whom it would put back too early.
fn act(due: &BTreeSet<&Subject>, drift: &[Drift], desired: &DesiredAccess, whole: &DesiredAccess) -> Act {
    let keys: BTreeSet<EntryKey> = drift
        .iter()
        .filter(|one| due.contains(&one.subject) && !one.is_stray)
        .filter_map(|one| match &one.subject {
            Subject::Entry(key) => Some(key.clone()),
            Subject::Section(_) => None,
        })
        .collect();
    let has_section = due.iter().any(|subject| matches!(subject, Subject::Section(_)));
    if !keys.is_empty() || has_section {
        let document = whole.document().clone();
        return Act::Heal(Box::new(desired.restoring(document, keys)));
    }
    let is_waiting = drift.iter().any(|one| one.urgency == Urgency::Patient);
    if drift.iter().any(|one| one.is_stray) && !is_waiting { Act::Apply } else { Act::Nothing }
}

impl Good {
    fn of(desired: &DesiredAccess, observed: &ObservedAccess) -> Self {
        let owners = observed.ledger().map(|ledger| ledger.owners.clone()).unwrap_or_default();
        Self { digest: desired.digest(), data: observed.data().clone(), owners }
    }
}

impl Memory {
    /// Is it not known how the map was when all was well with these files?
    pub fn is_vague(&self, desired: &DesiredAccess) -> bool {
        self.good.as_ref().is_none_or(|good| good.digest != desired.digest())
    }

    /// Takes it from the record of their apply.
    pub fn recall(
        &mut self,
        desired: &DesiredAccess,
        observed: &ObservedAccess,
        data: BTreeMap<String, String>,
    ) {
        self.good = Some(Good { data, ..Good::of(desired, observed) });
    }

    fn at(&self, now: Timestamp) -> Self {
        let mut memory = self.clone();
        memory.heals.retain(|(at, _)| now.duration_since(*at) < HEALS_COUNT_FOR);
        memory
    }

    /// Gives each patient drift the time at which it is healed, counted from when it was first seen.
    fn note(&mut self, mut drift: Vec<Drift>, patience: Patience, now: Timestamp) -> Vec<Drift> {
        let mut missed = BTreeMap::new();
        for one in &mut drift {
            one.heals_at = match (&one.urgency, &one.subject) {
                (Urgency::AtOnce, _) | (_, Subject::Section(_)) => Some(now),
                (Urgency::Never, Subject::Entry(_)) => None,
                (Urgency::Patient, Subject::Entry(key)) => {
                    let since = self.missed_since.get(key).copied().unwrap_or(now).min(now);
                    missed.insert(key.clone(), since);
                    since.checked_add(patience.heal_removals_after).ok()
                }
            };
        }
        self.missed_since = missed;
        drift
    }

    /// What puts back all that was there when all was well: what is ours, nodes and protected principals, and
    /// whole sections where nothing is left of them.
    fn restoration(&self, desired: &DesiredAccess, observed: &ObservedAccess) -> DesiredAccess {
        let good = self.good.as_ref().filter(|good| good.digest == desired.digest());
        let document = good.and_then(|good| AwsAuthDocument::of_data("the map as it was", &good.data).0);
        let document = document.unwrap_or_else(|| desired.document().clone());
        let mut keys = drift::restored(desired, observed, document.effective());
        // What its own source took out is not put back by another.
        let owner = |key: &EntryKey| observed.ledger().and_then(|ledger| ledger.owner(key));
        keys.retain(|key| good.is_none_or(|good| good.owners.get(key) == owner(key)));
        desired.restoring(document, keys)
    }

    fn is_contended(&self, writer: Option<&str>) -> bool {
        let against_it = self.heals.iter().rev().take_while(|(_, other)| other.as_deref() == writer);
        against_it.count() >= MOST_HEALS
    }

    fn forgets_at(&self) -> Option<Timestamp> {
        self.heals.first().and_then(|(at, _)| at.checked_add(HEALS_COUNT_FOR).ok())
    }
}
