//! Help, version, and command lines that make no sense.

use crate::run::Desk;

#[test]
fn help_and_version_are_no_errors() {
    let desk = Desk::new();
    let commands =
        ["plan", "apply", "verify", "drift", "explain", "token", "kubeconfig", "bootstrap", "completions"];
    let help = desk.run(&["--help"]).ends(0).quietly();
    for command in commands {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command}");
        desk.run(&[command, "--help"]).ends(0).quietly().prints("Usage: rolecall");
    }
    desk.run(&["bootstrap", "cluster", "--help"]).ends(0).prints("--deployer <ARN>");
    desk.run(&["token", "inspect", "--help"]).ends(0).prints("[TOKEN]");
    desk.run(&["--version"]).ends(0).prints(&format!("rolecall {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_command_line_ends_with_64() {
    let desk = Desk::with_map();
    let check = |arguments: &[&str], message: &str| {
        let outcome = desk.run(arguments).ends(64).says(message);
        assert_eq!(outcome.stdout, "", "{arguments:?}");
    };
    check(&[], "Usage");
    check(&["plann"], "plan");
    check(&["plan", "--nonsense"], "--nonsense");
    check(&["plan", "-o", "xml"], "xml");
    check(&["plan", "--allow", "RG01"], "--reason");
    check(
        &["plan", "--observed", "observed.yaml", "--allow", "RG99", "--reason", "r"],
        "there is no guard `RG99`",
    );
    check(
        &["plan", "--observed", "observed.yaml", "--allow", "RG01", "--reason", " "],
        "`--reason` is empty",
    );
    check(&["plan", "--context", "a", "--cluster", "b"], "--cluster");
    check(&["plan", "--timeout", "0"], "at least 1");
    check(&["explain"], "<ARN>");
    check(&["token"], "no cluster is named");
    check(&["kubeconfig"], "no cluster is named");
    check(&["bootstrap", "cluster"], "the cluster must be named");
    check(&["bootstrap", "cluster", "--cluster", "x", "--deployer", "nobody"], "`nobody` is not the ARN");
    check(&["completions", "tcsh"], "tcsh");
}

#[test]
fn apply_needs_somebody_who_says_yes_and_a_cluster_that_was_named() {
    let desk = Desk::with_map();
    desk.run(&["apply"])
        .ends(64)
        .says("there is nobody to ask")
        .says("hint: look at `rolecall plan`, then pass `--yes`");
    desk.run(&["apply", "--yes"]).ends(64).says("a cluster that was named");
    desk.run(&["apply", "--yes", "--context", "x", "--role-arn", "arn:aws:iam::1:role/x"])
        .ends(64)
        .says("`--role-arn` is for a cluster that is reached by `--cluster`");
}

#[test]
fn a_missing_kubeconfig_is_told_with_the_next_step() {
    let desk = Desk::with_map();
    desk.run(&["plan"]).ends(1).says("error: read the kubeconfig").says("hint: `rolecall kubeconfig");
}

#[test]
fn bootstrap_prints_what_it_would_send() {
    let desk = Desk::new();
    let printed = desk.run(&["bootstrap", "cluster", "--print", "--group", "team:deploy"]).ends(0).quietly();
    assert_eq!(printed.stdout.matches("apiVersion: ").count(), 7);
    printed.prints("name: \"team:deploy\"").prints("kind: Namespace");
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_goes_away_and_a_full_disk_are_no_panic() {
    let desk = Desk::new();
    let shell = |script: &str| {
        let script = script.replace("rolecall", env!("CARGO_BIN_EXE_rolecall"));
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (statuses, said) = shell("rolecall completions bash | true; echo ${PIPESTATUS[0]}");
    assert!(["0\n", "1\n"].contains(&statuses.as_str()), "it depends on who is quicker: {statuses}");
    assert_eq!(said, "");
    let (status, said) = shell("rolecall completions bash > /dev/full; echo $?");
    assert_eq!(status, "1\n");
    assert!(said.starts_with("error: write to stdout\n  caused by: No space left"), "{said}");
}

#[test]
fn a_cluster_that_does_not_answer_costs_no_more_than_the_timeout() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("https://{}", silent.local_addr().unwrap());
    let kubeconfig = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "a", "cluster": { "server": server } }],
        "users": [{ "name": "a", "user": { "token": "t" } }],
        "contexts": [{ "name": "a", "context": { "cluster": "a", "user": "a" } }],
    });
    let desk = Desk::with_map();
    desk.write(".kube/config", &kubeconfig.to_string());
    let started = std::time::Instant::now();
    for command in ["plan", "drift", "verify"] {
        desk.run(&[command, "--context", "a", "--timeout", "1"])
            .ends(1)
            .says("error: the command did not end within 1 s, while looking at the cluster")
            .says("hint: ");
    }
    desk.run(&["apply", "--yes", "--context", "a", "--timeout", "1"]).ends(1).says("did not end within 1 s");
    assert!(started.elapsed().as_secs() < 15, "{:?}", started.elapsed());
}
