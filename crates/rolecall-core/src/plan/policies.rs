//! Which policies judge a plan: a change cannot disarm its own judge.

use crate::desired::DesiredAccess;
use crate::ledger::Ledger;
use crate::observed::ObservedAccess;
use crate::policy;
use crate::source::SourceId;

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
pub(super) fn removes_unmanaged(desired: &DesiredAccess, observed: &ObservedAccess) -> bool {
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

/// The policy that was in force before `desired`; that of the source that it takes over from, where it is new.
pub(crate) fn policy_before<'a>(
    desired: &DesiredAccess,
    observed: &'a ObservedAccess,
) -> Option<&'a policy::Policy> {
    let ledger = observed.ledger()?;
    let Some(applied) = ledger.applied.get(&desired.revision().source) else {
        return Some(&ledger.applied.get(desired.takes_over()?)?.policy);
    };
    let is_same = applied.revision == *desired.revision() && applied.digest == desired.digest();
    if is_same { applied.policy_before.as_ref() } else { Some(&applied.policy) }
}
