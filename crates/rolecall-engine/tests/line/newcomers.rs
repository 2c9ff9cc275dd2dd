//! An entry that nobody planned is loud in the pass that takes note of it, whatever else that pass does.

use rolecall_engine::fake::{FakeCluster, Step};
use rolecall_engine::line::{ApplyReport, Approval};

use crate::stage::{Ear, alter_roles, cluster, desired, role, run, run_heard};

fn intrude(cluster: &FakeCluster) {
    cluster.before(Step::Observe, |observed| {
        let intruder = role("intruder").replace("[ops]", "[system:masters]");
        alter_roles(observed, |roles| roles.push_str(&intruder));
    });
}

fn is_told(report: &ApplyReport, and: &str) -> bool {
    let about =
        "role `arn:aws:iam::111122223333:role/intruder` [system:masters] was not there at the last pass";
    report.remarks.iter().any(|remark| remark.starts_with(about) && remark.contains(and))
}

#[tokio::test]
async fn a_run_that_only_takes_note_of_an_intruder_says_so() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    let first = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    assert!(first.is_ledger_written && first.remarks.is_empty(), "{:?}", first.remarks);
    intrude(&cluster);
    let report = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    assert!(is_told(&report, "known from now on"), "{:?}", report.remarks);
    assert_eq!((report.outcome, report.record.as_ref()), (None, None), "the map was not written");
    assert!(report.is_ledger_written);
    let next = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    assert!(next.remarks.is_empty() && !next.is_ledger_written, "{:?}", next.remarks);
}

#[tokio::test]
async fn the_record_of_an_apply_names_an_intruder() {
    let cluster = cluster(&[]);
    run(&cluster, &desired(&["dev"]), Approval::ByGuards).await.unwrap();
    intrude(&cluster);
    let report = run(&cluster, &desired(&["dev", "ops"]), Approval::ByGuards).await.unwrap();
    assert!(is_told(&report, "known from now on"), "{:?}", report.remarks);
    let records = cluster.records();
    assert_eq!(records[report.record.as_ref().unwrap()].completion.as_ref().unwrap().remarks, report.remarks);
}

#[tokio::test]
async fn an_intruder_stays_new_as_long_as_nothing_is_recorded() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    intrude(&cluster);
    for _ in 0..2 {
        let report = run_heard(&cluster, &wanted, Approval::ByGuards, &Ear::default(), false).await.unwrap();
        assert!(is_told(&report, "nobody takes note"), "{:?}", report.remarks);
    }
}
