//! RG07 and RG08: the plan is carried out when, where and by whom it was meant, and can be undone.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};
use crate::cluster::ClusterIdentity;
use crate::observed::Caller;
use crate::plan::Call;

/// An observation older than this is planned again, not applied.
const FRESH_FOR_SECONDS: i64 = 300;

/// RG07: refuses a stale observation, another cluster than the declared one, another caller than the planned one.
pub(super) fn as_planned(case: &Case<'_>) -> Opinion {
    let other_cluster = other_cluster(case);
    let is_other_cluster = other_cluster.is_some();
    let problems: Vec<String> =
        [stale(case), other_cluster, other_caller(case)].into_iter().flatten().collect();
    if !problems.is_empty() {
        let hint = "plan again, for this cluster and as this caller";
        let opinion = Opinion::against(problems.join("; "), hint);
        // What is meant for one cluster is never right for another.
        return if is_other_cluster { opinion.whatever_is_allowed() } else { opinion };
    }
    Opinion::fine(if case.observed.observed_at.is_none() {
        "a saved observation: not to be applied"
    } else {
        "the observation is fresh, the cluster and the caller are as planned"
    })
}

/// RG08: refuses a step that cannot be undone. Every kind of call has to declare itself here.
pub(super) fn can_be_undone(case: &Case<'_>) -> Opinion {
    let is_undoable = |call: &Call| match call {
        // The record keeps the data as they were; a map that was absent is one without data.
        Call::CreateMap { .. } | Call::PatchMap { .. } => true,
    };
    if case.plan.calls().iter().all(is_undoable) {
        return Opinion::fine("every step can be undone");
    }
    Opinion::against("a step cannot be undone", "allow it once with `--allow RG08 --reason …`")
}

fn stale(case: &Case<'_>) -> Option<String> {
    let age = case.circumstances.now.as_second() - case.observed.observed_at?.as_second();
    (age > FRESH_FOR_SECONDS).then(|| format!("the cluster was observed {age} seconds ago"))
}

fn other_cluster(case: &Case<'_>) -> Option<String> {
    let declared = case.circumstances.declared.as_ref()?;
    (!is_same(declared, &case.observed.cluster))
        .then(|| format!("this is cluster `{}`, and the plan is for `{declared}`", case.observed.cluster))
}

/// The same endpoint and CA, where they are known; a name alone proves nothing.
fn is_same(a: &ClusterIdentity, b: &ClusterIdentity) -> bool {
    let agree = |x: &Option<String>, y: &Option<String>| x.is_none() || y.is_none() || x == y;
    a.name == b.name && agree(&a.endpoint, &b.endpoint) && agree(&a.ca_fingerprint, &b.ca_fingerprint)
}

fn other_caller(case: &Case<'_>) -> Option<String> {
    let planned = case.circumstances.applier.as_ref()?;
    let caller = case.observed.caller.known();
    let is_same = caller.is_some_and(|caller| {
        caller.canonical_arn == planned.canonical_arn
            && (caller.canonical_arn.is_some() || caller.username == planned.username)
    });
    let name = |caller: &Caller| caller.canonical_arn.clone().unwrap_or_else(|| caller.username.clone());
    (!is_same).then(|| format!("the plan is to be applied by `{}`", name(planned)))
}
