//! What is observed, and what is not known.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::Method;
use rolecall_core::cluster::{AuthenticationMode, fingerprint};
use rolecall_core::identity_mapping::{EntryKey, Section};
use rolecall_core::ledger::Ledger;
use rolecall_core::observed::Knowledge;
use rolecall_engine::port::{KeepRecords, ObserveAccess, PortErrorKind};
use rolecall_testenv::{ACCOUNT, Cluster, eventually};
use serde_json::json;

use crate::stage::{self, Tokens};

#[tokio::test]
async fn an_empty_cluster_is_known_to_be_empty() {
    let cluster = Cluster::shared().unwrap();
    let admin = stage::admin(&cluster).await;
    let observed = admin.observe().await.unwrap();
    assert_eq!(observed.map, None);
    assert_eq!(observed.ledger, Knowledge::Known(None));
    assert!(observed.unfinished.is_empty());
    assert!(observed.observed_at.is_some());
    assert_eq!(observed.cluster.endpoint.as_deref(), Some(cluster.endpoint().as_str()));
    assert_eq!(observed.cluster.ca_fingerprint, Some(fingerprint(cluster.ca_pem().as_bytes())));
    let caller = observed.caller.known().unwrap();
    assert_eq!(caller.username, "rolecall-test-admin");
    assert!(caller.groups.contains(&"system:masters".to_owned()), "{:?}", caller.groups);
    assert_eq!(caller.canonical_arn, None);
    assert!(matches!(observed.mode, Knowledge::Unknown(_)));
}

#[tokio::test]
async fn all_of_the_map_is_observed() {
    let cluster = Cluster::shared().unwrap();
    let object = json!({
        "metadata": { "name": "aws-auth", "annotations": { "a": "b" } },
        "data": { "mapRoles": "[]\n", "other": "é\u{85}\u{2028}" },
    });
    cluster.write_aws_auth_object(object).unwrap();
    let map = stage::admin(&cluster).await.observe().await.unwrap().map.unwrap();
    assert_eq!(map.resource_version, Some(stage::map_version(&cluster)));
    assert_eq!(map.annotations, [("a".to_owned(), "b".to_owned())].into());
    assert_eq!(map.data()["mapRoles"], "[]\n");
    assert_eq!(map.data()["other"], "é\u{85}\u{2028}");
}

#[tokio::test]
async fn what_eks_said_is_part_of_it() {
    let cluster = Cluster::shared().unwrap();
    let (mode, entries) =
        (Knowledge::Known(AuthenticationMode::ApiAndConfigMap), Knowledge::Known(Vec::new()));
    let admin = stage::admin(&cluster).await.with_eks(mode.clone(), entries.clone());
    let observed = admin.observe().await.unwrap();
    assert_eq!((observed.mode, observed.access_entries), (mode, entries));
}

/// The ledger and the records unreadable is unknown, the map unreadable is an error, and neither is empty.
#[tokio::test]
async fn what_may_not_be_read_is_not_empty() {
    let (cluster, admin) = stage::bootstrapped().await;
    cluster.write_aws_auth(&[("mapRoles", "[]")]).unwrap();
    admin.write_ledger(&Ledger::default(), None).await.unwrap();
    let error = stage::somebody(&cluster, &["strangers"]).await.observe().await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("`configmap kube-system/aws-auth`"), "{error}");
    assert!(error.hint.unwrap().contains("rolecall bootstrap cluster"));

    may_read_the_map_alone(&cluster, "readers");
    let mut kubectl = cluster.kubectl();
    kubectl.args([
        "auth",
        "can-i",
        "-q",
        "get",
        "configmaps",
        "-n",
        "kube-system",
        "--as=a",
        "--as-group=readers",
    ]);
    assert!(eventually(Duration::from_secs(10), || kubectl.status().unwrap().success()));
    let observed = stage::somebody(&cluster, &["readers"]).await.observe().await.unwrap();
    assert!(observed.map.is_some());
    let Knowledge::Unknown(why) = observed.ledger else { panic!("{:?}", observed.ledger) };
    assert!(why.contains("cannot list resource \"configmaps\""), "{why}");
}

/// Whoever takes the label away does not make us forget what is ours, and the next write puts it back.
#[tokio::test]
async fn a_ledger_without_its_label_is_a_ledger_still() {
    let (cluster, admin) = stage::bootstrapped().await;
    let mut ledger = Ledger::default();
    ledger.unmanaged.insert(EntryKey::new(Section::MapRoles, "arn:aws:iam::111122223333:role/a"));
    admin.write_ledger(&ledger, None).await.unwrap();
    let mut kubectl = cluster.kubectl();
    kubectl.args(["label", "configmap", "rolecall-ledger", "-n", "rolecall", "rolecall.dev/record-"]);
    assert!(kubectl.output().unwrap().status.success());

    let afresh = stage::admin(&cluster).await;
    let Knowledge::Known(Some(observed)) = afresh.observe().await.unwrap().ledger else { panic!() };
    assert_eq!(observed.ledger, ledger);
    afresh.write_ledger(&Ledger::default(), Some(&observed.resource_version)).await.unwrap();
    let path = "/api/v1/namespaces/rolecall/configmaps/rolecall-ledger";
    let stored = cluster.request(Method::GET, path, None).unwrap().success().unwrap();
    assert_eq!(stored["metadata"]["labels"]["rolecall.dev/record"], "ledger");
}

fn may_read_the_map_alone(cluster: &Cluster, group: &str) {
    let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system";
    let role = json!({
        "metadata": { "name": "rolecall-reader" },
        "rules": [{ "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"] }],
    });
    let binding = json!({
        "metadata": { "name": "rolecall-reader" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "rolecall-reader" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group }],
    });
    for (kind, object) in [("roles", role), ("rolebindings", binding)] {
        cluster.request(Method::POST, &format!("{rbac}/{kind}"), Some(&object)).unwrap().success().unwrap();
    }
}

#[tokio::test]
async fn the_canonical_arn_of_an_iam_caller_is_told() {
    let cluster = Cluster::shared().unwrap();
    let user = cluster.directory().add_user(ACCOUNT, "/", "observer");
    let key = cluster.directory().add_access_key(&user);
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/observer");
    let map = format!("- userarn: {arn}\n  username: observer\n  groups: [system:masters]\n");
    cluster.write_aws_auth(&[("mapUsers", &map)]).unwrap();
    let tokens = Tokens::new(&cluster.mint_token(&key).unwrap());
    let us = stage::with_tokens(&cluster, &cluster.endpoint(), &tokens);
    let observed = us.observe().await.unwrap();
    let caller = observed.caller.known().unwrap();
    assert_eq!((caller.username.as_str(), caller.canonical_arn.as_deref()), ("observer", Some(arn.as_str())));
    let n_asked = tokens.n_asked.load(Ordering::SeqCst);
    assert_eq!(n_asked, 4, "three requests, and one for a ledger that is not in the list, each with a token");

    let afresh = us.authenticate_afresh().await.unwrap();
    assert_eq!(&afresh, caller);
    assert_eq!(tokens.n_fresh.load(Ordering::SeqCst), 1);
    assert_eq!(tokens.n_asked.load(Ordering::SeqCst), n_asked);
}

#[tokio::test]
async fn a_token_that_nobody_maps_is_unauthenticated() {
    let cluster = Cluster::shared().unwrap();
    let tokens = Tokens::new("k8s-aws-v1.not-a-token");
    let stranger = stage::with_tokens(&cluster, &cluster.endpoint(), &tokens);
    for error in [stranger.observe().await.unwrap_err(), stranger.authenticate_afresh().await.unwrap_err()] {
        assert_eq!(error.kind, PortErrorKind::Unauthenticated, "{error}");
        assert!(error.hint.as_deref().unwrap().contains("rolecall whoami"), "{error:?}");
        assert!(!format!("{error:?}").contains("not-a-token"), "{error:?}");
    }
}
