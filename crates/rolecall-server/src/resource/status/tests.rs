//! What `kubectl wait`, Flux and people read of a resource.

use rolecall_core::reconcile::{Drift, Hold, Urgency};
use rolecall_engine::port::{PortError, PortErrorKind};
use rolecall_engine::reconcile::{Seen, Trouble};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn standing(trouble: Vec<Trouble>) -> Standing {
    Standing {
        commit: Some("c2".to_owned()),
        applied: Some("c1".to_owned()),
        done: None,
        drift: Vec::new(),
        is_judged: true,
        hold: None,
        trouble,
        wake_at: None,
        seen: Seen::At("7".to_owned()),
        entries: [(Section::MapRoles, 3), (Section::MapUsers, 2), (Section::MapAccounts, 1)],
    }
}

/// What kstatus makes of it, and the reason of `Ready`.
fn check(status: &AccessSyncStatus, expected: (&str, &str)) {
    let is = |r#type: &str| status.condition(r#type).map(|condition| condition.status.as_str());
    let computed = match (is("Reconciling"), is("Stalled"), is("Ready")) {
        (Some("True"), None, Some("False")) => "InProgress",
        (None, Some("True"), Some("False")) => "Failed",
        (None, None, Some("True")) => "Current",
        (None, None, Some("False")) => "NotReady",
        other => panic!("{other:?}"),
    };
    let ready = status.condition("Ready").unwrap();
    assert_eq!((computed, ready.reason.as_str()), expected, "{status:#?}");
    assert!(status.conditions.iter().all(|one| one.observed_generation == status.observed_generation));
}

fn world() -> Trouble {
    Trouble::Cluster(PortError::new(PortErrorKind::Unavailable, "read", "`it`", "away"))
}

#[test]
fn the_conditions_say_what_kstatus_reads() {
    let begun = AccessSyncStatus::default().begun(1, at(0));
    check(&begun, ("InProgress", "Progressing"));
    check(&begun.clone().after(&standing(vec![]), 1, at(1)), ("Current", "AsDeclared"));
    check(&begun.clone().after(&standing(vec![world()]), 1, at(1)), ("InProgress", "ClusterFailed"));
    let refused = || Trouble::Refused(Vec::new(), vec!["RG01: no".to_owned()]);
    check(&begun.clone().after(&standing(vec![refused()]), 1, at(1)), ("Failed", "Refused"));
    check(&begun.clone().after(&standing(vec![refused(), world()]), 1, at(1)), ("Failed", "Refused"));
    let held = Standing {
        hold: Some(Hold { until: at(9), reason: "of an incident".to_owned() }),
        ..standing(vec![])
    };
    check(&begun.clone().after(&held, 1, at(1)), ("NotReady", "Held"));
    let subject = rolecall_core::plan::Subject::Section(Section::MapUsers);
    let drift = Drift {
        subject,
        message: "somebody".to_owned(),
        urgency: Urgency::Never,
        heals_at: None,
        is_stray: false,
    };
    check(
        &begun.clone().after(&Standing { drift: vec![drift], ..standing(vec![]) }, 1, at(1)),
        ("NotReady", "Drift"),
    );
    check(&begun.clone().impossible(1, ("InvalidSpec", "no"), at(1)), ("Failed", "InvalidSpec"));
    check(&begun.clone().failed(1, ("ClusterFailed", "no"), at(1)), ("InProgress", "ClusterFailed"));
    check(&begun.suspended(2, at(1)), ("NotReady", "Suspended"));
}

#[test]
fn a_condition_keeps_the_time_at_which_it_became_so() {
    let status = AccessSyncStatus::default().begun(1, at(0)).after(&standing(vec![]), 1, at(5));
    let again = status.clone().after(&standing(vec![]), 1, at(9));
    assert_eq!(status, again, "nothing is told that is not new");
    assert_eq!(again.condition("Ready").unwrap().last_transition_time, "1970-01-01T00:00:05Z");
    let failed = again.after(&standing(vec![world()]), 1, at(12));
    assert_eq!(failed.condition("Ready").unwrap().last_transition_time, "1970-01-01T00:00:12Z");
    assert_eq!((failed.roles, failed.users, failed.accounts), (3, 2, 1));
    assert_eq!(failed.last_applied_revision.as_deref(), Some("c1"));
    assert_eq!(failed.last_attempted_revision.as_deref(), Some("c2"));
}

#[test]
fn the_last_five_passes_that_were_news_are_told() {
    let mut status = AccessSyncStatus::default();
    for second in 0..20 {
        let trouble = if second % 4 < 2 { vec![] } else { vec![world()] };
        status = status.after(&standing(trouble), 1, at(second));
    }
    let told: Vec<&str> = status.passes.iter().map(|pass| pass.outcome.as_str()).collect();
    assert_eq!(told, ["failed", "unchanged", "failed", "unchanged", "failed"]);
    assert_eq!(status.passes[0].at, "1970-01-01T00:00:18Z");
}

#[test]
fn what_could_not_be_seen_stays_as_it_was() {
    let seen = AccessSyncStatus::default().after(&standing(vec![]), 1, at(0));
    let blind = Standing {
        seen: Seen::Nothing,
        is_judged: false,
        entries: Section::ALL.map(|section| (section, 0)),
        ..standing(vec![world()])
    };
    let status = AccessSyncStatus { drift: 2, ..seen }.after(&blind, 1, at(1));
    assert_eq!((status.roles, status.users, status.accounts, status.drift), (3, 2, 1, 2));
}

#[test]
fn of_another_source_or_target_nothing_is_known_yet() {
    let known = AccessSyncStatus::default().after(&standing(vec![]), 1, at(0));
    assert_eq!(known.clone().begun(2, at(1)).last_applied_revision.as_deref(), Some("c1"));
    let other = known.anew().begun(2, at(1));
    assert_eq!((other.last_applied_revision, other.passes.len(), other.roles), (None, 0, 0));
}
