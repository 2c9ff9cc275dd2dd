//! `cargo xtask testenv up`, from its start to Ctrl-C, as a person uses it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts it, does what its output says, and ends it with `signal`.
fn check(signal: &str) {
    let mut up = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["testenv", "up", "--name", "by-hand"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = Vec::new();
    for line in BufReader::new(up.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let last = line.starts_with("Ctrl-C");
        output.push(line);
        if last {
            break;
        }
    }
    let export = output.iter().find_map(|line| line.trim().strip_prefix("export KUBECONFIG="));
    let kubeconfig = export.unwrap_or_else(|| panic!("no export in {output:#?}"));
    let kubectl = output.iter().find(|line| line.contains("get configmap")).unwrap();
    let map = Command::new("sh").args(["-c", kubectl]).env("KUBECONFIG", kubeconfig).output().unwrap();
    assert!(String::from_utf8_lossy(&map.stdout).contains(":role/pipeline"), "{map:?}");
    let sourced = output.iter().find(|line| line.trim().ends_with("admin.env")).unwrap();
    let aws = output.iter().find(|line| line.contains("eks describe-cluster")).unwrap();
    let described = Command::new("sh").args(["-c", &format!("{sourced}\n{aws}")]).output().unwrap();
    assert!(described.status.success(), "{described:?}");

    assert!(Command::new("kill").args([signal, &up.id().to_string()]).status().unwrap().success());
    assert!(up.wait().unwrap().success());
    assert!(!Path::new(kubeconfig).parent().unwrap().exists());
}

#[test]
fn it_can_be_used_as_it_says_and_ends_cleanly() {
    check("-INT");
    check("-TERM");
}
