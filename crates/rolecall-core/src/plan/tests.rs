//! Ownership beyond the ledger, and properties of planning that hold for every map.

use alloc::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Action, plan};
use crate::document::AwsAuthDocument;
use crate::effective::EffectiveMap;
use crate::fixtures::{applied, desired, entry, manifest, observed, role, wanted};
use crate::identity_mapping::{EntryKey, Section};
use crate::observed::{Knowledge, ObservedAccess};
use crate::policy::{Growth, Policy, Unmanaged};
use crate::predict::predict;
use crate::record::{Intent, data_fingerprint};
use crate::source::{SourceId, SourceRevision};

fn break_section(there: &mut ObservedAccess, section: &str) {
    there.map.as_mut().unwrap().alter(|data| {
        data.insert(section.into(), "- {".into());
    });
}

fn key(name: &str) -> EntryKey {
    EntryKey::new(Section::MapRoles, &format!("arn:aws:iam::111122223333:role/{name}"))
}

#[test]
fn an_unfinished_intent_owns_what_it_added() {
    let mut observed = observed(&format!("{}{}", role("a", &["x"]), role("b", &["x"])), None);
    let wanted = desired(&role("a", &["x"]));
    assert_eq!(plan(&wanted, &observed).count(Action::Remove), 0, "nobody's, so it stays");
    observed.unfinished = vec![Intent {
        name: "apply-1".into(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        revision: SourceRevision::cli(),
        caller: None,
        adds: BTreeSet::from([key("b")]),
        alters: BTreeMap::new(),
        removes: BTreeSet::new(),
        before: String::new(),
        after: String::new(),
    }];
    assert_eq!(plan(&wanted, &observed).count(Action::Remove), 1, "ours, so it goes");
}

/// Someone was about to alter `theirs`, which was there before.
fn about_to_alter(observed: &ObservedAccess) -> Intent {
    let claiming = desired(&format!("{}{}", role("ours", &["x"]), role("theirs", &["y"])));
    let meant = claiming.document().effective().winners()[&key("theirs")].mapping.clone();
    Intent {
        name: "apply-1".into(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        revision: SourceRevision::cli(),
        caller: None,
        adds: BTreeSet::new(),
        alters: BTreeMap::from([(key("theirs"), meant)]),
        removes: BTreeSet::new(),
        before: data_fingerprint(observed.data()),
        after: data_fingerprint(plan(&claiming, observed).data()),
    }
}

#[test]
fn an_alteration_that_was_not_made_claims_nothing() {
    let there =
        |theirs: &str| observed(&format!("{}{}", role("ours", &["x"]), role("theirs", &[theirs])), None);
    let intent = about_to_alter(&there("x"));
    let reverted = desired(&role("ours", &["x"]));
    let removes = |mut observed: ObservedAccess| {
        observed.unfinished = vec![intent.clone()];
        plan(&reverted, &observed).count(Action::Remove)
    };
    assert_eq!(removes(there("x")), 0, "killed before the patch");
    assert_eq!(removes(there("y")), 1, "killed after it: it is ours");
    assert_eq!(removes(there("z")), 0, "somebody wrote since, and not what we meant");
}

#[test]
fn a_file_that_moved_takes_over_what_it_owned() {
    let (ours, gone) = (entry("role/ours", "ours", "dev"), entry("role/gone", "gone", "dev"));
    let both = format!("{ours}{gone}");
    let strict = Policy { growth: Growth::Refuse, ..Policy::default() };
    let was = wanted(&[("mapRoles", &both)], "aws-auth.yml", strict);
    let there = applied(&[("mapRoles", &both)], Some(&was));
    let moved = wanted(&[("mapRoles", &ours)], "moved.yml", Policy::default());
    assert_eq!(plan(&moved, &there).conflicts().len(), 1);

    let moved = moved.taking_over(was.revision().source.clone());
    let found = plan(&moved, &there);
    assert_eq!((found.conflicts(), found.blocked(), found.count(Action::Remove)), (&[][..], &[][..], 1));
    let after = predict(&found, &there);
    let again = plan(&moved, &after);
    assert_eq!((again.changes(), again.ledger(), again.blocked()), (&[][..], found.ledger(), &[][..]));
    let growth = super::judging_policy(&moved, &after).growth;
    assert_eq!(growth, Growth::Refuse, "the same revision is judged as it was at first");

    let stranger = entry("role/stranger", "stranger", "dev");
    let stranger = wanted(&[("mapRoles", &stranger)], "moved.yml", Policy::default());
    let stolen = plan(&stranger.taking_over(was.revision().source.clone()), &there);
    assert!(stolen.blocked()[0].reason.contains("is in this file"), "{:?}", stolen.blocked());

    let typo = moved.taking_over(SourceId::named("elsewhere"));
    assert!(plan(&typo, &there).blocked()[0].hint.contains("aws-auth.yml"));
}

#[test]
fn a_section_that_cannot_be_read_is_not_forgotten() {
    let (ours, leaver) = (entry("role/ours", "ours", "dev"), entry("user/leaver", "leaver", "dev"));
    let was = wanted(&[("mapRoles", &ours), ("mapUsers", &leaver)], "aws-auth.yml", Policy::default());
    let mut there = applied(&[("mapRoles", &ours), ("mapUsers", &leaver)], Some(&was));
    break_section(&mut there, "mapUsers");
    let without = wanted(&[("mapRoles", &ours), ("mapUsers", "[]")], "aws-auth.yml", Policy::default());
    let found = plan(&without, &there);
    assert!(found.blocked()[0].reason.contains("`mapUsers` cannot be read"), "{:?}", found.blocked());
    assert_eq!(found.ledger().owners.len(), 2, "the leaver is still ours to take out");
}

#[test]
fn replacing_a_section_takes_nothing_from_another_source() {
    let theirs = entry("role/theirs", "theirs", "dev");
    let owner = wanted(&[("mapRoles", &theirs)], "other.yml", Policy::default());
    let mut there = applied(&[("mapRoles", &theirs)], Some(&owner));
    break_section(&mut there, "mapRoles");
    let found = plan(&wanted(&[("mapRoles", &theirs)], "aws-auth.yml", Policy::default()), &there);
    assert_eq!(found.conflicts().len(), 1);
}

#[test]
fn unmanaged_is_removed_only_by_two_revisions_that_say_so() {
    let (ours, theirs) = (entry("role/ours", "ours", "dev"), entry("role/theirs", "theirs", "ops"));
    let map = format!("{ours}{theirs}");
    let remove = Policy { unmanaged: Unmanaged::Remove, ..Policy::default() };
    let file = |commit: &str| wanted(&[("mapRoles", &ours)], "aws-auth.yml", remove.clone()).at(commit);
    let removes = |there: &ObservedAccess, commit: &str| plan(&file(commit), there).count(Action::Remove);
    assert_eq!(removes(&applied(&[("mapRoles", &map)], None), "c1"), 0, "nothing was ever applied");
    let there = applied(&[("mapRoles", &map)], Some(&file("c1")));
    assert_eq!(removes(&there, "c1"), 0, "the same revision again");
    assert_eq!(removes(&there, "c2"), 1);
}

#[test]
fn a_ledger_that_cannot_be_read_is_not_replaced_by_what_kubectl_applied() {
    let mut there = observed(&format!("{}{}", role("a", &["x"]), role("b", &["x"])), None);
    let last = serde_json::json!({ "data": { "mapRoles": role("b", &["x"]) } }).to_string();
    let annotations = &mut there.map.as_mut().unwrap().annotations;
    annotations.insert(crate::observed::LAST_APPLIED_ANNOTATION.into(), last);
    let removes = |there: &ObservedAccess| plan(&desired(&role("a", &["x"])), there).count(Action::Remove);
    assert_eq!(removes(&there), 1);
    there.ledger = Knowledge::Unknown("forbidden".into());
    assert_eq!(removes(&there), 0);
}

/// An intent of the source `cli`, whose end nobody knows, in a map that somebody wrote since.
fn unfinished(adds: &[&str], removes: &[&str], observed: &ObservedAccess, is_applied: bool) -> Intent {
    let keys = |names: &[&str]| names.iter().map(|name| key(name)).collect();
    let after = if is_applied { data_fingerprint(observed.data()) } else { String::new() };
    Intent {
        adds: keys(adds),
        alters: BTreeMap::new(),
        removes: keys(removes),
        before: String::new(),
        after,
        ..about_to_alter(observed)
    }
}

#[test]
fn an_intent_takes_nothing_from_what_the_ledger_knows() {
    let map = entry("role/k", "k", "dev");
    let owner = wanted(&[("mapRoles", &map)], "other.yml", Policy::default());
    let mut there = applied(&[("mapRoles", &map)], Some(&owner));
    there.unfinished = vec![unfinished(&["k"], &[], &there, false)];
    let again = plan(&owner, &there);
    assert_eq!((again.conflicts(), again.changes()), (&[][..], &[][..]));
}

#[test]
fn what_an_intent_removed_is_nobodys() {
    let (ours, gone) = (entry("role/ours", "ours", "dev"), entry("role/gone", "gone", "dev"));
    let was = wanted(&[("mapRoles", &format!("{ours}{gone}"))], "aws-auth.yml", Policy::default());
    let mut there = applied(&[("mapRoles", &ours)], Some(&was));
    let other = wanted(&[("mapRoles", &gone)], "other.yml", Policy::default());
    assert_eq!(plan(&other, &there).conflicts().len(), 1);
    let intent = unfinished(&[], &["gone"], &there, true);
    there.unfinished = vec![Intent { revision: was.revision().clone(), ..intent }];
    assert_eq!(plan(&other, &there).conflicts(), []);
}

#[test]
fn without_a_ledger_the_user_may_say_what_was_ours() {
    let observed = observed(&format!("{}{}", role("a", &["x"]), role("b", &["x"])), None);
    let (previous, _) = AwsAuthDocument::parse("previous.yml", &manifest(&role("b", &["x"])));
    let wanted = desired(&role("a", &["x"])).after(previous.unwrap());
    assert_eq!(plan(&wanted, &observed).count(Action::Remove), 1);
}

#[test]
fn a_ledger_that_cannot_be_read_owns_nothing() {
    let mut observed = observed(&format!("{}{}", role("a", &["x"]), role("b", &["x"])), None);
    observed.ledger = Knowledge::Unknown("forbidden".into());
    assert_eq!(plan(&desired(&role("a", &["x"])), &observed).count(Action::Remove), 0);
}

/// A section of up to eight roles, with comments, keys of others and different layouts between them.
fn section() -> impl Strategy<Value = String> {
    let entry = (0..8u8, 0..3u8, 0..5u8).prop_map(|(name, group, layout)| {
        let (arn, group) = (format!("arn:aws:iam::111122223333:role/r{name}"), format!("g{group}"));
        match layout {
            0 => format!("- rolearn: {arn}\n  username: r{name}\n  groups: [{group}]\n"),
            1 => format!("# about r{name}\n- roleARN: \"{arn}\"\n  username: 'r{name}'\n  team: x\n  groups:\n    - {group}\n"),
            2 => format!("- groups:\n  - {group} # why\n  rolearn: {arn}\n  username: r{name}\n\n"),
            3 => format!("- {{rolearn: \"{arn}\", username: r{name}, groups: [{group}]}}\n"),
            _ => format!("-\n  rolearn: {arn}\n  username: u{name}\n  groups:\n  - {group}\n  - extra\n"),
        }
    });
    proptest::collection::vec(entry, 0..8).prop_map(|entries| entries.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_applied_is_not_planned_again(want in section(), have in section()) {
        let (wanted, there) = (desired(&want), observed(&have, None));
        let first = plan(&wanted, &there);
        prop_assert_eq!(first.blocked(), &[]);
        let after = predict(&first, &there);
        let again = plan(&wanted, &after);
        prop_assert_eq!(again.changes(), &[]);
        let map = EffectiveMap::read(after.data());
        for (key, entry) in wanted.document().effective().winners() {
            prop_assert!(map.winners()[&key].mapping.grants_the_same(&entry.mapping));
        }
    }

    #[test]
    fn nothing_that_is_not_ours_changes(want in section(), have in section()) {
        let (wanted, there) = (desired(&want), observed(&have, None));
        let after = predict(&plan(&wanted, &there), &there);
        let (before, after) = (EffectiveMap::read(there.data()), EffectiveMap::read(after.data()));
        let ours = wanted.document().effective().winners();
        for (key, entry) in before.winners().into_iter().filter(|(key, _)| !ours.contains_key(key)) {
            prop_assert_eq!(&after.winners()[&key].mapping, &entry.mapping);
        }
        let text = |map: &EffectiveMap| map.section(Section::MapRoles).text().unwrap_or_default().to_owned();
        for comment in text(&before).lines().filter(|line| line.starts_with("# about") || line.contains("team: x")) {
            prop_assert!(text(&after).contains(comment), "{} is lost from {}", comment, text(&after));
        }
    }

    #[test]
    fn no_plan_without_a_relevant_change(have in section()) {
        let there = observed(&have, None);
        let wanted = desired(&have);
        let found = plan(&wanted, &there);
        prop_assert!(found.calls().is_empty(), "{:?}", found.changes());
    }
}
