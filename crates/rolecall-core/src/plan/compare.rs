//! Desired against observed, principal by principal.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::effects;
use super::ownership::Ownership;
use super::{Action, Change, OwnershipConflict, Standing, Subject, Unmanaged};
use crate::desired::DesiredAccess;
use crate::effective::{EffectiveMap, Entry, SectionReading};
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::observed::ObservedAccess;

/// The difference, and what is beside it.
pub(super) struct Compared {
    pub(super) changes: Vec<Change>,
    pub(super) unmanaged: Vec<Unmanaged>,
    pub(super) conflicts: Vec<OwnershipConflict>,
    /// Sections that cannot be read and are not replaced: nobody can say what is in them.
    pub(super) hidden: Vec<Section>,
}

/// Compares `desired` with what is there.
pub(super) fn compare(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    have: &EffectiveMap,
    ownership: &Ownership,
) -> Compared {
    let want = desired.document().effective();
    let removes_unmanaged = super::policies::removes_unmanaged(desired, observed);
    let mut compared =
        Compared { changes: Vec::new(), unmanaged: Vec::new(), conflicts: Vec::new(), hidden: Vec::new() };
    for section in have.unreadable().into_iter().map(SectionReading::section) {
        // What speaks of a few entries alone may not take the others' place.
        match replaced_section(section, want).filter(|_| desired.restores() || !desired.is_partial()) {
            Some(change) => compared.changes.push(change),
            None => compared.hidden.push(section),
        }
    }
    let (mut wanted, present) = (want.winners(), have.winners());
    wanted.retain(|key, _| desired.speaks_of(key));
    let mut duplicates: BTreeMap<&EntryKey, Vec<&Entry>> = BTreeMap::new();
    have.entries().for_each(|entry| duplicates.entry(&entry.key).or_default().push(entry));
    let keys: BTreeSet<&EntryKey> = wanted.keys().chain(present.keys()).collect();
    for key in keys {
        if have.section(key.section()).unreadable().is_some() {
            let claimed = wanted.get(key).filter(|_| !desired.restores());
            compared.conflicts.extend(claimed.and_then(|_| conflict(key, ownership)));
            continue;
        }
        match (wanted.get(key), present.get(key)) {
            (Some(entry), before) => {
                let all = duplicates.get(key).map_or(&[][..], Vec::as_slice);
                match conflict(key, ownership).filter(|_| !desired.restores()) {
                    Some(conflict) => compared.conflicts.push(conflict),
                    None => compared.changes.extend(claim(key, entry, before.copied(), all)),
                }
            }
            (None, Some(before)) if desired.is_partial() && desired.speaks_of(key) => {
                take_away(key, before, ownership, &mut compared);
            }
            (None, Some(before)) => {
                let goes = !desired.is_partial() && goes(key, before, removes_unmanaged, ownership);
                leave(key, before, goes, ownership, &mut compared);
            }
            (None, None) => {}
        }
    }
    compared
}

/// A section that cannot be read is replaced as a whole, in one change of its own.
fn replaced_section(section: Section, want: &EffectiveMap) -> Option<Change> {
    let entries = want.section(section).entries();
    (!entries.is_empty()).then(|| Change {
        action: Action::Update,
        subject: Subject::Section(section),
        before: None,
        after: None,
        effects: effects::of_replacement(section, entries),
    })
}

fn conflict(key: &EntryKey, ownership: &Ownership) -> Option<OwnershipConflict> {
    ownership.rival(key).map(|owner| OwnershipConflict { key: key.clone(), owner: owner.clone() })
}

fn claim(key: &EntryKey, entry: &Entry, before: Option<&Entry>, all: &[&Entry]) -> Option<Change> {
    // Duplicates that differ in case only are picked from at random: all of them must say the same.
    let is_met = before.is_some() && all.iter().all(|one| !competes(one, before, entry));
    (!is_met).then(|| {
        let before = before.map(|entry| entry.mapping.clone());
        let action = if before.is_some() { Action::Update } else { Action::Add };
        change(action, key, before, Some(entry.mapping.clone()))
    })
}

/// Does `one` answer for the principal, at times at least, and differently from what is wanted?
fn competes(one: &Entry, winner: Option<&Entry>, wanted: &Entry) -> bool {
    let is_winner = winner.is_some_and(|winner| winner.index == one.index);
    let is_picked_at_times = one.key.section() == Section::MapUsers
        && winner.is_some_and(|winner| winner.mapping.principal != one.mapping.principal);
    (is_winner || is_picked_at_times) && !one.mapping.grants_the_same(&wanted.mapping)
}

/// Somebody said that it shall go, whoever it belongs to, unless that is another source.
fn take_away(key: &EntryKey, entry: &Entry, ownership: &Ownership, into: &mut Compared) {
    match ownership.rival(key) {
        Some(owner) => into.conflicts.push(OwnershipConflict { key: key.clone(), owner: owner.clone() }),
        None => into.changes.push(change(Action::Remove, key, Some(entry.mapping.clone()), None)),
    }
}

/// What the files do not have: ours goes, and what is nobody's where the policy says so.
fn goes(key: &EntryKey, entry: &Entry, removes_unmanaged: bool, ownership: &Ownership) -> bool {
    let is_nobodys = || ownership.standing(key, entry.mapping.is_node()) == Standing::Nobody;
    ownership.is_ours(key) || (removes_unmanaged && is_nobodys())
}

fn leave(key: &EntryKey, entry: &Entry, goes: bool, ownership: &Ownership, into: &mut Compared) {
    if goes {
        into.changes.push(change(Action::Remove, key, Some(entry.mapping.clone()), None));
        return;
    }
    let standing = ownership.standing(key, entry.mapping.is_node());
    let is_new = ownership.is_new(key);
    into.unmanaged.push(Unmanaged { key: key.clone(), mapping: entry.mapping.clone(), standing, is_new });
}

fn change(
    action: Action,
    key: &EntryKey,
    before: Option<IdentityMapping>,
    after: Option<IdentityMapping>,
) -> Change {
    let effects = effects::of_entry(key, before.as_ref(), after.as_ref());
    Change { action, subject: Subject::Entry(key.clone()), before, after, effects }
}
