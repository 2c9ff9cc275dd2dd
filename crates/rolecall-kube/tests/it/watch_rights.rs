//! What it takes to watch the map, and what the controller's roles give.

use std::time::Duration;

use http::Method;
use rolecall_engine::port::{PortErrorKind, WatchAccess};
use rolecall_kube::KubeCluster;
use rolecall_kube::bootstrap::{CONTROLLER, Outcome, controller_objects};
use rolecall_testenv::{Cluster, eventually};
use serde_json::json;

use crate::stage::{self, Tokens};
use crate::watch::{CREATE, kubectl, kubectl_command, soon, written};

const MAPS: &str = "/api/v1/namespaces/kube-system/configmaps";

/// A role that gives these verbs on the one name, to the group of its name.
fn grant(cluster: &Cluster, name: &str, verbs: &[&str]) {
    let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system";
    let on_the_map = json!({ "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["aws-auth"], "verbs": verbs });
    let role = json!({ "metadata": { "name": name }, "rules": [on_the_map] });
    let binding = json!({
        "metadata": { "name": name },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": name }],
    });
    for (kind, object) in [("roles", role), ("rolebindings", binding)] {
        cluster.request(Method::POST, &format!("{rbac}/{kind}"), Some(&object)).unwrap().success().unwrap();
    }
    let may_get = format!("auth can-i -q get configmaps/aws-auth --as=a --as-group={name}");
    let is_known = || kubectl_command(cluster, &may_get).output().unwrap().status.success();
    assert!(eventually(Duration::from_secs(10), is_known));
}

#[tokio::test]
async fn get_and_watch_of_the_one_name_are_enough() {
    let cluster = Cluster::shared().unwrap();
    kubectl(&cluster, CREATE);
    grant(&cluster, "rolecall-watcher", &["get", "watch"]);
    let watcher = stage::somebody(&cluster, &["rolecall-watcher"]).await;
    // From nothing, and from a version.
    let version = written(soon(watcher.moved(None)).await.unwrap()).resource_version;
    assert_eq!(version, stage::map_version(&cluster));
    kubectl(&cluster, "delete configmap aws-auth");
    soon(watcher.moved(Some(&version))).await.unwrap();
}

#[tokio::test]
async fn without_the_right_to_watch_it_is_named() {
    let cluster = Cluster::shared().unwrap();
    grant(&cluster, "rolecall-reader", &["get", "list"]);
    let reader = stage::somebody(&cluster, &["rolecall-reader"]).await;
    let error = soon(reader.moved(None)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied, "{error}");
    assert!(!error.kind.is_transient());
    assert!(error.to_string().starts_with("watch `configmap kube-system/aws-auth`: "), "{error}");
    assert!(error.hint.unwrap().contains("`watch configmaps aws-auth`"));
}

/// How the API server authorises watches under a rule with `resourceNames` and `get`, `watch`.
#[tokio::test]
async fn a_rule_with_a_name_is_about_watches_of_that_name_alone() {
    let cluster = Cluster::shared().unwrap();
    grant(&cluster, "rolecall-watcher", &["get", "watch"]);
    let name = "fieldSelector=metadata.name%3D";
    let rows = [
        (format!("{MAPS}?watch=true&timeoutSeconds=1&{name}aws-auth"), true),
        (format!("{MAPS}?watch=true&timeoutSeconds=1&{name}coredns"), false),
        (format!("{MAPS}?watch=true&timeoutSeconds=1"), false),
        (format!("{MAPS}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name!%3Dcoredns"), false),
        (format!("{MAPS}?{name}aws-auth"), false),
        (format!("/api/v1/configmaps?watch=true&timeoutSeconds=1&{name}aws-auth"), false),
    ];
    for (path, expect) in rows {
        let arguments = format!("get --as=a --as-group=rolecall-watcher --raw {path}");
        let output = kubectl_command(&cluster, &arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), expect, "{path}: {said}");
    }
}

/// The ServiceAccount that the controller runs as, once the API server has heard of its rights.
async fn controller(cluster: &Cluster) -> KubeCluster {
    let admin = stage::admin(cluster).await;
    let done = admin.bootstrap(&controller_objects()).await.unwrap();
    assert!(done.iter().all(|one| one.outcome == Outcome::Created), "{done:?}");
    let controller = stage::with_tokens(
        cluster,
        &cluster.endpoint(),
        &Tokens::of_service_account(cluster, "rolecall", CONTROLLER),
    );
    let may_watch = || can_i(cluster, "watch configmaps/aws-auth -n kube-system");
    assert!(eventually(Duration::from_secs(10), may_watch));
    controller
}

fn can_i(cluster: &Cluster, question: &str) -> bool {
    let mut kubectl = cluster.kubectl();
    kubectl.args(["auth", "can-i", "-q", "--as=system:serviceaccount:rolecall:rolecall-controller"]);
    kubectl.args(question.split(' ')).output().unwrap().status.success()
}

#[tokio::test]
async fn the_controller_may_watch_the_map_and_no_neighbour() {
    let cluster = Cluster::shared().unwrap();
    let controller = controller(&cluster).await;
    kubectl(&cluster, CREATE);
    let version = written(soon(controller.moved(None)).await.unwrap()).resource_version;
    assert_eq!(version, stage::map_version(&cluster));
    let rows = [
        ("get configmaps/aws-auth -n kube-system", true),
        ("patch configmaps/aws-auth -n kube-system", true),
        ("create configmaps/aws-auth -n kube-system", true),
        ("patch leases -n rolecall", true),
        ("create configmaps -n rolecall", true),
        ("list clusterroles", true),
        ("watch configmaps -n kube-system", false),
        ("watch configmaps/coredns -n kube-system", false),
        ("list configmaps -n kube-system", false),
        ("list configmaps/aws-auth -n kube-system", false),
        ("delete configmaps/aws-auth -n kube-system", false),
        ("update configmaps/aws-auth -n kube-system", false),
        ("delete configmaps -n rolecall", false),
        ("get secrets -n rolecall", true),
        ("create events -n rolecall", true),
        ("list secrets -n rolecall", false),
        ("get secrets -n kube-system", false),
        ("get secrets -n default", false),
        ("patch secrets -n rolecall", false),
        ("create pods -n rolecall", false),
        ("create serviceaccounts/rolecall-controller --subresource=token -n rolecall", false),
        ("create clusterrolebindings", false),
        ("impersonate users", false),
    ];
    for (question, expect) in rows {
        assert_eq!(can_i(&cluster, question), expect, "{question}");
    }
}
