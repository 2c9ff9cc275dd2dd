//! Records and the ledger: written, completed, read back, and never over somebody else's.

use http::Method;
use rolecall_core::identity_mapping::{EntryKey, Section};
use rolecall_core::ledger::Ledger;
use rolecall_core::observed::Knowledge;
use rolecall_core::record::{Completion, Outcome};
use rolecall_core::source::SourceId;
use rolecall_engine::port::{KeepRecords, ObserveAccess, PortErrorKind};
use rolecall_testenv::Cluster;

use crate::stage;

const CONFIG_MAPS: &str = "/api/v1/namespaces/rolecall/configmaps";

fn completion() -> Completion {
    Completion {
        finished_at: "2026-11-24T08:00:01Z".parse().unwrap(),
        outcome: Outcome::Verified,
        remarks: vec!["seen".to_owned()],
    }
}

/// A ledger with this many entries.
fn ledger(n_entries: usize) -> Ledger {
    let key =
        |number| EntryKey::new(Section::MapRoles, &format!("arn:aws:iam::111122223333:role/role-{number}"));
    let source = SourceId::repository("https://example.com/access", "clusters/prod");
    Ledger {
        owners: (0..n_entries).map(|number| (key(number), source.clone())).collect(),
        ..Ledger::default()
    }
}

#[tokio::test]
async fn a_record_is_unfinished_until_it_is_completed() {
    let (cluster, admin) = stage::bootstrapped().await;
    let mut record = stage::record("apply-1", Some("before"), "after");
    admin.begin(&record).await.unwrap();
    assert_eq!(admin.observe().await.unwrap().unfinished, [record.intent.clone()]);
    assert_eq!(admin.read_record("apply-1").await.unwrap(), record);

    admin.complete("apply-1", &completion()).await.unwrap();
    assert!(admin.observe().await.unwrap().unfinished.is_empty());
    record.completion = Some(completion());
    assert_eq!(admin.read_record("apply-1").await.unwrap(), record);
    let stored =
        cluster.request(Method::GET, &format!("{CONFIG_MAPS}/apply-1"), None).unwrap().success().unwrap();
    assert!(stored["data"]["completion"].as_str().unwrap().contains("\"outcome\": \"verified\""));
    assert_eq!(stored["metadata"]["labels"]["rolecall.dev/record"], "completed");
    assert_eq!(stored["metadata"]["labels"]["app.kubernetes.io/managed-by"], "rolecall");
}

#[tokio::test]
async fn a_record_is_never_written_over() {
    let (_cluster, admin) = stage::bootstrapped().await;
    let first = stage::record("apply-1", None, "first");
    admin.begin(&first).await.unwrap();
    let error = admin.begin(&stage::record("apply-1", None, "second")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
    assert_eq!(admin.read_record("apply-1").await.unwrap(), first);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_cluster, admin) = stage::bootstrapped().await;
    assert_eq!(admin.read_record("apply-9").await.unwrap_err().kind, PortErrorKind::NotFound);
    assert_eq!(admin.complete("apply-9", &completion()).await.unwrap_err().kind, PortErrorKind::NotFound);
}

#[tokio::test]
async fn without_the_namespace_the_next_step_is_told() {
    let cluster = Cluster::shared().unwrap();
    let admin = stage::admin(&cluster).await;
    let error = admin.begin(&stage::record("apply-1", None, "after")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
    assert!(error.hint.unwrap().contains("rolecall bootstrap cluster"));
}

/// 900 KiB before and after that compress, and that hardly do.
#[tokio::test]
async fn the_largest_maps_are_recorded_whole() {
    let (cluster, admin) = stage::bootstrapped().await;
    let lines = "- rolearn: arn:aws:iam::111122223333:role/somebody\n".repeat(900 * 1024 / 51);
    let plain = stage::record("apply-1", Some(&lines), &lines);
    admin.begin(&plain).await.unwrap();
    assert_eq!(admin.read_record("apply-1").await.unwrap(), plain);

    let noise = stage::record("apply-2", Some(&noise(1)), &noise(2));
    admin.begin(&noise).await.unwrap();
    admin.complete("apply-2", &completion()).await.unwrap();
    let read = admin.read_record("apply-2").await.unwrap();
    assert_eq!((&read.data_before, &read.data_after), (&noise.data_before, &noise.data_after));
    let part =
        cluster.request(Method::GET, &format!("{CONFIG_MAPS}/apply-2-1"), None).unwrap().success().unwrap();
    assert_eq!(part["metadata"]["labels"]["rolecall.dev/record-part"], "apply-2");
}

/// 900 KiB of letters from a simple generator, six bits of chance in each.
fn noise(seed: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state = seed;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[usize::try_from(state >> 58).unwrap()])
    };
    (0..900 * 1024).map(letter).collect()
}

#[tokio::test]
async fn the_ledger_is_written_only_over_the_one_that_was_read() {
    let (_cluster, admin) = stage::bootstrapped().await;
    admin.write_ledger(&ledger(1), None).await.unwrap();
    let error = admin.write_ledger(&ledger(2), None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");

    let observed = observed_ledger(&admin).await;
    assert_eq!(observed.ledger, ledger(1));
    admin.write_ledger(&ledger(3), Some(&observed.resource_version)).await.unwrap();
    let error = admin.write_ledger(&ledger(4), Some(&observed.resource_version)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
    assert_eq!(observed_ledger(&admin).await.ledger, ledger(3));
}

#[tokio::test]
async fn a_ledger_that_is_gone_is_a_conflict() {
    let (cluster, admin) = stage::bootstrapped().await;
    admin.write_ledger(&ledger(1), None).await.unwrap();
    let observed = observed_ledger(&admin).await;
    cluster
        .request(Method::DELETE, &format!("{CONFIG_MAPS}/rolecall-ledger"), None)
        .unwrap()
        .success()
        .unwrap();
    let error = admin.write_ledger(&ledger(2), Some(&observed.resource_version)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
}

/// From readable to compressed and back, under the same name.
#[tokio::test]
async fn a_ledger_grows_and_shrinks() {
    let (_cluster, admin) = stage::bootstrapped().await;
    admin.write_ledger(&ledger(1), None).await.unwrap();
    for n_entries in [20_000, 2] {
        let version = observed_ledger(&admin).await.resource_version;
        admin.write_ledger(&ledger(n_entries), Some(&version)).await.unwrap();
        assert_eq!(observed_ledger(&admin).await.ledger, ledger(n_entries));
    }
}

async fn observed_ledger(admin: &rolecall_kube::KubeCluster) -> rolecall_core::observed::ObservedLedger {
    match admin.observe().await.unwrap().ledger {
        Knowledge::Known(Some(ledger)) => ledger,
        other => panic!("{other:?}"),
    }
}
