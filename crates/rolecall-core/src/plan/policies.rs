//! Which policies judge a plan: a change cannot disarm its own judge.

use alloc::borrow::Cow;

use crate::desired::DesiredAccess;
use crate::ledger::{AppliedSource, Ledger};
use crate::observed::ObservedAccess;
use crate::policy::{Policy, Unmanaged};
use crate::source::{SourceId, SourceRevision};

/// The policy that judges a plan: what the proposed one demands, the one that was in force before it, and those
/// of the other sources that own entries of this cluster, unless they give way to this one.
///
/// Loosening takes effect with the next revision: a revision that is applied again, or that was applied by
/// another file of its repository, is judged as it was at first.
pub(crate) fn judging_policy(desired: &DesiredAccess, observed: &ObservedAccess) -> Policy {
    let before = policy_before(desired, observed);
    let others = policies_of_others(desired, observed);
    before.as_deref().into_iter().chain(others).fold(desired.policy().clone(), |all, one| all.and(one))
}

/// Removing what is not ours takes two revisions in a row that say so, and at this source's first apply the
/// word of all others.
pub(super) fn removes_unmanaged(desired: &DesiredAccess, observed: &ObservedAccess) -> bool {
    let is_wanted = |policy: &Policy| policy.unmanaged == Unmanaged::Remove;
    let is_known =
        observed.ledger().is_some_and(|ledger| ledger.applied.contains_key(&desired.revision().source));
    let others = || policies_of_others(desired, observed).all(is_wanted);
    is_wanted(desired.policy())
        && policy_before(desired, observed).is_some_and(|policy| is_wanted(&policy))
        && (is_known || others())
}

/// The policy that was in force before `desired`, with that of a source that it takes over from.
pub(super) fn policy_before<'a>(
    desired: &DesiredAccess,
    observed: &'a ObservedAccess,
) -> Option<Cow<'a, Policy>> {
    let applied = &observed.ledger()?.applied;
    let own = applied.get(&desired.revision().source).and_then(|applied| in_force(applied, desired));
    let taken = desired.takes_over().and_then(|source| applied.get(source)).map(|applied| &applied.policy);
    match (own, taken) {
        (Some(own), Some(taken)) => Some(Cow::Owned(own.and(taken))),
        (own, taken) => own.or(taken).map(Cow::Borrowed),
    }
}

fn policies_of_others<'a>(
    desired: &'a DesiredAccess,
    observed: &'a ObservedAccess,
) -> impl Iterator<Item = &'a Policy> {
    let source = &desired.revision().source;
    let binds = move |owner: &SourceId, ledger: &Ledger| {
        owner != source && !owner.gives_way_to(source) && ledger.owners.values().any(|one| one == owner)
    };
    let applied = observed
        .ledger()
        .into_iter()
        .flat_map(move |ledger| ledger.applied.iter().filter(move |(owner, _)| binds(owner, ledger)));
    applied.flat_map(move |(_, applied)| [Some(&applied.policy), in_force(applied, desired)]).flatten()
}

/// The policy by which what was applied judges `desired`: the one before it, if both are of one revision.
fn in_force<'a>(applied: &'a AppliedSource, desired: &DesiredAccess) -> Option<&'a Policy> {
    let is_one = is_one_revision(&applied.revision, desired.revision(), applied.digest == desired.digest());
    if is_one { applied.policy_before.as_ref() } else { Some(&applied.policy) }
}

/// One commit is one revision, whichever of its files is applied. Without one, the files themselves tell.
fn is_one_revision(a: &SourceRevision, b: &SourceRevision, is_same_text: bool) -> bool {
    let is_committed = |revision: &SourceRevision| revision.commit.is_some() && !revision.modified;
    if is_committed(a) && is_committed(b) { a.commit == b.commit } else { a.is_same(b) && is_same_text }
}
