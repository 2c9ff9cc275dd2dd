//! What would change: `plan(desired, observed)`.
//!
//! Before an apply this is the plan; after it, it must be empty, which is verification; on another day it is
//! the drift. The function is total: an empty plan is a plan. Judging it is [`crate::guard`]'s business.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

mod blocked;
mod calls;
mod compare;
mod edit;
mod effects;
mod outcome;
mod ownership;
mod policies;

#[cfg(test)]
mod tests;

use crate::cluster::ClusterIdentity;
use crate::desired::DesiredAccess;
use crate::effective::EffectiveMap;
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::ledger::Ledger;
use crate::observed::ObservedAccess;
use crate::source::{SourceId, SourceRevision};

use edit::Edited;
use ownership::Ownership;
pub(crate) use policies::judging_policy;

/// What would have to change for the cluster to be as the files say.
pub fn plan(desired: &DesiredAccess, observed: &ObservedAccess) -> Plan {
    let have = observed.effective();
    let ownership = Ownership::of(desired, observed, &have);
    let mut compared = compare::compare(desired, observed, &have, &ownership);
    let mut blocked = blocked::blocked(desired, observed, &ownership, &compared);
    let edited = edit::edited(desired, observed.data(), &have, &compared.changes).unwrap_or_else(|block| {
        blocked.push(block);
        Edited { data: observed.data().clone(), reading: have.clone() }
    });
    let outranking = observed.outranking();
    outcome::complete(&mut compared.changes, observed, &have, &edited.reading);
    Plan {
        cluster: observed.cluster.clone(),
        revision: desired.revision().clone(),
        takes_over: desired.takes_over().cloned(),
        observed_fingerprint: observed.fingerprint(),
        calls: calls::calls(observed, &edited.data),
        ledger: ownership.after(desired, observed, &compared),
        changes: compared.changes,
        unmanaged: compared.unmanaged,
        conflicts: compared.conflicts,
        shadowed: effects::shadowed(&outranking, &edited.reading),
        data: edited.data,
        before: have,
        after: edited.reading,
        blocked,
    }
}

/// What would change, complete and unalterable. It can be printed, but never be read back into something to
/// apply: a stored plan is evidence, not an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) cluster: ClusterIdentity,
    pub(crate) revision: SourceRevision,
    pub(crate) takes_over: Option<SourceId>,
    pub(crate) observed_fingerprint: String,
    pub(crate) changes: Vec<Change>,
    pub(crate) calls: Vec<Call>,
    pub(crate) unmanaged: Vec<Unmanaged>,
    pub(crate) conflicts: Vec<OwnershipConflict>,
    pub(crate) shadowed: Vec<Shadowed>,
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) ledger: Ledger,
    pub(crate) data: BTreeMap<String, String>,
    /// The map as the authenticator reads it now, and as it will.
    pub(crate) before: EffectiveMap,
    pub(crate) after: EffectiveMap,
}

impl Plan {
    /// The cluster that it is for.
    pub fn cluster(&self) -> &ClusterIdentity {
        &self.cluster
    }

    /// The revision of the files that it is made from.
    pub fn revision(&self) -> &SourceRevision {
        &self.revision
    }

    /// The source whose entries become this one's.
    pub fn takes_over(&self) -> Option<&SourceId> {
        self.takes_over.as_ref()
    }

    /// The fingerprint of what it was planned against.
    pub fn observed_fingerprint(&self) -> &str {
        &self.observed_fingerprint
    }

    /// One change a principal, in the order of the sections and of the principals.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The requests that make the changes; none if nothing relevant changes.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// What is there and not ours.
    pub fn unmanaged(&self) -> &[Unmanaged] {
        &self.unmanaged
    }

    /// Principals that another source owns.
    pub fn conflicts(&self) -> &[OwnershipConflict] {
        &self.conflicts
    }

    /// Entries of the map as it will be that an access entry outranks.
    pub fn shadowed(&self) -> &[Shadowed] {
        &self.shadowed
    }

    /// What makes the plan impossible.
    pub fn blocked(&self) -> &[Blocked] {
        &self.blocked
    }

    /// The ledger as it must be once the changes are made.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The data of the map as they will be.
    pub fn data(&self) -> &BTreeMap<String, String> {
        &self.data
    }

    /// What the authenticator will make of it.
    pub fn after(&self) -> &EffectiveMap {
        &self.after
    }

    /// Is the cluster as the files say?
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes there are of each kind.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }
}

/// One change a principal, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happens to it.
    pub action: Action,
    /// Which entry.
    pub subject: Subject,
    /// What it is now; `None` for one that is added.
    pub before: Option<IdentityMapping>,
    /// What it will be; `None` for one that is removed.
    pub after: Option<IdentityMapping>,
    /// What it means for the principal, in sentences.
    pub effects: Vec<String>,
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Every entry of one principal in one section.
    Entry(EntryKey),
    /// A whole section that cannot be read.
    Section(Section),
}

/// What happens to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is new.
    Add,
    /// Its username or groups change.
    Update,
    /// It goes.
    Remove,
}

/// One request that the executor will send. It chooses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Creates the map, where there is none, by server-side apply.
    CreateMap {
        /// All its data keys.
        data: BTreeMap<String, String>,
    },
    /// Patches the keys that change, and nothing else, if the map is still the one observed.
    PatchMap {
        /// The precondition.
        resource_version: String,
        /// The new text of each section that changes.
        set: BTreeMap<String, String>,
    },
}

/// An entry that is there and not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    /// Which entry.
    pub key: EntryKey,
    /// What it says.
    pub mapping: IdentityMapping,
    /// Why it stays.
    pub standing: Standing,
    /// It was not there at the last pass: it may be an intruder.
    pub is_new: bool,
}

/// Whose an entry is that is not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It gives a node its access.
    Node,
    /// Another source owns it.
    OwnedBy(SourceId),
    /// Nobody that we know of.
    Nobody,
}

/// A principal that this source claims and another one owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnershipConflict {
    /// Which entry.
    pub key: EntryKey,
    /// Who owns it.
    pub owner: SourceId,
}

/// An entry that the authenticator never comes to, since an access entry answers for its principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    /// Which entry.
    pub key: EntryKey,
    /// The username that the access entry gives.
    pub username: String,
}

/// Something that makes a plan impossible, whatever its guards say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Why.
    pub reason: String,
    /// The next step.
    pub hint: String,
}

impl Change {
    /// The principal or section, as people know it.
    pub fn principal(&self) -> String {
        match (&self.after, &self.before, &self.subject) {
            (Some(mapping), _, _) | (None, Some(mapping), _) => mapping.principal.clone(),
            (None, None, subject) => subject.to_string(),
        }
    }

    /// `role`, `user`, `account`, or `section` for a whole one.
    pub fn kind(&self) -> &'static str {
        match &self.subject {
            Subject::Entry(key) => key.section().kind(),
            Subject::Section(_) => "section",
        }
    }
}

impl core::fmt::Display for Subject {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Entry(key) => f.write_str(key.principal()),
            Self::Section(section) => write!(f, "{section}"),
        }
    }
}
