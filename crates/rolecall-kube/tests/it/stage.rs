//! The stage of a test: the shared cluster, and the adapter on it as admin, deployer or nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use rolecall_core::record::{Intent, Record};
use rolecall_core::source::SourceRevision;
use rolecall_engine::port::{KeepRecords, PortFuture};
use rolecall_kube::{BearerTokens, Endpoint, KubeCluster, KubeconfigChoice, Timeouts, bootstrap};
use rolecall_testenv::{Cluster, Turn, eventually};
use secrecy::SecretString;
use serde_json::{Value, json};

/// The shared cluster, bootstrapped, with nothing else in it.
pub(crate) async fn bootstrapped() -> (Turn<'static>, KubeCluster) {
    let cluster = Cluster::shared().unwrap();
    let admin = admin(&cluster).await;
    admin.bootstrap(&bootstrap::objects(bootstrap::DEPLOYERS)).await.unwrap();
    (cluster, admin)
}

/// The adapter with the admin's client certificate.
pub(crate) async fn admin(cluster: &Cluster) -> KubeCluster {
    let choice = KubeconfigChoice { file: Some(cluster.admin_kubeconfig().to_owned()), context: None };
    KubeCluster::of_kubeconfig(&choice, Timeouts::default()).await.unwrap().0
}

/// The adapter as somebody of these groups and of nothing else.
pub(crate) async fn somebody(cluster: &Cluster, groups: &[&str]) -> KubeCluster {
    let text = std::fs::read_to_string(cluster.admin_kubeconfig()).unwrap();
    let mut kubeconfig: Value = serde_json::from_str(&text).unwrap();
    kubeconfig["users"][0]["user"]["as"] = json!("somebody");
    kubeconfig["users"][0]["user"]["as-groups"] = json!(groups);
    let file = cluster.home().join("somebody.kubeconfig");
    std::fs::write(&file, kubeconfig.to_string()).unwrap();
    let choice = KubeconfigChoice { file: Some(file), context: None };
    KubeCluster::of_kubeconfig(&choice, Timeouts::default()).await.unwrap().0
}

/// The adapter as a member of the bootstrapped group, once the API server has heard of its rights.
pub(crate) async fn deployer(cluster: &Cluster) -> KubeCluster {
    let deployer = somebody(cluster, &[bootstrap::DEPLOYERS]).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while !deployer.missing_rights().await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "{:?}", deployer.missing_rights().await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    deployer
}

/// The adapter with a bearer token, at the cluster's own or a proxy's endpoint.
pub(crate) fn with_tokens(cluster: &Cluster, url: &str, tokens: &Arc<Tokens>) -> KubeCluster {
    let timeouts = Timeouts { request: Duration::from_secs(10), ..Timeouts::default() };
    with_timeouts(cluster, url, tokens, timeouts)
}

/// The same with these timeouts.
pub(crate) fn with_timeouts(
    cluster: &Cluster,
    url: &str,
    tokens: &Arc<Tokens>,
    timeouts: Timeouts,
) -> KubeCluster {
    let endpoint = Endpoint {
        name: cluster.name().to_owned(),
        url: url.to_owned(),
        ca_pem: cluster.ca_pem().into_bytes(),
        tokens: Arc::<Tokens>::clone(tokens),
    };
    KubeCluster::at_endpoint(endpoint, timeouts).unwrap()
}

/// One token, and how often it was asked for.
pub(crate) struct Tokens {
    token: String,
    pub(crate) n_asked: AtomicUsize,
    pub(crate) n_fresh: AtomicUsize,
}

impl Tokens {
    pub(crate) fn new(token: &str) -> Arc<Self> {
        Arc::new(Self { token: token.to_owned(), n_asked: AtomicUsize::new(0), n_fresh: AtomicUsize::new(0) })
    }

    pub(crate) fn text(&self) -> &str {
        &self.token
    }

    /// A service account that may do everything, once the API server has heard of it.
    pub(crate) fn of_admin(cluster: &Cluster) -> Arc<Self> {
        let tokens = Self::of_service_account(cluster, "default", "kube-tester");
        let binding = json!({
            "metadata": { "name": "rolecall-kube-tester" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": [{ "kind": "ServiceAccount", "namespace": "default", "name": "kube-tester" }],
        });
        let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
        cluster.request(Method::POST, bindings, Some(&binding)).unwrap().success().unwrap();
        let is_in = || {
            let answer = cluster.request_as(tokens.text(), Method::GET, "/api/v1/secrets", None);
            answer.unwrap().status.is_success()
        };
        assert!(eventually(Duration::from_secs(10), is_in));
        tokens
    }

    /// The token of a service account, which is made if it is not there.
    pub(crate) fn of_service_account(cluster: &Cluster, namespace: &str, name: &str) -> Arc<Self> {
        let post = |path: &str, body: Value| cluster.request(Method::POST, path, Some(&body)).unwrap();
        let account = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        post(&account, json!({ "metadata": { "name": name } }));
        let answer = post(&format!("{account}/{name}/token"), json!({ "spec": {} })).success().unwrap();
        Self::new(answer["status"]["token"].as_str().unwrap())
    }
}

impl BearerTokens for Tokens {
    fn token(&self) -> PortFuture<'_, SecretString> {
        self.n_asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(self.token.clone().into()) })
    }

    fn fresh(&self) -> PortFuture<'_, SecretString> {
        self.n_fresh.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(self.token.clone().into()) })
    }
}

/// The `resourceVersion` of the map.
pub(crate) fn map_version(cluster: &Cluster) -> String {
    cluster.aws_auth().unwrap().unwrap()["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

/// A record with these data before and after.
pub(crate) fn record(name: &str, before: Option<&str>, after: &str) -> Record {
    let data = |text: &str| [("mapRoles".to_owned(), text.to_owned())].into();
    Record {
        intent: Intent {
            name: name.to_owned(),
            started_at: "2026-11-24T08:00:00Z".parse().unwrap(),
            revision: SourceRevision::cli(),
            caller: None,
            adds: [].into(),
            alters: [].into(),
            removes: [].into(),
            before: "sha256:a".to_owned(),
            after: "sha256:b".to_owned(),
        },
        completion: None,
        plan: json!({ "changes": [], "revision": "none" }),
        data_before: before.map(data),
        data_after: data(after),
    }
}
