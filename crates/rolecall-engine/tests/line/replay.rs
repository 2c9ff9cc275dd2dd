//! An old revision that is applied again, on a cluster that knows a newer one.

use std::time::Duration;

use rolecall_core::desired::DesiredAccess;
use rolecall_core::guard::{Allowance, Circumstances, Guard, Verdict};
use rolecall_core::source::{SourceId, SourceRevision};
use rolecall_engine::fake::{FakeCluster, FakeHistory, Moment, Step};
use rolecall_engine::line::{
    ApplyError, ApplyReport, ApplyRequest, Approval, Line, Reading, apply, plan, verify,
};
use rolecall_engine::port::PortErrorKind;

use crate::stage::{Ear, circumstances, cluster, desired_at, error, names};

const COMMITS: [&str; 3] = ["c1", "c2", "c3"];

fn at(names: &[&str], commit: &str) -> DesiredAccess {
    let source = SourceId::repository("https://git.example.com/doors", "aws-auth.yml");
    let revision =
        SourceRevision { source, commit: Some(commit.into()), committed_at: None, modified: false };
    desired_at(names, revision)
}

async fn deploy(
    cluster: &FakeCluster,
    desired: &DesiredAccess,
    history: &FakeHistory,
    allowed: Vec<Allowance>,
) -> Result<ApplyReport, ApplyError> {
    let reading = Reading { observe: cluster, clock: cluster, history };
    let line = Line { reading, change: cluster, records: Some(cluster), lock: cluster };
    let request = ApplyRequest {
        desired,
        circumstances: Circumstances { allowed, ..circumstances() },
        approval: Approval::ByGuards,
        holder: "me".to_owned(),
        lock_wait: Duration::from_secs(5),
    };
    Box::pin(apply(line, request, &Ear::default())).await
}

/// A cluster to which `c2` was applied, which took `leaver` out.
async fn after_c2() -> FakeCluster {
    let cluster = cluster(&[]);
    for (wanted, commit) in [(at(&["dev", "leaver"], "c1"), "c1"), (at(&["dev"], "c2"), "c2")] {
        deploy(&cluster, &wanted, &FakeHistory::of(&COMMITS, commit), Vec::new()).await.unwrap();
    }
    assert_eq!(names(&cluster), ["deployer", "dev"]);
    cluster
}

fn applied(cluster: &FakeCluster) -> Option<String> {
    let observed = cluster.observed();
    let applied = observed.ledger()?.applied.values().next()?;
    applied.revision.commit.clone()
}

/// The guards that refuse.
fn refusing(result: Result<ApplyReport, ApplyError>) -> Vec<Guard> {
    let Err(ApplyError::Refused(refusal, _)) = result else { return Vec::new() };
    let against = refusal.judgements.iter().filter(|judgement| judgement.verdict == Verdict::Refused);
    against.map(|judgement| judgement.guard).collect()
}

#[tokio::test]
async fn an_old_revision_lets_no_leaver_back_in() {
    let cluster = after_c2().await;
    let before = cluster.observed();
    let (replay, history) = (at(&["dev", "leaver"], "c1"), FakeHistory::of(&COMMITS, "c1"));
    assert_eq!(refusing(deploy(&cluster, &replay, &history, Vec::new()).await), [Guard::Rg09]);
    assert_eq!((cluster.observed(), cluster.holder()), (before, None));
    assert_eq!(history.asked(), ["c2"]);

    let next = FakeHistory::of(&COMMITS, "c3");
    deploy(&cluster, &at(&["dev", "ops"], "c3"), &next, Vec::new()).await.unwrap();
    assert_eq!(names(&cluster), ["deployer", "dev", "ops"]);
}

#[tokio::test]
async fn a_history_is_asked_only_about_another_commit() {
    let (cluster, history) = (cluster(&[]), FakeHistory::of(&COMMITS, "c1"));
    deploy(&cluster, &at(&["dev"], "c1"), &history, Vec::new()).await.unwrap();
    deploy(&cluster, &at(&["dev", "ops"], "c1"), &history, Vec::new()).await.unwrap();
    assert_eq!(history.asked(), [""; 0]);
}

#[tokio::test]
async fn whoever_says_why_may_go_back_and_it_is_recorded() {
    let cluster = after_c2().await;
    let (replay, history) = (at(&["dev", "leaver"], "c1"), FakeHistory::of(&COMMITS, "c1"));
    let allowed = vec![Allowance { guard: Guard::Rg09, reason: "the outage".into() }];
    let report = deploy(&cluster, &replay, &history, allowed).await.unwrap();
    assert_eq!(names(&cluster), ["deployer", "dev", "leaver"]);
    let record = &cluster.records()[&report.record.unwrap()];
    let guards = record.plan["guards"].as_array().unwrap();
    let rg09 = guards.iter().find(|guard| guard["code"] == "RG09").unwrap();
    assert_eq!((&rg09["verdict"], &rg09["reason"]), (&"allowed".into(), &"the outage".into()));
    assert_eq!(applied(&cluster).as_deref(), Some("c1"));
    // From there it goes on.
    deploy(&cluster, &at(&["dev"], "c2"), &FakeHistory::of(&COMMITS, "c2"), Vec::new()).await.unwrap();
    assert_eq!(names(&cluster), ["deployer", "dev"]);
}

#[tokio::test]
async fn an_old_revision_that_changes_nothing_writes_nothing() {
    let cluster = after_c2().await;
    let (before, steps) = (cluster.observed(), cluster.steps().len());
    let history = FakeHistory::of(&COMMITS, "c1");
    let report = deploy(&cluster, &at(&["dev"], "c1"), &history, Vec::new()).await.unwrap();
    assert_eq!((report.outcome, report.is_ledger_written), (None, false));
    assert_eq!(cluster.steps()[steps..], [Step::Observe]);
    assert_eq!(cluster.observed(), before);
    assert_eq!(applied(&cluster).as_deref(), Some("c2"));
}

/// Two jobs overtake each other: the newer one is done while the older one is about to write.
#[tokio::test]
async fn the_history_is_asked_again_after_a_conflict() {
    let cluster = cluster(&[]);
    deploy(&cluster, &at(&["dev"], "c1"), &FakeHistory::of(&COMMITS, "c1"), Vec::new()).await.unwrap();
    let newer = after_c3().await;
    cluster.before(Step::Execute, move |observed| {
        observed.ledger = newer.observed().ledger;
        observed.map = newer.observed().map;
    });
    let history = FakeHistory::of(&COMMITS, "c2");
    assert_eq!(
        refusing(deploy(&cluster, &at(&["dev", "late"], "c2"), &history, Vec::new()).await),
        [Guard::Rg09]
    );
    assert_eq!(history.asked(), ["c1", "c3"]);
    assert_eq!(names(&cluster), ["deployer", "dev", "newest"]);
}

async fn after_c3() -> FakeCluster {
    let cluster = cluster(&[]);
    let history = FakeHistory::of(&COMMITS, "c3");
    deploy(&cluster, &at(&["dev", "newest"], "c3"), &history, Vec::new()).await.unwrap();
    cluster
}

/// An apply that wrote the map and died counts, though no ledger knows of it.
#[tokio::test]
async fn a_revision_that_was_written_and_never_recorded_is_not_taken_back() {
    let cluster = after_c2().await;
    let (newest, history) = (at(&["dev", "newest"], "c3"), FakeHistory::of(&COMMITS, "c3"));
    cluster.fail(Step::WriteLedger, Moment::Before, error(PortErrorKind::Other));
    deploy(&cluster, &newest, &history, Vec::new()).await.unwrap_err();
    assert_eq!(applied(&cluster).as_deref(), Some("c2"), "the ledger was not written");
    let rerun = FakeHistory::of(&COMMITS, "c2");
    assert_eq!(refusing(deploy(&cluster, &at(&["dev"], "c2"), &rerun, Vec::new()).await), [Guard::Rg09]);
    deploy(&cluster, &newest, &history, Vec::new()).await.unwrap();
    assert_eq!(applied(&cluster).as_deref(), Some("c3"));
}

#[tokio::test]
async fn a_history_that_fails_is_asked_again_or_stops_the_apply() {
    let cluster = after_c2().await;
    let before = cluster.observed();
    let (next, history) = (at(&["dev", "ops"], "c3"), FakeHistory::of(&COMMITS, "c3"));
    history.fail(error(PortErrorKind::Other));
    let result = deploy(&cluster, &next, &history, Vec::new()).await;
    assert!(matches!(result, Err(ApplyError::Port { .. })), "{result:?}");
    assert_eq!(cluster.observed(), before);
    history.fail(error(PortErrorKind::Unavailable));
    deploy(&cluster, &next, &history, Vec::new()).await.unwrap();
}

#[tokio::test]
async fn a_plan_says_it_and_a_verification_does_not_care() {
    let cluster = after_c2().await;
    let (replay, history) = (at(&["dev", "leaver"], "c1"), FakeHistory::of(&COMMITS, "c1"));
    let reading = Reading { observe: &cluster, clock: &cluster, history: &history };
    let planned = plan(reading, &replay, &circumstances()).await.unwrap();
    let rg09 = planned.judgements.iter().find(|judgement| judgement.guard == Guard::Rg09).unwrap();
    assert_eq!(rg09.verdict, Verdict::Refused);
    let asked = history.asked().len();
    assert_eq!(verify(reading, &replay, None).await.unwrap().plan.changes().len(), 1);
    assert_eq!(history.asked().len(), asked);
}
