//! `--no-record`: what is done without a trace, and what is not.

use rolecall_core::document::AwsAuthDocument;
use rolecall_core::observed::Knowledge;
use rolecall_engine::fake::{FakeCluster, Moment, Step};
use rolecall_engine::line::{ApplyError, Approval};
use rolecall_engine::port::PortErrorKind;

use crate::stage::{Ear, alter_roles, cluster, desired, error, names, run, run_heard};

#[tokio::test]
async fn without_records_nothing_is_removed() {
    let cluster = cluster(&[]);
    run(&cluster, &desired(&["dev"]), Approval::ByGuards).await.unwrap();
    let ear = Ear::default();
    run_heard(&cluster, &desired(&["dev", "ops"]), Approval::ByGuards, &ear, false).await.unwrap();
    assert_eq!(names(&cluster), ["deployer", "dev", "ops"]);
    let result = run_heard(&cluster, &desired(&[]), Approval::ByGuards, &ear, false).await;
    assert!(matches!(result, Err(ApplyError::CannotRemoveUnrecorded)), "{result:?}");
}

/// The ledger cannot be read, and `dev` has other groups than are wanted.
fn blind_cluster() -> FakeCluster {
    let mut observed = cluster(&["dev"]).observed();
    alter_roles(&mut observed, |roles| *roles = roles.replace("[ops]", "[other]"));
    observed.ledger = Knowledge::Unknown("it is forbidden".into());
    FakeCluster::new(observed)
}

#[tokio::test]
async fn without_records_nothing_is_altered_of_which_nobody_knows_whose_it_is() {
    let (blind, wanted, ear) = (blind_cluster(), desired(&["dev"]), Ear::default());
    let result = run_heard(&blind, &wanted, Approval::ByGuards, &ear, false).await;
    assert!(
        matches!(&result, Err(ApplyError::CannotTellWhose(why)) if why.contains("forbidden")),
        "{result:?}"
    );
    assert_eq!(blind.steps(), [Step::Observe]);

    // The user says that it was ours.
    let (previous, _) = AwsAuthDocument::parse("before.yml", wanted.document().text());
    let told = desired(&["dev"]).after(previous.unwrap());
    run_heard(&blind, &told, Approval::ByGuards, &ear, false).await.unwrap();

    // What is added is nobody's.
    let blind = blind_cluster();
    let mut observed = blind.observed();
    alter_roles(&mut observed, |roles| *roles = crate::stage::OWN.to_owned());
    let blind = FakeCluster::new(observed);
    run_heard(&blind, &wanted, Approval::ByGuards, &ear, false).await.unwrap();
    assert_eq!(names(&blind), ["deployer", "dev"]);
}

#[tokio::test]
async fn what_may_not_be_done_unrecorded_may_not_be_done_after_a_conflict_either() {
    let cluster = cluster(&[]);
    run(&cluster, &desired(&["dev", "ops"]), Approval::ByGuards).await.unwrap();
    let without_ops = {
        let observed = cluster.observed();
        let (before, _) =
            observed.data()["mapRoles"].split_once("- rolearn: arn:aws:iam::111122223333:role/ops").unwrap();
        before.to_owned()
    };
    let everybody = cluster.observed().data()["mapRoles"].clone();
    cluster.before(Step::Observe, move |observed| {
        alter_roles(observed, |roles| *roles = without_ops);
    });
    cluster.before(Step::Execute, move |observed| {
        alter_roles(observed, |roles| *roles = everybody);
    });
    let wanted = desired(&["dev", "new"]);
    let result = run_heard(&cluster, &wanted, Approval::ByGuards, &Ear::default(), false).await;
    assert!(matches!(result, Err(ApplyError::CannotRemoveUnrecorded)), "{result:?}");
    assert_eq!(names(&cluster), ["deployer", "dev", "ops"]);
}

#[tokio::test]
async fn without_records_nothing_but_the_map_is_touched() {
    let cluster = cluster(&[]);
    cluster.fail(Step::Acquire, Moment::Before, error(PortErrorKind::Denied));
    run_heard(&cluster, &desired(&["dev"]), Approval::ByGuards, &Ear::default(), false).await.unwrap();
    assert_eq!(cluster.steps(), [Step::Observe, Step::Execute, Step::Observe, Step::Authenticate]);
}

#[tokio::test]
async fn without_records_nothing_is_settled() {
    let (cluster, wanted) = (cluster(&[]), desired(&["dev"]));
    cluster.fail(Step::Complete, Moment::Before, error(PortErrorKind::Denied));
    run(&cluster, &wanted, Approval::ByGuards).await.unwrap_err();
    assert_eq!(cluster.observed().unfinished.len(), 1);
    let report = run_heard(&cluster, &wanted, Approval::ByGuards, &Ear::default(), false).await.unwrap();
    assert_eq!((report.settled.len(), report.outcome), (0, None));
    let more = desired(&["dev", "ops"]);
    let report = run_heard(&cluster, &more, Approval::ByGuards, &Ear::default(), false).await.unwrap();
    assert_eq!(report.settled.len(), 0);
    assert_eq!(cluster.observed().unfinished.len(), 1);
}
