//! How things stand with a cluster, as a word and as a sentence.

use rolecall_core::render::printable;
use rolecall_engine::reconcile::{Done, Standing};

use crate::metrics::PassOutcome;

/// So much drift is told one by one.
const DRIFTS: usize = 5;

/// So many characters a message may have.
const LONGEST: usize = 1_000;

/// How a pass ended.
pub fn outcome(standing: &Standing) -> PassOutcome {
    if standing.is_troubled_by_the_world() {
        PassOutcome::Failed
    } else if !standing.trouble.is_empty() {
        PassOutcome::Refused
    } else if standing.hold.is_some() {
        PassOutcome::Held
    } else if done(standing).is_some() {
        PassOutcome::Applied
    } else {
        PassOutcome::Unchanged
    }
}

/// What was written to the map: a pass that found nothing left to write has done nothing.
pub fn done(standing: &Standing) -> Option<&Done> {
    standing.done.as_ref().filter(|done| done.report().outcome.is_some())
}

/// How things stand, as a sentence that may be shown anywhere.
pub fn told(standing: &Standing) -> String {
    let commit = standing.commit.as_deref().map_or("no commit", |commit| commit.get(..12).unwrap_or(commit));
    let mut parts = Vec::new();
    match done(standing) {
        Some(Done::Applied(_)) => parts.push(format!("applied {commit}")),
        Some(Done::Healed(_)) => parts.push("healed what somebody changed".to_owned()),
        None => {}
    }
    parts.extend(standing.trouble.iter().map(|one| format!("{}: {one}", one.reason())));
    if let Some(hold) = &standing.hold {
        let why = if hold.reason.is_empty() { String::new() } else { format!(" because {}", hold.reason) };
        parts.push(format!("held until {}{why}", hold.until));
    }
    parts.extend(standing.drift.iter().take(DRIFTS).map(|one| match one.heals_at {
        Some(at) if done(standing).is_none() => format!("{} (healed at {at:.0})", one.message),
        _ => one.message.clone(),
    }));
    let more = standing.drift.len().saturating_sub(DRIFTS);
    parts.extend((more > 0).then(|| format!("and {more} more")));
    if parts.is_empty() { format!("as {commit} says") } else { shown(&parts.join("; ")) }
}

/// A message of files or clusters as it may be shown anywhere, and kept in a status: harmless, and not without end.
pub fn shown(message: &str) -> String {
    let shown = printable(message);
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown.into_owned(),
    }
}
