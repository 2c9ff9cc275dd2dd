//! Each fault of the proxy, seen from a client and from the API server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use rolecall_testenv::{
    Answer, Cluster, Fault, FaultProxy, Hook, KubeconfigUser, Match, RecordedRequest, Rule,
};
use serde_json::{Value, json};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A proxy before the shared cluster and a token that may do everything.
struct Stage {
    token: String,
    proxy: FaultProxy,
    cluster: rolecall_testenv::Turn<'static>,
}

impl Stage {
    fn set() -> Self {
        let cluster = Cluster::shared().unwrap();
        let token = admin_token(&cluster);
        cluster.request(Method::DELETE, CONFIG_MAPS, None).unwrap().success().unwrap();
        Self { token, proxy: FaultProxy::start(&cluster).unwrap(), cluster }
    }

    /// Creates a ConfigMap through the proxy.
    fn create(&self, name: &str) -> anyhow::Result<Answer> {
        let object = json!({"metadata": {"name": name}});
        self.proxy.request_as(&self.token, Method::POST, CONFIG_MAPS, Some(&object))
    }

    fn exists(&self, name: &str) -> bool {
        let path = format!("{CONFIG_MAPS}/{name}");
        self.cluster.request(Method::GET, &path, None).unwrap().status.is_success()
    }

    fn only_request(&self) -> RecordedRequest {
        let requests = self.proxy.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].clone()
    }
}

/// A service account's token, bound to cluster-admin: faster than one by STS.
fn admin_token(cluster: &Cluster) -> String {
    let post = |path: &str, body: Value| cluster.request(Method::POST, path, Some(&body)).unwrap();
    post("/api/v1/namespaces/default/serviceaccounts", json!({"metadata": {"name": "tester"}}));
    let binding = json!({
        "metadata": {"name": "rolecall-tester"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "default", "name": "tester"}],
    });
    post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding).success().unwrap();
    let answer = post("/api/v1/namespaces/default/serviceaccounts/tester/token", json!({"spec": {}}));
    answer.success().unwrap()["status"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn without_a_script_everything_is_passed_on_and_recorded() {
    let stage = Stage::set();
    assert_eq!(stage.create("plain").unwrap().status, StatusCode::CREATED);
    assert!(stage.exists("plain"));
    let expect = RecordedRequest {
        number: 1,
        method: Method::POST,
        path: CONFIG_MAPS.into(),
        status: Some(201),
        forwarded: true,
    };
    assert_eq!(stage.only_request(), expect);
}

#[test]
fn an_answer_is_a_kubernetes_status_and_reaches_nobody() {
    let stage = Stage::set();
    let check = |status: u16, reason: &str| {
        stage.proxy.script([Rule::new(Match::any(), Fault::answer(status))]);
        let answer = stage.create("answered").unwrap();
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!((&answer.body["kind"], &answer.body["reason"]), (&json!("Status"), &json!(reason)));
        assert!(!stage.only_request().forwarded);
        assert!(!stage.exists("answered"));
    };
    check(401, "Unauthorized");
    check(403, "Forbidden");
    check(409, "Conflict");
    check(500, "InternalError");
}

#[test]
fn kubectl_obeys_retry_after_on_429() {
    let stage = Stage::set();
    let throttled = Fault::Answer { status: 429, retry_after_secs: Some(1) };
    stage.proxy.script([Rule::new(Match::path("/configmaps").nth(1), throttled)]);
    let user = KubeconfigUser::token(&stage.token);
    let kubeconfig = stage.cluster.write_kubeconfig("throttled", &stage.proxy.endpoint(), &user).unwrap();
    let started = Instant::now();
    let output =
        stage.cluster.kubectl().args(["get", "configmaps"]).env("KUBECONFIG", kubeconfig).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(started.elapsed() >= Duration::from_secs(1));
    let requests = stage.proxy.requests();
    let statuses: Vec<_> =
        requests.iter().filter(|request| request.path.contains("/configmaps")).map(|r| r.status).collect();
    assert_eq!(statuses, [Some(429), Some(200)]);
}

#[test]
fn a_delay_holds_the_request_back_and_passes_it_on() {
    let stage = Stage::set();
    let delay = Duration::from_millis(300);
    stage.proxy.script([Rule::new(Match::any(), Fault::Delay(delay))]);
    let started = Instant::now();
    assert_eq!(stage.create("late").unwrap().status, StatusCode::CREATED);
    assert!(started.elapsed() >= delay);
}

#[test]
fn a_cut_before_leaves_nothing_and_a_cut_after_leaves_everything() {
    let stage = Stage::set();
    let check = |fault: Fault, name: &str, expect: bool| {
        stage.proxy.script([Rule::new(Match::method(Method::POST).nth(1), fault)]);
        assert!(stage.create(name).is_err());
        let request = stage.only_request();
        assert_eq!((request.status, request.forwarded), (None, expect), "{name}");
        assert_eq!(stage.exists(name), expect, "{name}");
        // Only the first was cut.
        assert!(stage.create("next").unwrap().status.as_u16() < 500);
    };
    check(Fault::CutBefore, "cut-before", false);
    check(Fault::CutAfter, "cut-after", true);
}

#[test]
fn meanwhile_somebody_else_is_quicker() {
    let stage = Stage::set();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let rival = Mutex::new(stage.cluster.kubectl());
    let hook = Hook::new(move |request| {
        assert_eq!((request.number, &request.method), (1, &Method::POST));
        let mut kubectl = rival.lock().unwrap();
        assert!(kubectl.args(["create", "configmap", "contended"]).output().unwrap().status.success());
        counter.fetch_add(1, Ordering::SeqCst);
    });
    stage.proxy.script([Rule::new(Match::any().nth(1), Fault::Meanwhile(hook))]);
    assert_eq!(stage.create("contended").unwrap().status, StatusCode::CONFLICT);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

/// `kill -9` of a client before and after its request, as the story does it.
#[test]
fn a_client_can_be_killed_before_and_after_request_n() {
    let stage = Stage::set();
    let user = KubeconfigUser::token(&stage.token);
    let kubeconfig = stage.cluster.write_kubeconfig("killed", &stage.proxy.endpoint(), &user).unwrap();
    let check = |fault: fn(Hook) -> Fault, name: &str, expect: bool| {
        let (reached, wait) = mpsc::channel();
        let hook = Hook::new(move |_| reached.send(()).unwrap());
        stage.proxy.script([Rule::new(Match::method(Method::POST).and_path("/configmaps"), fault(hook))]);
        let mut kubectl = stage.cluster.kubectl();
        kubectl.args(["create", "configmap", name, "--validate=false"]).env("KUBECONFIG", &kubeconfig);
        let mut client = kubectl.spawn().unwrap();
        wait.recv_timeout(Duration::from_secs(20)).unwrap();
        client.kill().unwrap();
        client.wait().unwrap();
        assert_eq!(stage.exists(name), expect, "{name}");
    };
    check(Fault::StopBefore, "stopped-before", false);
    check(Fault::StopAfter, "stopped-after", true);
}

#[test]
fn a_hanging_request_hangs_until_the_client_gives_up() {
    let stage = Stage::set();
    stage.proxy.script([Rule::new(Match::any(), Fault::Hang)]);
    let user = KubeconfigUser::token(&stage.token);
    let kubeconfig = stage.cluster.write_kubeconfig("hanging", &stage.proxy.endpoint(), &user).unwrap();
    let mut kubectl = stage.cluster.kubectl();
    kubectl.args(["get", "--raw", CONFIG_MAPS, "--request-timeout=500ms"]).env("KUBECONFIG", kubeconfig);
    assert!(!kubectl.output().unwrap().status.success());
    let requests = stage.proxy.requests();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| request.status.is_none() && !request.forwarded), "{requests:?}");
}

/// The background runtime is not the test's, so blocking calls are safe here.
#[tokio::test]
async fn everything_may_be_called_from_an_async_test() {
    let stage = Stage::set();
    assert_eq!(stage.create("from-async").unwrap().status, StatusCode::CREATED);
}
