//! What differs without a new revision, and how long it may.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::Timestamp;

use crate::desired::DesiredAccess;
use crate::effective::{EffectiveMap, Entry};
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::observed::ObservedAccess;
use crate::plan::{Action, Change, Plan, Standing, Subject, Unmanaged};
use crate::principal::strip_path;
use crate::rights::{Power, power};

/// One thing that is not as it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Which entry, or which section.
    pub subject: Subject,
    /// What is the matter with it, as a sentence.
    pub message: String,
    /// How soon it is healed.
    pub urgency: Urgency,
    /// When it is healed; `None` where it stays.
    pub heals_at: Option<Timestamp>,
    /// It is there and not wanted, by a policy under which Git is the whole truth.
    pub is_stray: bool,
}

/// How soon a drift is healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody is locked out who must not be, or has more than the files give.
    AtOnce,
    /// It may be an incident being handled.
    Patient,
    /// It is nobody's that we know of, and stays by policy.
    Never,
}

/// The drift of a revision that was applied: what `back` would put back, and what `file` finds too much.
pub(super) fn of(file: &Plan, back: &Plan, observed: &ObservedAccess) -> Vec<Drift> {
    let protected = protected(file, observed);
    let missing = back.changes().iter().map(|change| {
        let (message, urgency) = judged(change, observed, &protected);
        Drift { subject: change.subject.clone(), message, urgency, heals_at: None, is_stray: false }
    });
    let strays = file.changes().iter().filter(|change| change.action == Action::Remove).map(|change| Drift {
        subject: change.subject.clone(),
        message: format!("`{}` is there, and the files do not have it", change.principal()),
        urgency: Urgency::AtOnce,
        heals_at: None,
        is_stray: true,
    });
    let strangers = file.unmanaged().iter().filter(|entry| entry.is_new).map(stranger);
    missing.chain(strays).chain(strangers).collect()
}

/// The entries of `good` that are put back where they are missing.
pub(super) fn restored(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    good: &EffectiveMap,
) -> BTreeSet<EntryKey> {
    let source = &desired.revision().source;
    let is_ours = |key: &EntryKey| observed.ledger().and_then(|ledger| ledger.owner(key)) == Some(source);
    let protected: Vec<String> = desired.policy().protect.iter().map(|arn| bare(arn)).collect();
    let is_kept = |entry: &&Entry| {
        is_ours(&entry.key)
            || is_swept(observed, entry.key.section())
            || is_vital(&entry.key, Some(&entry.mapping), &protected)
    };
    good.entries().filter(is_kept).map(|entry| entry.key.clone()).collect()
}

fn protected(file: &Plan, observed: &ObservedAccess) -> Vec<String> {
    let applied = observed.ledger().and_then(|ledger| ledger.applied.get(&file.revision().source));
    applied.iter().flat_map(|applied| &applied.policy.protect).map(|arn| bare(arn)).collect()
}

/// Was it not there at the last pass, and is it no node's, or more than a node's?
pub(super) fn is_intruder(entry: &Unmanaged) -> bool {
    entry.is_new && (entry.standing != Standing::Node || power(&entry.mapping) == Power::ClusterAdmin)
}

/// An entry that nobody declared, and that was not there at the last pass.
fn stranger(entry: &Unmanaged) -> Drift {
    let whose = match &entry.standing {
        Standing::Node => "gives a node its access",
        Standing::OwnedBy(_) | Standing::Nobody => "is nobody's that we know of",
    };
    let groups = entry.mapping.groups.join(", ");
    let message =
        format!("`{}` [{groups}] was not there at the last pass, and {whose}", entry.mapping.principal);
    Drift {
        subject: Subject::Entry(entry.key.clone()),
        message,
        urgency: Urgency::Never,
        heals_at: None,
        is_stray: false,
    }
}

fn judged(change: &Change, observed: &ObservedAccess, protected: &[String]) -> (String, Urgency) {
    let Subject::Entry(key) = &change.subject else {
        return (
            format!("`{}` cannot be read: everybody in it is locked out", change.principal()),
            Urgency::AtOnce,
        );
    };
    let principal = change.principal();
    match (change.action, &change.before, &change.after) {
        (Action::Add, _, after) => {
            let message = format!("`{principal}` was removed from the map by somebody else");
            let must_enter = is_vital(key, after.as_ref(), protected) || is_swept(observed, key.section());
            (message, if must_enter { Urgency::AtOnce } else { Urgency::Patient })
        }
        (Action::Update, Some(before), Some(after)) if gives_more(before, after) => (
            format!("`{principal}` was given more than the files give it: {}", shown(before)),
            Urgency::AtOnce,
        ),
        (Action::Update, before, after) => {
            let message = format!(
                "`{principal}` says less than the files: {}",
                before.as_ref().map(shown).unwrap_or_default()
            );
            let must_enter = is_vital(key, after.as_ref(), protected);
            (message, if must_enter { Urgency::AtOnce } else { Urgency::Patient })
        }
        (Action::Remove, ..) => {
            (format!("`{principal}` is there again, and the files do not have it"), Urgency::AtOnce)
        }
    }
}

/// Nodes and protected principals.
fn is_vital(key: &EntryKey, after: Option<&IdentityMapping>, protected: &[String]) -> bool {
    after.is_some_and(IdentityMapping::is_node) || protected.contains(&bare(key.principal()))
}

/// Is the section, or the whole map, empty? That is no removal of a person.
fn is_swept(observed: &ObservedAccess, section: Section) -> bool {
    observed.effective().section(section).entries().is_empty()
}

/// Does what is there give anything that the files do not?
fn gives_more(there: &IdentityMapping, wanted: &IdentityMapping) -> bool {
    there.username != wanted.username
        || power(there) > power(wanted)
        || !there.group_set().is_subset(&wanted.group_set())
}

fn shown(mapping: &IdentityMapping) -> String {
    format!("`{}` [{}]", mapping.username, mapping.groups.join(", "))
}

fn bare(arn: &str) -> String {
    let folded = crate::identity_mapping::fold(arn);
    strip_path(&folded).unwrap_or(folded)
}
