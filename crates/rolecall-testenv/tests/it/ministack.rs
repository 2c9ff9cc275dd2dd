//! MiniStack answers the AWS CLI, in the account and region of the clusters.

use std::process::Command;

use rolecall_testenv::{ACCOUNT, Assets, MiniStack};
use serde_json::Value;

#[test]
fn ministack_describes_the_cluster_that_it_was_told_to_create() {
    let ministack = MiniStack::start().unwrap();
    let aws = |arguments: &[&str]| -> Value {
        let mut aws = Command::new(Assets::ready().unwrap().aws());
        aws.args(arguments).args(["--output", "json"]).env_clear().envs(ministack.root_environment());
        let output = aws.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let role = aws(&["iam", "create-role", "--role-name", "eks", "--assume-role-policy-document", trust]);
    let arn = role["Role"]["Arn"].as_str().unwrap();
    let network = "subnetIds=subnet-1,subnet-2";
    let create =
        ["eks", "create-cluster", "--name", "demo", "--role-arn", arn, "--resources-vpc-config", network];
    aws(&[create.as_slice(), &["--access-config", "authenticationMode=API_AND_CONFIG_MAP"]].concat());
    let cluster = &aws(&["eks", "describe-cluster", "--name", "demo"])["cluster"];
    assert_eq!(cluster["accessConfig"]["authenticationMode"], "API_AND_CONFIG_MAP");
    assert_eq!(cluster["arn"], format!("arn:aws:eks:ap-northeast-1:{ACCOUNT}:cluster/demo"));
}
