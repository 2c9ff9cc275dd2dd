//! What would change: `plan(desired, observed)`.
//!
//! Before an apply this is the plan; after it, it must be empty, which is verification; on another day it is
//! the drift. The function is total: an empty plan is a plan. Judging it is [`crate::guard`]'s business.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

mod calls;
mod compare;
mod edit;
mod effects;
mod ownership;

#[cfg(test)]
mod tests;

use crate::cluster::{AuthenticationMode, ClusterIdentity};
use crate::desired::DesiredAccess;
use crate::effective::EffectiveMap;
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::ledger::Ledger;
use crate::observed::{Knowledge, ObservedAccess};
use crate::policy;
use crate::source::{SourceId, SourceRevision};

use ownership::Ownership;

/// What would have to change for the cluster to be as the files say.
pub fn plan(desired: &DesiredAccess, observed: &ObservedAccess) -> Plan {
    let have = EffectiveMap::read(observed.data());
    let ownership = Ownership::of(desired, observed, &have);
    let mut compared = compare::compare(desired, observed, &have, &ownership);
    let mut blocked = mode_blocks(observed);
    blocked.extend(unmanaged_blocks(desired, observed, &compared.unmanaged));
    let data = match edit::edited_data(desired, observed.data(), &have, &compared.changes) {
        Ok(data) => data,
        Err(block) => {
            blocked.push(block);
            observed.data().clone()
        }
    };
    let will_be = EffectiveMap::read(&data);
    let outranking = observed.outranking();
    effects::complete(&mut compared.changes, &outranking, &have, &will_be);
    Plan {
        cluster: observed.cluster.clone(),
        revision: desired.revision().clone(),
        observed_fingerprint: observed.fingerprint(),
        calls: calls::calls(observed, &data),
        ledger: ownership.after(desired, observed, &compared),
        changes: compared.changes,
        unmanaged: compared.unmanaged,
        conflicts: compared.conflicts,
        shadowed: effects::shadowed(&outranking, &will_be),
        data,
        blocked,
    }
}

/// What would change, complete and unalterable. It can be printed, but never be read back into something to
/// apply: a stored plan is evidence, not an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) cluster: ClusterIdentity,
    pub(crate) revision: SourceRevision,
    pub(crate) observed_fingerprint: String,
    pub(crate) changes: Vec<Change>,
    pub(crate) calls: Vec<Call>,
    pub(crate) unmanaged: Vec<Unmanaged>,
    pub(crate) conflicts: Vec<OwnershipConflict>,
    pub(crate) shadowed: Vec<Shadowed>,
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) ledger: Ledger,
    pub(crate) data: BTreeMap<String, String>,
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

/// In `API` mode the map means nothing, so that a change of it would be a promise that nobody keeps.
fn mode_blocks(observed: &ObservedAccess) -> Vec<Blocked> {
    match observed.mode {
        Knowledge::Known(AuthenticationMode::Api) => alloc::vec![Blocked {
            reason: format!(
                "cluster `{}` is in authentication mode `API`: it does not read `aws-auth`",
                observed.cluster
            ),
            hint: "use access entries for this cluster".into(),
        }],
        _ => Vec::new(),
    }
}

/// `unmanaged: refuse` holds as soon as either the last applied or the proposed policy says it.
fn unmanaged_blocks(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    unmanaged: &[Unmanaged],
) -> Option<Blocked> {
    let is_refused = policies(desired, observed).any(|policy| policy.unmanaged == policy::Unmanaged::Refuse);
    let nobodys = unmanaged.iter().filter(|entry| entry.standing == Standing::Nobody);
    let names: Vec<String> = nobodys.map(|entry| format!("`{}`", entry.mapping.principal)).collect();
    (is_refused && !names.is_empty()).then(|| Blocked {
        reason: format!("the policy refuses entries that are not ours: {}", names.join(", ")),
        hint: "add them to the file, or remove them from the cluster".into(),
    })
}

/// The policies that judge a plan: the proposed one, the one that this source applied last, and those of the
/// other sources that own entries of this cluster, unless they give way to this one. The strictest counts.
///
/// Loosening takes effect with the next revision: a revision that is applied again is judged as it was at
/// first. A source that is new here, or that has moved, does not disarm those that were here before it.
pub(crate) fn policies<'a>(
    desired: &'a DesiredAccess,
    observed: &'a ObservedAccess,
) -> impl Iterator<Item = &'a policy::Policy> {
    own_policies(desired, observed).chain(policies_of_others(desired, observed))
}

/// Removing what is not ours takes every policy of this source; at its first apply, also those of the others.
fn removes_unmanaged(desired: &DesiredAccess, observed: &ObservedAccess) -> bool {
    let is_wanted = |policy: &policy::Policy| policy.unmanaged == policy::Unmanaged::Remove;
    let is_known = policy_before(desired, observed).is_some();
    own_policies(desired, observed).all(is_wanted)
        && (is_known || policies_of_others(desired, observed).all(is_wanted))
}

fn own_policies<'a>(
    desired: &'a DesiredAccess,
    observed: &'a ObservedAccess,
) -> impl Iterator<Item = &'a policy::Policy> {
    core::iter::once(desired.policy()).chain(policy_before(desired, observed))
}

fn policies_of_others<'a>(
    desired: &'a DesiredAccess,
    observed: &'a ObservedAccess,
) -> impl Iterator<Item = &'a policy::Policy> {
    let source = &desired.revision().source;
    let binds = move |owner: &SourceId, ledger: &Ledger| {
        owner != source && !owner.gives_way_to(source) && ledger.owners.values().any(|one| one == owner)
    };
    let applied = observed
        .ledger()
        .into_iter()
        .flat_map(move |ledger| ledger.applied.iter().filter(move |(owner, _)| binds(owner, ledger)));
    applied.map(|(_, applied)| &applied.policy)
}

/// The policy that was in force before `desired`.
pub(crate) fn policy_before<'a>(
    desired: &DesiredAccess,
    observed: &'a ObservedAccess,
) -> Option<&'a policy::Policy> {
    let applied = observed.ledger()?.applied.get(&desired.revision().source)?;
    let is_same = applied.revision == *desired.revision() && applied.digest == desired.digest();
    if is_same { applied.policy_before.as_ref() } else { Some(&applied.policy) }
}
