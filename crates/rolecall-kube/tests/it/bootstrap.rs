//! The objects, and that they are enough for all that a deployer does, and for nothing else.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use http::Method;
use rolecall_core::ledger::Ledger;
use rolecall_core::observed::Knowledge;
use rolecall_core::plan::Call;
use rolecall_core::record::{Completion, Outcome};
use rolecall_engine::port::{ChangeAccess, HoldLock, KeepRecords, Lock, ObserveAccess, PortErrorKind};
use rolecall_kube::bootstrap::{self, DEPLOYERS, Outcome as Step, objects};
use rolecall_testenv::Cluster;
use serde_json::{Value, json};

use crate::stage;

#[tokio::test]
async fn it_is_done_once_and_mended() {
    let cluster = Cluster::shared().unwrap();
    let admin = stage::admin(&cluster).await;
    let names = [
        "namespace rolecall",
        "role kube-system/rolecall-deployer",
        "rolebinding kube-system/rolecall-deployer",
        "role rolecall/rolecall-deployer",
        "rolebinding rolecall/rolecall-deployer",
        "clusterrole rolecall-rbac-reader",
        "clusterrolebinding rolecall-rbac-reader",
    ];
    for expect in [Step::Created, Step::Unchanged] {
        let done = admin.bootstrap(&objects(DEPLOYERS)).await.unwrap();
        assert_eq!(done.iter().map(|one| one.object.as_str()).collect::<Vec<_>>(), names);
        assert!(done.iter().all(|one| one.outcome == expect), "{done:?}");
    }
    let done = admin.bootstrap(&objects("others")).await.unwrap();
    let changed = done.iter().filter(|one| one.outcome == Step::Changed).map(|one| one.object.as_str());
    assert_eq!(changed.collect::<Vec<_>>(), [names[2], names[4], names[6]]);
}

#[tokio::test]
async fn what_somebody_else_made_of_a_role_is_a_conflict() {
    let (cluster, admin) = stage::bootstrapped().await;
    let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/roles/rolecall-deployer";
    let mut role = cluster.request(Method::GET, path, None).unwrap().success().unwrap();
    role["rules"] = json!([]);
    cluster.request(Method::PUT, path, Some(&role)).unwrap().success().unwrap();
    let error = admin.bootstrap(&objects(DEPLOYERS)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
    assert!(error.message.contains(".rules"), "{error}");
}

#[tokio::test]
async fn only_what_belongs_to_it_is_bootstrapped() {
    let cluster = Cluster::shared().unwrap();
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" } });
    let error = stage::admin(&cluster).await.bootstrap(&[pod]).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
}

/// What `--print` prints is for kubectl, and says the same.
#[tokio::test]
async fn the_printed_objects_are_the_objects() {
    let cluster = Cluster::shared().unwrap();
    let mut kubectl = cluster
        .kubectl()
        .args(["create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    kubectl.stdin.take().unwrap().write_all(bootstrap::yaml(&objects(DEPLOYERS)).as_bytes()).unwrap();
    let output = kubectl.wait_with_output().unwrap();
    assert!(output.status.success());
    let documents = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let mut read: Vec<Value> = documents.map(Result::unwrap).collect();
    if read.len() == 1 && read[0]["kind"] == "List" {
        read = read[0]["items"].as_array().unwrap().clone();
    }
    assert_eq!(read, objects(DEPLOYERS));
}

/// Everything that an apply asks of the adapter, as a member of the group and of nothing else.
#[tokio::test]
async fn a_deployer_can_do_all_of_an_apply() {
    let (cluster, _admin) = stage::bootstrapped().await;
    let deployer = stage::deployer(&cluster).await;
    assert_eq!(deployer.acquire("deployer", Duration::from_mins(1)).await.unwrap(), Lock::Acquired);
    let observed = deployer.observe().await.unwrap();
    assert_eq!((&observed.map, &observed.ledger), (&None, &Knowledge::Known(None)));

    deployer.begin(&stage::record("apply-1", None, "after")).await.unwrap();
    let create = Call::CreateMap { data: [("mapRoles".to_owned(), "[]".to_owned())].into() };
    deployer.rehearse(&create).await.unwrap();
    deployer.execute(&create).await.unwrap();
    let observed = deployer.observe().await.unwrap();
    assert_eq!(observed.unfinished.len(), 1);
    let set = [("mapUsers".to_owned(), "[]".to_owned())].into();
    let patch = Call::PatchMap { resource_version: observed.map.unwrap().resource_version.unwrap(), set };
    deployer.rehearse(&patch).await.unwrap();
    deployer.execute(&patch).await.unwrap();

    deployer.write_ledger(&Ledger::default(), None).await.unwrap();
    let Knowledge::Known(Some(ledger)) = deployer.observe().await.unwrap().ledger else { panic!() };
    deployer.write_ledger(&Ledger::default(), Some(&ledger.resource_version)).await.unwrap();
    let finished_at = "2026-11-24T08:00:01Z".parse().unwrap();
    let completion = Completion { finished_at, outcome: Outcome::Verified, remarks: Vec::new() };
    deployer.complete("apply-1", &completion).await.unwrap();
    deployer.read_record("apply-1").await.unwrap();
    assert_eq!(deployer.authenticate_afresh().await.unwrap().username, "somebody");
    deployer.acquire("deployer", Duration::from_mins(1)).await.unwrap();
    deployer.release("deployer").await.unwrap();
}

#[tokio::test]
async fn a_deployer_can_do_nothing_else() {
    let (cluster, _admin) = stage::bootstrapped().await;
    stage::deployer(&cluster).await;
    let rows = [
        ("get configmaps/aws-auth -n kube-system", true),
        ("patch configmaps/aws-auth -n kube-system", true),
        ("create configmaps/aws-auth -n kube-system", true),
        ("watch configmaps/aws-auth -n kube-system", true),
        ("list rolebindings -A", true),
        ("get clusterroles", true),
        ("delete configmaps/aws-auth -n kube-system", false),
        ("update configmaps/aws-auth -n kube-system", false),
        ("create configmaps -n kube-system", false),
        ("get configmaps/other -n kube-system", false),
        ("list configmaps -n kube-system", false),
        ("delete configmaps -n rolecall", false),
        ("delete leases -n rolecall", false),
        ("get secrets -n rolecall", false),
        ("create rolebindings -n rolecall", false),
        ("patch clusterroles", false),
    ];
    for (question, expect) in rows {
        let mut kubectl = cluster.kubectl();
        kubectl.args(["auth", "can-i", "-q", "--as=somebody", "--as-group", DEPLOYERS]);
        let output = kubectl.args(question.split(' ')).output().unwrap();
        assert_eq!(
            output.status.success(),
            expect,
            "{question}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[tokio::test]
async fn the_rights_that_are_missing_are_named() {
    let (cluster, _admin) = stage::bootstrapped().await;
    let stranger = stage::somebody(&cluster, &["strangers"]).await;
    let expect = [
        "list configmaps rolecall/*",
        "get configmaps rolecall/*",
        "create configmaps rolecall/*",
        "patch configmaps rolecall/*",
        "get leases rolecall/*",
        "create leases rolecall/*",
        "patch leases rolecall/*",
        "patch configmaps kube-system/aws-auth",
    ];
    assert_eq!(stranger.missing_rights().await.unwrap(), expect);
    assert!(stage::admin(&cluster).await.missing_rights().await.unwrap().is_empty());
}
