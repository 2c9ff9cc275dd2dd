//! What a believed delivery tells.

use http::HeaderValue;

use super::*;
use crate::receive::Push;
use crate::receive::is_of;
use crate::receive::push::pushes;

const HTTPS: &str = "https://git.example/platform/access.git";

fn told(delivery: &Delivery) -> Result<Vec<Push>, Refusal> {
    pushes(delivery.kind, delivery.arrived())
}

fn push(urls: &[&str], reference: &str, commit: Option<&str>) -> Push {
    Push {
        repository_urls: urls.iter().map(|url| (*url).to_owned()).collect(),
        reference: reference.into(),
        commit: commit.map(str::to_owned),
    }
}

#[test]
fn what_each_forge_tells() {
    let scp = "git@git.example:platform/access.git";
    let cloud = ["https://bitbucket.org/platform/access.git", "ssh://git@bitbucket.org/platform/access.git"];
    let server = ["ssh://git@git.example/platform/access.git", "https://git.example/scm/platform/access.git"];
    let main = "refs/heads/main";
    let cases = [
        (github(), vec![push(&[HTTPS, scp], main, Some(COMMIT))]),
        (gitea(), vec![push(&[HTTPS, scp], main, Some(COMMIT))]),
        (forgejo(), vec![push(&[HTTPS, scp], main, Some(COMMIT))]),
        (bitbucket_cloud(), vec![push(&cloud, main, Some(COMMIT)), push(&cloud, "refs/tags/v1", None)]),
        (bitbucket_server(), vec![push(&server, main, Some(COMMIT))]),
        (gitlab(), vec![push(&[HTTPS, scp, "https://git.example/platform/access"], main, Some(COMMIT))]),
        (generic(), vec![push(&[HTTPS], main, Some(COMMIT))]),
    ];
    for (delivery, expected) in cases {
        assert_eq!(told(&delivery), Ok(expected), "{:?}", delivery.kind);
    }
}

#[test]
fn other_events_start_nothing_and_are_not_read() {
    let cases = [
        (ReceiverKind::GitHub, "x-github-event", "ping"),
        (ReceiverKind::GitHub, "x-github-event", "issues"),
        (ReceiverKind::GitHub, "x-gitea-event", "push"),
        (ReceiverKind::GitLab, "x-gitlab-event", "Issue Hook"),
        (ReceiverKind::Gitea, "x-gitea-event", "create"),
        (ReceiverKind::Gitea, "x-forgejo-event", "release"),
        (ReceiverKind::Bitbucket, "x-event-key", "diagnostics:ping"),
    ];
    for (kind, header, value) in cases {
        let delivery = Delivery::new(kind, &[(header, value)], "not JSON");
        assert_eq!(told(&delivery), Ok(Vec::new()), "{header}: {value}");
    }
}

#[test]
fn gitlab_tells_of_tags_and_of_a_whole_instance() {
    let mut delivery = gitlab();
    for (event, is_push) in [("Tag Push Hook", true), ("System Hook", true), ("Merge Request Hook", false)] {
        delivery.headers.insert("x-gitlab-event", HeaderValue::from_static(event));
        assert_eq!(told(&delivery).map(|pushes| pushes.len()), Ok(usize::from(is_push)), "{event}");
    }
    let headers = [("x-gitlab-event", "System Hook")];
    let delivery = Delivery::new(ReceiverKind::GitLab, &headers, r#"{"event_name":"project_create"}"#);
    assert_eq!(told(&delivery), Ok(Vec::new()));
}

#[test]
fn what_was_deleted_points_at_nothing() {
    let mut delivery = github();
    delivery.body = PUSH.replace(COMMIT, &"0".repeat(40)).into();
    assert_eq!(told(&delivery).map(|pushes| pushes[0].commit.clone()), Ok(None));
}

#[test]
fn what_cannot_be_read_says_so_and_shows_nothing_of_it() {
    let with = |from: &str, to: &str| PUSH.replace(from, to);
    let cases = [
        with("{", "["),
        with("refs/heads/main", "main"),
        with("refs/heads/main", r"refs/heads/a\u001b[2J"),
        with("refs/heads/main", r"refs/heads/a\nrefused"),
        with("refs/heads/main", &format!("refs/heads/{}", "a".repeat(2048))),
        with("clone_url", "cloneurl").replace("ssh_url", "sshurl"),
        with("https://git.example/platform/access.git", "").replace("git@git", r"\u0000git@git"),
        "payload=%7B%7D".to_owned(),
        "[".repeat(100_000),
        String::new(),
    ];
    for body in cases {
        let mut delivery = github();
        delivery.body = body.clone().into();
        let Err(Refusal::Malformed(message)) = told(&delivery) else { panic!("{body:.80} was read") };
        assert!(!message.contains("example"), "{message}");
    }
}

#[test]
fn a_commit_is_one_or_is_left_out() {
    let cases =
        [("9f2c", false), (&"g".repeat(40), false), (&"a".repeat(64), true), (&"A1".repeat(20), true)];
    for (commit, is_one) in cases {
        let mut delivery = generic();
        delivery.body = GENERIC.replace(COMMIT, commit).into();
        let told = told(&delivery).expect("a push");
        assert_eq!(told[0].commit.is_some(), is_one, "{commit}");
    }
}

#[test]
fn a_delivery_moves_so_much_and_no_more() {
    let change = r#"{"ref":{"id":"refs/heads/main"},"toHash":null}"#;
    for (count, is_told) in [(64, true), (65, false)] {
        let changes = vec![change; count].join(",");
        let mut delivery = bitbucket_server();
        delivery.body =
            format!(r#"{{"changes":[{changes}],"repository":{{"links":{{"clone":[{{"href":"x"}}]}}}}}}"#)
                .into();
        assert_eq!(told(&delivery).is_ok(), is_told, "{count}");
    }
}

#[test]
fn an_address_with_a_password_is_not_passed_on() {
    let mut delivery = generic();
    delivery.body = GENERIC.replace("https://", "https://user:hunter2@").into();
    assert!(matches!(told(&delivery), Err(Refusal::Malformed(_))));
    let second = r#"["https://git.example/a.git","https://user:hunter2@"#;
    delivery.body = GENERIC.replace(r#"["https://"#, second).into();
    let told = told(&delivery).expect("a push");
    assert_eq!(told[0].repository_urls, ["https://git.example/a.git"]);
}

#[test]
fn a_push_is_of_a_source_by_any_of_its_addresses() {
    let push = told(&bitbucket_server()).expect("a push").remove(0);
    let sources = [
        ("https://git.example/scm/platform/access", true),
        ("git@git.example:platform/access.git", true),
        ("https://git.example/scm/platform/other.git", false),
    ];
    for (source, is_meant) in sources {
        assert_eq!(is_of(&push.repository_urls, source), is_meant, "{source}");
    }
}

#[test]
fn a_misspelt_key_of_ours_is_found() {
    let mut delivery = generic();
    delivery.body = GENERIC.replace("commit", "comit").into();
    assert!(matches!(told(&delivery), Err(Refusal::Malformed(_))));
}
