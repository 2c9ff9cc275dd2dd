//! Walks `cases/plans`: from what is desired and what is observed to the plan, its guards and the new map.
//!
//! Each folder holds `desired.yaml`, `observed.yaml` (absent: there is no map) and, where they matter,
//! `rolecall.yaml`, `ledger.json` and `world.json` (caller, mode, access entries, allowances, lineage). What must come
//! out stands in `expected.txt`; `UPDATE=1 cargo test -p rolecall-core` writes it anew, to be reviewed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]
#![expect(clippy::disallowed_methods, reason = "the fence is for what ships; the cases are files")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rolecall_core::cluster::{AccessEntry, AuthenticationMode, ClusterIdentity};
use rolecall_core::desired::DesiredAccess;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::EffectiveMap;
use rolecall_core::finding::Level;
use rolecall_core::guard::{Allowance, Circumstances, Guard, judge};
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess, ObservedLedger, ObservedMap};
use rolecall_core::plan::{Plan, plan};
use rolecall_core::policy::Policy;
use rolecall_core::predict::predict;
use rolecall_core::source::{Lineage, SourceId, SourceRevision};
use rolecall_core::{Timestamp, config, render};
use serde::Deserialize;

mod expected;
use expected::{cases, differs};

/// What a case may say about the rest of the world.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct World {
    caller: Option<Caller>,
    mode: Option<AuthenticationMode>,
    access_entries: Option<Vec<AccessEntry>>,
    allow: Vec<(String, String)>,
    lineage: Option<String>,
}

#[test]
fn every_case_plans_as_expected() {
    let cases = cases("plans");
    let failures: Vec<String> = cases.iter().filter_map(|case| differs(case, &tell(case))).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(cases.len() >= 20, "only {} cases", cases.len());
}

fn tell(case: &Path) -> String {
    let read = |name: &str| fs::read_to_string(case.join(name)).ok();
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", &read("desired.yaml").unwrap());
    let mut told = String::new();
    for finding in findings.iter().filter(|finding| finding.level != Level::Note) {
        writeln!(told, "{} {} {}", finding.place, finding.code, finding.message).unwrap();
    }
    let policy = read("rolecall.yaml").map_or_else(Policy::default, |text| {
        let (config, findings) = config::parse("rolecall.yaml", &text);
        config.unwrap_or_else(|| panic!("{findings:?}")).policy
    });
    let source = SourceId::repository("https://git.example.com/team/access.git", "aws-auth.yml");
    let commit = Some("1a2b3c4d5e6f7890".into());
    let revision = SourceRevision { source, commit, committed_at: None, modified: false };
    let Some(desired) = DesiredAccess::new(document, &findings, revision, policy) else {
        told.push_str("refused: the file has errors\n");
        return told;
    };
    let world: World =
        read("world.json").map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
    let ledger = read("ledger.json").map(|text| serde_json::from_str(&text).unwrap());
    let observed = observed(read("observed.yaml").as_deref(), ledger, &world);
    tell_plan(&desired, &observed, &world, &mut told);
    told
}

fn observed(
    map: Option<&str>,
    ledger: Option<rolecall_core::ledger::Ledger>,
    world: &World,
) -> ObservedAccess {
    let map = map.map(|text| {
        let (document, _) = AwsAuthDocument::parse("observed.yaml", text);
        let document = document.expect("an observed map is a ConfigMap");
        ObservedMap::of_document(&document).at("7")
    });
    let unknown = || "not asked in this case".to_owned();
    ObservedAccess {
        cluster: ClusterIdentity { name: "prod".into(), endpoint: None, ca_fingerprint: None },
        observed_at: Some(Timestamp::UNIX_EPOCH),
        mode: world.mode.map_or_else(|| Knowledge::Unknown(unknown()), Knowledge::Known),
        access_entries: world
            .access_entries
            .clone()
            .map_or_else(|| Knowledge::Unknown(unknown()), Knowledge::Known),
        map,
        ledger: Knowledge::Known(
            ledger.map(|ledger| ObservedLedger { resource_version: "3".into(), ledger }),
        ),
        unfinished: Vec::new(),
        caller: Knowledge::Known(world.caller.clone().unwrap_or_else(|| Caller {
            username: "kubernetes-admin".into(),
            groups: vec!["system:masters".into()],
            canonical_arn: None,
        })),
    }
}

fn tell_plan(desired: &DesiredAccess, observed: &ObservedAccess, world: &World, told: &mut String) {
    let plan = plan(desired, observed);
    let allowed = world
        .allow
        .iter()
        .map(|(code, reason)| Allowance { guard: Guard::from_code(code).unwrap(), reason: reason.clone() });
    let circumstances = Circumstances {
        now: Timestamp::UNIX_EPOCH,
        declared: None,
        applier: None,
        lineage: lineage(world),
        allowed: allowed.collect(),
    };
    let judgements = judge(&plan, desired, observed, &circumstances);
    for line in render::plan_text(&plan, &judgements, observed, 80) {
        writeln!(told, "{}", line.text).unwrap();
    }
    for (key, text) in plan.data().iter().filter(|(key, text)| observed.data().get(*key) != Some(text)) {
        writeln!(told, "---- {key}\n{text}").unwrap();
    }
    assert_planning_is_sound(desired, observed, &plan);
}

fn lineage(world: &World) -> Knowledge<Lineage> {
    let of = |name: &str| match name {
        "descendant" => Lineage::Descendant,
        "ancestor" => Lineage::Ancestor,
        _ => panic!("there is no lineage `{name}`"),
    };
    let known = world.lineage.as_deref().map(of);
    known.map_or_else(|| Knowledge::Unknown("not asked in this case".into()), Knowledge::Known)
}

/// Equal inputs give an equal plan, and what is applied is not planned again.
fn assert_planning_is_sound(desired: &DesiredAccess, observed: &ObservedAccess, first: &Plan) {
    let json = |plan: &Plan| render::plan(plan, &[], observed).to_string();
    assert_eq!(&plan(desired, observed), first);
    assert_eq!(json(&plan(desired, observed)), json(first));
    let predicted = predict(first, observed);
    assert_eq!(first.after(), &EffectiveMap::read(predicted.data()), "guards judge another map");
    if first.blocked().is_empty() {
        let again = plan(desired, &predicted);
        assert_eq!(again.changes(), [], "planned again after it was applied");
        assert_eq!(again.ledger(), first.ledger(), "the ledger does not settle");
    }
}
