//! What people should know of an apply beside its plan, in sentences. Nothing is asked of the outside here.

use rolecall_core::plan::{Plan, Unmanaged};
use rolecall_core::record::Outcome;

use super::Verification;
use crate::port::PortError;

/// What came of a write, by what was seen afterwards; `None` where nothing was written, nor looked at.
pub(super) fn outcome(verification: Option<&Result<Verification, PortError>>) -> (Outcome, Vec<String>) {
    match verification {
        None => (Outcome::Verified, Vec::new()),
        Some(Err(error)) => (Outcome::Unverified, vec![error.to_string()]),
        Some(Ok(seen)) => {
            let mut remarks: Vec<String> = seen.mismatch.iter().cloned().collect();
            if !seen.plan.is_empty() {
                remarks.push(format!("{} changes are missing again", seen.plan.changes().len()));
            }
            remarks.extend(seen.caller.as_ref().err().filter(|_| seen.is_unknown()).map(ToString::to_string));
            let outcome = match seen {
                _ if seen.is_unknown() => Outcome::Unverified,
                _ if seen.is_as_planned() => Outcome::Verified,
                _ => Outcome::NotAsPlanned,
            };
            (outcome, remarks)
        }
    }
}

/// Entries that were not there at the last pass. The ledger takes note of them, so that this pass is the only
/// one to which they are new: it has to be loud.
pub(super) fn newcomers(plan: &Plan, is_noted: bool) -> Vec<String> {
    let consequence =
        if is_noted { "it counts as known from now on" } else { "nobody takes note of it, without records" };
    let remark = |entry: &Unmanaged| {
        format!(
            "{} was not there at the last pass, and no file has it: make sure that it is no intruder; {consequence}",
            described(entry)
        )
    };
    plan.unmanaged().iter().filter(|entry| entry.is_new).map(remark).collect()
}

/// Entries that came while the apply was at work, and that its plan does not know.
pub(super) fn came_meanwhile(plan: &Plan, seen: &Plan) -> Vec<String> {
    let is_planned = |entry: &&Unmanaged| !plan.unmanaged().iter().any(|known| known.key == entry.key);
    let new = seen.unmanaged().iter().filter(|entry| entry.is_new).filter(is_planned);
    new.map(|entry| format!("{} came while this apply was at work, and no file has it", described(entry)))
        .collect()
}

fn described(entry: &Unmanaged) -> String {
    let mapping = &entry.mapping;
    format!("{} `{}` [{}]", entry.key.section().kind(), mapping.principal, mapping.groups.join(", "))
}
