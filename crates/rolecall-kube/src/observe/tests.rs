//! What is ours, and what is not known to be.

use rolecall_core::ledger::Ledger;
use rolecall_core::source::SourceRevision;
use serde_json::Value;

use super::*;

fn config_map(object: Value) -> ConfigMap {
    serde_json::from_value(object).unwrap()
}

fn ledger(text: &str) -> ConfigMap {
    let metadata = json!({ "name": "rolecall-ledger", "resourceVersion": "12" });
    config_map(json!({ "metadata": metadata, "data": { "ledger": text } }))
}

fn unfinished(name: &str, text: &str) -> ConfigMap {
    config_map(json!({ "metadata": { "name": name }, "data": { "intent": text } }))
}

fn intent() -> Intent {
    Intent {
        name: "one".to_owned(),
        started_at: "2026-11-24T08:00:00Z".parse().unwrap(),
        revision: SourceRevision::cli(),
        caller: None,
        adds: [].into(),
        alters: [].into(),
        removes: [].into(),
        before: "sha256:a".to_owned(),
        after: "sha256:b".to_owned(),
    }
}

#[test]
fn nothing_is_ours_where_nothing_was_applied() {
    assert_eq!(Ours::of(Vec::new()), Ours { ledger: Knowledge::Known(None), unfinished: Vec::new() });
}

#[test]
fn the_ledger_and_the_intents_are_read() {
    let text = serde_json::to_string(&intent()).unwrap();
    let ours = Ours::of(vec![unfinished("one", &text), ledger("{}")]);
    let expect = ObservedLedger { resource_version: "12".to_owned(), ledger: Ledger::default() };
    assert_eq!(ours, Ours { ledger: Knowledge::Known(Some(expect)), unfinished: vec![intent()] });
}

#[test]
fn what_cannot_be_read_makes_ownership_unknown() {
    for (items, name) in
        [(vec![ledger("{}"), unfinished("two", "{}")], "two"), (vec![ledger("[")], "rolecall-ledger")]
    {
        let ours = Ours::of(items);
        let Knowledge::Unknown(why) = ours.ledger else { panic!("{:?}", ours.ledger) };
        assert!(why.contains(name), "{why}");
    }
}
