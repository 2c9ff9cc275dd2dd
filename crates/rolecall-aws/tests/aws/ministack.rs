//! The EKS adapter against MiniStack, which nobody here wrote, as the AWS CLI set it up.

use std::process::Command;

use rolecall_testenv::{ACCOUNT, Assets, MiniStack, REGION};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::practice::{ask, assert_error};

#[tokio::test]
async fn clusters_and_access_entries_read_as_the_aws_cli_wrote_them() {
    let ministack = MiniStack::start().unwrap();
    let home = TempDir::new().unwrap();
    let admin = create_cluster(&ministack);
    let root = ministack.root_environment();

    let describe = json!({ "do": "describe", "cluster": "demo" });
    let described = ask(home.path(), &root, &describe).await;
    assert_eq!(described["ok"]["mode"], json!({ "known": "API_AND_CONFIG_MAP" }), "{described}");
    assert_eq!(described["ok"]["arn"], format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/demo"));

    let entries = ask(home.path(), &root, &json!({ "do": "entries", "cluster": "demo" })).await;
    let entries = entries["ok"]["known"].as_array().unwrap_or_else(|| panic!("{entries}"));
    let entry = entries.iter().find(|entry| entry["principalArn"] == admin.as_str()).unwrap();
    assert_eq!(entry["groups"], json!(["ops"]));
    assert_eq!(entry["clusterPolicies"], json!(["AmazonEKSClusterAdminPolicy"]));

    let missing = ask(home.path(), &root, &json!({ "do": "describe", "cluster": "prod" })).await;
    assert_error(&missing, "NotFound", &format!("no cluster `prod` in region `{REGION}`"), "list-clusters");

    let nobody = nobody(&ministack);
    let denied = ask(home.path(), &nobody, &describe).await;
    assert_error(&denied, "Denied", "eks:DescribeCluster", "IAM policy");
    let caller = ask(home.path(), &nobody, &json!({ "do": "identity" })).await;
    assert_eq!(caller["ok"]["arn"], format!("arn:aws:iam::{ACCOUNT}:user/nobody"), "{caller}");
}

/// A cluster in dual mode, with one access entry; gives the entry's principal.
fn create_cluster(ministack: &MiniStack) -> String {
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let role = |name: &str| {
        let created = aws(
            ministack,
            &["iam", "create-role", "--role-name", name, "--assume-role-policy-document", trust],
        );
        created["Role"]["Arn"].as_str().unwrap().to_owned()
    };
    let (cluster_role, admin) = (role("eks"), role("admin"));
    let network = "subnetIds=subnet-1,subnet-2";
    let mode = "authenticationMode=API_AND_CONFIG_MAP";
    let create = ["eks", "create-cluster", "--name", "demo", "--role-arn", &cluster_role];
    aws(ministack, &[&create[..], &["--resources-vpc-config", network, "--access-config", mode]].concat());
    let of_admin = ["--cluster-name", "demo", "--principal-arn", admin.as_str()];
    aws(ministack, &[&["eks", "create-access-entry", "--kubernetes-groups", "ops"][..], &of_admin].concat());
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    let associate =
        ["eks", "associate-access-policy", "--policy-arn", policy, "--access-scope", "type=cluster"];
    aws(ministack, &[&associate[..], &of_admin].concat());
    admin
}

/// The environment of a user without any right.
fn nobody(ministack: &MiniStack) -> Vec<(&'static str, String)> {
    aws(ministack, &["iam", "create-user", "--user-name", "nobody"]);
    let key = aws(ministack, &["iam", "create-access-key", "--user-name", "nobody"]);
    let text = |name: &str| key["AccessKey"][name].as_str().unwrap().to_owned();
    let mut environment = ministack.root_environment();
    environment.retain(|(name, _)| !name.starts_with("AWS_ACCESS") && !name.starts_with("AWS_SECRET"));
    environment.push(("AWS_ACCESS_KEY_ID", text("AccessKeyId")));
    environment.push(("AWS_SECRET_ACCESS_KEY", text("SecretAccessKey")));
    environment
}

fn aws(ministack: &MiniStack, arguments: &[&str]) -> Value {
    let mut command = Command::new(Assets::ready().unwrap().aws());
    command.args(arguments).args(["--output", "json"]).env_clear().envs(ministack.root_environment());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
