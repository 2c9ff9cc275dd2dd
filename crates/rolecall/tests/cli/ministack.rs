//! `kubeconfig` against MiniStack, which nobody here wrote, beside what the AWS CLI makes of the same cluster.

use std::process::Command;

use rolecall_testenv::{Assets, MiniStack};
use serde_json::Value;

use crate::run::Desk;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

#[test]
fn the_cluster_is_the_one_that_the_aws_cli_writes() {
    let ministack = MiniStack::start().unwrap();
    aws(&ministack, &["iam", "create-role", "--role-name", "eks", "--assume-role-policy-document", TRUST]);
    let network = "subnetIds=subnet-1,subnet-2";
    let role = format!("arn:aws:iam::{}:role/eks", rolecall_testenv::ACCOUNT);
    aws(
        &ministack,
        &["eks", "create-cluster", "--name", "demo", "--role-arn", &role, "--resources-vpc-config", network],
    );

    let mut desk = Desk::new();
    for (name, value) in ministack.root_environment() {
        desk = desk.set(name, &value);
    }
    desk.run(&["kubeconfig", "--name", "demo", "--kubeconfig", "ours"]).ends(0);
    let theirs = desk.path("theirs");
    aws(
        &ministack,
        &["eks", "update-kubeconfig", "--name", "demo", "--kubeconfig", theirs.to_str().unwrap()],
    );
    let (ours, theirs) = (cluster(&desk.path("ours")), cluster(&theirs));
    assert!(ours["cluster"]["server"].as_str().is_some_and(|server| server.starts_with("http")), "{ours}");
    assert_eq!(ours, theirs);
}

/// The only cluster of a kubeconfig, as kubectl reads it.
fn cluster(kubeconfig: &std::path::Path) -> Value {
    let output = Command::new(Assets::ready().unwrap().kubectl())
        .args(["config", "view", "--raw", "-o", "jsonpath={.clusters[0]}"])
        .env_clear()
        .env("KUBECONFIG", kubeconfig)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn aws(ministack: &MiniStack, arguments: &[&str]) {
    let mut command = Command::new(Assets::ready().unwrap().aws());
    command.args(arguments).env_clear().envs(ministack.root_environment());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
