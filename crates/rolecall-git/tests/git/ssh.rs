//! SSH, with a program in the place of `ssh` that runs `git-upload-pack` here.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use rolecall_core::observed::Knowledge;
use rolecall_core::source::Lineage;
use rolecall_engine::port::{FetchSource, PortErrorKind};
use rolecall_git::{Budget, GitOptions, GitSource, SshOptions};

use crate::bench::{Bench, fetched, refused, text, timed, told};

/// A source whose `ssh` is this script. `$command` in it is what is to be run on the other side.
fn source(bench: &Bench, script: &str) -> GitSource {
    source_within(bench, script, Budget::default())
}

fn source_within(bench: &Bench, script: &str, budget: Budget) -> GitSource {
    let program = bench.cache.path().join("ssh");
    let told = bench.cache.path().join("told");
    let head = "#!/bin/sh\nprintf '%s\\n' \"$@\" > ";
    fs::write(&program, format!("{head}{}\nfor command; do :; done\n{script}\n", told.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    with_program(bench, program, budget)
}

fn with_program(bench: &Bench, program: PathBuf, budget: Budget) -> GitSource {
    let url = format!("ssh://git@git.example.com:2222{}", bench.repository.bare().display());
    let ssh = SshOptions { program, key: "/keys/id".into(), known_hosts: "/keys/known_hosts".into() };
    GitSource::new(GitOptions { url, ssh: Some(ssh), budget, ..bench.options() }).unwrap()
}

#[tokio::test]
async fn a_branch_over_ssh_with_the_hosts_key_checked() {
    for script in ["eval \"$command\"", "unset GIT_PROTOCOL; eval \"$command\""] {
        let bench = Bench::new();
        let source = source(&bench, script);
        let first = fetched(&source).await;
        assert_eq!(text(&first, "aws-auth.yml"), Some("first\n"));
        bench.repository.write("aws-auth.yml", b"second\n");
        let second = bench.repository.push("second");
        assert_eq!(fetched(&source).await.commit, second);
        assert_eq!(source.lineage(&second, &first.commit).await, Ok(Knowledge::Known(Lineage::Descendant)));
        let told = fs::read_to_string(bench.cache.path().join("told")).unwrap();
        for option in
            ["StrictHostKeyChecking=yes", "UserKnownHostsFile=/keys/known_hosts", "git@git.example.com"]
        {
            assert!(told.lines().any(|line| line == option), "{told}");
        }
    }
}

#[tokio::test]
async fn what_ssh_complains_about() {
    let cases = [
        ("echo 'Host key verification failed.' >&2; exit 255", PortErrorKind::Unauthenticated, "host key"),
        (
            "echo 'git@x: Permission denied (publickey).' >&2; exit 255",
            PortErrorKind::Unauthenticated,
            "publickey",
        ),
        ("echo 'ssh: connect to host x: No route' >&2; exit 255", PortErrorKind::Unavailable, "No route"),
    ];
    for (script, kind, words) in cases {
        let bench = Bench::new();
        let error = refused(&source(&bench, script)).await;
        assert_eq!(error.kind, kind, "{}", told(&error));
        assert!(told(&error).contains(words), "{}", told(&error));
    }
}

#[tokio::test]
async fn a_silent_ssh_is_ended() {
    let bench = Bench::new();
    let second = Duration::from_secs(1);
    for budget in
        [Budget { time: second, ..Budget::default() }, Budget { silence: second, ..Budget::default() }]
    {
        for script in ["exec sleep 60", "printf 000; exec sleep 60"] {
            let source = source_within(&bench, script, budget);
            let (error, time) = timed(refused(&source)).await;
            assert_eq!(error.kind, PortErrorKind::Timeout, "{}", told(&error));
            assert!(time < Duration::from_secs(10), "{time:?}");
        }
    }
}

#[tokio::test]
async fn where_there_is_no_ssh_that_is_said() {
    let bench = Bench::new();
    let error = refused(&with_program(&bench, "/nowhere/ssh".into(), Budget::default())).await;
    assert!(told(&error).contains("use HTTPS, or another image"), "{}", told(&error));
    let url = "git@git.example.com:access".to_owned();
    let error = GitSource::new(GitOptions { url, ..bench.options() }).err().unwrap();
    assert!(error.message.contains("needs a key"), "{error}");
}
