//! One deploy at a time.

use std::time::Duration;

use http::Method;
use rolecall_engine::port::{HoldLock, Lock, PortErrorKind};
use rolecall_testenv::Cluster;
use serde_json::{Value, json};

use crate::stage;

const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/rolecall/leases/rolecall";
const TTL: Duration = Duration::from_mins(1);

fn lease(cluster: &Cluster) -> Value {
    cluster.request(Method::GET, LEASE, None).unwrap().success().unwrap()
}

fn n_requests(cluster: &Cluster, mark: rolecall_testenv::AuditMark) -> usize {
    cluster.requests_since(mark).unwrap().iter().filter(|request| request.uri.contains("/leases")).count()
}

#[tokio::test]
async fn it_is_taken_renewed_and_given_back_in_few_requests() {
    let (cluster, us) = stage::bootstrapped().await;
    let rows: [(&str, usize); 3] = [("created", 2), ("renewed", 1), ("renewed again", 1)];
    for (what, n_expected) in rows {
        let mark = cluster.audit_mark();
        assert_eq!(us.acquire("us", TTL).await.unwrap(), Lock::Acquired, "{what}");
        assert_eq!(n_requests(&cluster, mark), n_expected, "{what}");
    }
    assert_eq!(lease(&cluster)["spec"]["holderIdentity"], "us");
    assert_eq!(lease(&cluster)["spec"]["leaseDurationSeconds"], 60);
    let mark = cluster.audit_mark();
    us.release("us").await.unwrap();
    assert_eq!(n_requests(&cluster, mark), 1);
    assert_eq!(lease(&cluster)["spec"]["holderIdentity"], "");
    let mark = cluster.audit_mark();
    assert_eq!(us.acquire("us", TTL).await.unwrap(), Lock::Acquired);
    assert_eq!(n_requests(&cluster, mark), 2);
    assert_eq!(lease(&cluster)["spec"]["leaseTransitions"], 1);
}

#[tokio::test]
async fn somebody_else_is_told_who_has_it() {
    let (cluster, us) = stage::bootstrapped().await;
    let other = stage::admin(&cluster).await;
    assert_eq!(us.acquire("us", TTL).await.unwrap(), Lock::Acquired);
    let Lock::HeldBy { holder, remaining } = other.acquire("other", TTL).await.unwrap() else { panic!() };
    assert_eq!(holder, "us");
    assert!(remaining > Duration::from_secs(30) && remaining <= Duration::from_secs(62), "{remaining:?}");

    other.release("other").await.unwrap();
    assert_eq!(lease(&cluster)["spec"]["holderIdentity"], "us", "what is not theirs they do not release");
    us.release("us").await.unwrap();
    assert_eq!(other.acquire("other", TTL).await.unwrap(), Lock::Acquired);
}

#[tokio::test]
async fn of_two_at_once_one_gets_it() {
    let (cluster, one) = stage::bootstrapped().await;
    let other = stage::admin(&cluster).await;
    for _ in 0..5 {
        let (first, second) = tokio::join!(one.acquire("one", TTL), other.acquire("other", TTL));
        let (first, second) = (first.unwrap(), second.unwrap());
        let n_acquired = [&first, &second].into_iter().filter(|lock| **lock == Lock::Acquired).count();
        assert_eq!(n_acquired, 1, "{first:?} {second:?}");
        one.release("one").await.unwrap();
        other.release("other").await.unwrap();
    }
}

/// The times in it are long past by the API server's clock, whatever the one of this machine says.
#[tokio::test]
async fn a_lock_whose_holder_died_is_taken_over() {
    let (cluster, us) = stage::bootstrapped().await;
    let dead = stage::admin(&cluster).await;
    assert_eq!(dead.acquire("dead", TTL).await.unwrap(), Lock::Acquired);
    let mut past = lease(&cluster);
    past["spec"]["renewTime"] = json!("2020-01-01T00:00:00.000000Z");
    cluster.request(Method::PUT, LEASE, Some(&past)).unwrap().success().unwrap();
    assert_eq!(us.acquire("us", TTL).await.unwrap(), Lock::Acquired);

    assert!(
        matches!(dead.acquire("dead", TTL).await.unwrap(), Lock::HeldBy { .. }),
        "a late renewal is refused"
    );
    dead.release("dead").await.unwrap();
    assert_eq!(lease(&cluster)["spec"]["holderIdentity"], "us", "and so is a late release");
}

#[tokio::test]
async fn a_new_run_of_the_same_holder_goes_on() {
    let (cluster, first_run) = stage::bootstrapped().await;
    assert_eq!(first_run.acquire("us", TTL).await.unwrap(), Lock::Acquired);
    let second_run = stage::admin(&cluster).await;
    assert_eq!(second_run.acquire("us", TTL).await.unwrap(), Lock::Acquired);
    let third_run = stage::admin(&cluster).await;
    third_run.release("us").await.unwrap();
    assert_eq!(lease(&cluster)["spec"]["holderIdentity"], "");
}

#[tokio::test]
async fn without_the_namespace_the_next_step_is_told() {
    let cluster = Cluster::shared().unwrap();
    let error = stage::admin(&cluster).await.acquire("us", TTL).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
    assert!(error.hint.unwrap().contains("rolecall bootstrap cluster"));
}
