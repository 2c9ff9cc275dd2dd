//! How a map, an entry, an ARN are read and compared.

use rolecall_core::effective::{EffectiveMap, SectionReading, TemplateValues, render_template};
use rolecall_core::identity_mapping::{IdentityMapping, Section};
use rolecall_core::principal::{PrincipalArn, PrincipalKind};
use serde_json::{Value, json};

use super::stage::{Data, data, desired, entries, manifest};

/// Replays a row, unless it is about something else.
pub(crate) fn replay(case: &str, input: &Value, expected: &Value) -> bool {
    match case {
        "arn.root_or_self.self" => assert!(PrincipalArn::parse(arn(input)).is_err()),
        "arn.role_kind" => assert_eq!(PrincipalArn::parse(arn(input)).unwrap().kind(), PrincipalKind::Role),
        "awsauth.absent" => assert!(EffectiveMap::read(&Data::new()).is_empty()),
        "awsauth.malformed" => malformed("a bare sentence with { and ["),
        "parse.accounts_empty" | "parse.accounts_unquoted" | "accounts_int_and_text" => {
            accounts(input, expected);
        }
        "parse.principal_name" => names(input, expected),
        "parse.kind_by_arn" => user_in_roles(),
        "username_absent" => no_username(),
        "template.account" => account(input, expected),
        "template.session" | "template.session_raw" => session(input, expected),
        "cm.list_mixed" | "cm.list_accounts_as_identities" => list(input, expected),
        "data.read" => count(input, expected),
        "entry_without_groups" => no_groups(),
        "empty_mapRoles" => {
            assert!(EffectiveMap::read(&data(&input["before"]).unwrap()).unreadable().is_empty());
        }
        _ if case.starts_with("identity.compare.") => compare(input, expected),
        _ if case.starts_with("arn.user_name.") => names(input, expected),
        _ if case.starts_with("arn.valid.") && expected["note_for_us"] == "fine" => kind(input),
        _ if case.starts_with("validate.role.") => check(case, input),
        _ if case.starts_with("pattern.") && case != "pattern.role_gov" => pattern(case, input),
        _ => return false,
    }
    true
}

fn arn(input: &Value) -> &str {
    input["arn"].as_str().unwrap()
}

fn malformed(text: &str) {
    let reading = SectionReading::read(Section::MapRoles, Some(text));
    assert!(reading.unreadable().is_some() && reading.entries().is_empty());
}

fn accounts(input: &Value, expected: &Value) {
    let reading = SectionReading::read(Section::MapAccounts, input["mapAccounts"].as_str());
    let accounts: Vec<_> = reading.entries().iter().map(|entry| &entry.mapping.principal).collect();
    assert_eq!(json!(accounts), expected["accounts"]);
}

fn names(input: &Value, expected: &Value) {
    match (PrincipalArn::parse(arn(input)), expected["name"].as_str()) {
        (Ok(arn), Some(name)) => assert_eq!(arn.name(), name),
        (found, name) => assert!(found.is_err() && name.is_none(), "{input}: {found:?}"),
    }
}

/// What a role is does not depend on the section it stands in.
fn user_in_roles() {
    let text = "- userarn: arn:aws:iam::111122223333:role/dev\n  username: u\n";
    let reading = SectionReading::read(Section::MapUsers, Some(text));
    let arn = PrincipalArn::parse(&reading.entries()[0].mapping.principal).unwrap();
    assert_eq!(arn.kind(), PrincipalKind::Role);
}

fn no_username() {
    let text = "- rolearn: arn:aws:iam::111122223333:role/dev\n  groups: [g]\n";
    let mapping = &SectionReading::read(Section::MapRoles, Some(text)).entries()[0].mapping.clone();
    assert_eq!((mapping.username.as_str(), mapping.groups.as_slice()), ("", ["g".to_owned()].as_slice()));
}

fn no_groups() {
    let text = "- rolearn: arn:aws:iam::111122223333:role/x\n  username: x\n";
    let reading = SectionReading::read(Section::MapRoles, Some(text));
    assert_eq!((reading.entries().len(), reading.unreadable()), (1, None));
}

fn account(input: &Value, expected: &Value) {
    let principal = PrincipalArn::parse(arn(input)).unwrap();
    let values =
        TemplateValues { account_id: Some(principal.account().to_owned()), ..TemplateValues::default() };
    assert_eq!(render_template(input["username"].as_str().unwrap(), &values), expected["username"]);
}

fn session(input: &Value, expected: &Value) {
    let values =
        TemplateValues { session_name: Some("alice@example.com".into()), ..TemplateValues::default() };
    assert_eq!(json!([render_template(input["username"].as_str().unwrap(), &values)]), expected["matches"]);
}

fn list(input: &Value, expected: &Value) {
    let data = data(&input["before"]).unwrap();
    let all: Vec<Value> = Section::ALL.iter().flat_map(|section| entries(&data, *section)).collect();
    if let Some(entry) = expected.get("contains") {
        assert!(all.contains(entry), "{all:?}");
    } else {
        let wanted = expected["exactly"].as_array().unwrap();
        assert!(all.len() == wanted.len() && wanted.iter().all(|entry| all.contains(entry)), "{all:?}");
    }
}

fn count(input: &Value, expected: &Value) {
    let data = data(&input["before"]).unwrap();
    let count = |section| json!(entries(&data, section).len());
    assert_eq!(
        [count(Section::MapRoles), count(Section::MapUsers)],
        [&expected["roles"], &expected["users"]].map(Clone::clone)
    );
}

fn compare(input: &Value, expected: &Value) {
    let mapping = |value: &Value| IdentityMapping {
        principal: value[0].as_str().unwrap().to_owned(),
        username: value[1].as_str().unwrap().to_owned(),
        groups: serde_json::from_value(value[2].clone()).unwrap(),
    };
    let (a, b) = (mapping(&input["a"]), mapping(&input["b"]));
    let is_equal = a.principal == b.principal && a.grants_the_same(&b);
    assert_eq!(json!(is_equal), expected["equal"], "{input}");
}

fn kind(input: &Value) {
    let parsed = PrincipalArn::parse(arn(input)).unwrap();
    assert!(matches!(parsed.kind(), PrincipalKind::Role | PrincipalKind::User), "{input}");
}

/// An entry that a peer refuses gives nobody what was meant: the document says so, or the file is refused.
fn check(case: &str, input: &Value) {
    let mut mapping = input["mapping"].clone();
    if mapping == json!({}) {
        // Without its key the entry would stand in no section.
        mapping["rolearn"] = json!("");
    }
    let is_refused = desired(&manifest(&[mapping])).is_err();
    // No groups may be meant: what RBAC binds to the username is enough.
    assert_eq!(is_refused, case == "validate.role.empty", "{input}");
}

/// What the peer's schema refuses, nobody could match.
fn pattern(case: &str, input: &Value) {
    let parsed = PrincipalArn::parse(arn(input)).unwrap();
    let is_role = parsed.kind() == PrincipalKind::Role && parsed.account().len() == 12;
    let is_user = parsed.kind() == PrincipalKind::User;
    let fits = if input["list"] == "role" { is_role } else { is_user };
    assert_eq!(fits, matches!(case, "pattern.user_ok" | "pattern.role_path"), "{input}");
}
