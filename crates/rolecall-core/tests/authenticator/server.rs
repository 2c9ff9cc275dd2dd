//! Whom the webhook lets in, and how names are filled.

use rolecall_core::effective::{EffectiveMap, Lookup, TemplateValues, Verdict, explain, lookup};
use rolecall_core::identity_mapping::Section;
use rolecall_core::principal::PrincipalArn;
use serde_json::{Value, json};

use super::{ROWS, text};

/// The `MountedFile` backend looks up as ours does, once its file is loaded; only its own reading is left out.
pub(crate) fn mounted_file(input: &Value, expected: &Value) -> bool {
    if input["config"] != "as in file.load" {
        return false;
    }
    let rows = ROWS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let load = rows.into_iter().find(|row| row["area"] == "file.load").unwrap()["input"].clone();
    let data = ["mapRoles", "mapUsers"].map(|key| (key.to_owned(), load[key].to_string())).into();
    let principal = PrincipalArn::parse(text(input, "canonical_arn")).unwrap();
    let map = EffectiveMap::read(&data);
    let found = lookup(&map, &principal, input["sso_feature_gate"] == true);
    let Lookup::Entry(entry) = found else { panic!("{input}: {found:?}") };
    assert_eq!(
        json!([entry.mapping.username, entry.mapping.groups]),
        json!([expected["username"], expected["groups"]])
    );
    true
}

/// Whom the webhook lets in, and as whom; `false` for a backend of another issue.
pub(crate) fn token_review(input: &Value, expected: &Value) -> bool {
    if input.get("iamidentitymapping").is_some() {
        return false;
    }
    let sections = Section::ALL.into_iter().filter(|section| input.get(section.key()).is_some());
    let data = sections.map(|section| (section.key().to_owned(), input[section.key()].to_string())).collect();
    let identity = &input["identity"];
    let principal = PrincipalArn::parse(text(identity, "canonical_arn")).unwrap();
    let values = TemplateValues {
        session_name: Some(text(identity, "session_name").to_owned()),
        ..TemplateValues::default()
    };
    let explanation = explain(&EffectiveMap::read(&data), &principal, &values);
    let Verdict::Mapped(candidate) = explanation.verdict else { panic!("{explanation:?}") };
    assert_eq!(json!(candidate.username), expected["username"], "{input}");
    assert_eq!(json!(candidate.groups), expected["groups"], "{input}");
    assert_eq!(json!([principal.canonical()]), expected["extra"]["canonicalArn"], "{input}");
    assert_eq!(principal.account(), text(identity, "account_id"), "{input}");
    true
}

pub(crate) fn template(input: &Value, expected: &Value) {
    let identity = &input["identity"];
    let of = |key: &str| identity[key].as_str().map(ToOwned::to_owned);
    let values = TemplateValues {
        account_id: of("account_id"),
        session_name: of("session_name"),
        access_key_id: of("access_key_id"),
        ec2_private_dns: None,
    };
    let rendered = rolecall_core::effective::render_template(text(input, "template"), &values);
    assert_eq!(rendered, text(expected, "rendered"));
}
