//! Two applies at once, and somebody else's write between plan and apply.

use std::process::Stdio;

use rolecall_testenv::story::{SOMEBODY, user};
use rolecall_testenv::{Fault, Hook, Match, Rule};

use crate::{cast, proxy_before, with_admin, without_admin};

#[test]
fn two_applies_at_once_lose_nothing() {
    let cast = cast();
    cast.commit("", &with_admin()).unwrap();
    let start = || {
        let mut command = cast.pipeline.rolecall_command(&["apply", "--yes"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..3).map(|_| start()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let users = cast.cluster.aws_auth().unwrap().unwrap()["data"]["mapUsers"].as_str().unwrap().to_owned();
    assert_eq!(users.matches("user/admin").count(), 1, "{users}");
    cast.pipeline.rolecall(&["verify"]).unwrap().succeeded().unwrap();
}

#[test]
fn a_write_in_between_is_seen_and_kept() {
    let cast = cast();
    let proxy = proxy_before(&cast.cluster);
    cast.commit("", &with_admin()).unwrap();

    let kubectl = cast.cluster.kubectl().get_program().to_owned();
    let kubeconfig = cast.cluster.admin_kubeconfig().to_owned();
    let text = format!("{}{SOMEBODY}", cast.map().unwrap());
    let patch = serde_json::json!({ "data": { "mapRoles": text } }).to_string();
    let meanwhile = Hook::new(move |_| {
        let mut command = std::process::Command::new(&kubectl);
        command.env("KUBECONFIG", &kubeconfig).args([
            "patch",
            "configmap",
            "aws-auth",
            "-n",
            "kube-system",
            "-p",
            &patch,
        ]);
        assert!(command.status().unwrap().success());
    });
    let write = Match::method("PATCH".parse().unwrap()).and_path("/configmaps/aws-auth").nth(1);
    proxy.script([Rule::new(write, Fault::Meanwhile(meanwhile))]);

    let applied = cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
    assert!(applied.says("again"), "it says that it planned again: {applied}");
    assert!(cast.map().unwrap().contains("role/somebody"));
    cast.admin.knock().unwrap().succeeded().unwrap();
}

#[test]
fn a_stored_plan_is_refused_when_the_cluster_has_moved() {
    let cast = cast();
    cast.commit("", &with_admin()).unwrap();
    cast.pipeline.rolecall(&["plan", "--out", "plan.json"]).unwrap().succeeded().unwrap();
    cast.cluster.write_aws_auth(&[("mapRoles", &format!("{}{SOMEBODY}", cast.map().unwrap()))]).unwrap();
    let version = cast.version().unwrap();
    let refused = cast.pipeline.rolecall(&["apply", "plan.json", "--yes"]).unwrap().refused().unwrap();
    assert!(refused.says("moved") || refused.says("observ"), "{refused}");
    assert_eq!(cast.version().unwrap(), version);

    cast.pipeline.rolecall(&["plan", "--out", "plan.json"]).unwrap().succeeded().unwrap();
    cast.commit("", &format!("{}{}", without_admin(), user("other", "view"))).unwrap();
    let refused = cast.pipeline.rolecall(&["apply", "plan.json", "--yes"]).unwrap().refused().unwrap();
    assert_eq!(cast.version().unwrap(), version, "{refused}");

    cast.commit("", &with_admin()).unwrap();
    cast.pipeline.rolecall(&["apply", "plan.json", "--yes"]).unwrap().succeeded().unwrap();
    cast.admin.knock().unwrap().succeeded().unwrap();
}
