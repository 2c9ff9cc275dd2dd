//! Replays what the authenticator answers the API server about an identity: username and groups.
//!
//! `uid` and `extra` are the server's own words, which Rolecall reads and never makes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

use std::collections::BTreeMap;

use rolecall_core::effective::{EffectiveMap, TemplateValues, Verdict, explain};
use rolecall_core::principal::PrincipalArn;
use serde_json::Value;

const ROWS: &str = include_str!("cases/authenticator.jsonl");

#[test]
fn every_review_of_a_map_agrees() {
    let mut n = 0;
    for line in ROWS.lines().filter(|line| !line.trim().is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap();
        let (input, expected) = (&row["input"], &row["expected"]);
        // The `IAMIdentityMapping` backend is an issue of its own.
        if row["area"] != "server.token_review" || input.get("iamidentitymapping").is_some() {
            continue;
        }
        n += 1;
        let sections = ["mapRoles", "mapUsers", "mapAccounts"];
        let written = sections.into_iter().filter(|key| input.get(key).is_some());
        let data: BTreeMap<String, String> =
            written.map(|key| (key.to_owned(), input[key].to_string())).collect();
        let principal = PrincipalArn::parse(input["identity"]["canonical_arn"].as_str().unwrap()).unwrap();
        let explanation = explain(&EffectiveMap::read(&data), &principal, &TemplateValues::default());
        let Verdict::Mapped(candidate) = explanation.verdict else { panic!("{row}: {explanation:?}") };
        assert_eq!(Value::from(candidate.username), expected["username"], "{row}");
        assert_eq!(Value::from(candidate.groups), expected["groups"], "{row}");
    }
    assert_eq!(n, 5);
}
