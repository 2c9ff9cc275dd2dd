//! The whole line on the fake cluster: every step made to fail in turn, and others who write in between.
#![expect(clippy::unwrap_used, reason = "everything here is a test")]

mod lost_answers;
mod newcomers;
mod reconcile;
mod replay;
mod stage;
mod unrecorded;
mod verification;
mod watch;

use rolecall_core::observed::Knowledge;
use rolecall_core::plan::plan;
use rolecall_core::record::Outcome;
use rolecall_engine::fake::{FakeCluster, Moment, Step};
use rolecall_engine::line::{ApplyError, Approval, Reading, Rehearsal, rehearse};
use rolecall_engine::port::{NoHistory, PortErrorKind};

use stage::{Ear, OWN, alter_roles, cluster, desired, error, names, owned, role, run, run_heard};

#[tokio::test]
async fn a_change_is_written_verified_and_recorded() {
    use Step::{
        Acquire, Authenticate, Begin, Complete, Execute, MissingRights, Observe, Release, WriteLedger,
    };
    let (cluster, wanted) = (cluster(&["theirs"]), desired(&["dev"]));
    let report = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    assert_eq!(report.outcome, Some(Outcome::Verified), "{:?}", report.remarks);
    assert_eq!(names(&cluster), ["deployer", "theirs", "dev"]);
    assert!(owned(&cluster, "dev") && !owned(&cluster, "theirs"));
    let records = cluster.records();
    let record = &records[report.record.as_ref().unwrap()];
    assert_eq!(record.completion.as_ref().unwrap().outcome, Outcome::Verified);
    assert_eq!(record.data_before.as_ref().unwrap()["mapRoles"], format!("{OWN}{}", role("theirs")));
    assert_eq!(cluster.holder(), None, "the lock is free again");
    let expected = [
        Observe,
        MissingRights,
        Acquire,
        Begin,
        Execute,
        WriteLedger,
        Observe,
        Authenticate,
        Complete,
        Release,
    ];
    assert_eq!(cluster.steps(), expected, "no request that is not needed");
}

#[tokio::test]
async fn nothing_to_do_writes_nothing() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    let before = cluster.observed();
    let steps = cluster.steps().len();
    let report = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    assert_eq!(report.outcome, None);
    assert_eq!(cluster.steps()[steps..], [Step::Observe]);
    assert_eq!(cluster.observed(), before);
}

#[tokio::test]
async fn a_removal_needs_ownership() {
    let cluster = cluster(&["theirs"]);
    run(&cluster, &desired(&["dev", "ops"]), Approval::ByGuards).await.unwrap();
    run(&cluster, &desired(&["dev"]), Approval::ByGuards).await.unwrap();
    assert_eq!(names(&cluster), ["deployer", "theirs", "dev"]);
}

/// Whatever step fails, before or after it was carried out: the lock is given back, nothing is lost, and the
/// next run brings the cluster to what is wanted and still knows what is ours.
#[tokio::test]
async fn a_write_that_was_turned_away_is_sent_again() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    for _ in 0..3 {
        cluster.fail(Step::Execute, Moment::Before, error(PortErrorKind::Throttled));
    }
    let report = run(&cluster, &wanted, Approval::ByGuards).await.unwrap();
    assert_eq!(report.outcome, Some(Outcome::Verified));
    let others = desired(&["dev", "ops"]);
    for _ in 0..4 {
        cluster.fail(Step::Execute, Moment::Before, error(PortErrorKind::Throttled));
    }
    run(&cluster, &others, Approval::ByGuards).await.unwrap_err();
    let outcomes = cluster.records().into_values().map(|record| record.completion.map(|end| end.outcome));
    assert!(outcomes.collect::<Vec<_>>().contains(&Some(Outcome::Failed)), "it was refused, for sure");
}

#[tokio::test]
async fn every_step_may_fail() {
    let steps = [
        Step::Observe,
        Step::MissingRights,
        Step::Acquire,
        Step::Begin,
        Step::Execute,
        Step::WriteLedger,
        Step::Complete,
        Step::Release,
        Step::Authenticate,
    ];
    for step in steps {
        for moment in [Moment::Before, Moment::After] {
            for kind in [PortErrorKind::Denied, PortErrorKind::Other, PortErrorKind::Unavailable] {
                let (cluster, wanted) = (cluster(&["theirs"]), desired(&["dev"]));
                cluster.fail(step, moment, error(kind));
                let first = run(&cluster, &wanted, Approval::ByGuards).await;
                let context = format!("{step:?} {moment:?} {kind:?}: {first:?}");
                assert!(names(&cluster).starts_with(&["deployer".into(), "theirs".into()]), "{context}");
                if !(step == Step::Release && moment == Moment::Before) && step != Step::Acquire {
                    assert_eq!(cluster.holder(), None, "{context}");
                }
                run(&cluster, &wanted, Approval::ByGuards)
                    .await
                    .unwrap_or_else(|error| panic!("{error:?} {context}"));
                assert_eq!(names(&cluster), ["deployer", "theirs", "dev"], "{context}");
                assert!(owned(&cluster, "dev") && !owned(&cluster, "theirs"), "{context}");
                assert!(cluster.observed().unfinished.is_empty(), "{context}");
                assert!(cluster.records().values().all(|record| record.completion.is_some()), "{context}");
            }
        }
    }
}

#[tokio::test]
async fn somebody_elses_write_is_planned_again() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    cluster.before(Step::Execute, |observed| {
        alter_roles(observed, |roles| roles.push_str(&role("intruder")));
    });
    let ear = Ear::default();
    let report = run_heard(&cluster, &wanted, Approval::ByGuards, &ear, true).await.unwrap();
    assert_eq!(names(&cluster), ["deployer", "intruder", "dev"]);
    assert!(ear.heard.lock().unwrap().contains(&"again"));
    let outcomes: Vec<Outcome> =
        cluster.records().values().map(|record| record.completion.as_ref().unwrap().outcome).collect();
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.contains(&Outcome::Superseded) && outcomes.contains(&Outcome::Verified));
    assert_eq!(report.outcome, Some(Outcome::Verified));
}

#[tokio::test]
async fn what_a_person_saw_goes_on_only_if_it_is_still_equal() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    let seen = plan(&wanted, &cluster.observed()).changes().to_vec();
    cluster.before(Step::Execute, |observed| {
        alter_roles(observed, |roles| roles.push_str("# a comment\n"));
    });
    run(&cluster, &wanted, Approval::Seen(seen.clone())).await.unwrap();

    let other = cluster_with_other_dev();
    let result = run(&other, &wanted, Approval::Seen(seen)).await;
    assert!(matches!(result, Err(ApplyError::Moved(_))), "{result:?}");
    assert_eq!(other.steps(), [Step::Observe]);
}

fn cluster_with_other_dev() -> FakeCluster {
    let cluster = cluster(&["dev"]);
    let mut observed = cluster.observed();
    alter_roles(&mut observed, |roles| *roles = roles.replace("[ops]", "[other]"));
    FakeCluster::new(observed)
}

#[tokio::test]
async fn guards_are_asked_again_after_a_conflict() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    cluster.before(Step::Execute, |observed| {
        observed.mode = Knowledge::Known(rolecall_core::cluster::AuthenticationMode::Api);
    });
    let result = run(&cluster, &wanted, Approval::ByGuards).await;
    assert!(matches!(result, Err(ApplyError::Refused(..))), "{result:?}");
    assert_eq!(names(&cluster), ["deployer"]);
    assert_eq!(cluster.holder(), None);
}

#[tokio::test]
async fn a_writer_that_never_stops_is_named() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    for _ in 0..5 {
        cluster.before(Step::Execute, |observed| {
            alter_roles(observed, |roles| roles.push_str("# again\n"));
        });
    }
    let result = run(&cluster, &wanted, Approval::ByGuards).await;
    assert!(matches!(result, Err(ApplyError::Contended(5))), "{result:?}");
}

#[tokio::test]
async fn one_deploy_at_a_time() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    cluster.lock("somebody");
    let ear = Ear::default();
    let result = run_heard(&cluster, &wanted, Approval::ByGuards, &ear, true).await;
    assert!(matches!(&result, Err(ApplyError::Locked { holder }) if holder == "somebody"), "{result:?}");
    assert!(ear.heard.lock().unwrap().contains(&"waiting"));
    assert_eq!(names(&cluster), ["deployer"]);
    assert_eq!(cluster.holder().as_deref(), Some("somebody"), "it is still his");
}

#[tokio::test]
async fn whoever_may_not_record_may_not_change() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    cluster.withhold(&["create configmaps in rolecall"]);
    let result = run(&cluster, &wanted, Approval::ByGuards).await;
    assert!(matches!(result, Err(ApplyError::MayNotRecord(_))), "{result:?}");
    assert!(!cluster.steps().contains(&Step::Execute));
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_stops_an_apply_before_it_writes() {
    let mut observed = cluster(&[]).observed();
    observed.ledger = Knowledge::Unknown("it is not JSON".into());
    let cluster = FakeCluster::new(observed);
    let result = run(&cluster, &desired(&["dev"]), Approval::ByGuards).await;
    assert!(
        matches!(&result, Err(ApplyError::MayNotRecord(lacking)) if lacking[0].contains("not JSON")),
        "{result:?}"
    );
    assert!(!cluster.steps().contains(&Step::Execute));
}

#[tokio::test]
async fn stopping_in_time_changes_nothing() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    let ear = Ear { is_cancelled: true, ..Ear::default() };
    let result = run_heard(&cluster, &wanted, Approval::ByGuards, &ear, true).await;
    assert!(matches!(result, Err(ApplyError::Cancelled)), "{result:?}");
    assert_eq!((names(&cluster), cluster.holder()), (vec!["deployer".to_owned()], None));
    assert!(cluster.records().is_empty());
}

#[tokio::test]
async fn a_rehearsal_changes_nothing() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    let before = cluster.observed();
    let reading = Reading { observe: &cluster, clock: &cluster, history: &NoHistory };
    let plan = plan(&wanted, &before);
    assert_eq!(rehearse(reading, &plan).await.unwrap(), Rehearsal::Accepted);
    assert_eq!(cluster.observed(), before);
    cluster.fail(Step::Rehearse, Moment::Before, error(PortErrorKind::Invalid));
    assert!(matches!(rehearse(reading, &plan).await.unwrap(), Rehearsal::Refused(_)));
    cluster.fail(Step::Rehearse, Moment::Before, error(PortErrorKind::Denied));
    assert_eq!(rehearse(reading, &plan).await.unwrap(), Rehearsal::NotAllowed);
}
