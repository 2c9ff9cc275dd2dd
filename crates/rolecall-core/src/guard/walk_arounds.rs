//! Ways around the guards that were found by somebody who looked for them. Each stays shut.

use super::{Guard, Verdict, judge};
use crate::cluster::AccessEntry;
use crate::desired::DesiredAccess;
use crate::fixtures::{applied, circumstances, entry, wanted};
use crate::observed::{Knowledge, ObservedAccess};
use crate::plan::{Action, plan};
use crate::policy::{Growth, MaxRemovals, Policy, Unmanaged};

/// Says what `guard` thinks of bringing `observed` to what `desired` wants.
fn opinion(guard: Guard, desired: &DesiredAccess, observed: &ObservedAccess) -> (Verdict, String) {
    let judgements = judge(&plan(desired, observed), desired, observed, &circumstances());
    let judgement = judgements.into_iter().find(|judgement| judgement.guard == guard).unwrap();
    (judgement.verdict, judgement.message)
}

fn check_refused(guard: Guard, desired: &DesiredAccess, observed: &ObservedAccess, because: &str) {
    let (verdict, message) = opinion(guard, desired, observed);
    assert_eq!(verdict, Verdict::Refused, "{message}");
    assert!(message.contains(because), "{message}");
}

fn check_passed(guard: Guard, desired: &DesiredAccess, observed: &ObservedAccess) {
    let (verdict, message) = opinion(guard, desired, observed);
    assert_eq!(verdict, Verdict::Passed, "{message}");
}

fn roles(text: &str) -> DesiredAccess {
    wanted(&[("mapRoles", text)], "aws-auth.yml", Policy::default())
}

fn refusing_growth(sections: &[(&str, &str)]) -> DesiredAccess {
    wanted(sections, "aws-auth.yml", Policy { growth: Growth::Refuse, ..Policy::default() })
}

fn protecting(arn: &str, text: &str) -> DesiredAccess {
    let policy = Policy { protect: vec![format!("arn:aws:iam::111122223333:{arn}")], ..Policy::default() };
    wanted(&[("mapRoles", text)], "aws-auth.yml", policy)
}

#[test]
fn a_file_that_moved_is_judged_by_the_policy_it_had() {
    let ours = entry("role/ours", "ours", "dev");
    let strict = Policy { growth: Growth::Refuse, ..Policy::default() };
    let before =
        applied(&[("mapRoles", &ours)], Some(&wanted(&[("mapRoles", &ours)], "aws-auth.yml", strict)));
    let evil = entry("role/evil", "evil", "system:masters");
    let moved = wanted(&[("mapRoles", &evil)], "moved/aws-auth.yml", Policy::default());
    check_refused(Guard::Rg06, &moved, &before, "role/evil");
}

#[test]
fn a_file_that_moved_does_not_remove_what_is_not_its_own() {
    let map = entry("role/ours", "ours", "dev") + &entry("role/theirs", "theirs", "ops");
    let keeping =
        wanted(&[("mapRoles", &entry("role/ours", "ours", "dev"))], "aws-auth.yml", Policy::default());
    let before = applied(&[("mapRoles", &map)], Some(&keeping));
    let loose = Policy { unmanaged: Unmanaged::Remove, ..Policy::default() };
    let moved = wanted(&[("mapRoles", &entry("role/new", "new", "dev"))], "moved.yml", loose);
    assert_eq!(plan(&moved, &before).count(Action::Remove), 0);
}

#[test]
fn an_entry_of_map_roles_outranks_one_of_map_users() {
    let masters = entry("role/keep", "keep", "dev");
    let nodes = entry("role/node", "system:node:{{EC2PrivateDNSName}}", "system:nodes");
    let before = applied(&[("mapRoles", &masters), ("mapUsers", &nodes.replace("rolearn", "userarn"))], None);
    check_refused(Guard::Rg03, &roles(&entry("role/node", "node", "viewers")), &before, "role/node");

    let boss = entry("role/boss", "boss", "system:masters").replace("rolearn", "userarn");
    let before = applied(&[("mapRoles", &masters), ("mapUsers", &boss)], None);
    check_refused(Guard::Rg02, &roles(&entry("role/boss", "boss", "viewers")), &before, "the last principal");
}

#[test]
fn a_removal_that_uncovers_an_admin_is_growth() {
    let (bob, keep) = (entry("role/bob", "bob", "viewers"), entry("role/keep", "keep", "dev"));
    let hidden = entry("role/bob", "bob", "system:masters").replace("rolearn", "userarn");
    let sections = [("mapRoles", format!("{bob}{keep}")), ("mapUsers", hidden)];
    let sections = sections.each_ref().map(|(key, text)| (*key, text.as_str()));
    let before = applied(&sections, Some(&roles(&format!("{bob}{keep}"))));
    check_refused(Guard::Rg06, &refusing_growth(&[("mapRoles", &keep)]), &before, "role/bob");
}

#[test]
fn an_admin_that_nobody_can_be_does_not_count() {
    let (boss, dev) = (entry("role/boss", "boss", "system:masters"), entry("role/dev", "dev", "dev"));
    let ghosts = [
        entry("role/path/ghost", "g", "system:masters"),
        entry("role/*", "g", "system:masters"),
        "- rolearn: arn:aws:sts::111122223333:assumed-role/ghost/s\n  username: g\n  groups: [system:masters]\n".to_owned(),
        "- rolearn: ghost\n  username: g\n  groups: [system:masters]\n".to_owned(),
        "- sso:\n    permissionSetName: G\n    accountID: \"111122223333\"\n  username: g\n  groups: [system:masters]\n".to_owned(),
    ];
    for ghost in ghosts {
        let ours = roles(&format!("{boss}{dev}"));
        let before = applied(&[("mapRoles", &format!("{boss}{dev}{ghost}"))], Some(&ours));
        check_refused(Guard::Rg02, &roles(&dev), &before, "the last principal");
    }
}

#[test]
fn an_admin_whom_an_access_entry_outranks_does_not_count() {
    let (boss, dev) = (entry("role/boss", "boss", "system:masters"), entry("role/dev", "dev", "dev"));
    let shadowed = entry("role/shadowed", "s", "system:masters");
    let mut before =
        applied(&[("mapRoles", &format!("{boss}{dev}{shadowed}"))], Some(&roles(&format!("{boss}{dev}"))));
    before.access_entries = Knowledge::Known(vec![AccessEntry {
        principal_arn: "arn:aws:iam::111122223333:role/team/shadowed".into(),
        entry_type: "STANDARD".into(),
        username: "s".into(),
        groups: vec![],
        cluster_policies: vec![],
    }]);
    check_refused(Guard::Rg02, &roles(&dev), &before, "the last principal");
}

#[test]
fn growth_hides_behind_no_username_template_or_account() {
    let base = entry("role/admin", "admin", "system:masters");
    let before = applied(&[("mapRoles", &base)], None);
    for (username, groups) in [
        ("system:kube-controller-manager", "system:nodes"),
        ("system:kube-controller-manager", ""),
        ("x", "\"system:{{SessionName}}\""),
    ] {
        let evil = entry("role/evil", username, groups);
        check_refused(Guard::Rg06, &refusing_growth(&[("mapRoles", &evil)]), &before, "role/evil");
    }
    let node = entry("role/node", "system:node:{{EC2PrivateDNSName}}", "system:bootstrappers, system:nodes");
    check_passed(Guard::Rg06, &refusing_growth(&[("mapRoles", &node)]), &before);
    let accounts = [("mapRoles", node.as_str()), ("mapAccounts", "- \"999988887777\"\n")];
    check_refused(Guard::Rg06, &refusing_growth(&accounts), &before, "999988887777");
}

#[test]
fn a_section_that_is_not_in_the_file_is_no_wish() {
    let nodes = entry("role/node", "system:node:{{EC2PrivateDNSName}}", "system:nodes");
    let (dev, boss) = (entry("role/dev", "dev", "dev"), entry("user/boss", "boss", "system:masters"));
    let ours = wanted(&[("mapRoles", &dev), ("mapUsers", &boss)], "aws-auth.yml", Policy::default());
    let before = applied(&[("mapRoles", &format!("{nodes}{dev}")), ("mapUsers", &boss)], Some(&ours));
    for roles in [None, Some(""), Some("# - rolearn: x\n")] {
        let sections = roles.into_iter().map(|text| ("mapRoles", text)).chain([("mapUsers", boss.as_str())]);
        let without = wanted(&sections.collect::<Vec<_>>(), "aws-auth.yml", Policy::default());
        check_refused(Guard::Rg04, &without, &before, "the file has no `mapRoles`");
    }
    let empty = wanted(&[("mapRoles", "[]"), ("mapUsers", &boss)], "aws-auth.yml", Policy::default());
    check_passed(Guard::Rg04, &empty, &before);
}

#[test]
fn losing_every_group_counts_as_going() {
    let many =
        |groups: &str| -> String { (0..6).map(|n| entry(&format!("role/r{n}"), "r", groups)).collect() };
    let before = applied(&[("mapRoles", &many("dev, ops"))], None);
    check_refused(Guard::Rg05, &roles(&many("")), &before, "6 lose every group");
    check_refused(Guard::Rg05, &roles(&many("viewers")), &before, "6 lose every group");
    check_passed(Guard::Rg05, &roles(&many("dev")), &before);
}

#[test]
fn a_share_of_removals_does_not_overflow() {
    let most = MaxRemovals { count: usize::MAX, percent: usize::MAX };
    assert!(!most.is_exceeded(usize::MAX, usize::MAX));
}

#[test]
fn a_protected_principal_with_several_entries_is_protected() {
    let users = entry("user/Bob", "bob", "system:masters") + &entry("user/bob", "bob", "dev");
    let keep = entry("role/keep", "keep", "dev");
    let ours = wanted(&[("mapRoles", &keep)], "aws-auth.yml", Policy::default());
    let before = applied(&[("mapRoles", &keep), ("mapUsers", &users)], Some(&ours));
    // Nothing changes about it: nothing to refuse, though nobody can say which entry answers.
    check_passed(Guard::Rg02, &protecting("user/bob", &keep), &before);
    let narrowed = Policy { protect: vec!["arn:aws:iam::111122223333:user/bob".into()], ..Policy::default() };
    let bob = entry("user/bob", "bob", "dev");
    let narrowed = wanted(&[("mapRoles", &keep), ("mapUsers", &bob)], "aws-auth.yml", narrowed);
    check_refused(Guard::Rg02, &narrowed, &before, "would lose `system:masters`");
}

#[test]
fn an_entry_of_its_own_is_no_harm_to_whoever_came_by_its_account() {
    let keep = entry("role/keep", "keep", "dev");
    let before = applied(&[("mapRoles", &keep), ("mapAccounts", "- \"111122223333\"\n")], None);
    let own = keep + &entry("role/bob", "bob", "ops");
    check_passed(Guard::Rg02, &protecting("role/bob", &own), &before);
}
