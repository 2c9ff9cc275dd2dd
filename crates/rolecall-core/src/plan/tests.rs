//! Ownership beyond the ledger, and properties of planning that hold for every map.

use alloc::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Action, plan};
use crate::document::AwsAuthDocument;
use crate::effective::EffectiveMap;
use crate::fixtures::{applied, desired, entry, manifest, observed, role, wanted};
use crate::identity_mapping::{EntryKey, Section};
use crate::observed::{Knowledge, ObservedAccess};
use crate::policy::{Growth, Policy};
use crate::predict::predict;
use crate::record::{Intent, data_fingerprint};
use crate::source::{SourceId, SourceRevision};

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
    let was = wanted(&[("mapRoles", &both)], "aws-auth.yml", strict.clone());
    let there = applied(&[("mapRoles", &both)], Some(&was));
    let moved = wanted(&[("mapRoles", &ours)], "moved.yml", Policy::default());
    assert_eq!(plan(&moved, &there).conflicts().len(), 1);

    let moved = moved.taking_over(was.revision().source.clone());
    let found = plan(&moved, &there);
    assert_eq!((found.conflicts(), found.blocked(), found.count(Action::Remove)), (&[][..], &[][..], 1));
    let after = predict(&found, &there);
    let again = plan(&moved, &after);
    assert_eq!((again.changes(), again.ledger(), again.blocked()), (&[][..], found.ledger(), &[][..]));
    let judges = || super::policies::policies(&moved, &after).filter(|policy| **policy == strict).count();
    assert_eq!(judges(), 1, "the same revision is judged as it was at first");

    let typo = moved.taking_over(SourceId::named("elsewhere"));
    assert!(plan(&typo, &there).blocked()[0].hint.contains("aws-auth.yml"));
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
