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
fn losing_what_one_may_do_counts_as_going() {
    let many = |username: &str, groups: &str| -> String {
        (0..6).map(|n| entry(&format!("role/r{n}"), username, groups)).collect()
    };
    let before = applied(&[("mapRoles", &many("r", "dev, ops"))], None);
    check_refused(Guard::Rg05, &roles(&many("r", "")), &before, "6 lose what they may do");
    check_passed(Guard::Rg05, &roles(&many("r", "viewers")), &before);
    let before = applied(&[("mapRoles", &many("r", ""))], None);
    check_refused(Guard::Rg05, &roles(&many("other", "")), &before, "6 lose what they may do");
    let before = applied(&[("mapRoles", &many("r", "system:masters"))], None);
    check_refused(Guard::Rg05, &roles(&many("r", "viewers")), &before, "6 lose what they may do");
    let promoted = roles(&many("s", "system:masters"));
    check_passed(Guard::Rg05, &promoted, &applied(&[("mapRoles", &many("r", "dev"))], None));
}

#[test]
fn being_outranked_counts_as_going() {
    let (own, mut theirs) = (entry("role/ours", "ours", "dev"), String::new());
    let mut shadows = own.clone();
    for n in 0..6 {
        theirs.push_str(&entry(&format!("user/u{n}"), "u", "dev"));
        shadows.push_str(&entry(&format!("user/u{n}"), "nobody", "").replace("userarn", "rolearn"));
    }
    let before = applied(&[("mapRoles", &own), ("mapUsers", &theirs)], None);
    check_refused(Guard::Rg05, &roles(&shadows), &before, "6 lose what they may do");
    let owner = wanted(&[("mapUsers", &theirs)], "users.yml", Policy::default());
    let before = applied(&[("mapRoles", &own), ("mapUsers", &theirs)], Some(&owner));
    assert_eq!(plan(&roles(&shadows), &before).conflicts().len(), 6, "they are another source's");
}

#[test]
fn entries_that_match_nobody_count_for_nothing() {
    let many = |arn: &str| -> String { (0..6).map(|n| entry(&format!("{arn}{n}"), "r", "dev")).collect() };
    let base = entry("role/base", "base", "dev");
    let before = applied(&[("mapRoles", &many("role/r"))], Some(&roles(&many("role/r"))));
    let nobody = roles("- rolearn: arn:aws:iam::1:role/todo\n  username: x\n  groups: [x]\n");
    check_refused(Guard::Rg04, &nobody, &before, "would become empty");
    let ghosts = format!("{base}{}", many("role/path/r"));
    check_passed(Guard::Rg05, &roles(&base), &applied(&[("mapRoles", &ghosts)], Some(&roles(&ghosts))));
}

#[test]
fn one_word_lets_pass_only_what_was_told() {
    let admin = entry("role/boss", "boss", "system:masters");
    let guarded = entry("role/kept", "kept", "dev, ops");
    let before = applied(&[("mapRoles", &format!("{admin}{guarded}"))], Some(&roles(&admin)));
    let narrowed = protecting("role/kept", &entry("role/kept", "kept", "dev"));
    check_refused(Guard::Rg02, &narrowed, &before, "would lose `ops`; the last principal");
    let elsewhere = crate::cluster::ClusterIdentity { name: "staging".into(), ..before.cluster.clone() };
    let allowed = super::Allowance { guard: Guard::Rg07, reason: "slow runner".into() };
    let circumstances =
        super::Circumstances { declared: Some(elsewhere), allowed: vec![allowed], ..circumstances() };
    let same = roles(&format!("{admin}{guarded}"));
    let judgements = judge(&plan(&same, &before), &same, &before, &circumstances);
    assert!(judgements.iter().any(|judgement| judgement.verdict == Verdict::Refused), "for another cluster");
}

#[test]
fn a_caller_that_is_not_known_may_be_outranked() {
    let me = entry("user/me", "me", "dev");
    let mut before = applied(&[("mapRoles", &entry("role/a", "a", "dev")), ("mapUsers", &me)], None);
    before.caller = Knowledge::Unknown("forbidden".into());
    let shadow = entry("user/me", "nobody", "").replace("userarn", "rolearn");
    check_refused(Guard::Rg01, &roles(&shadow), &before, "may lock it out");
    check_passed(Guard::Rg01, &roles(&entry("role/b", "b", "dev")), &before);
}

#[test]
fn a_looser_policy_of_the_same_commit_does_not_judge_its_other_files() {
    let ours = entry("role/ours", "ours", "dev");
    let file = |path: &str, text: &str, growth, commit: &str| {
        wanted(&[("mapRoles", text)], path, Policy { growth, ..Policy::default() }).at(commit)
    };
    let mut there = applied(&[("mapRoles", &ours)], Some(&file("aws-auth.yml", &ours, Growth::Refuse, "c0")));
    // The first file of c1 changes nothing, and is recorded.
    let first = plan(&file("aws-auth.yml", &ours, Growth::Show, "c1"), &there);
    there = crate::predict::predict(&first, &there);
    let evil = entry("role/evil", "evil", "system:masters");
    check_refused(Guard::Rg06, &file("extra.yml", &evil, Growth::Show, "c1"), &there, "role/evil");
    check_passed(Guard::Rg06, &file("extra.yml", &evil, Growth::Show, "c2"), &there);
}

#[test]
fn a_node_may_gain_a_group() {
    let node = |groups: &str| entry("role/node", "system:node:{{EC2PrivateDNSName}}", groups);
    let before = applied(&[("mapRoles", &node("system:nodes"))], None);
    check_passed(Guard::Rg03, &roles(&node("system:nodes, system:bootstrappers")), &before);
    let windows = node("system:bootstrappers, system:nodes, eks:kube-proxy-windows");
    check_passed(Guard::Rg06, &refusing_growth(&[("mapRoles", &windows)]), &before);
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
    let own = |groups: &str| format!("{keep}{}", entry("role/bob", "bob", groups));
    check_passed(Guard::Rg02, &protecting("role/bob", &own("ops")), &before);
    check_refused(Guard::Rg02, &protecting("role/bob", &own("")), &before, "instead of `arn:");
}
