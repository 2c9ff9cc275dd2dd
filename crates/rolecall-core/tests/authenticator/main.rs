//! Replays the facts about aws-iam-authenticator that concern ARNs, documents and mappings.
//!
//! Rows of other areas are replayed elsewhere or belong to other issues; `ELSEWHERE` says which and why, and
//! an area that is in neither list fails the test.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

mod adding;
mod constants;
mod server;

use std::collections::BTreeMap;

use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::{
    EffectiveMap, Entry, Lookup, LossKind, SectionReading, TemplateValues, Verdict, arn_like, explain, lookup,
};
use rolecall_core::identity_mapping::Section;
use rolecall_core::principal::{PrincipalArn, strip_path};
use serde_json::{Value, json};

const ROWS: &str = include_str!("../cases/authenticator.jsonl");

/// Areas that this test leaves alone, by their beginning, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("token.", "replayed by the tests of `rolecall_core::token`"),
    ("observed.token.", "replayed by the tests of `rolecall_core::token`"),
    ("backend.", "the authenticator's own backends, which EKS does not let us choose"),
    ("certs.", "the authenticator's own certificate"),
    ("config.", "the authenticator's own configuration"),
    ("configmap.add", "an `sso:` entry, which EKS ignores and `rolecall map add` does not make"),
    ("crd.", "the `IAMIdentityMapping` backend: an issue of its own"),
    ("dynamicfile.", "a backend that EKS does not offer"),
    ("observed.dynamicfile", "a backend that EKS does not offer"),
    ("ec2.", "lookups of the server"),
    ("file.load", "how the `MountedFile` backend reads its file"),
    ("observed.file.", "how the `MountedFile` backend reads its file"),
    ("filecache.", "upstream's credential cache, which Rolecall does not have"),
    ("reserved_prefix.", "a server option that EKS does not set"),
    ("server.backend_chain", "the authenticator's own backends, which EKS does not let us choose"),
    ("server.http", "what the webhook says to requests that are none: Rolecall has no webhook"),
    ("server.loggable", "a server option that EKS does not set"),
    ("server.token_review", "by `IAMIdentityMapping` objects: an issue of its own"),
    ("server.reserved_prefix", "a server option that EKS does not set"),
    ("observed.server.deny_body", "the bytes of a denial: Rolecall has no webhook"),
];

#[test]
fn every_row_agrees() {
    let mut replayed: BTreeMap<String, usize> = BTreeMap::new();
    for line in ROWS.lines().filter(|line| !line.trim().is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap();
        let (area, input, expected) = (row["area"].as_str().unwrap(), &row["input"], &row["expected"]);
        if replay(area, input, expected) {
            *replayed.entry(area.to_owned()).or_default() += 1;
        } else {
            let is_elsewhere = ELSEWHERE.iter().any(|(beginning, _)| area.starts_with(beginning));
            assert!(is_elsewhere, "no test replays `{area}`, and no list says why: {line}");
        }
    }
    let count = |area: &str| replayed.get(area).copied().unwrap_or_default();
    assert_eq!(count("observed.arn.canonicalize"), 19);
    assert_eq!(count("observed.configmap.parse"), 26);
    assert_eq!(count("observed.configmap.map"), 7);
    assert_eq!(count("configmap.manifest"), 4);
}

fn replay(area: &str, input: &Value, expected: &Value) -> bool {
    match area {
        "arn.canonicalize" | "observed.arn.canonicalize" => canonicalize(input, expected),
        "arn.strip_path" | "observed.arn.strip_path" => strip(input, expected),
        "arn.like" => like(input, expected),
        "arn.like_regex" => like_regex(text(input, "pattern_section"), text(expected, "regex_body")),
        "constant" => constants::constant(input.as_str().unwrap(), expected),
        "constant.partition_domain" => constants::partition_domain(input, expected),
        "mapping.key" | "observed.mapping.key" => key(input, expected),
        "mapping.match" => matches(input, expected),
        "mapping.validate" | "observed.mapping.validate" => validate(input, expected),
        "configmap.manifest" => manifest(input, expected),
        "configmap.parse" | "observed.configmap.parse" => parse(input, expected),
        "configmap.lookup_account" | "configmap.lookup_role" | "configmap.lookup_user" => {
            store(area, input, expected);
        }
        "configmap.watch" | "observed.configmap.watch" => watch(input, expected),
        "observed.configmap.map" => map(input, expected),
        "configmap.add" => return adding::add(input, expected),
        "integration.configmap" => integration(input, expected),
        "observed.configmap.encode" => encoded(input, expected),
        "file.load" => {}
        "file.map" | "observed.file.map" => return server::mounted_file(input, expected),
        "server.token_review" => return server::token_review(input, expected),
        "server.render_template" => server::template(input, expected),
        _ => return false,
    }
    true
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` in {value}"))
}

fn canonicalize(input: &Value, expected: &Value) {
    let parsed = PrincipalArn::parse(text(input, "arn"));
    if expected["error"] == true {
        assert!(parsed.is_err(), "{input}");
        return;
    }
    let arn = parsed.unwrap_or_else(|error| panic!("{input}: {error}"));
    assert_eq!(arn.canonical(), text(expected, "canonical"), "{input}");
    if let Some(kind) = expected["principal_type"].as_str() {
        assert_eq!(arn.kind().to_string(), kind, "{input}");
    }
}

fn strip(input: &Value, expected: &Value) {
    let stripped = strip_path(text(input, "arn"));
    match expected["stripped"].as_str() {
        Some(wanted) => assert_eq!(stripped.as_deref(), Ok(wanted), "{input}"),
        None => assert!(stripped.is_err(), "{input}"),
    }
}

fn like(input: &Value, expected: &Value) {
    let matched = arn_like(text(input, "arn"), text(input, "pattern"));
    let wanted = expected.get("error").is_none().then(|| expected["match"] == true);
    assert_eq!(matched, wanted, "{input}");
}

/// Upstream makes a regular expression of a section of a pattern: literal but for `.*` and `.?`.
fn like_regex(pattern: &str, regex: &str) {
    let arn = |resource: &str| format!("arn:aws:iam::111122223333:{resource}");
    let matches = |resource: &str| arn_like(&arn(resource), &arn(pattern)).unwrap();
    let with = |any: &str, one: &str| pattern.replace('*', any).replace('?', one);
    assert!(matches(&with("", "")) && matches(&with("any thing", "1")), "{pattern}");
    assert_eq!(
        matches(&format!("{}!", with("", ""))),
        regex.ends_with(".*") || regex.ends_with(".?"),
        "{pattern}"
    );
    assert!(
        !matches(&with("", "").replacen(['a', '\\'], "!", 1)) || !pattern.contains(['a', '\\']),
        "{pattern}"
    );
}

/// The section that reads one mapping of the case file.
fn reading_of(mapping: &Value) -> (Section, SectionReading) {
    let section = if mapping.get("userarn").is_some() { Section::MapUsers } else { Section::MapRoles };
    let text = json!([mapping]).to_string();
    (section, SectionReading::read(section, Some(&text)))
}

fn key(input: &Value, expected: &Value) {
    let (section, reading) = reading_of(input);
    let entry = &reading.entries()[0];
    // Upstream keeps the case of users; our key folds it, and keeps the spelling in the mapping.
    let key = if section == Section::MapUsers { &entry.mapping.principal } else { entry.key.principal() };
    assert_eq!(key, text(expected, "key"), "{input}");
    if expected["can_ever_match"] == false {
        let account = text(&input["sso"], "accountID");
        let name = text(&input["sso"], "permissionSetName");
        let role = format!("arn:aws-cn:iam::{account}:role/AWSReservedSSO_{name}_0123456789abcdef");
        let map = EffectiveMap::read(&[("mapRoles".to_owned(), json!([input]).to_string())].into());
        assert_eq!(lookup(&map, &PrincipalArn::parse(&role).unwrap(), true), Lookup::Nothing);
    }
}

fn matches(input: &Value, expected: &Value) {
    let (section, _) = reading_of(&input["mapping"]);
    let data = [(section.key().to_owned(), json!([input["mapping"]]).to_string())].into();
    let subject = PrincipalArn::parse(text(input, "subject")).unwrap();
    let map = EffectiveMap::read(&data);
    let is_mapped = lookup(&map, &subject, input["sso_feature_gate"] == true) != Lookup::Nothing;
    assert_eq!(is_mapped, expected["match"] == true, "{input}");
}

fn validate(input: &Value, expected: &Value) {
    let (_, reading) = reading_of(input);
    assert_eq!(reading.entries().len() == 1, expected["valid"] == true, "{input}");
    if expected["valid"] == false {
        let dropped = reading.losses().iter().filter(|loss| matches!(loss.kind, LossKind::Entry(_))).count();
        assert_eq!(dropped, 1, "{input}");
    }
}

fn manifest(input: &Value, expected: &Value) {
    let (document, _) = AwsAuthDocument::parse("aws-auth.yml", text(input, "manifest_yaml"));
    compare(document.unwrap().effective(), expected, input);
}

fn data(input: &Value) -> BTreeMap<String, String> {
    let texts = Section::ALL
        .into_iter()
        .filter_map(|section| Some((section.key().to_owned(), input[section.key()].as_str()?.to_owned())));
    texts.collect()
}

fn parse(input: &Value, expected: &Value) {
    compare(&EffectiveMap::read(&data(input)), expected, input);
}

/// The whole parsed map, as upstream's `ParseMap` gives it.
fn compare(map: &EffectiveMap, expected: &Value, input: &Value) {
    let of = |section: Section| map.section(section).entries();
    let has = |value: Value, wanted: &Value| assert_eq!(&value, wanted, "{input}");
    let roles: Vec<Value> = of(Section::MapRoles).iter().map(|entry| shape(entry, "rolearn")).collect();
    let users: Vec<Value> = of(Section::MapUsers).iter().map(|entry| shape(entry, "userarn")).collect();
    let accounts: Vec<&str> =
        of(Section::MapAccounts).iter().map(|entry| entry.mapping.principal.as_str()).collect();
    has(json!(roles), &expected["roles"]);
    has(json!(users), &expected["users"]);
    has(json!(accounts), &expected["accounts"]);
    if let Some(error) = expected["error"].as_bool() {
        let losses = map.sections().flat_map(SectionReading::losses);
        let is_upstream_error = |kind: &LossKind| {
            matches!(
                kind,
                LossKind::Entry(_)
                    | LossKind::UsernameNotText
                    | LossKind::GroupsNotList
                    | LossKind::GroupNotText
            )
        };
        let errs = losses.filter(|loss| is_upstream_error(&loss.kind)).count() + map.unreadable().len();
        assert_eq!(errs > 0, error, "{input}");
    }
}

fn shape(entry: &Entry, arn: &str) -> Value {
    let mut value = json!({ "username": entry.mapping.username, "groups": entry.mapping.groups });
    match &entry.sso {
        None => value[arn] = json!(entry.mapping.principal),
        Some(sso) => {
            value["sso"] =
                json!({ "permissionSetName": sso.permission_set_name, "accountID": sso.account_id });
            if !sso.partition.is_empty() {
                value["sso"]["partition"] = json!(sso.partition);
            }
        }
    }
    value
}

fn store(area: &str, input: &Value, expected: &Value) {
    let lists = [("mapRoles", "roles"), ("mapUsers", "users"), ("mapAccounts", "accounts")];
    let data = lists.map(|(key, list)| (key.to_owned(), input["store"][list].to_string())).into();
    let map = EffectiveMap::read(&data);
    if area == "configmap.lookup_account" {
        let accounts = map.section(Section::MapAccounts).entries();
        let is_allowed = accounts.iter().any(|entry| entry.mapping.principal == text(input, "account"));
        assert_eq!(is_allowed, expected["allowed"] == true, "{input}");
        return;
    }
    // Upstream looks a section up by itself; names that are not ARNs match nothing either way.
    let found = PrincipalArn::parse(text(input, "arn")).ok().map(|arn| lookup(&map, &arn, true));
    match (expected["username"].as_str(), found) {
        (Some(username), Some(Lookup::Entry(entry))) => assert_eq!(entry.mapping.username, username),
        (None, None | Some(Lookup::Nothing)) => assert!(expected["error"].is_string()),
        (_, found) => panic!("{input}: {found:?}"),
    }
}

/// Each event replaces everything, and a deletion leaves nothing.
fn watch(input: &Value, expected: &Value) {
    let last = input["events"].as_array().unwrap().last().unwrap();
    let map = EffectiveMap::read(&data(&last["data"]));
    let accounts: Vec<&str> = map
        .section(Section::MapAccounts)
        .entries()
        .iter()
        .map(|entry| entry.mapping.principal.as_str())
        .collect();
    assert_eq!(json!(accounts), expected["accounts"], "{input}");
    if last["type"] == "DELETED" {
        assert!(map.is_empty());
    }
    for (arn, wanted) in expected["user_lookup"].as_object().into_iter().flatten() {
        let users = map.section(Section::MapUsers).entries();
        let found = users.iter().rfind(|entry| entry.mapping.principal == *arn);
        let found =
            found.map(|entry| json!({ "username": entry.mapping.username, "groups": entry.mapping.groups }));
        assert_eq!(json!(found), *wanted, "{arn} in {input}");
    }
}

fn map(input: &Value, expected: &Value) {
    let map = EffectiveMap::read(&data(input));
    let principal = PrincipalArn::parse(text(input, "canonical_arn")).unwrap();
    let found = lookup(&map, &principal, input["sso_feature_gate"] == true);
    assert_eq!(found != Lookup::Nothing, expected["mapped"] == true, "{input}");
    if let (Some(username), Lookup::Entry(entry)) = (expected["username"].as_str(), found) {
        assert_eq!(entry.mapping.username, username);
    }
}

fn integration(input: &Value, expected: &Value) {
    let role = "arn:aws:iam::111122223333:role/tester";
    let data = [("mapRoles".to_owned(), text(input, "mapRoles").replace("<role>", role))].into();
    let session = PrincipalArn::parse("arn:aws:sts::111122223333:assumed-role/tester/s").unwrap();
    let explanation = explain(&EffectiveMap::read(&data), &session, &TemplateValues::default());
    let Verdict::Mapped(candidate) = explanation.verdict else { panic!("{explanation:?}") };
    assert_eq!(candidate.username, text(expected, "authenticated_as"));
}

/// What upstream writes, we read: whatever it was made of.
fn encoded(input: &Value, expected: &Value) {
    let map = EffectiveMap::read(&data(expected));
    let lists = [("mapRoles", "roles"), ("mapUsers", "users"), ("mapAccounts", "accounts")];
    let given =
        EffectiveMap::read(&lists.map(|(key, list)| (key.to_owned(), input[list].to_string())).into());
    for section in Section::ALL {
        let mappings = |map: &EffectiveMap| {
            map.section(section).entries().iter().map(|entry| entry.mapping.clone()).collect::<Vec<_>>()
        };
        assert_eq!(mappings(&map), mappings(&given), "{input}");
        assert!(!mappings(&map).is_empty());
    }
}
