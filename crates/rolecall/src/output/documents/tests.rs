//! The documents against the published schemas, for what the line does on a cluster in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use rolecall_core::Timestamp;
use rolecall_core::cluster::{AccessEntry, AuthenticationMode, ClusterIdentity};
use rolecall_core::desired::DesiredAccess;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::guard::{Circumstances, judge};
use rolecall_core::identity_mapping::{EntryKey, Section};
use rolecall_core::ledger::Ledger;
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess, ObservedLedger, ObservedMap};
use rolecall_core::plan::plan;
use rolecall_core::policy::Policy;
use rolecall_core::source::{SourceId, SourceRevision};
use rolecall_engine::fake::{FakeCluster, Moment, Step};
use rolecall_engine::line::{self, ApplyRequest, Approval, Event, Line, Reading, Watcher};
use rolecall_engine::port::{NoHistory, PortError, PortErrorKind};
use serde_json::Value;

use super::*;

#[path = "../../../tests/cli/schema.rs"]
mod schema;

use schema::check;

const ENTRY: &str =
    "- rolearn: arn:aws:iam::111122223333:role/ci\n  username: ci\n  groups: [system:masters]\n";

fn observed() -> ObservedAccess {
    let canonical_arn = Some("arn:aws:iam::111122223333:role/ci".to_owned());
    ObservedAccess {
        cluster: ClusterIdentity { name: "c".to_owned(), endpoint: None, ca_fingerprint: None },
        observed_at: Some(Timestamp::UNIX_EPOCH),
        mode: Knowledge::Unknown("not asked".to_owned()),
        access_entries: Knowledge::Known(Vec::new()),
        map: Some(ObservedMap::of_data([("mapRoles".to_owned(), ENTRY.to_owned())].into()).at("1")),
        ledger: Knowledge::Known(None),
        unfinished: Vec::new(),
        caller: Knowledge::Known(Caller {
            username: "ci".to_owned(),
            groups: vec!["system:masters".to_owned()],
            canonical_arn,
        }),
    }
}

fn desired(more: &str) -> DesiredAccess {
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "aws-auth", "namespace": "kube-system" },
        "data": { "mapRoles": format!("{ENTRY}{more}") },
    });
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", &map.to_string());
    DesiredAccess::new(document, &findings, SourceRevision::cli(), Policy::default()).unwrap()
}

struct Nobody;

impl Watcher for Nobody {
    fn hear(&self, _: Event<'_>) {}
}

fn apply(cluster: &FakeCluster, desired: &DesiredAccess) -> Value {
    let reading = Reading { observe: cluster, clock: cluster, history: &NoHistory };
    let line = Line { reading, change: cluster, records: Some(cluster), lock: cluster };
    let request = ApplyRequest {
        desired,
        circumstances: circumstances(),
        approval: Approval::ByGuards,
        holder: "me".to_owned(),
        lock_wait: Duration::ZERO,
    };
    let report = block_on(line::apply(line, request, &Nobody)).unwrap();
    apply_report(&report)
}

fn circumstances() -> Circumstances {
    let lineage = Knowledge::Unknown("nobody was asked".to_owned());
    Circumstances { now: Timestamp::UNIX_EPOCH, declared: None, applier: None, lineage, allowed: Vec::new() }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

const MORE: &str = "- rolearn: arn:aws:iam::111122223333:role/more\n  username: more\n  groups: [view]\n";

#[test]
fn an_apply_is_reported_as_published() {
    let cluster = FakeCluster::new(observed());
    let report = apply(&cluster, &desired(MORE));
    assert_eq!(report["outcome"], "verified");
    assert!(report["record"].is_string());
    check("apply-report", &report);
    let nothing = apply(&cluster, &desired(MORE));
    assert_eq!(nothing["outcome"], Value::Null);
    assert_eq!((&report["ledgerWritten"], &nothing["ledgerWritten"]), (&json!(true), &json!(false)));
    check("apply-report", &nothing);
}

#[test]
fn a_verification_is_told_as_published() {
    let cluster = FakeCluster::new(observed());
    let reading = Reading { observe: &cluster, clock: &cluster, history: &NoHistory };
    let verify =
        |desired: &DesiredAccess| verification(&block_on(line::verify(reading, desired, None)).unwrap());
    let fine = verify(&desired(""));
    assert_eq!(fine["asPlanned"], true);
    check("verification", &fine);
    let drifted = verify(&desired(MORE));
    assert_eq!((&drifted["asPlanned"], &drifted["pending"]), (&json!(false), &json!(1)));
    check("verification", &drifted);
    let refused = PortError::new(PortErrorKind::Other, "review", "`the caller`", "no");
    cluster.fail(Step::Authenticate, Moment::Before, refused);
    let unknown = verify(&desired(""));
    assert_eq!(unknown["problem"], "review `the caller`: no");
    check("verification", &unknown);
}

#[test]
fn a_plan_against_all_odds_is_told_as_published() {
    let mut observed = observed();
    let source = SourceId::repository("https://git.example.com/doors", "aws-auth.yml");
    let key = EntryKey::new(Section::MapRoles, "arn:aws:iam::111122223333:role/more");
    let ledger = Ledger { owners: BTreeMap::from([(key, source)]), ..Ledger::default() };
    observed.ledger = Knowledge::Known(Some(ObservedLedger { resource_version: "1".to_owned(), ledger }));
    observed.mode = Knowledge::Known(AuthenticationMode::ApiAndConfigMap);
    observed.access_entries = Knowledge::Known(vec![AccessEntry {
        principal_arn: "arn:aws:iam::111122223333:role/ci".to_owned(),
        entry_type: "STANDARD".to_owned(),
        username: "ci".to_owned(),
        groups: Vec::new(),
        cluster_policies: Vec::new(),
    }]);
    let told = |observed: &ObservedAccess| {
        let desired = desired(MORE);
        let plan = plan(&desired, observed);
        render::plan(&plan, &judge(&plan, &desired, observed, &circumstances()), observed)
    };
    let dual = told(&observed);
    let count = |document: &Value, key: &str| document[key].as_array().unwrap().len();
    assert_eq!((count(&dual, "shadowed"), count(&dual, "conflicts"), count(&dual, "blocked")), (1, 1, 0));
    check("plan", &dual);
    observed.mode = Knowledge::Known(AuthenticationMode::Api);
    let api = told(&observed);
    assert_eq!(count(&api, "blocked"), 1);
    check("plan", &api);
}
