//! Who gets in, and what a test can see and set as admin.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use rolecall_sandbox::aws::{AuthenticationMode, Credentials, Fault, RoleSpec, Service};
use rolecall_testenv::{
    ACCOUNT, Assets, Cluster, ClusterOptions, KubeconfigUser, Part, TokenCache, TokenReview,
};
use serde_json::{Value, json};

/// A session of a new role, and the `mapRoles` that lets it in as a viewer of nothing.
fn mapped_session(cluster: &Cluster, role: &str) -> (Credentials, String) {
    let role = cluster.directory().add_role(RoleSpec::new(ACCOUNT, role));
    let session = cluster.directory().assume_role_session(&role, "run-1", Duration::from_hours(1));
    let map =
        format!("- rolearn: {}\n  username: deploy:{{{{SessionName}}}}\n  groups: [deployers]\n", role.arn);
    (session, map)
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn whoami(cluster: &Cluster, kubeconfig: &Path) -> Output {
    let mut kubectl = cluster.kubectl();
    kubectl.args(["auth", "whoami", "-o", "json"]).env("KUBECONFIG", kubeconfig).output().unwrap()
}

#[test]
fn kubectl_works_as_admin() {
    let cluster = Cluster::shared().unwrap();
    let services = cluster.kubectl().args(["get", "services", "-o", "name"]).output().unwrap();
    assert!(services.status.success(), "{}", text(&services));
    assert_eq!(text(&services).trim(), "service/kubernetes");
    let version = cluster.kubectl().args(["version", "-o", "json"]).output().unwrap();
    let version: Value = serde_json::from_slice(&version.stdout).unwrap();
    assert_eq!(version["serverVersion"]["gitVersion"], "v1.37.2");
    assert_eq!(version["clientVersion"]["gitVersion"], "v1.37.2");
}

#[test]
fn a_mapped_role_session_gets_in_and_an_unmapped_user_does_not() {
    let cluster = Cluster::shared().unwrap();
    let (session, map) = mapped_session(&cluster, "pipeline");
    cluster.write_aws_auth(&[("mapRoles", &map)]).unwrap();
    let review = cluster.review_token(&cluster.mint_token(&session).unwrap()).unwrap();
    let TokenReview::Accepted { username, groups } = review else { panic!("{review:?}") };
    assert_eq!(username, "deploy:run-1");
    assert!(groups.contains(&"deployers".to_owned()), "{groups:?}");

    let user = cluster.directory().add_user(ACCOUNT, "/", "stranger");
    let key = cluster.directory().add_access_key(&user);
    let refused = cluster.review_token(&cluster.mint_token(&key).unwrap()).unwrap();
    assert!(matches!(refused, TokenReview::Refused { .. }), "{refused:?}");
}

#[test]
fn the_aws_cli_as_exec_plugin_gets_kubectl_in() {
    let cluster = Cluster::shared().unwrap();
    let (session, map) = mapped_session(&cluster, "by-exec");
    cluster.write_aws_auth(&[("mapRoles", &map)]).unwrap();
    let aws = Assets::ready().unwrap().aws();
    let arguments = ["eks", "get-token", "--cluster-name", cluster.name(), "--region", "ap-northeast-1"];
    let environment = session.environment();
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let user = KubeconfigUser::exec(aws.to_str().unwrap(), &arguments, &environment);
    let kubeconfig = cluster.write_kubeconfig("by-exec", &cluster.endpoint(), &user).unwrap();
    let answer = whoami(&cluster, &kubeconfig);
    assert!(answer.status.success(), "{}", text(&answer));
    let review: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(review["status"]["userInfo"]["username"], "deploy:run-1");
}

#[test]
fn who_is_taken_out_of_the_map_is_refused() {
    let cluster = Cluster::shared().unwrap();
    let role = cluster.directory().add_role(RoleSpec::new(ACCOUNT, "leaver"));
    // A session of its own each time: the API server knows an accepted token for ten seconds.
    let is_in = || {
        let session = cluster.directory().assume_role_session(&role, "run", Duration::from_hours(1));
        let review = cluster.review_token(&cluster.mint_token(&session).unwrap()).unwrap();
        matches!(review, TokenReview::Accepted { .. })
    };
    let map = format!("- rolearn: {}\n  username: leaver\n", role.arn);
    cluster.write_aws_auth(&[("mapRoles", &map)]).unwrap();
    assert!(is_in());
    cluster.write_aws_auth(&[("mapRoles", "[]\n")]).unwrap();
    assert!(!is_in());
    cluster.write_aws_auth(&[("mapRoles", &map)]).unwrap();
    assert!(is_in());
    cluster.delete_aws_auth().unwrap();
    assert!(!is_in());
}

#[test]
fn writing_the_same_map_again_does_not_wait_for_a_change_that_never_comes() {
    let cluster = Cluster::shared().unwrap();
    let version = || cluster.aws_auth().unwrap().unwrap()["metadata"]["resourceVersion"].clone();
    cluster.write_aws_auth(&[("mapRoles", "[]\n")]).unwrap();
    let before = version();
    cluster.write_aws_auth(&[("mapRoles", "[]\n")]).unwrap();
    assert_eq!(version(), before);
}

#[test]
fn the_requests_of_a_deploy_can_be_counted() {
    let cluster = Cluster::shared().unwrap();
    let mark = cluster.audit_mark();
    let path = "/api/v1/namespaces/kube-system/configmaps/aws-auth?x=1";
    cluster.request(Method::GET, path, None).unwrap();
    let requests = cluster.requests_since(mark).unwrap();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((request.verb.as_str(), request.uri.as_str(), request.status), ("get", path, 404));
    assert_eq!(request.username, "rolecall-test-admin");
}

#[test]
fn reset_leaves_nothing_of_ours() {
    let cluster = Cluster::shared().unwrap();
    let post = |path: &str, object: Value| {
        cluster.request(Method::POST, path, Some(&object)).unwrap().success().unwrap();
    };
    let exists = |path: &str| cluster.request(Method::GET, path, None).unwrap().status.is_success();
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    // Twice: a namespace that was finalised by hand can be made again.
    for _ in 0..2 {
        cluster.write_aws_auth(&[("mapRoles", "[]\n")]).unwrap();
        post("/api/v1/namespaces", json!({"metadata": {"name": "rolecall"}}));
        post("/api/v1/namespaces/rolecall/configmaps", json!({"metadata": {"name": "ledger"}}));
        post(
            &format!("{rbac}/clusterroles"),
            json!({"metadata": {"name": "rolecall-deployer"}, "rules": []}),
        );
        post(&format!("{rbac}/namespaces/kube-system/roles"), json!({"metadata": {"name": "rolecall:map"}}));
        cluster.reset().unwrap();
        assert!(cluster.aws_auth().unwrap().is_none());
        assert!(!exists("/api/v1/namespaces/rolecall"));
        assert!(!exists(&format!("{rbac}/clusterroles/rolecall-deployer")));
        assert!(!exists(&format!("{rbac}/namespaces/kube-system/roles/rolecall:map")));
    }
}

#[test]
fn eks_announces_the_cluster_and_what_a_test_makes_of_it() {
    let cluster = Cluster::shared().unwrap();
    let user = cluster.directory().add_user(ACCOUNT, "/", "reader");
    let key = cluster.directory().add_access_key(&user);
    let describe = || -> Value {
        let output = Command::new(Assets::ready().unwrap().aws())
            .args(["eks", "describe-cluster", "--output", "json", "--name", cluster.name()])
            .env_clear()
            .envs(cluster.aws_environment(&key))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let said = describe();
    assert_eq!(said["cluster"]["endpoint"], cluster.endpoint());
    assert_eq!(said["cluster"]["certificateAuthority"]["data"], cluster.ca_base64());
    let mut record = cluster.eks_record();
    record.authentication_mode = Some(AuthenticationMode::Api);
    cluster.announce(record);
    assert_eq!(describe()["cluster"]["accessConfig"]["authenticationMode"], "API");
}

#[test]
fn without_an_sts_nobody_is_let_in_and_reset_brings_it_back() {
    let cluster = Cluster::shared().unwrap();
    let (session, map) = mapped_session(&cluster, "no-sts");
    cluster.write_aws_auth(&[("mapRoles", &map)]).unwrap();
    let token = cluster.mint_token(&session).unwrap();
    cluster.aws().server.faults().inject(Service::Sts, Fault::Cut);
    let refused = cluster.review_token(&token).unwrap();
    assert!(matches!(refused, TokenReview::Refused { .. }), "{refused:?}");
    cluster.reset().unwrap();
    cluster.write_aws_auth(&[("mapRoles", &map)]).unwrap();
    let accepted = cluster.review_token(&token).unwrap();
    assert!(matches!(accepted, TokenReview::Accepted { .. }), "{accepted:?}");
}

/// Two at once: the authenticator's fixed health port must not stop the second,
/// and a token of one must not open the other.
#[test]
fn a_second_cluster_with_the_default_cache_runs_beside_the_first() {
    let first = Cluster::shared().unwrap();
    let aws = Arc::new(rolecall_testenv::PracticeAws::start().unwrap());
    let options = ClusterOptions {
        name: "second".into(),
        token_cache: TokenCache::ServerDefault,
        aws: Some(Arc::clone(&aws)),
        ..ClusterOptions::default()
    };
    let second = Cluster::start(options).unwrap();
    let (session, map) = mapped_session(&second, "cached");
    second.write_aws_auth(&[("mapRoles", &map)]).unwrap();
    let token = second.mint_token(&session).unwrap();
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let status =
        |cluster: &Cluster| cluster.request_as(&token, Method::POST, path, Some(&review)).unwrap().status;
    assert_eq!(status(&second), 201);
    assert_eq!(status(&first), 401);
    // The cached answer outlives the map, which is what this option is for.
    second.delete_aws_auth().unwrap();
    assert_eq!(status(&second), 201);
}

#[test]
fn a_part_can_be_stopped_and_resumed() {
    let cluster = Cluster::start(ClusterOptions::default()).unwrap();
    cluster.write_aws_auth(&[("mapRoles", "[]\n")]).unwrap();
    cluster.stop(Part::ApiServer).unwrap();
    assert!(cluster.request(Method::GET, "/readyz", None).is_err());
    cluster.resume(Part::ApiServer).unwrap();
    assert!(cluster.aws_auth().unwrap().is_some());
}
