//! What the cluster will be after a plan: the property tests hold what guards judge against it, and the fake
//! cluster is built on it.

use alloc::string::String;

use crate::observed::{Knowledge, ObservedAccess, ObservedLedger, ObservedMap};
use crate::plan::{Call, Plan};

/// The observation that would follow from `plan` if nobody else wrote in between.
pub fn predict(plan: &Plan, observed: &ObservedAccess) -> ObservedAccess {
    let mut predicted = observed.clone();
    for call in plan.calls() {
        carry_out(call, &mut predicted);
    }
    let resource_version = match &observed.ledger {
        Knowledge::Known(Some(ledger)) => ledger.resource_version.clone(),
        _ => String::new(),
    };
    if observed.ledger.known().is_some() {
        predicted.ledger =
            Knowledge::Known(Some(ObservedLedger { resource_version, ledger: plan.ledger().clone() }));
    }
    predicted.unfinished.clear();
    predicted
}

/// Does what the API server would do.
pub fn carry_out(call: &Call, observed: &mut ObservedAccess) {
    let map = observed.map.get_or_insert_with(ObservedMap::default);
    map.alter(|data| match call {
        Call::CreateMap { data: all } => data.clone_from(all),
        Call::PatchMap { set, .. } => data.extend(set.clone()),
    });
}
