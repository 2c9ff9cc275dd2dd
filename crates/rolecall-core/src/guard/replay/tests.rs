//! RG09 for every way in which two revisions can be related, and for what is no revision at all.

use jiff::{SignedDuration, Timestamp};

use super::predecessor;
use crate::desired::DesiredAccess;
use crate::fixtures::{applied, circumstances, desired, entry, role, wanted};
use crate::guard::{Allowance, Circumstances, Guard, Judgement, Verdict, approve, judge};
use crate::ledger::Ledger;
use crate::observed::{Knowledge, ObservedAccess};
use crate::plan::plan;
use crate::policy::{Growth, Policy};
use crate::record::{Intent, data_fingerprint};
use crate::source::{Lineage, SourceId};

const NEW: &str = "1111111111111111111111111111111111111111";
const OLD: &str = "0000000000000000000000000000000000000000";

/// A file with these roles, at a commit.
fn file(names: &[&str], commit: &str) -> DesiredAccess {
    let roles: String = names.iter().map(|name| entry(&format!("role/{name}"), name, "dev")).collect();
    wanted(&[("mapRoles", &roles)], "aws-auth.yml", Policy::default()).at(commit)
}

/// A cluster to which the newest commit was applied, which has taken `leaver` out.
fn without_leaver() -> ObservedAccess {
    let roles = entry("role/stays", "stays", "dev");
    applied(&[("mapRoles", &roles)], Some(&file(&["stays"], NEW)))
}

fn asked(lineage: Knowledge<Lineage>) -> Circumstances {
    Circumstances { lineage, ..circumstances() }
}

fn opinion(desired: &DesiredAccess, there: &ObservedAccess, lineage: Knowledge<Lineage>) -> Judgement {
    let judgements = judge(&plan(desired, there), desired, there, &asked(lineage));
    judgements.into_iter().find(|judgement| judgement.guard == Guard::Rg09).unwrap()
}

fn shallow() -> Knowledge<Lineage> {
    Knowledge::Unknown("the clone is shallow".into())
}

#[track_caller]
fn check_passed(desired: &DesiredAccess, there: &ObservedAccess, lineage: Knowledge<Lineage>, message: &str) {
    let found = opinion(desired, there, lineage);
    assert_eq!((found.verdict, found.message.as_str()), (Verdict::Passed, message));
}

#[test]
fn only_a_descendant_follows_what_was_applied() {
    let (replay, there) = (file(&["stays", "leaver"], OLD), without_leaver());
    for (lineage, verdict, message) in [
        (
            Lineage::Descendant,
            Verdict::Passed,
            "revision `000000000000` descends from `111111111111`, which was applied last",
        ),
        (
            Lineage::Ancestor,
            Verdict::Refused,
            "revision `000000000000` is older than `111111111111`, which was applied last: what came after it would be taken back",
        ),
        (
            Lineage::Diverged,
            Verdict::Refused,
            "revision `000000000000` does not descend from `111111111111`, which was applied last: each has commits that the other lacks",
        ),
        (
            Lineage::Missing,
            Verdict::Refused,
            "revision `000000000000` does not descend from `111111111111`, which was applied last and is not in this clone",
        ),
    ] {
        let found = opinion(&replay, &there, Knowledge::Known(lineage));
        assert_eq!((&found.verdict, found.message.as_str()), (&verdict, message));
        let is_helped = found.hint.is_some_and(|hint| hint.contains("--allow RG09"));
        assert_eq!(is_helped, verdict == Verdict::Refused);
    }
}

#[test]
fn without_a_history_the_dates_tell() {
    let at = |seconds: i64| Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds));
    let opinion = |then: Option<Timestamp>, now: Option<Timestamp>, source: &str| {
        let mut newest = file(&["stays"], NEW);
        newest.revision.committed_at = then;
        newest.revision.source = SourceId::named(source);
        let there = applied(&[("mapRoles", &entry("role/stays", "stays", "dev"))], Some(&newest));
        let mut next = file(&["stays", "leaver"], OLD);
        next.revision.committed_at = now;
        next.revision.source = SourceId::named(source);
        opinion(&next, &there, shallow())
    };
    let refused = opinion(at(60), at(59), "doors");
    assert_eq!(refused.verdict, Verdict::Refused);
    assert_eq!(
        refused.message,
        "revision `000000000000` of 1970-01-01T00:00:59Z is older than `111111111111` of 1970-01-01T00:01:00Z, which was applied last; their history is not known: the clone is shallow"
    );
    assert!(refused.hint.unwrap().contains("whole history tells for sure"));
    for (then, now, source) in [
        (at(60), at(60), "doors"),
        (at(60), at(61), "doors"),
        // By an old ledger, or without a work tree.
        (None, at(59), "doors"),
        (at(60), None, "doors"),
        // By hand: it may be another repository.
        (at(60), at(59), "cli"),
    ] {
        let passed = opinion(then, now, source);
        assert_eq!(
            (passed.verdict, passed.message.as_str()),
            (
                Verdict::Passed,
                "whether revision `000000000000` descends from `111111111111`, which was applied last, is not known: the clone is shallow"
            )
        );
    }
}

#[test]
fn what_is_no_revision_is_not_compared() {
    let there = without_leaver();
    let replay = file(&["stays", "leaver"], OLD);
    let ancestor = || Knowledge::Known(Lineage::Ancestor);
    let mut modified = file(&["stays", "leaver"], NEW);
    modified.revision.modified = true;
    check_passed(&modified, &there, ancestor(), "the revision is the one that was applied last");
    let first = applied(&[("mapRoles", &entry("role/stays", "stays", "dev"))], None);
    check_passed(&replay, &first, ancestor(), "this source has applied nothing yet");
    let mut other = replay.clone();
    other.revision.source = SourceId::named("doors//other.yml");
    check_passed(&other, &there, ancestor(), "this source has applied nothing yet");
    let mut unnamed = replay.clone();
    unnamed.revision.commit = None;
    check_passed(&unnamed, &there, ancestor(), "the files are of no commit that is known");
    let mut unread = there.clone();
    unread.ledger = Knowledge::Unknown("forbidden".into());
    check_passed(&replay, &unread, ancestor(), "what was applied last is not known: forbidden");
    let partial = replay.clone().speaking_only_of([].into());
    check_passed(&partial, &there, ancestor(), "an edit of single entries is no revision");
    for nothing_to_ask in [&modified, &other, &unnamed, &partial] {
        assert_eq!(predecessor(nothing_to_ask, &there), None);
    }
    assert_eq!(predecessor(&replay, &there).unwrap().commit.as_deref(), Some(NEW));
}

#[test]
fn repositories_without_a_name_are_told_apart() {
    let mut by_hand = file(&["stays"], NEW);
    by_hand.revision.source = SourceId::cli();
    let there = applied(&[("mapRoles", &entry("role/stays", "stays", "dev"))], Some(&by_hand));
    let mut next = file(&["stays", "leaver"], OLD);
    next.revision.source = SourceId::cli();
    let message = "`111111111111`, which was applied by hand last, is of another repository";
    check_passed(&next, &there, Knowledge::Known(Lineage::Missing), message);
    assert_eq!(opinion(&next, &there, Knowledge::Known(Lineage::Ancestor)).verdict, Verdict::Refused);
}

#[test]
fn a_replay_is_allowed_by_name_alone() {
    let (replay, there) = (file(&["stays", "leaver"], OLD), without_leaver());
    let allow = |guard| {
        let allowed = vec![Allowance { guard, reason: "back on purpose".into() }];
        let circumstances = Circumstances { allowed, ..asked(Knowledge::Known(Lineage::Ancestor)) };
        approve(plan(&replay, &there), &replay, &there, &circumstances)
    };
    assert!(allow(Guard::Rg08).is_err());
    let approved = allow(Guard::Rg09).unwrap();
    let last = &approved.plan().ledger().applied[&replay.revision().source];
    assert_eq!(last.revision.commit.as_deref(), Some(OLD), "the next one must descend from it");
}

/// The ledger after a revision whose map is the one that is there.
fn ledger_after(next: &DesiredAccess, there: &ObservedAccess, lineage: Lineage) -> Ledger {
    let approved = approve(plan(next, there), next, there, &asked(Knowledge::Known(lineage))).unwrap();
    assert_eq!(approved.plan().calls(), []);
    approved.plan().ledger().clone()
}

#[test]
fn a_replay_that_changes_nothing_passes_and_leaves_no_trace() {
    let there = without_leaver();
    let same = file(&["stays"], OLD);
    let found = opinion(&same, &there, Knowledge::Known(Lineage::Ancestor));
    assert_eq!(found.verdict, Verdict::Passed);
    assert!(found.message.starts_with("nothing would change, though revision `0000"), "{}", found.message);
    assert_eq!(Some(&ledger_after(&same, &there, Lineage::Ancestor)), there.ledger());
    let moved_on = ledger_after(&same, &there, Lineage::Descendant);
    assert_eq!(moved_on.applied[&same.revision().source].revision.commit.as_deref(), Some(OLD));
}

/// The old policy is no step on the way to the next one.
#[test]
fn a_replay_does_not_bring_its_policy_back() {
    let stays = entry("role/stays", "stays", "dev");
    let at = |growth, commit| {
        let policy = Policy { growth, ..Policy::default() };
        wanted(&[("mapRoles", &stays)], "aws-auth.yml", policy).at(commit)
    };
    let there = applied(&[("mapRoles", &stays)], Some(&at(Growth::Refuse, NEW)));
    let replay = at(Growth::Show, OLD);
    let ledger = ledger_after(&replay, &there, Lineage::Ancestor);
    assert_eq!(ledger.applied[&replay.revision().source].policy.growth, Growth::Refuse);
}

#[test]
fn a_replay_that_would_own_more_is_refused() {
    let mut there = without_leaver();
    let leaver = entry("role/leaver", "leaver", "dev");
    there.map.as_mut().unwrap().alter(|data| data.get_mut("mapRoles").unwrap().push_str(&leaver));
    let replay = file(&["stays", "leaver"], OLD);
    assert_eq!(plan(&replay, &there).calls(), [], "somebody else has added it by hand");
    assert_eq!(opinion(&replay, &there, Knowledge::Known(Lineage::Ancestor)).verdict, Verdict::Refused);
}

/// An apply that died between the map and the ledger was applied all the same.
#[test]
fn an_apply_that_was_never_completed_counts() {
    let mut there = without_leaver();
    let unfinished = |revision: &DesiredAccess, after: String| Intent {
        name: "apply-1".into(),
        started_at: Timestamp::UNIX_EPOCH,
        revision: revision.revision().clone(),
        caller: None,
        adds: [].into(),
        alters: [].into(),
        removes: [].into(),
        before: String::new(),
        after,
    };
    let newer = file(&["stays"], "2222");
    there.unfinished = vec![unfinished(&newer, data_fingerprint(there.data()))];
    let again = file(&["stays", "leaver"], NEW);
    assert_eq!(predecessor(&again, &there), Some(newer.revision()));
    there.unfinished = vec![unfinished(&newer, "it was not made".into())];
    assert_eq!(predecessor(&again, &there), None, "it is the one of the ledger");
}

/// The same commit from an archive, where nobody knows its date, is nothing new.
#[test]
fn a_date_that_is_known_stays_known() {
    let mut dated = file(&["stays"], NEW);
    dated.revision.committed_at = Some(Timestamp::UNIX_EPOCH);
    let there = applied(&[("mapRoles", &entry("role/stays", "stays", "dev"))], Some(&dated));
    let ledger = |commit| plan(&file(&["stays"], commit), &there).ledger().clone();
    assert_eq!(Some(&ledger(NEW)), there.ledger());
    assert_eq!(ledger("2222").applied[&dated.revision().source].revision.committed_at, None);
}

#[test]
fn an_old_ledger_without_dates_is_read() {
    let text = r#"{ "applied": { "doors//a": { "revision": { "source": "doors//a", "commit": "1a" }, "digest": "d",
        "policy": { "unmanaged": "keep", "protect": [], "maxRemovals": { "count": 5, "percent": 30 }, "growth": "show" } } } }"#;
    let ledger: Ledger = serde_json::from_str(text).unwrap();
    let revision = &ledger.applied[&SourceId::named("doors//a")].revision;
    assert_eq!(revision.committed_at, None);
    assert_eq!(serde_json::to_string(revision).unwrap(), r#"{"source":"doors//a","commit":"1a"}"#);
    assert_eq!(desired(&role("a", &["x"])).revision().committed_at, None);
}
