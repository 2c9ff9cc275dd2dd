//! A write whose answer got lost: what is there tells what came of it, or that it cannot be told.

use rolecall_core::observed::ObservedAccess;
use rolecall_core::record::Outcome;
use rolecall_engine::fake::{FakeCluster, Moment, Step};
use rolecall_engine::line::{ApplyError, Approval, Event, Watcher};
use rolecall_engine::port::PortErrorKind;

use crate::stage::{alter_roles, cluster, desired, error, names, owned, role, run, run_heard};

#[tokio::test]
async fn a_lost_answer_is_looked_up_in_the_map() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    cluster.fail(Step::Execute, Moment::After, error(PortErrorKind::Timeout));
    let report = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    assert_eq!(report.outcome, Some(Outcome::Verified));
    assert_eq!(cluster.steps().iter().filter(|step| **step == Step::Execute).count(), 1);
}

/// Somebody else's entry, written when we look what came of our write.
fn somebody_writes_before_we_look(cluster: &FakeCluster) {
    cluster.before(Step::Observe, |_| {});
    cluster.before(Step::Observe, they_write);
}

fn they_write(observed: &mut ObservedAccess) {
    alter_roles(observed, |roles| roles.push_str(&role("theirs")));
}

#[tokio::test]
async fn a_write_without_an_answer_is_seen_beside_somebody_elses() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    cluster.fail(Step::Execute, Moment::After, error(PortErrorKind::Timeout));
    somebody_writes_before_we_look(&cluster);
    let report = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    assert_eq!(names(&cluster), ["deployer", "dev", "theirs"]);
    assert_eq!(cluster.steps().iter().filter(|step| **step == Step::Execute).count(), 1);
    assert!(owned(&cluster, "dev") && !owned(&cluster, "theirs"));
    // The record of the change is the one that is named, and says what happened beside it.
    assert_eq!(report.outcome, Some(Outcome::Verified));
    assert_eq!(cluster.records().len(), 1);
    let completion = cluster.records()[&report.record.unwrap()].completion.clone().unwrap();
    assert_eq!(completion.outcome, Outcome::Verified);
    assert_eq!(completion.remarks, report.remarks);
    assert!(report.remarks[0].contains("right after this apply"), "{:?}", report.remarks);
    assert!(report.remarks[1].contains("role/theirs` [ops] came while"), "{:?}", report.remarks);
}

#[tokio::test]
async fn a_write_that_never_arrived_is_not_seen_in_somebody_elses() {
    // An entry that is altered was there before: that it is there proves nothing.
    let cluster = cluster(&["dev"]);
    let before = cluster.observed().data()["mapRoles"].replace("[ops]", "[other]");
    cluster.before(Step::Observe, move |observed| alter_roles(observed, |roles| *roles = before));
    cluster.before(Step::Observe, they_write);
    cluster.fail(Step::Execute, Moment::Before, error(PortErrorKind::Timeout));
    let report = run(&cluster, &desired(&["dev"]), Approval::ByGuards).await.unwrap();
    assert_eq!(report.outcome, Some(Outcome::Verified));
    assert!(!cluster.observed().data()["mapRoles"].contains("[other]"));
    let records = cluster.records();
    let outcomes: Vec<Outcome> =
        records.values().map(|record| record.completion.as_ref().unwrap().outcome).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Superseded).count(), 1, "{outcomes:?}");
    assert_eq!(records[&report.record.unwrap()].completion.as_ref().unwrap().outcome, Outcome::Verified);
}

/// Nothing can be read once the write has begun.
struct Blackout<'a>(&'a FakeCluster);

impl Watcher for Blackout<'_> {
    fn hear(&self, event: Event<'_>) {
        if matches!(event, Event::Writing) {
            (0..4)
                .for_each(|_| self.0.fail(Step::Observe, Moment::Before, error(PortErrorKind::Unavailable)));
        }
    }
}

#[tokio::test]
async fn what_may_have_been_written_is_told_and_settled_by_the_next_apply() {
    for (moment, is_blackout, outcome) in [
        (Moment::After, true, Outcome::FoundApplied),
        (Moment::Before, true, Outcome::FoundNotApplied),
        (Moment::Before, false, Outcome::FoundNotApplied),
    ] {
        let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
        cluster.fail(Step::Execute, moment, error(PortErrorKind::Timeout));
        let result = if is_blackout {
            run_heard(&cluster, &wanted, Approval::ByGuards, &Blackout(&cluster), true).await
        } else {
            run(&cluster, &wanted, Approval::ByGuards).await
        };
        let told = result.unwrap_err();
        let ApplyError::Unanswered { record: Some(record), unread, .. } = &told else { panic!("{told:?}") };
        assert_eq!(unread.is_some(), is_blackout);
        let told = told.to_string();
        assert!(told.starts_with("the map may have been written") && told.contains(record), "{told}");
        assert!(cluster.records()[record].completion.is_none(), "the record stays unfinished");
        assert_eq!(cluster.holder(), None);
        let report = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
        assert_eq!(report.settled.len(), 1);
        assert_eq!((&report.settled[0].record, report.settled[0].outcome), (record, outcome));
        assert_eq!(names(&cluster), ["deployer", "dev"]);
    }
}

#[tokio::test]
async fn a_refusal_is_told_also_where_its_record_cannot_be_completed() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    let webhook =
        rolecall_engine::port::PortError::new(PortErrorKind::Invalid, "patch", "`it`", "a webhook says no");
    cluster.fail(Step::Execute, Moment::Before, webhook.clone());
    cluster.fail(Step::Complete, Moment::Before, error(PortErrorKind::Denied));
    let result = run(&cluster, &wanted, Approval::ByGuards).await;
    assert!(matches!(&result, Err(ApplyError::Port { source }) if *source == webhook), "{result:?}");
}
