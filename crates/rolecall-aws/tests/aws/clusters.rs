//! What EKS tells about a cluster, and what is said when it does not.

use rolecall_sandbox::aws::{AccessEntry, AccessScope, AuthenticationMode, PolicyAssociation};
use serde_json::{Value, json};

use crate::practice::{ACCOUNT, Practice, REGION, assert_error, cluster};

#[tokio::test]
async fn a_cluster_is_described_by_one_request() {
    let practice = Practice::start().await;
    let answer = practice.ask(&practice.environment(), json!({ "do": "describe", "cluster": "prod" })).await;
    let expected = json!({
        "arn": format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod"),
        "endpoint": "https://abc.gr7.eu-west-1.eks.amazonaws.com",
        "ca": "cGVt",
        "fingerprint": answer["ok"]["fingerprint"],
        "status": "ACTIVE",
        "version": "1.33",
        "mode": { "known": "CONFIG_MAP" },
    });
    assert_eq!(answer["ok"], expected);
    assert!(answer["ok"]["fingerprint"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(practice.actions(), ["DescribeCluster"]);
}

#[tokio::test]
async fn the_real_host_names_are_reached_through_a_proxy_with_a_private_ca() {
    let practice = Practice::start().await;
    let bundle = practice.home().join("ca.pem");
    std::fs::write(&bundle, practice.server.ca_pem()).unwrap();
    let mut environment = practice.environment();
    environment.retain(|(name, _)| *name != "AWS_ENDPOINT_URL");
    environment.push(("HTTPS_PROXY", practice.server.proxy_url()));
    let describe = || json!({ "do": "describe", "cluster": "prod" });
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        let mut environment = environment.clone();
        environment.push((variable, bundle.display().to_string()));
        let answer = practice.ask(&environment, describe()).await;
        assert_eq!(answer["ok"]["status"], "ACTIVE", "{variable}: {answer}");
    }
    assert_error(
        &practice.ask(&environment, describe()).await,
        "Unavailable",
        "certificate",
        "AWS_CA_BUNDLE",
    );
    std::fs::write(&bundle, "no certificate").unwrap();
    environment.push(("AWS_CA_BUNDLE", bundle.display().to_string()));
    let answer = practice.ask(&environment, describe()).await;
    assert_error(&answer, "Invalid", "no certificate in it", "PEM");
}

#[tokio::test]
async fn a_wrong_name_or_region_says_where_it_looked() {
    let practice = Practice::start().await;
    let check = async |request: Value, region: &str, name: &str| {
        let answer = practice.ask(&practice.environment(), request).await;
        let message = format!("no cluster `{name}` in region `{region}` of account `{ACCOUNT}`");
        assert_error(&answer, "NotFound", &message, &format!("list-clusters --region {region}"));
    };
    check(json!({ "do": "describe", "cluster": "prud" }), REGION, "prud").await;
    let elsewhere = json!({ "do": "describe", "cluster": "prod", "region": "eu-north-1" });
    check(elsewhere, "eu-north-1", "prod").await;
}

#[tokio::test]
async fn a_cluster_that_is_not_up_or_not_for_us_is_refused() {
    let practice = Practice::start().await;
    let mut creating = cluster("young");
    creating.status = "CREATING".to_owned();
    practice.directory.put_cluster(creating);
    let ask = |name: &str| {
        let request = json!({ "do": "describe", "cluster": name });
        async { practice.ask(&practice.environment(), request).await }
    };
    assert_error(&ask("young").await, "Unavailable", "`CREATING`", "wait");
    practice.directory.deny(&practice.user.arn, "eks:DescribeCluster");
    assert_error(&ask("prod").await, "Denied", "eks:DescribeCluster", "IAM policy");
}

#[tokio::test]
async fn access_entries_are_known_none_or_not_readable() {
    let practice = Practice::start().await;
    let ask = async || {
        let request = json!({ "do": "entries", "cluster": "prod" });
        practice.ask(&practice.environment(), request).await["ok"].clone()
    };
    assert_eq!(ask().await, json!({ "known": [] }));
    assert_eq!(practice.actions(), ["DescribeCluster"], "mode `CONFIG_MAP` has none, which needs no asking");

    let mut old = cluster("prod");
    old.authentication_mode = None;
    practice.directory.put_cluster(old);
    assert_eq!(ask().await, json!({ "known": [] }), "EKS says that there cannot be any");
    assert_eq!(practice.actions().last().unwrap(), "ListAccessEntries");

    let mut dual = cluster("prod");
    dual.authentication_mode = Some(AuthenticationMode::ApiAndConfigMap);
    dual.access_entries = many_entries();
    practice.directory.put_cluster(dual);
    let known = ask().await;
    let known = known["known"].as_array().unwrap();
    assert_eq!(known.len(), 103, "two pages");
    let admin = known.iter().find(|entry| entry["principalArn"] == admin_arn()).unwrap();
    assert_eq!(admin["clusterPolicies"], json!(["AmazonEKSClusterAdminPolicy"]));
    assert_eq!((&admin["groups"], &admin["type"]), (&json!(["ops"]), &json!("STANDARD")));
    let arns: Vec<_> = known.iter().map(|entry| entry["principalArn"].as_str().unwrap()).collect();
    assert!(arns.is_sorted());

    practice.directory.deny(&practice.user.arn, "eks:ListAccessEntries");
    let unknown = ask().await;
    assert!(unknown["unknown"].as_str().unwrap().contains("eks:ListAccessEntries"), "{unknown}");
    practice.directory.allow(&practice.user.arn, "eks:ListAccessEntries");
    practice.directory.deny(&practice.user.arn, "eks:ListAssociatedAccessPolicies");
    assert!(ask().await["unknown"].is_string(), "a part of them is not a list of them");
}

fn admin_arn() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/team/admin")
}

/// More than a page, one of them with policies.
fn many_entries() -> Vec<AccessEntry> {
    let policy = |name: &str, scope| PolicyAssociation {
        policy_arn: format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
        scope,
    };
    let mut admin = AccessEntry::new(&admin_arn());
    admin.kubernetes_groups = vec!["ops".to_owned()];
    admin.policies = vec![
        policy("AmazonEKSClusterAdminPolicy", AccessScope::Cluster),
        policy("AmazonEKSEditPolicy", AccessScope::Namespaces(vec!["web".to_owned()])),
    ];
    let others = (0..102).map(|n| AccessEntry::new(&format!("arn:aws:iam::{ACCOUNT}:user/u{n}")));
    others.chain([admin]).collect()
}
