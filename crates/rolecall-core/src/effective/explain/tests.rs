//! Mistakes, losers, notes and access entries, each by a table.

use std::collections::BTreeMap;

use super::notes::of_templates;
use super::{BeforeTheMap, Explanation, Verdict, explain, explain_observed};
use crate::cluster::{AccessEntry, AuthenticationMode};
use crate::effective::{EffectiveMap, TEMPLATES, TemplateValues, render_template};
use crate::fixtures::observed;
use crate::observed::{Knowledge, ObservedAccess};
use crate::principal::PrincipalArn;

const ACCOUNT: &str = "111122223333";

fn data(sections: &[(&str, &str)]) -> BTreeMap<String, String> {
    sections.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
}

fn explained(sections: &[(&str, &str)], arn: &str) -> Explanation {
    let map = EffectiveMap::read(&data(sections));
    explain(&map, &PrincipalArn::parse(arn).unwrap(), &TemplateValues::default())
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn user(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

fn of_role(arn: &str, username: &str) -> String {
    format!("- rolearn: {arn}\n  username: {username}\n  groups: [g]\n")
}

#[test]
fn the_likely_mistake_is_named_and_what_to_write() {
    let check = |sections: &[(&str, &str)], arn: &str, code: &str, hint: &str| {
        let Verdict::Denied(denial) = explained(sections, arn).verdict else { panic!("{sections:?} {arn}") };
        assert_eq!(denial.code, code, "{denial:?}");
        assert!(denial.hint.as_deref().unwrap_or_default().contains(hint), "{denial:?}");
    };
    let dev = role("dev");
    let write_dev = format!("write `{dev}`");
    let by = |text: &str, arn: &str, code: &str, hint: &str| check(&[("mapRoles", text)], arn, code, hint);
    by(&of_role(&role("team/dev"), "u"), &dev, "rolePath", &format!("rolearn: {dev}"));
    by(&of_role(&format!("'{dev} '"), "u"), &dev, "neverMatches", &write_dev);
    by(&of_role(&format!("\"{dev}\\u200b\""), "u"), &dev, "neverMatches", &write_dev);
    by(
        &of_role(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/dev/x"), "u"),
        &dev,
        "neverMatches",
        &write_dev,
    );
    by(&of_role(&format!("'{}'", role("*")), "u"), &dev, "wildcard", &write_dev);
    by(&of_role(&dev.replace("aws", "aws-cn"), "u"), &dev, "otherPartition", &write_dev);
    by(&of_role(&dev.replace(ACCOUNT, "999999999999"), "u"), &dev, "otherAccount", "account id");
    by(&of_role(&user("dev"), "u"), &dev, "otherKind", &write_dev);
    by(&of_role(&role("dve"), "u"), &dev, "nearName", &write_dev);
    by(&of_role(&role("de"), "u"), &dev, "nearName", &write_dev);
    by(&of_role(&role("devs"), "u"), &dev, "nearName", &write_dev);
    by(&of_role(&role("stranger"), "u"), &dev, "notMapped", "`mapRoles`");
    by(&of_role(&dev, "u").replace("rolearn", "userarn"), &dev, "dropped", "needs `rolearn`");
    by(&format!("- {dev}\n"), &dev, "dropped", "needs `rolearn`");
    by("- not for it\n", &dev, "notMapped", "`mapRoles`");
    by(&format!("- rolearn: {dev}\n username: u\n"), &dev, "sectionUnreadable", "mend the section");
    let sso = |suffix: &str| role(&format!("AWSReservedSSO_Admin_{suffix}"));
    let permission_set =
        format!("- sso: {{permissionSetName: Admin, accountID: \"{ACCOUNT}\"}}\n  username: a\n");
    by(&permission_set, &sso("0123456789abcdef"), "ssoIgnored", "rolearn");
    by(&permission_set.replace('"', ""), &sso("0123456789abcdef"), "dropped", "needs `rolearn`");
    by(&of_role(&sso("aaaaaaaaaaaaaaaa"), "u"), &sso("0123456789abcdef"), "ssoSuffix", "assigned anew");
    let users = format!("- userarn: {}\n  username: a\n", user("ann"));
    check(&[("mapUsers", &users)], &user("team/ann"), "userPath", "exactly its path");
    check(
        &[("mapUsers", &users)],
        &format!("arn:aws:sts::{ACCOUNT}:federated-user/ann"),
        "otherKind",
        "write",
    );
    check(&[], &format!("arn:aws:iam::{ACCOUNT}:root"), "notMapped", "should not be used");
    check(&[("maproles", &of_role(&dev, "u"))], &dev, "sectionMisspelt", "write `mapRoles`");
}

#[test]
fn an_arn_that_nobody_can_have_is_not_to_be_added() {
    let check = |arn: &str, why: &str| {
        let roles = of_role(&role("dev"), "u");
        let explanation = explained(&[("mapRoles", &roles)], arn);
        let Verdict::Denied(denial) = &explanation.verdict else { panic!("{explanation:?}") };
        assert_eq!((denial.code, explanation.losers.len()), ("neverSeen", 0), "{denial:?}");
        assert!(denial.message.contains(why), "{denial:?}");
        assert!(!denial.hint.as_deref().unwrap().contains("entry"), "{denial:?}");
    };
    check(&role("*"), "no wildcards");
    check(&role("dev?"), "no wildcards");
    check(&role(""), "at least one");
    check(&role("d\u{e9}v"), "letters of ASCII");
    check("arn:aws:iam::11112222333:role/dev", "twelve digits");
}

/// The entry that the principal is written in counts more than one that looks like it.
#[test]
fn a_sure_mistake_comes_before_a_guess() {
    let roles = of_role(&role("dve"), "near") + &of_role(&role("team/dev"), "path");
    let explanation = explained(&[("mapRoles", &roles)], &role("dev"));
    let codes: Vec<&str> = explanation.losers.iter().map(|loser| loser.reason.code).collect();
    assert_eq!(codes, ["rolePath", "nearName"]);
    let Verdict::Denied(denial) = explanation.verdict else { panic!() };
    assert!(denial.message.starts_with("the second entry of `mapRoles` has the role's path"), "{denial:?}");
    // A broken section in which the principal stands is it, whatever else is like it.
    let broken = format!("- userarn: {}\n x", role("dev"));
    let explanation = explained(&[("mapRoles", &roles), ("mapUsers", &broken)], &role("dev"));
    assert!(matches!(explanation.verdict, Verdict::Denied(denial) if denial.code == "sectionUnreadable"));
}

#[test]
fn a_role_with_its_path_is_seen_without_it() {
    let check = |entry: &str, words: &str, hint: &str, losers: usize| {
        let explanation =
            explained(&[("mapRoles", &of_role(&role(entry), "u"))], &role("aws-reserved/x/dev"));
        let Verdict::Denied(denial) = &explanation.verdict else { panic!("{explanation:?}") };
        assert!(denial.message.contains(words) && denial.code == "rolePath", "{denial:?}");
        assert!(denial.hint.as_deref().unwrap().contains(hint), "{denial:?}");
        assert_eq!(explanation.losers.len(), losers);
    };
    check("dev", "the first entry of `mapRoles` answers", "explain `", 0);
    check("aws-reserved/x/dev", "denied as well", "map `rolearn: ", 1);
}

#[test]
fn those_that_lost_are_told_and_why() {
    let roles = of_role(&role("dev"), "first") + &of_role(&role("DEV"), "second");
    let users = of_role(&role("dev"), "third").replace("rolearn", "userarn");
    let accounts = format!("- \"{ACCOUNT}\"\n- \"999999999999\"\n");
    let map = [("mapRoles", roles.as_str()), ("mapUsers", &users), ("mapAccounts", &accounts)];
    let explanation = explained(&map, &role("dev"));
    let Verdict::Mapped(winner) = &explanation.verdict else { panic!("{explanation:?}") };
    assert_eq!((winner.username.as_str(), winner.via.index), ("second", 1));
    let lost = |loser: &super::Loser| (loser.via.section.key(), loser.via.index, loser.reason.code);
    let lost: Vec<_> = explanation.losers.iter().map(lost).collect();
    let expected = [
        ("mapRoles", 0, "earlierDuplicate"),
        ("mapUsers", 0, "outranked"),
        ("mapAccounts", 0, "accountNotReached"),
    ];
    assert_eq!(lost, expected);
}

#[test]
fn users_that_differ_in_case_replace_only_their_like() {
    let one = |name: &str, username: &str| format!("- userarn: {}\n  username: {username}\n", user(name));
    let lost = |text: &str| -> Vec<(usize, String)> {
        let explanation = explained(&[("mapUsers", text)], &user("u"));
        explanation.losers.into_iter().map(|loser| (loser.via.index, loser.reason.message)).collect()
    };
    let random = one("U", "a") + &one("U", "b") + &one("u", "c");
    assert_eq!(
        lost(&random),
        [(0, "the second entry is for the same principal, and replaces it".to_owned())]
    );
    let same = one("U", "a") + &one("u", "a");
    assert_eq!(lost(&same), [(0, "it says the same as the one that answers".to_owned())]);
}

/// By the account alone there are no groups: the entry that was meant is told.
#[test]
fn who_enters_by_his_account_is_told_what_nearly_matched() {
    let roles = of_role(&role("team/dev"), "u");
    let accounts = format!("- \"{ACCOUNT}\"\n");
    let explanation = explained(&[("mapRoles", &roles), ("mapAccounts", &accounts)], &role("dev"));
    assert!(matches!(&explanation.verdict, Verdict::Mapped(one) if one.via.section.key() == "mapAccounts"));
    assert_eq!(explanation.losers[0].reason.code, "rolePath");
    let set = format!("- sso: {{permissionSetName: Admin, accountID: \"{ACCOUNT}\"}}\n  username: a\n");
    let admin = role("AWSReservedSSO_Admin_0123456789abcdef");
    let explanation = explained(&[("mapRoles", &set), ("mapAccounts", &accounts)], &admin);
    assert_eq!(explanation.losers.len(), 1, "it lost once: {explanation:?}");
}

#[test]
fn what_nobody_has_filled_is_said_and_who_fills_it() {
    let notes = |username: &str, arn: &str| -> Vec<(&str, String)> {
        let roles = of_role(&role("dev"), &format!("'{username}'"));
        let users = of_role(&user("ann"), &format!("'{username}'")).replace("rolearn", "userarn");
        let explanation = explained(&[("mapRoles", &roles), ("mapUsers", &users)], arn);
        explanation.notes.into_iter().map(|note| (note.code, note.hint.unwrap_or_default())).collect()
    };
    let unfilled = |option: &str| ("templateUnfilled", format!("`{option}` fills it here"));
    assert_eq!(notes("d:{{SessionName}}", &role("dev")), [unfilled("--session-name")]);
    assert_eq!(notes("d:{{SessionName}}", &format!("arn:aws:sts::{ACCOUNT}:assumed-role/dev/me")), []);
    assert_eq!(notes("d:{{AccessKeyID}}{{AccountID}}", &role("dev")), [unfilled("--access-key-id")]);
    assert_eq!(notes("{{EC2PrivateDNSName}}", &role("dev")), [unfilled("--ec2-private-dns")]);
    assert_eq!(notes("d:{{SessionName}}", &user("ann")), [("templateEmpty", String::new())]);
    let meant = ("templateUnknown", "did you mean `{{SessionName}}`?".to_owned());
    assert_eq!(notes("{{SesionName}}", &role("dev")), [meant]);
    assert_eq!(notes("{{", &role("dev")), []);
    assert_eq!(notes("", &role("dev")), [("usernameLost", String::new())]);
}

fn entry(arn: &str, username: &str) -> AccessEntry {
    AccessEntry {
        principal_arn: arn.to_owned(),
        entry_type: "STANDARD".to_owned(),
        username: username.to_owned(),
        groups: vec!["viewers".to_owned()],
        cluster_policies: vec!["AmazonEKSViewPolicy".to_owned()],
    }
}

#[test]
fn access_entries_answer_before_the_map() {
    let in_mode = |mode, entries: Knowledge<Vec<AccessEntry>>| {
        let observed = ObservedAccess {
            mode: Knowledge::Known(mode),
            access_entries: entries,
            ..observed(&of_role(&role("dev"), "u"), None)
        };
        let session = PrincipalArn::parse(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/dev/me")).unwrap();
        explain_observed(&observed, &session, &TemplateValues::default())
    };
    let with_path = || Knowledge::Known(vec![entry(&role("team/dev"), "x:{{SessionName}}")]);
    let dual = in_mode(AuthenticationMode::ApiAndConfigMap, with_path());
    let BeforeTheMap::Entry { username, groups, .. } = &dual.before else { panic!("{dual:?}") };
    assert_eq!((username.as_str(), groups.as_slice()), ("x:me", &["viewers".to_owned()][..]));
    assert_eq!(dual.map.losers[0].reason.code, "outrankedByAccessEntry");
    assert_eq!(in_mode(AuthenticationMode::ConfigMap, with_path()).before, BeforeTheMap::Nothing);
    let none = || Knowledge::Known(Vec::new());
    assert_eq!(in_mode(AuthenticationMode::ApiAndConfigMap, none()).before, BeforeTheMap::Nothing);
    let api = in_mode(AuthenticationMode::Api, none());
    assert!(matches!(&api.before, BeforeTheMap::Refusal(denial) if denial.code == "apiMode"));
    assert_eq!(api.map.losers[0].reason.code, "mapNotRead");
    let unknown = |mode| in_mode(mode, Knowledge::Unknown("no".to_owned())).before;
    let is_unknown = |why: &BeforeTheMap, read| matches!(why, BeforeTheMap::Unknown { is_map_read, .. } if *is_map_read == read);
    assert!(is_unknown(&unknown(AuthenticationMode::ApiAndConfigMap), true));
    assert!(is_unknown(&unknown(AuthenticationMode::Api), false));
}

#[test]
fn every_template_is_filled_and_explained() {
    let some = || Some("x".to_owned());
    let values = TemplateValues {
        account_id: some(),
        session_name: some(),
        access_key_id: some(),
        ec2_private_dns: some(),
    };
    for name in TEMPLATES {
        let text = format!("{{{{{name}}}}}");
        assert_eq!(render_template(&text, &values), "x");
        let mut notes = Vec::new();
        of_templates(core::iter::once(text.as_str()), &TemplateValues::default(), &mut notes);
        let codes: Vec<&str> = notes.iter().map(|note| note.code).collect();
        assert_eq!(codes, ["templateUnfilled"], "{text}");
    }
}
