//! Whose is which entry: the ledger, unfinished intents, and what `kubectl apply` left behind.

use alloc::borrow::{Cow, ToOwned};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::compare::Compared;
use super::{Action, Standing, Subject};
use crate::desired::DesiredAccess;
use crate::effective::EffectiveMap;
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::ledger::{AppliedSource, Ledger};
use crate::observed::{Knowledge, LAST_APPLIED_ANNOTATION, ObservedAccess};
use crate::record::{Intent, Outcome};
use crate::source::SourceId;

/// The owners of a cluster's entries, as one source sees them.
pub(super) struct Ownership {
    source: SourceId,
    owners: BTreeMap<EntryKey, SourceId>,
    /// Not ours at the last pass; `None` where there was none.
    seen: Option<BTreeSet<EntryKey>>,
}

impl Ownership {
    /// Reads the ledger. Without one, what the user says was ours, or what `kubectl apply` says it applied
    /// last, was ours, and nothing else is.
    pub(super) fn of(desired: &DesiredAccess, observed: &ObservedAccess, have: &EffectiveMap) -> Self {
        let source = &desired.revision().source;
        let ledger = observed.ledger();
        let mut owners = match (&observed.ledger, desired.previous()) {
            (Knowledge::Known(Some(observed)), _) => observed.ledger.owners.clone(),
            (_, Some(previous)) => owned(previous.data(), source),
            // A read that failed is no sign that nothing was ever applied. A saved file is all there is to read.
            (Knowledge::Unknown(_), None) if observed.observed_at.is_some() => BTreeMap::new(),
            (_, None) => owned(&last_applied(observed), source),
        };
        observed.unfinished.iter().for_each(|intent| carry_on(&mut owners, intent, observed, have));
        if let Some(taken) = desired.takes_over() {
            let theirs = owners.values_mut().filter(|owner| *owner == taken);
            theirs.for_each(|owner| owner.clone_from(source));
        }
        Self { source: source.clone(), owners, seen: ledger.map(|ledger| ledger.unmanaged.clone()) }
    }

    /// Is the entry this source's own?
    pub(super) fn is_ours(&self, key: &EntryKey) -> bool {
        self.owners.get(key) == Some(&self.source)
    }

    /// The other source that owns the entry, or the principal's one in the other section, unless it gives way.
    pub(super) fn rival(&self, key: &EntryKey) -> Option<&SourceId> {
        let twin = key.twin();
        let mut owners =
            [Some(key), twin.as_ref()].into_iter().flatten().filter_map(|key| self.owners.get(key));
        owners.find(|owner| **owner != self.source && !owner.gives_way_to(&self.source))
    }

    /// How many entries of a section are this source's own.
    pub(super) fn ours_in(&self, section: Section) -> usize {
        self.owners.iter().filter(|(key, owner)| key.section() == section && **owner == self.source).count()
    }

    /// Whose an entry is that this source does not claim.
    pub(super) fn standing(&self, key: &EntryKey, is_node: bool) -> Standing {
        match self.owners.get(key) {
            Some(owner) => Standing::OwnedBy(owner.clone()),
            None if is_node => Standing::Node,
            None => Standing::Nobody,
        }
    }

    /// Was it not there at the last pass? Nothing is new where there was none.
    pub(super) fn is_new(&self, key: &EntryKey) -> bool {
        self.seen.as_ref().is_some_and(|seen| !seen.contains(key) && !self.owners.contains_key(key))
    }

    /// The ledger as it must be once the changes are made.
    pub(super) fn after(
        &self,
        desired: &DesiredAccess,
        observed: &ObservedAccess,
        compared: &Compared,
    ) -> Ledger {
        let mut ledger = observed.ledger().cloned().unwrap_or_default();
        ledger.owners.clone_from(&self.owners);
        if desired.restores() {
            return ledger;
        }
        let is_hidden = |key: &EntryKey| compared.hidden.contains(&key.section());
        ledger.owners.retain(|key, owner| *owner != self.source || !desired.speaks_of(key) || is_hidden(key));
        let is_anothers = |key: &EntryKey| compared.conflicts.iter().any(|conflict| conflict.key == *key);
        let claimed = desired.document().effective().winners().into_keys();
        let claimed = claimed.filter(|key| desired.speaks_of(key) && !is_anothers(key));
        ledger.owners.extend(claimed.map(|key| (key, self.source.clone())));
        for change in &compared.changes {
            if let (Action::Remove, Subject::Entry(key)) = (change.action, &change.subject) {
                ledger.owners.remove(key);
            }
        }
        let not_ours =
            compared.unmanaged.iter().filter(|entry| !matches!(entry.standing, Standing::OwnedBy(_)));
        // An edit of other entries is no look at an intruder.
        let seen = not_ours.filter(|entry| !(desired.is_partial() && entry.is_new));
        ledger.unmanaged.retain(is_hidden);
        ledger.unmanaged.extend(seen.map(|entry| entry.key.clone()));
        if desired.is_partial() {
            return ledger;
        }
        let before = ledger.applied.get(&self.source);
        let applied = AppliedSource {
            revision: desired.revision().dated_as(before.map(|applied| &applied.revision)),
            digest: desired.digest(),
            policy: desired.policy().clone(),
            policy_before: super::policies::policy_before(desired, observed).map(Cow::into_owned),
            record: before.and_then(|applied| applied.record.clone()),
        };
        ledger.applied.insert(self.source.clone(), applied);
        ledger
    }
}

/// Carries an unfinished intent on into the owners, by what the map says now. What the ledger knows to be
/// another's stays so.
fn carry_on(
    owners: &mut BTreeMap<EntryKey, SourceId>,
    intent: &Intent,
    observed: &ObservedAccess,
    have: &EffectiveMap,
) {
    let (source, outcome) = (&intent.revision.source, intent.outcome_by(observed.data()));
    match outcome {
        // The map as it was before: whatever is in it was there without this intent.
        Some(Outcome::FoundNotApplied) => return,
        Some(_) => owners.retain(|key, owner| owner != source || !intent.removes.contains(key)),
        None => {}
    }
    for key in claimed(intent, have) {
        let is_anothers = owners.get(key).is_some_and(|owner| owner != source && !owner.gives_way_to(source));
        if !is_anothers {
            owners.insert(key.clone(), source.clone());
        }
    }
}

/// What an unfinished intent made its own, by what the map says now.
///
/// An entry that it only meant to alter was there before it, and may be somebody's: it is ours once it says
/// what it was meant to say.
fn claimed<'a>(intent: &'a Intent, have: &EffectiveMap) -> Vec<&'a EntryKey> {
    let winners = have.winners();
    let is_there = |key: &EntryKey| winners.contains_key(key);
    let is_altered = |(key, meant): &(&EntryKey, &IdentityMapping)| {
        winners.get(*key).is_some_and(|entry| entry.mapping.grants_the_same(meant))
    };
    let adds = intent.adds.iter().filter(|key| is_there(key));
    adds.chain(intent.alters.iter().filter(is_altered).map(|(key, _)| key)).collect()
}

fn owned(data: &BTreeMap<String, String>, source: &SourceId) -> BTreeMap<EntryKey, SourceId> {
    EffectiveMap::read(data).winners().into_keys().map(|key| (key, source.clone())).collect()
}

/// The data that the article's `kubectl apply` applied last.
fn last_applied(observed: &ObservedAccess) -> BTreeMap<String, String> {
    let annotation = observed.map.as_ref().and_then(|map| map.annotations.get(LAST_APPLIED_ANNOTATION));
    let object: Option<serde_json::Value> = annotation.and_then(|text| serde_json::from_str(text).ok());
    let data = object.as_ref().and_then(|object| object["data"].as_object());
    let texts =
        data.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    texts.collect()
}
