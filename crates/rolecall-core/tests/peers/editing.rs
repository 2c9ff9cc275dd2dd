//! How a map is merged with what somebody wants, and edited.

use rolecall_core::identity_mapping::Section;
use serde_json::{Value, json};

use super::stage::{Data, Stage, data};

/// Replays a row, unless it is about something else.
pub(crate) fn replay(case: &str, input: &Value, expected: &Value) -> bool {
    match case {
        "remove.exact" | "remove.with_retries" => remove_all(input, expected),
        "upsert_multiple.update_roles_then_users" => one_after_the_other(input),
        "malformed.untouched" => untouched(input),
        "list.merge" => merge(&input["a"], &input["b"], &expected["result"]),
        "list.remove" => remove(input, expected),
        "mapper.user_upsert_other_arn_same_username" | "mapper.create_absent" => {
            check(data(&input["before"]), &list(&input["upsert"]), expected);
        }
        "users_only" | "roles_only" => check(None, &list(&input["create"]), &contained(expected)),
        "remove.last" => empties(),
        "empty" => empty_file(),
        "drift_healed" => healed(),
        "render" => stable(),
        _ if case.starts_with("configmap.") && input["op"] == "map" || case.starts_with("crd.role.") => {
            merge(&input["before"], &json!([input["add"]]), &expected["after"]);
        }
        _ if case.starts_with("build.") => synced(input, expected),
        _ if case.starts_with("cm.add_") => add(input, expected),
        _ if case.starts_with("cm.remove_") => take_away(input, expected),
        _ if case.starts_with("upsert") && is_plain_upsert(input) => {
            check(data(&input["before"]), &wanted(&input["entries"]), expected);
        }
        _ => return false,
    }
    true
}

/// Upserts without options of a command line.
fn is_plain_upsert(input: &Value) -> bool {
    matches!(input["op"].as_str(), Some("upsert x2" | "upsert_multiple"))
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Entries in one list, or in one a section.
fn wanted(entries: &Value) -> Vec<Value> {
    if entries.is_array() {
        return list(entries);
    }
    [list(&entries["roles"]), list(&entries["users"])].concat()
}

/// Applies `wanted` to a map, and compares with what is expected of each section.
fn check(before: Option<Data>, wanted: &[Value], expected: &Value) {
    let mut stage = Stage::new(before.clone());
    let plan = stage.apply(wanted).unwrap();
    for (section, length) in [(Section::MapRoles, "mapRoles_len"), (Section::MapUsers, "mapUsers_len")] {
        let entries = stage.entries(section);
        if let Some(wanted) = expected[section.key()].as_array() {
            assert_eq!(entries, *wanted);
        }
        if let Some(wanted) = expected[length].as_u64() {
            assert_eq!(entries.len() as u64, wanted);
        }
        if let Some(username) = expected.get("username") {
            assert!(entries.iter().all(|entry| entry["username"] == *username), "{entries:?}");
        }
    }
    let is_same = before.is_some_and(|before| before == *stage.data());
    assert_eq!(plan.calls().is_empty(), is_same, "a map that does not change is not written");
}

/// Applies `wanted` to a map with `before`, of one kind.
fn merge(before: &Value, wanted: &Value, after: &Value) {
    let key = if wanted[0].get("userarn").is_some() { "mapUsers" } else { "mapRoles" };
    let before = if list(before).is_empty() { None } else { data(&json!({ (key): before })) };
    check(before, &list(wanted), &json!({ (key): after }));
}

fn contained(expected: &Value) -> Value {
    let members = expected.as_object().unwrap().iter();
    members.map(|(key, entry)| (key.replace("_contains", ""), json!([entry]))).collect()
}

/// What is ours and not in the file any more goes, and only that.
fn remove(input: &Value, expected: &Value) {
    let mut stage = Stage::new(data(&json!({ "mapRoles": input["a"] }))).owned();
    let gone = list(&input["b"]);
    let left: Vec<Value> = list(&input["a"]).into_iter().filter(|entry| !gone.contains(entry)).collect();
    stage.apply(&left).unwrap();
    assert_eq!(json!(stage.entries(Section::MapRoles)), expected["result"]);
}

fn remove_all(input: &Value, expected: &Value) {
    let mut stage = Stage::new(data(&input["before"])).owned();
    stage.apply(&[]).unwrap();
    for section in [Section::MapRoles, Section::MapUsers] {
        assert_eq!(json!(stage.entries(section)), expected[section.key()]);
    }
}

fn one_after_the_other(input: &Value) {
    let mut stage = Stage::new(data(&input["before"]));
    let users = stage.entries(Section::MapUsers);
    let (roles_wanted, users_wanted) = (list(&input["entries"]["roles"]), list(&input["entries"]["users"]));
    stage.apply(&roles_wanted).unwrap();
    assert_eq!(
        (stage.entries(Section::MapRoles), stage.entries(Section::MapUsers)),
        (roles_wanted.clone(), users)
    );
    stage.apply(&[roles_wanted.clone(), users_wanted.clone()].concat()).unwrap();
    assert_eq!(
        (stage.entries(Section::MapRoles), stage.entries(Section::MapUsers)),
        (roles_wanted, users_wanted)
    );
}

/// A section that cannot be read is never written over without a word: it is a change of its own.
fn untouched(input: &Value) {
    let before = data(&input["before"]).unwrap();
    let mut stage = Stage::new(Some(before.clone()));
    let user = json!({ "userarn": "arn:aws:iam::111122223333:user/a", "username": "a", "groups": ["g"] });
    stage.apply(&[user]).unwrap();
    assert_eq!(stage.data()["mapRoles"], before["mapRoles"]);
}

/// Names stand for users and roles of one account; the peer's own marker is our ledger.
fn synced(input: &Value, expected: &Value) {
    let kind = if expected.get("users").is_some() { "user" } else { "role" };
    let entry = |value: &Value| {
        let name = value["name"].as_str().unwrap();
        json!({
            (format!("{kind}arn")): format!("arn:aws:iam::111122223333:{kind}/{name}"),
            "username": name,
            "groups": value["groups"],
        })
    };
    let entries = |value: &Value| json!(list(value).iter().map(entry).collect::<Vec<_>>());
    let after = entries(&expected[format!("{kind}s")]);
    let key = if kind == "user" { "mapUsers" } else { "mapRoles" };
    let mut stage = Stage::new(data(&json!({ (key): entries(&input["existing"]) })));
    stage.apply(&list(&entries(&input["synced"]))).unwrap();
    let section = Section::from_key(key).unwrap();
    assert_eq!(json!(stage.entries(section)), after);
}

fn add(input: &Value, expected: &Value) {
    let before = data(&input["before"]).filter(|before| !before.is_empty());
    check(before, &list(&input["entries"]), expected);
}

/// The principal is left out of the file; what is not there at all is no change.
fn take_away(input: &Value, expected: &Value) {
    let mut stage = Stage::new(data(&input["before"])).owned();
    let gone = input["arn"].as_str().or(input["account"].as_str()).unwrap();
    let names = |entry: &Value| entry.as_object().unwrap().values().any(|value| value == gone);
    let all: Vec<Value> = Section::ALL.iter().flat_map(|section| stage.entries(*section)).collect();
    let left: Vec<Value> = all.iter().filter(|entry| !names(entry)).cloned().collect();
    let plan = stage.apply(&left).unwrap();
    if expected["error"] == true {
        assert!(plan.changes().is_empty());
    }
    for section in Section::ALL {
        let Some(wanted) = expected[section.key()].as_array() else { continue };
        let wanted = wanted.iter().map(|value| match section {
            Section::MapAccounts => json!({ "account": value }),
            _ => value.clone(),
        });
        assert_eq!(stage.entries(section), wanted.collect::<Vec<_>>());
    }
}

/// The section stays, empty; the guards have their say before.
fn empties() {
    let role = json!({ "rolearn": "arn:aws:iam::111122223333:role/a", "username": "a", "groups": ["g"] });
    let mut stage = Stage::new(data(&json!({ "mapRoles": [role] }))).owned();
    stage.apply(&[]).unwrap();
    assert_eq!(stage.data()["mapRoles"].trim(), "[]");
}

/// A file that says nothing takes nothing of others away.
fn empty_file() {
    let role = json!({ "rolearn": "arn:aws:iam::111122223333:role/a", "username": "a", "groups": ["g"] });
    let mut stage = Stage::new(data(&json!({ "mapRoles": [role] })));
    stage.apply(&[]).unwrap();
    assert_eq!(stage.entries(Section::MapRoles), [role]);
}

/// A section that somebody has broken is made anew, as a change that guards and people see.
fn healed() {
    let user = json!({ "userarn": "arn:aws:iam::111122223333:user/a", "username": "a", "groups": ["g"] });
    let mut stage = Stage::new(data(&json!({ "mapUsers": "not: a list" })));
    let plan = stage.apply(std::slice::from_ref(&user)).unwrap();
    assert!(!plan.changes().is_empty());
    assert_eq!(stage.entries(Section::MapUsers), [user]);
}

/// The same wish gives the same bytes.
fn stable() {
    let user =
        json!({ "userarn": "arn:aws:iam::111122223333:user/a", "username": "a", "groups": ["b", "a"] });
    let after = || {
        let mut stage = Stage::new(None);
        stage.apply(std::slice::from_ref(&user)).unwrap();
        stage.data().clone()
    };
    assert_eq!(after(), after());
}
