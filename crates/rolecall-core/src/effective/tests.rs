use std::collections::BTreeMap;

use super::{EffectiveMap, LossKind, TemplateValues, Verdict, explain};
use crate::identity_mapping::Section;
use crate::principal::PrincipalArn;

const ACCOUNT: &str = "111122223333";

fn map(section: &str, text: &str) -> EffectiveMap {
    EffectiveMap::read(&BTreeMap::from([(section.to_owned(), text.to_owned())]))
}

fn verdict(map: &EffectiveMap, arn: &str) -> Verdict {
    explain(map, &PrincipalArn::parse(arn).unwrap(), &TemplateValues::default()).verdict
}

/// Checks why `arn` is denied.
fn check_denied(map: &EffectiveMap, arn: &str, code: &str) {
    match verdict(map, arn) {
        Verdict::Denied(denial) => assert_eq!(denial.code, code, "{denial:?}"),
        other => panic!("{arn}: {other:?}"),
    }
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

#[test]
fn a_denial_names_the_likely_mistake() {
    let entry = |arn: &str| map("mapRoles", &format!("- rolearn: {arn}\n  username: u\n"));
    check_denied(&entry(&role("team/dev")), &role("dev"), "rolePath");
    check_denied(&entry(&role("dev")), &role("team/dev"), "rolePath");
    check_denied(&entry("arn:aws:iam::999999999999:role/dev"), &role("dev"), "otherAccount");
    check_denied(&entry(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/dev/s")), &role("dev"), "neverMatches");
    check_denied(&entry(&format!("'{} '", role("dev"))), &role("dev"), "neverMatches");
    check_denied(&entry(&role("other")), &role("dev"), "notMapped");
    check_denied(&map("mapRoles", "\t- bad"), &role("dev"), "sectionUnreadable");
    let sso = format!("- sso: {{permissionSetName: Adm, accountID: \"{ACCOUNT}\"}}\n  username: a\n");
    check_denied(&map("mapRoles", &sso), &role("AWSReservedSSO_Adm_0123456789abcdef"), "ssoIgnored");
    let user = format!("- userarn: arn:aws:iam::{ACCOUNT}:user/ann\n  username: a\n");
    check_denied(&map("mapUsers", &user), &format!("arn:aws:iam::{ACCOUNT}:user/team/ann"), "userPath");
}

#[test]
fn a_random_winner_is_ambiguous() {
    let text = format!(
        "- userarn: arn:aws:iam::{ACCOUNT}:user/U\n  username: first\n- userarn: arn:aws:iam::{ACCOUNT}:user/u\n  username: second\n"
    );
    match verdict(&map("mapUsers", &text), &format!("arn:aws:iam::{ACCOUNT}:user/u")) {
        Verdict::Ambiguous(candidates) => {
            let names: Vec<&str> = candidates.iter().map(|candidate| candidate.username.as_str()).collect();
            assert_eq!(names, ["first", "second"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn templates_are_filled_from_the_session() {
    let text = format!(
        "- rolearn: {}\n  username: \"{{{{SessionName}}}}@{{{{AccountID}}}}\"\n  groups: [\"g-{{{{SessionNameRaw}}}}\"]\n",
        role("dev")
    );
    match verdict(&map("mapRoles", &text), &format!("arn:aws:sts::{ACCOUNT}:assumed-role/dev/me@x")) {
        Verdict::Mapped(candidate) => {
            assert_eq!(candidate.username, format!("me-x@{ACCOUNT}"));
            assert_eq!(candidate.groups, ["g-me@x"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_node_entry_is_not_for_people() {
    let text = format!("- rolearn: {}\n  username: system:node:{{{{EC2PrivateDNSName}}}}\n", role("nodes"));
    let map = map("mapRoles", &text);
    check_denied(&map, &format!("arn:aws:sts::{ACCOUNT}:assumed-role/nodes/me"), "notAnInstance");
    let node = format!("arn:aws:sts::{ACCOUNT}:assumed-role/nodes/i-0123456789abcdef0");
    assert!(matches!(verdict(&map, &node), Verdict::Mapped(_)));
}

/// Upstream picks the entry first, and only then finds out that it is for instances.
#[test]
fn a_node_entry_among_several_is_a_random_denial() {
    let entry = |user: &str, name: &str| {
        format!("- userarn: arn:aws:iam::{ACCOUNT}:user/{user}\n  username: \"{name}\"\n")
    };
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/u");
    let node = "{{EC2PrivateDNSName}}";
    match verdict(&map("mapUsers", &(entry("U", node) + &entry("u", "me"))), &arn) {
        Verdict::Ambiguous(candidates) => {
            assert_eq!(candidates[0].denied.as_ref().unwrap().code, "notAnInstance");
            assert_eq!((candidates[1].username.as_str(), &candidates[1].denied), ("me", &None));
        }
        other => panic!("{other:?}"),
    }
    check_denied(
        &map("mapUsers", &(entry("U", node) + &entry("u", &format!("n:{node}")))),
        &arn,
        "notAnInstance",
    );
}

/// Of keys that print the same Go keeps one in the order of a hash map, and only what it keeps is printed.
#[test]
fn a_section_that_only_chance_lets_be_read_is_ambiguous() {
    let text = format!("- rolearn: {}\n  username: dev\n  1: .inf\n  '1': x\n", role("dev"));
    let map = map("mapRoles", &text);
    assert!(map.section(Section::MapRoles).entries().is_empty());
    assert!(map.section(Section::MapRoles).unreadable().is_some());
    match verdict(&map, &role("dev")) {
        Verdict::Ambiguous(candidates) => {
            assert_eq!((candidates[0].username.as_str(), &candidates[0].denied), ("dev", &None));
            assert_eq!(candidates[1].denied.as_ref().unwrap().code, "sectionUnreadable");
        }
        other => panic!("{other:?}"),
    }
    check_denied(&map, &role("other"), "sectionUnreadable");
}

/// Where the section is not read, the account may answer instead.
#[test]
fn what_chance_takes_away_another_section_may_give() {
    let roles = format!("- rolearn: {}\n  username: dev\n  1: .inf\n  '1': x\n", role("dev"));
    let accounts = format!("- '{ACCOUNT}'\n");
    let map =
        EffectiveMap::read(&[("mapRoles".to_owned(), roles), ("mapAccounts".to_owned(), accounts)].into());
    let Verdict::Ambiguous(candidates) = verdict(&map, &role("dev")) else { panic!("it is ambiguous") };
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.username.as_str()).collect();
    assert_eq!(names, [role("dev").as_str(), "dev"]);
    assert!(matches!(verdict(&map, &role("other")), Verdict::Mapped(_)));
}

#[test]
fn an_account_lets_its_principals_in_under_their_own_arn() {
    let map = map("mapAccounts", &format!("- \"{ACCOUNT}\"\n"));
    match verdict(&map, &role("Dev")) {
        Verdict::Mapped(candidate) => {
            assert_eq!((candidate.username, candidate.groups.len()), (role("Dev"), 0));
        }
        other => panic!("{other:?}"),
    }
}

/// A list that is decoded twice keeps what its array held: Go does not clear it.
#[test]
fn a_null_in_a_second_list_of_groups_keeps_the_first_ones_group() {
    let text =
        format!("- rolearn: {}\n  username: u\n  GROUPS: [a, b]\n  groups: [null, c, null]\n", role("dev"));
    let map = map("mapRoles", &text);
    assert_eq!(map.section(Section::MapRoles).entries()[0].mapping.groups, ["a", "c", ""]);
}

#[test]
fn losses_have_their_place() {
    let text = format!("- rolearn: {}\n  username: 1234\n  group: [g]\n  groups: none\n", role("dev"));
    let map = map("mapRoles", &text);
    let reading = map.section(Section::MapRoles);
    let at = |wanted: &LossKind| {
        let loss = reading.losses().iter().find(|loss| loss.kind == *wanted).unwrap();
        &text[loss.span.start..loss.span.end]
    };
    assert_eq!(at(&LossKind::UsernameNotText), "1234");
    assert_eq!(at(&LossKind::UnknownKey { key: "group".into(), nearest: Some("groups") }), "group");
    assert_eq!(at(&LossKind::GroupsNotList), "none");
}
