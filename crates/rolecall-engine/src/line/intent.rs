//! What an apply writes down before it writes, and what is made of it when nobody came to complete it.

use std::collections::BTreeMap;

use rolecall_core::Timestamp;
use rolecall_core::cluster::fingerprint;
use rolecall_core::guard::ApprovedPlan;
use rolecall_core::identity_mapping::{EntryKey, IdentityMapping};
use rolecall_core::observed::ObservedAccess;
use rolecall_core::plan::{Action, Change, Plan, Subject};
use rolecall_core::record::{Intent, Outcome, Record, data_fingerprint};
use rolecall_core::render;

/// The record of an apply that has not happened yet.
pub(super) fn record(
    observed: &ObservedAccess,
    approved: &ApprovedPlan,
    holder: &str,
    now: Timestamp,
) -> Record {
    let plan = approved.plan();
    let keys = |action: Action| {
        let changes = plan.changes().iter().filter(move |change| change.action == action);
        changes.filter_map(entry_key)
    };
    let after = |change: &Change| Some((entry_key(change)?, change.after.clone()?));
    let is_update = |change: &&Change| change.action == Action::Update;
    let intent = Intent {
        name: name(observed, plan.data(), holder, now),
        started_at: now,
        revision: plan.revision().clone(),
        caller: observed.caller.known().cloned(),
        adds: keys(Action::Add).chain(replaced(plan)).collect(),
        alters: plan.changes().iter().filter(is_update).filter_map(after).collect(),
        removes: keys(Action::Remove).collect(),
        before: data_fingerprint(observed.data()),
        after: data_fingerprint(plan.data()),
    };
    Record {
        intent,
        completion: None,
        plan: render::plan(plan, approved.judgements(), observed),
        data_before: observed.map.as_ref().map(|map| map.data().clone()),
        data_after: plan.data().clone(),
    }
}

/// The entries of sections that could not be read before, and are replaced.
fn replaced(plan: &Plan) -> Vec<EntryKey> {
    let sections = plan.changes().iter().filter_map(|change| match &change.subject {
        Subject::Section(section) => Some(*section),
        Subject::Entry(_) => None,
    });
    let will_be = plan.after();
    sections
        .flat_map(|section| will_be.section(section).entries().iter().map(|entry| entry.key.clone()))
        .collect()
}

/// What had come of an intent that nobody completed, as far as the map tells.
pub(super) fn outcome(intent: &Intent, observed: &ObservedAccess) -> Outcome {
    intent.outcome_by(observed.data()).unwrap_or_else(|| {
        let have = observed.effective();
        let winners = have.winners();
        let is_altered = |(key, meant): (&EntryKey, &IdentityMapping)| {
            winners.get(key).is_some_and(|entry| entry.mapping.grants_the_same(meant))
        };
        let is_done = intent.adds.iter().all(|key| winners.contains_key(key))
            && intent.alters.iter().all(is_altered)
            && intent.removes.iter().all(|key| !winners.contains_key(key));
        if is_done { Outcome::FoundApplied } else { Outcome::FoundNotApplied }
    })
}

/// The time first, so that names sort; then a digest, so that two runs of one second differ.
fn name(observed: &ObservedAccess, after: &BTreeMap<String, String>, holder: &str, now: Timestamp) -> String {
    let seed = format!("{holder}\n{now}\n{}\n{}", observed.fingerprint(), data_fingerprint(after));
    let digest = fingerprint(seed.as_bytes());
    let digits: String = digest.chars().skip("sha256:".len()).take(8).collect();
    format!("apply-{}-{digits}", now.strftime("%Y%m%dt%H%M%S"))
}

fn entry_key(change: &Change) -> Option<EntryKey> {
    match &change.subject {
        Subject::Entry(key) => Some(key.clone()),
        Subject::Section(_) => None,
    }
}
