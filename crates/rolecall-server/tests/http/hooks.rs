//! Deliveries, from the socket to the nudge.

use std::sync::atomic::Ordering;

use crate::client::{Answered, get, post, send};
use crate::practice::{PING, PING_SIGNATURE, PUSH, Practice, SECRET, SIGNATURE, Setup, start};

const EVENT: (&str, &str) = ("X-GitHub-Event", "push");
const SIGNED: [(&str, &str); 2] = [EVENT, ("X-Hub-Signature-256", SIGNATURE)];

async fn deliver(practice: &Practice, path: &str, headers: &[(&str, &str)], body: &str) -> Answered {
    send(practice.address, &post(path, headers, body)).await
}

#[tokio::test]
async fn a_push_is_accepted_once() {
    let mut practice = start(Setup::default()).await;
    let answered = deliver(&practice, "/hooks/github", &SIGNED, PUSH).await;
    assert_eq!((answered.status, answered.body.as_str()), (202, "accepted\n"));
    let nudge = practice.nudges.try_recv().expect("a nudge");
    assert_eq!((&*nudge.receiver, nudge.push.reference.as_str()), ("github", "refs/heads/main"));
    assert_eq!(nudge.push.repository_urls[0], "https://git.example/platform/access.git");

    let answered = deliver(&practice, "/hooks/github", &SIGNED, PUSH).await;
    assert_eq!((answered.status, answered.body.as_str()), (200, "already received\n"));
    assert!(practice.nudges.try_recv().is_err());
    let metrics = get(practice.address, "/metrics").await.body;
    for outcome in ["accepted", "replayed"] {
        let line = format!("rolecall_webhooks_total{{receiver=\"github\",outcome=\"{outcome}\"}} 1\n");
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[tokio::test]
async fn an_event_that_is_no_push_starts_nothing() {
    let mut practice = start(Setup::default()).await;
    let headers = [("X-GitHub-Event", "ping"), ("X-Hub-Signature-256", PING_SIGNATURE)];
    assert_eq!(deliver(&practice, "/hooks/github", &headers, PING).await.status, 200);
    let headers = [("X-Gitlab-Event", "Issue Hook"), ("X-Gitlab-Token", SECRET)];
    assert_eq!(deliver(&practice, "/hooks/gitlab", &headers, "{}").await.status, 200);
    assert!(practice.nudges.try_recv().is_err());
}

/// Byte for byte, but for the date.
#[tokio::test]
async fn what_is_refused_is_answered_as_if_nobody_were_there() {
    let practice = start(Setup::default()).await;
    let unknown = deliver(&practice, "/hooks/nobody", &SIGNED, PUSH).await;
    assert_eq!((unknown.status, unknown.body.as_str()), (403, "refused\n"));
    let wrong = [EVENT, ("X-Hub-Signature-256", PING_SIGNATURE)];
    let token = [("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Token", "0123456789abcdef-hook-secreT")];
    let cases: [(&str, &[(&str, &str)]); 6] = [
        ("/hooks/github", &wrong),
        ("/hooks/github", &[EVENT]),
        ("/hooks/gitlab", &token),
        ("/hooks/gitlab", &SIGNED),
        ("/hooks/", &SIGNED),
        ("/hooks/github/", &SIGNED),
    ];
    for (path, headers) in cases {
        assert_eq!(deliver(&practice, path, headers, PUSH).await, unknown, "{path} {headers:?}");
    }
    let metrics = get(practice.address, "/metrics").await.body;
    assert!(!metrics.contains("nobody"), "a request's word is no label: {metrics}");
    assert!(metrics.contains("{receiver=\"_unknown\",outcome=\"refused\"} 3\n"), "{metrics}");
}

#[tokio::test]
async fn what_is_signed_and_not_understood_is_told_to_the_sender() {
    let practice = start(Setup::default()).await;
    let headers = [("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Token", SECRET)];
    let answered = deliver(&practice, "/hooks/gitlab", &headers, "payload=%7B%7D").await;
    assert_eq!(answered.status, 400);
    assert!(answered.body.contains("application/json") && !answered.body.contains("payload"), "{answered:?}");
}

#[tokio::test]
async fn a_controller_that_does_not_keep_up_is_not_waited_for() {
    let mut practice = start(Setup { room: 1, ..Setup::default() }).await;
    let deliver = async |key: &str| {
        let project = r#"{"ref":"refs/heads/main","project":{"git_http_url":"https://git.example/a.git"}}"#;
        let headers = [("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Token", SECRET), ("Idempotency-Key", key)];
        send(practice.address, &post("/hooks/gitlab", &headers, project)).await
    };
    assert_eq!(deliver("1").await.status, 202);
    let busy = deliver("2").await;
    assert_eq!((busy.status, busy.header("retry-after")), (503, Some("5")));
    assert!(practice.nudges.try_recv().is_ok());
    assert_eq!(deliver("2").await.status, 202);
}

#[tokio::test]
async fn probes_ask_whoever_knows() {
    let practice = start(Setup::default()).await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(practice.address, path).await.body, "ok\n", "{path}");
    }
    practice.health.is_waiting.store(true, Ordering::SeqCst);
    let answered = get(practice.address, "/readyz").await;
    assert_eq!((answered.status, answered.body.as_str()), (503, "no source was fetched yet\n"));
    assert_eq!(get(practice.address, "/healthz").await.status, 200);
    practice.health.is_dead.store(true, Ordering::SeqCst);
    assert_eq!(get(practice.address, "/healthz").await.body, "no pass for ten minutes\n");
}

#[tokio::test]
async fn other_paths_and_methods_are_not_there() {
    let practice = start(Setup::default()).await;
    for path in ["/", "/hooks", "/metrics/", "/healthz/x", "//metrics", "/hooks/../metrics/x"] {
        let status = get(practice.address, path).await.status;
        assert!([404, 405].contains(&status), "{path}: {status}");
    }
    for path in ["/hooks/github", "/hooks/nobody"] {
        let answered = get(practice.address, path).await;
        assert_eq!((answered.status, answered.header("allow")), (405, Some("POST")), "{path}");
    }
    assert_eq!(deliver(&practice, "/metrics", &[], "").await.status, 405);
    let head = send(practice.address, b"HEAD /healthz HTTP/1.1\r\nHost: test\r\n\r\n").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}
