//! The documents for scripts that tell of what the line did; those of plans and files are the core's.

#[cfg(test)]
mod tests;

use rolecall_core::render::{self, API_VERSION};
use rolecall_core::token::{Inspection, Verification as TokenVerification};
use rolecall_engine::line::{ApplyReport, Rehearsal, Verification};
use serde_json::{Value, json};

/// How an apply ended.
pub(crate) fn apply_report(report: &ApplyReport) -> Value {
    let settled = report.settled.iter().map(|one| json!({ "record": one.record, "outcome": one.outcome }));
    json!({
        "apiVersion": API_VERSION,
        "kind": "ApplyReport",
        "plan": render::plan(&report.plan, &report.judgements, &report.observed),
        "outcome": report.outcome,
        "record": report.record,
        "verification": report.verification.as_ref().map(seen),
        "ledgerWritten": report.is_ledger_written,
        "settled": settled.collect::<Vec<_>>(),
        "remarks": report.remarks,
    })
}

/// What a verification saw.
pub(crate) fn verification(verification: &Verification) -> Value {
    let mut document = json!({ "apiVersion": API_VERSION, "kind": "Verification" });
    let mut seen = seen(verification);
    seen["plan"] = render::plan(&verification.plan, &[], &verification.observed);
    if let (Some(document), Value::Object(fields)) = (document.as_object_mut(), seen) {
        document.extend(fields);
    }
    document
}

/// What a token tells about itself.
pub(crate) fn token_inspection(inspection: &Inspection) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "TokenInspection",
        "failure": inspection.failure,
        "warnings": inspection.warnings,
        "facts": inspection.facts,
    })
}

/// What came of a token.
pub(crate) fn token_verification(verification: &TokenVerification, cluster_name: Option<&str>) -> Value {
    let identity = verification.identity.as_ref().map(|identity| {
        json!({
            "arn": identity.arn.text(),
            "canonicalArn": identity.arn.canonical(),
            "account": identity.account,
            "userId": identity.user_id,
            "sessionName": identity.session_name,
        })
    });
    json!({
        "apiVersion": API_VERSION,
        "kind": "TokenVerification",
        "outcome": verification.outcome,
        "clusterName": cluster_name,
        "checks": verification.steps,
        "failure": verification.failure,
        "warnings": verification.warnings,
        "facts": verification.inspection.facts,
        "identity": identity,
    })
}

/// What the API server said to a plan's calls.
pub(crate) fn rehearsed(rehearsal: &Rehearsal) -> Value {
    match rehearsal {
        Rehearsal::NothingToSend => json!({ "outcome": "nothingToSend" }),
        Rehearsal::Accepted => json!({ "outcome": "accepted" }),
        Rehearsal::Refused(error) => json!({ "outcome": "refused", "message": error.to_string() }),
        Rehearsal::NotAllowed => json!({ "outcome": "notAllowed" }),
    }
}

fn seen(verification: &Verification) -> Value {
    let (caller, problem) = match &verification.caller {
        Ok(caller) => (Some(caller), None),
        Err(error) => (None, Some(error.to_string())),
    };
    json!({
        "asPlanned": verification.is_as_planned(),
        "pending": verification.plan.changes().len(),
        "caller": caller,
        "problem": problem,
        "mismatch": verification.mismatch,
    })
}
