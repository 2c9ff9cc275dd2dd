//! Waiting until the map moves, on the real API server, where nothing is in the way.

use std::future::Future;
use std::process::Command;
use std::time::{Duration, Instant};

use rolecall_core::plan::Call;
use rolecall_engine::port::{ChangeAccess, Moved, ObserveAccess, PortError, WatchAccess, Written};
use rolecall_kube::{FIELD_MANAGER, KubeCluster, Timeouts};
use rolecall_testenv::{Cluster, ClusterOptions, FaultProxy, Part, Turn};

use crate::stage::{self, Tokens};

/// Far more than anything in here takes.
const LONG: Duration = Duration::from_secs(30);

/// The adapter behind a proxy, which tells when a watch has begun.
pub(crate) struct Stage {
    pub(crate) us: KubeCluster,
    pub(crate) proxy: FaultProxy,
    pub(crate) cluster: Turn<'static>,
}

impl Stage {
    /// With watches as long as they are, or this long.
    pub(crate) async fn set(watch: Option<Duration>) -> Self {
        let (cluster, _admin) = stage::bootstrapped().await;
        let proxy = FaultProxy::start(&cluster).unwrap();
        let watch = watch.unwrap_or(Timeouts::default().watch);
        let timeouts = Timeouts { watch, ..Timeouts::default() };
        let us = stage::with_timeouts(&cluster, &proxy.endpoint(), &Tokens::of_admin(&cluster), timeouts);
        Self { us, proxy, cluster }
    }

    /// The paths of the watches that have begun.
    pub(crate) fn watches(&self) -> Vec<String> {
        let requests = self.proxy.requests().into_iter();
        requests
            .filter(|one| one.status == Some(200) && one.path.contains("watch=true"))
            .map(|one| one.path)
            .collect()
    }

    pub(crate) async fn until_begun(&self, n_watches: usize) {
        until(|| self.watches().len() >= n_watches).await;
    }

    /// What a watch says of a deed that is done while it waits.
    pub(crate) async fn moved_by(&self, seen: Option<&str>, deed: impl Future<Output = ()>) -> Moved {
        self.proxy.clear();
        let (moved, ()) = tokio::join!(soon(self.us.moved(seen)), async {
            self.until_begun(1).await;
            deed.await;
        });
        moved.unwrap()
    }
}

/// The outcome, which must not take for ever.
pub(crate) async fn soon<T>(outcome: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    tokio::time::timeout(LONG, outcome).await.unwrap()
}

pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// kubectl, which must succeed.
pub(crate) fn kubectl(cluster: &Cluster, arguments: &str) {
    run(&mut kubectl_command(cluster, arguments));
}

pub(crate) fn kubectl_command(cluster: &Cluster, arguments: &str) -> Command {
    let mut kubectl = cluster.kubectl();
    kubectl.args(["-n", "kube-system"]).args(arguments.split(' '));
    kubectl
}

pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) const CREATE: &str = "create configmap aws-auth --from-literal=mapRoles=[]";
pub(crate) const PATCH: &str = r#"patch configmap aws-auth -p {"data":{"mapUsers":"[]"}}"#;

pub(crate) fn written(moved: Moved) -> Written {
    let Moved::Written(written) = moved else { panic!("{moved:?}") };
    written
}

#[tokio::test]
async fn every_write_is_seen_with_who_did_it() {
    let stage = Stage::set(None).await;
    let kubectl = |arguments: &'static str| async { kubectl(&stage.cluster, arguments) };
    let first = written(stage.moved_by(None, kubectl(CREATE)).await);
    assert_eq!(first.resource_version, stage::map_version(&stage.cluster));
    assert_eq!(first.last_writer().unwrap().name, "kubectl-create");

    let second = written(stage.moved_by(Some(&first.resource_version), kubectl(PATCH)).await);
    assert_eq!(second.last_other_writer(FIELD_MANAGER).unwrap().operation, "Update");
    assert!(second.writers.iter().any(|writer| writer.name == "kubectl-patch"), "{second:?}");

    let seen = second.resource_version;
    assert_eq!(stage.moved_by(Some(&seen), kubectl("delete configmap aws-auth")).await, Moved::Deleted);
    assert_eq!(stage.us.observe().await.unwrap().map, None);
    let again = written(stage.moved_by(None, kubectl(CREATE)).await);

    let patch = Call::PatchMap {
        resource_version: again.resource_version.clone(),
        set: [("mapUsers".to_owned(), "[]".to_owned())].into(),
    };
    let ours = async { stage.us.execute(&patch).await.unwrap() };
    let ours = written(stage.moved_by(Some(&again.resource_version), ours).await);
    assert!(ours.last_writers().any(|writer| writer.name == FIELD_MANAGER), "{ours:?}");
}

/// Neighbours, and what was there already, are no news.
#[tokio::test]
async fn only_what_is_news_is_told() {
    let stage = Stage::set(None).await;
    kubectl(&stage.cluster, CREATE);
    let seen = stage::map_version(&stage.cluster);
    let moved = stage.moved_by(Some(&seen), async {
        kubectl(&stage.cluster, "create configmap rolecall-neighbour");
        kubectl(&stage.cluster, "delete configmap rolecall-neighbour");
        kubectl(&stage.cluster, PATCH);
    });
    assert_eq!(written(moved.await).resource_version, stage::map_version(&stage.cluster));
    let past = written(soon(stage.us.moved(Some(&seen))).await.unwrap());
    assert_eq!(past.resource_version, stage::map_version(&stage.cluster), "it is never too late");
    kubectl(&stage.cluster, "delete configmap aws-auth");
    kubectl(&stage.cluster, CREATE);
    assert_eq!(soon(stage.us.moved(Some(&seen))).await.map(written), Ok(past), "the first that happened");
}

/// A fact about `managedFields` that `last_writer` lives with: taking a key away leaves no trace.
#[tokio::test]
async fn who_only_takes_a_key_away_is_not_told() {
    let stage = Stage::set(None).await;
    kubectl(&stage.cluster, CREATE);
    kubectl(&stage.cluster, PATCH);
    let seen = stage::map_version(&stage.cluster);
    let removal = r#"patch configmap aws-auth --field-manager=thief --type=json -p [{"op":"remove","path":"/data/mapUsers"}]"#;
    let moved = stage.moved_by(Some(&seen), async { kubectl(&stage.cluster, removal) }).await;
    assert!(written(moved).writers.iter().all(|writer| writer.name != "thief"));
}

/// The API server notes a watch in its audit log when it has ended.
#[tokio::test]
async fn dropping_the_future_ends_the_watch() {
    let stage = Stage::set(None).await;
    let mark = stage.cluster.audit_mark();
    let n_ended = || {
        let requests = stage.cluster.requests_since(mark).unwrap();
        requests.iter().filter(|request| request.verb == "watch" && request.uri.contains("aws-auth")).count()
    };
    {
        let watch = stage.us.moved(None);
        tokio::select! {
            moved = watch => panic!("{moved:?}"),
            () = stage.until_begun(1) => {}
        }
    }
    until(|| n_ended() == 1).await;
}

/// A cluster whose API server started after the map was written, and so knows nothing of the map's version,
/// however often that is observed.
struct Restarted {
    us: KubeCluster,
    proxy: FaultProxy,
    cluster: Cluster,
    seen: String,
}

impl Restarted {
    fn set() -> Self {
        let cluster = Cluster::start(ClusterOptions::default()).unwrap();
        kubectl(&cluster, CREATE);
        kubectl(&cluster, "create configmap later");
        let seen = stage::map_version(&cluster);
        let proxy = FaultProxy::start(&cluster).unwrap();
        let us = stage::with_tokens(&cluster, &proxy.endpoint(), &Tokens::of_admin(&cluster));
        Self { us, proxy, cluster, seen }
    }

    fn n_answered(&self) -> usize {
        self.proxy.requests().iter().filter(|request| request.status == Some(200)).count()
    }
}

#[tokio::test]
async fn a_map_older_than_the_api_server_can_be_watched() {
    let stage = Restarted::set();
    let (broken, ()) = tokio::join!(soon(stage.us.moved(Some(&stage.seen))), async {
        until(|| stage.n_answered() == 1).await;
        stage.cluster.stop(Part::ApiServer).unwrap();
    });
    assert!(broken.unwrap_err().kind.is_transient());
    stage.cluster.resume(Part::ApiServer).unwrap();

    stage.proxy.clear();
    let (moved, ()) = tokio::join!(soon(stage.us.moved(Some(&stage.seen))), async {
        until(|| stage.n_answered() == 3).await;
        kubectl(&stage.cluster, PATCH);
    });
    assert_eq!(written(moved.unwrap()).resource_version, stage::map_version(&stage.cluster));
    let paths: Vec<String> = stage.proxy.requests().into_iter().map(|request| request.path).collect();
    assert!(paths[0].contains(&format!("&resourceVersion={}", stage.seen)), "{paths:?}");
    assert!(paths[1].contains("watch=true") && !paths[1].contains("&resourceVersion"), "{paths:?}");
    assert!(paths[2].ends_with("/configmaps/aws-auth"), "{paths:?}");
}

#[tokio::test]
async fn what_happened_before_the_api_server_began_is_no_loss() {
    let stage = Restarted::set();
    kubectl(&stage.cluster, PATCH);
    kubectl(&stage.cluster, "create configmap much-later");
    let restart = || {
        stage.cluster.stop(Part::ApiServer).unwrap();
        stage.cluster.resume(Part::ApiServer).unwrap();
    };
    restart();
    let moved = written(soon(stage.us.moved(Some(&stage.seen))).await.unwrap());
    assert_eq!(moved.resource_version, stage::map_version(&stage.cluster));
    assert!(moved.writers.iter().any(|writer| writer.name == "kubectl-patch"), "{moved:?}");
    kubectl(&stage.cluster, "delete configmap aws-auth");
    restart();
    assert_eq!(soon(stage.us.moved(Some(&stage.seen))).await, Ok(Moved::Deleted));
}
