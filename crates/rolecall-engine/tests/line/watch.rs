//! Waiting until the map moves, on the fake cluster: nothing in here takes time.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rolecall_engine::fake::{FakeCluster, Moment, Step};
use rolecall_engine::line::Approval;
use rolecall_engine::port::{Moved, ObserveAccess, PortErrorKind, WatchAccess, Writer};

use crate::stage::{alter_roles, cluster, desired, error, run};

async fn version(cluster: &FakeCluster) -> Option<String> {
    cluster.observe().await.unwrap().map.and_then(|map| map.resource_version)
}

/// Waits for somebody's deed, which is done only once the watch is waiting.
async fn moved_by(cluster: &FakeCluster, deed: impl FnOnce()) -> Result<Moved, PortErrorKind> {
    let seen = version(cluster).await;
    let mut watch = cluster.moved(seen.as_deref());
    assert!(pin!(&mut watch).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let (moved, ()) = tokio::join!(watch, async { deed() });
    moved.map_err(|error| error.kind)
}

#[tokio::test]
async fn every_write_wakes() {
    let cluster = cluster(&["theirs"]);
    let edit = || cluster.meddle("kubectl-edit", |observed| alter_roles(observed, String::clear));
    let moved = moved_by(&cluster, edit).await.unwrap();
    assert_eq!(moved.last_writer().unwrap().name, "kubectl-edit");
    let Moved::Written(written) = moved else { unreachable!() };
    assert_eq!(Some(written.resource_version), version(&cluster).await);

    let delete = || cluster.meddle("kubectl", |observed| observed.map = None);
    assert_eq!(moved_by(&cluster, delete).await, Ok(Moved::Deleted));
    let again = || {
        cluster.meddle("kubectl", |observed| observed.map = Some(self::cluster(&[]).observed().map.unwrap()));
    };
    assert!(matches!(moved_by(&cluster, again).await, Ok(Moved::Written(_))));
}

#[tokio::test]
async fn what_is_past_is_told_at_once() {
    let cluster = cluster(&["theirs"]);
    let seen = version(&cluster).await;
    run(&cluster, &desired(&["dev"]), Approval::ByGuards).await.unwrap();
    let moved = cluster.moved(seen.as_deref()).await.unwrap();
    assert_eq!(moved.last_writer().map(|writer: &Writer| writer.name.as_str()), Some("rolecall"));
    assert_eq!(moved.last_other_writer("rolecall"), None);
    let now = version(&cluster).await;
    let mut watch = cluster.moved(now.as_deref());
    assert_eq!(pin!(&mut watch).poll(&mut Context::from_waker(Waker::noop())), Poll::Pending, "a rehearsal");
}

#[tokio::test]
async fn a_watch_can_be_made_to_fail() {
    let cluster = cluster(&["theirs"]);
    let gone = error(PortErrorKind::Unavailable);
    let broken = moved_by(&cluster, || cluster.fail(Step::Watch, Moment::Before, gone.clone())).await;
    assert_eq!(broken, Err(PortErrorKind::Unavailable));
    cluster.fail(Step::Watch, Moment::After, gone);
    let lost = moved_by(&cluster, || cluster.meddle("somebody", |_| {})).await;
    assert_eq!(lost, Err(PortErrorKind::Unavailable));
    assert_eq!(cluster.steps().iter().filter(|step| **step == Step::Watch).count(), 2);
}
