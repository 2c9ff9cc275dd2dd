//! The documents that scripts rely on: `rolecall plan -o json`, `check -o json`.
//!
//! Field names are camelCase; every document has `apiVersion` and `kind`. The schemas in `schemas/` say the
//! same, and a test compares them.

use alloc::vec::Vec;

use serde_json::{Value, json};

use super::check::CheckReport;
use crate::guard::{Judgement, Verdict};
use crate::identity_mapping::IdentityMapping;
use crate::observed::{Knowledge, ObservedAccess};
use crate::plan::{Action, Blocked, Call, Change, OwnershipConflict, Plan, Shadowed, Standing, Unmanaged};

/// The version of every document that Rolecall prints.
pub const API_VERSION: &str = "rolecall.dev/v1alpha1";

/// A plan with its guards' verdicts.
pub fn plan(plan: &Plan, judgements: &[Judgement], observed: &ObservedAccess) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "Plan",
        "cluster": plan.cluster(),
        "revision": plan.revision(),
        "takesOver": plan.takes_over(),
        "applier": observed.caller.known(),
        "authenticationMode": observed.mode.known(),
        "observedFingerprint": plan.observed_fingerprint(),
        "changes": plan.changes().iter().map(change).collect::<Vec<_>>(),
        "calls": plan.calls().iter().map(call).collect::<Vec<_>>(),
        "unmanaged": plan.unmanaged().iter().map(unmanaged).collect::<Vec<_>>(),
        "shadowed": plan.shadowed().iter().map(shadowed).collect::<Vec<_>>(),
        "conflicts": plan.conflicts().iter().map(conflict).collect::<Vec<_>>(),
        "blocked": plan.blocked().iter().map(blocked).collect::<Vec<_>>(),
        "unknown": unknown(observed),
        "guards": judgements.iter().map(judgement).collect::<Vec<_>>(),
        "summary": {
            "add": plan.count(Action::Add),
            "update": plan.count(Action::Update),
            "remove": plan.count(Action::Remove),
            "unmanaged": plan.unmanaged().len(),
        },
    })
}

/// What the authors of some files got wrong.
pub fn findings(report: &CheckReport) -> Value {
    let counts = report.counts();
    json!({
        "apiVersion": API_VERSION,
        "kind": "Findings",
        "documents": report.documents(),
        "findings": report.findings().map(|(_, finding)| finding).collect::<Vec<_>>(),
        "summary": {
            "errors": counts.errors,
            "warnings": counts.warnings,
            "notes": counts.notes,
            "allowed": counts.allowed,
        },
    })
}

fn change(change: &Change) -> Value {
    json!({
        "action": match change.action {
            Action::Add => "add",
            Action::Update => "update",
            Action::Remove => "remove",
        },
        "kind": change.kind(),
        "principal": change.principal(),
        "before": change.before.as_ref().map(mapping),
        "after": change.after.as_ref().map(mapping),
        "effects": change.effects,
    })
}

fn mapping(mapping: &IdentityMapping) -> Value {
    json!(mapping)
}

fn call(call: &Call) -> Value {
    match call {
        Call::CreateMap { data } => json!({ "kind": "createMap", "keys": data.keys().collect::<Vec<_>>() }),
        Call::PatchMap { set, .. } => json!({ "kind": "patchMap", "keys": set.keys().collect::<Vec<_>>() }),
    }
}

fn unmanaged(entry: &Unmanaged) -> Value {
    let (standing, owner) = match &entry.standing {
        Standing::Node => ("node", None),
        Standing::OwnedBy(source) => ("owned", Some(source)),
        Standing::Nobody => ("unmanaged", None),
    };
    let mut value = json!({
        "kind": entry.key.section().kind(),
        "principal": entry.mapping.principal,
        "username": entry.mapping.username,
        "groups": entry.mapping.groups,
        "standing": standing,
        "isNew": entry.is_new,
    });
    if let Some(owner) = owner {
        value["owner"] = json!(owner);
    }
    value
}

fn conflict(conflict: &OwnershipConflict) -> Value {
    json!({ "kind": conflict.key.section().kind(), "principal": conflict.key.principal(), "owner": conflict.owner })
}

fn shadowed(shadowed: &Shadowed) -> Value {
    json!({
        "kind": shadowed.key.section().kind(),
        "principal": shadowed.key.principal(),
        "accessEntryUsername": shadowed.username,
    })
}

fn blocked(blocked: &Blocked) -> Value {
    json!({ "reason": blocked.reason, "hint": blocked.hint })
}

/// What could not be read, and so was not counted on.
fn unknown(observed: &ObservedAccess) -> Value {
    fn why<T>(what: &str, knowledge: &Knowledge<T>) -> Option<Value> {
        match knowledge {
            Knowledge::Known(_) => None,
            Knowledge::Unknown(why) => Some(json!({ "what": what, "why": why })),
        }
    }
    [
        why("authenticationMode", &observed.mode),
        why("accessEntries", &observed.access_entries),
        why("ledger", &observed.ledger),
        why("caller", &observed.caller),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn judgement(judgement: &Judgement) -> Value {
    let verdict = match &judgement.verdict {
        Verdict::Passed => "passed",
        Verdict::Refused => "refused",
        Verdict::Allowed(_) => "allowed",
    };
    let mut value = json!({ "code": judgement.guard, "verdict": verdict, "message": judgement.message });
    if let Verdict::Allowed(reason) = &judgement.verdict {
        value["reason"] = json!(reason);
    }
    if let Some(hint) = &judgement.hint {
        value["hint"] = json!(hint);
    }
    value
}
