//! When the API server, or the way to it, says something else than yes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rolecall_core::ledger::Ledger;
use rolecall_core::plan::Call;
use rolecall_engine::port::{ChangeAccess, KeepRecords, ObserveAccess, PortError, PortErrorKind};
use rolecall_kube::{Endpoint, KubeCluster, Timeouts};
use rolecall_testenv::{Cluster, Fault, FaultProxy, Match, Rule, Turn};
use tokio::net::TcpListener;

use crate::stage::{self, Tokens};

struct Stage {
    us: KubeCluster,
    proxy: FaultProxy,
    cluster: Turn<'static>,
}

impl Stage {
    async fn set() -> Self {
        let (cluster, _admin) = stage::bootstrapped().await;
        let proxy = FaultProxy::start(&cluster).unwrap();
        let us = stage::with_tokens(&cluster, &proxy.endpoint(), &Tokens::of_admin(&cluster));
        Self { us, proxy, cluster }
    }

    fn fault(&self, fault: Fault) {
        self.proxy.script([Rule::new(Match::any(), fault)]);
    }

    fn n_requests(&self) -> usize {
        self.proxy.requests().len()
    }
}

/// A write has one request, and it is tried once: whether to try again is for others to say.
#[tokio::test]
async fn nothing_is_tried_twice() {
    let stage = Stage::set().await;
    stage.cluster.write_aws_auth(&[("mapRoles", "[]")]).unwrap();
    let call = Call::PatchMap {
        resource_version: stage::map_version(&stage.cluster),
        set: [("mapRoles".to_owned(), "ours".to_owned())].into(),
    };
    let rows = [
        (Fault::answer(401), PortErrorKind::Unauthenticated),
        (Fault::answer(403), PortErrorKind::Denied),
        (Fault::answer(404), PortErrorKind::NotFound),
        (Fault::answer(409), PortErrorKind::Conflict),
        (Fault::answer(422), PortErrorKind::Invalid),
        (Fault::answer(429), PortErrorKind::Throttled),
        (Fault::answer(500), PortErrorKind::Unavailable),
        (Fault::answer(503), PortErrorKind::Unavailable),
        (Fault::answer(504), PortErrorKind::Timeout),
        (Fault::CutBefore, PortErrorKind::Unavailable),
    ];
    for (fault, expect) in rows {
        stage.fault(fault.clone());
        let error = stage.us.execute(&call).await.unwrap_err();
        assert_eq!(
            error.kind,
            if expect == PortErrorKind::NotFound { PortErrorKind::Conflict } else { expect }
        );
        assert_eq!(stage.n_requests(), 1, "{fault:?}");
    }
    stage.fault(Fault::CutAfter);
    assert_eq!(stage.us.execute(&call).await.unwrap_err().kind, PortErrorKind::Unavailable);
    assert_eq!(stage.cluster.aws_auth().unwrap().unwrap()["data"]["mapRoles"], "ours");
}

/// The answer to the first attempt was lost, and the record was not.
#[tokio::test]
async fn a_record_may_be_begun_again_by_who_began_it() {
    let stage = Stage::set().await;
    let record = stage::record("apply-1", None, "after");
    stage.fault(Fault::CutAfter);
    assert_eq!(stage.us.begin(&record).await.unwrap_err().kind, PortErrorKind::Unavailable);
    stage.proxy.clear();
    stage.us.begin(&record).await.unwrap();
    let other = stage::record("apply-1", None, "another");
    assert_eq!(stage.us.begin(&other).await.unwrap_err().kind, PortErrorKind::Conflict);
    assert_eq!(stage.us.read_record("apply-1").await.unwrap(), record);
}

#[tokio::test]
async fn how_long_to_wait_is_told() {
    let stage = Stage::set().await;
    stage.fault(Fault::Answer { status: 429, retry_after_secs: Some(3) });
    let error = stage.us.write_ledger(&Ledger::default(), None).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after), (PortErrorKind::Throttled, Some(Duration::from_secs(3))));
}

/// Whatever read fails: the observation fails, or says what it does not know.
#[tokio::test]
async fn no_failed_read_is_an_empty_one() {
    let stage = Stage::set().await;
    for path in ["/configmaps/aws-auth", "labelSelector", "/configmaps/rolecall-ledger", "selfsubjectreviews"]
    {
        for status in [401, 429, 500, 503] {
            stage.proxy.script([Rule::new(Match::path(path), Fault::answer(status))]);
            assert!(stage.us.observe().await.is_err(), "{path} {status}");
        }
    }
    stage.proxy.script([Rule::new(Match::path("/configmaps/aws-auth"), Fault::answer(403))]);
    assert_eq!(stage.us.observe().await.unwrap_err().kind, PortErrorKind::Denied);
    for path in ["labelSelector", "/configmaps/rolecall-ledger"] {
        stage.proxy.script([Rule::new(Match::path(path), Fault::answer(403))]);
        assert_eq!(stage.us.observe().await.unwrap().ledger.known(), None);
    }
    stage.proxy.script([Rule::new(Match::path("selfsubjectreviews"), Fault::answer(403))]);
    assert_eq!(stage.us.observe().await.unwrap().caller.known(), None);
}

#[tokio::test]
async fn an_observation_is_three_requests() {
    let (cluster, admin) = stage::bootstrapped().await;
    admin.write_ledger(&Ledger::default(), None).await.unwrap();
    let mark = cluster.audit_mark();
    admin.observe().await.unwrap();
    let mut requests: Vec<(String, String)> = Vec::new();
    for request in cluster.requests_since(mark).unwrap() {
        assert!(request.user_agent.starts_with("rolecall/"), "{request:?}");
        requests.push((request.verb, request.uri.split('?').next().unwrap().to_owned()));
    }
    requests.sort();
    let expect = [
        ("create", "/apis/authentication.k8s.io/v1/selfsubjectreviews"),
        ("get", "/api/v1/namespaces/kube-system/configmaps/aws-auth"),
        ("list", "/api/v1/namespaces/rolecall/configmaps"),
    ];
    assert_eq!(requests, expect.map(|(verb, path)| (verb.to_owned(), path.to_owned())));
}

#[tokio::test]
async fn no_answer_is_waited_for_for_ever() {
    let stage = Stage::set().await;
    let (url, ca_pem) = (stage.proxy.endpoint(), stage.cluster.ca_pem());
    let timeouts = Timeouts { request: Duration::from_millis(400), ..Timeouts::default() };
    stage.fault(Fault::Hang);
    let started = Instant::now();
    let error = observe(&url, &ca_pem, timeouts).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Timeout, "{error}");
    assert!(error.message.contains("0.4 s"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

/// A listener that takes the connection and never says a word of TLS.
#[tokio::test]
async fn no_connection_is_waited_for_for_ever() {
    let cluster = Cluster::shared().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let timeouts = Timeouts { connect: Duration::from_millis(300), ..Timeouts::default() };
    let url = format!("https://{}", silent.local_addr().unwrap());
    let error = observe(&url, &cluster.ca_pem(), timeouts).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Timeout, "{error}");
    assert!(error.message.contains(&format!("`{url}` could not be reached in time")), "{error}");
}

#[tokio::test]
async fn the_cause_is_named_where_there_is_no_api_server() {
    let cluster = Cluster::shared().unwrap();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("https://{}", listener.local_addr().unwrap())
    };
    let error = observe(&closed, &cluster.ca_pem(), Timeouts::default()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert!(error.message.contains("refused the connection"), "{error}");

    // A label of more than 63 letters is no name, and no server has to be asked about it; nor is TLS.
    let nowhere = format!("http://{}.invalid", "x".repeat(70));
    let error = observe(&nowhere, &cluster.ca_pem(), Timeouts::default()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert!(error.message.contains("could not be resolved"), "{error}");
}

#[tokio::test]
async fn another_cluster_s_certificate_is_not_trusted() {
    let cluster = Cluster::shared().unwrap();
    let other_ca = cluster.aws().server.ca_pem();
    let error = observe(&cluster.endpoint(), other_ca, Timeouts::default()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Other, "{error}");
    assert!(error.message.contains("not signed by the CA that is known for this cluster"), "{error}");
    assert!(error.hint.unwrap().contains("is this the right cluster?"));
}

#[tokio::test]
async fn a_ca_that_is_none_is_refused_before_anything_is_sent() {
    let error = observe("https://127.0.0.1:1", "no PEM", Timeouts::default()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
    let error = observe("https://[", "no PEM", Timeouts::default()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
}

async fn observe(url: &str, ca_pem: &str, timeouts: Timeouts) -> Result<(), PortError> {
    let tokens: Arc<Tokens> = Tokens::new("a-token");
    let endpoint =
        Endpoint { name: "one".to_owned(), url: url.to_owned(), ca_pem: ca_pem.as_bytes().to_vec(), tokens };
    KubeCluster::at_endpoint(endpoint, timeouts)?.observe().await.map(drop)
}
