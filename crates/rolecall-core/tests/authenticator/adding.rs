//! Upstream's `add user` and `add role`: one entry a principal.

use rolecall_core::edit::{Add, NamedPrincipal, RefusalKind};
use rolecall_core::effective::EffectiveMap;
use serde_json::{Value, json};

/// Names stand for ARNs of one account. `false` for `sso:`.
pub(crate) fn add(input: &Value, expected: &Value) -> bool {
    let arn = |entry: &Value, kind: &str| {
        let name = entry[format!("{kind}arn")].as_str()?;
        Some(format!("arn:aws:iam::111122223333:{kind}/{name}"))
    };
    let mut data = std::collections::BTreeMap::new();
    for (key, list, kind) in [("mapRoles", "roles", "role"), ("mapUsers", "users", "user")] {
        let mut existing = input["existing"][list].as_array().cloned().unwrap_or_default();
        for entry in &mut existing {
            let Some(arn) = arn(entry, kind) else { return false };
            entry[format!("{kind}arn")] = json!(arn);
        }
        data.insert(key.to_owned(), json!(existing).to_string());
    }
    let (entry, kind) = match (input.get("add_role"), input.get("add_user")) {
        (Some(role), _) => (role, "role"),
        (None, user) => (user.unwrap(), "user"),
    };
    let add = Add {
        named: NamedPrincipal::arn(&arn(entry, kind).unwrap()).unwrap(),
        username: entry["username"].as_str().map(str::to_owned),
        groups: serde_json::from_value(entry["groups"].clone()).unwrap_or_default(),
        appends: false,
    };
    match (add.answer(&EffectiveMap::read(&data)), expected["ok"] == true) {
        (Ok(answer), true) => assert_eq!(answer.edits.len(), 1),
        (Err(refusal), false) => assert_eq!(refusal.kind, RefusalKind::Refused),
        (answer, _) => panic!("{input}: {answer:?}"),
    }
    true
}
