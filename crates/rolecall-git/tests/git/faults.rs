//! Servers that fail, lie, hang up or take their time: each is an error that says so, and never a file.

use std::time::Duration;

use rolecall_engine::port::PortErrorKind;
use rolecall_git::{Budget, GitOptions, GitSource};

use crate::bench::{Bench, fetched, refused, text, timed, told};
use rolecall_testenv::git::Fault;

#[tokio::test]
async fn answers_and_what_they_mean() {
    let bench = Bench::new();
    let cases = [
        ("401 No", PortErrorKind::Unauthenticated, "credentials"),
        ("403 No", PortErrorKind::Denied, "does not allow"),
        ("404 No", PortErrorKind::NotFound, "no repository"),
        ("429 Slow\r\nRetry-After: 7", PortErrorKind::Throttled, "fewer requests"),
        ("500 Oh", PortErrorKind::Unavailable, "HTTP 500"),
        ("503 Oh", PortErrorKind::Unavailable, "HTTP 503"),
        ("418 Tea", PortErrorKind::Other, "HTTP 418"),
        ("200 OK\r\nContent-Type: text/html", PortErrorKind::Invalid, "does not speak Git"),
        ("200 OK", PortErrorKind::Invalid, "does not speak Git"),
        (
            "200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement",
            PortErrorKind::Other,
            "cannot be used",
        ),
    ];
    for (answer, kind, words) in cases {
        bench.server.set(|desk| desk.fault = Fault::Answer(answer));
        let error = refused(&bench.source()).await;
        assert_eq!(error.kind, kind, "{answer}: {}", told(&error));
        assert!(told(&error).contains(words), "{answer}: {}", told(&error));
        assert_eq!(error.retry_after.is_some(), answer.contains("Retry-After"), "{answer}");
    }
}

/// With little patience.
fn hasty(bench: &Bench) -> GitSource {
    let budget = Budget {
        silence: Duration::from_millis(400),
        time: Duration::from_millis(1500),
        ..Budget::default()
    };
    GitSource::new(GitOptions { budget, ..bench.options() }).unwrap()
}

#[tokio::test]
async fn who_is_slow_is_not_waited_for() {
    for fault in [Fault::Silent, Fault::Stalls, Fault::Trickle] {
        let bench = Bench::new();
        bench.server.set(|desk| desk.fault = fault);
        let source = hasty(&bench);
        let (error, time) = timed(refused(&source)).await;
        assert_eq!(error.kind, PortErrorKind::Timeout, "{}", told(&error));
        assert!(time < Duration::from_secs(5), "{time:?}");
    }
}

#[tokio::test]
async fn a_fetch_that_nobody_waits_for_ends() {
    let bench = Bench::new();
    let source = bench.source();
    bench.server.set(|desk| desk.fault = Fault::Stalls);
    let waiting = tokio::time::timeout(Duration::from_millis(500), refused(&source));
    assert!(waiting.await.is_err(), "the server says nothing, and there was patience left");
    bench.server.set(|desk| desk.fault = Fault::None);
    let (snapshot, time) = timed(fetched(&source)).await;
    assert_eq!(snapshot.commit, bench.repository.head());
    assert!(time < Duration::from_secs(5), "{time:?}");
}

#[tokio::test]
async fn what_breaks_off_or_lies_brings_nothing_and_does_no_harm() {
    let cases = [
        (Fault::Cut, PortErrorKind::Unavailable, "connection broke"),
        (Fault::Lies, PortErrorKind::Other, "cannot be used"),
        (Fault::Short, PortErrorKind::Other, "cannot be used"),
    ];
    for (fault, kind, words) in cases {
        let bench = Bench::new();
        let source = bench.source();
        for content in ["one\n", "two\n"] {
            bench.repository.write("aws-auth.yml", content.as_bytes());
            bench.repository.push("next");
            bench.server.set(|desk| desk.fault = fault.clone());
            let error = refused(&source).await;
            assert_eq!(error.kind, kind, "{}", told(&error));
            assert!(told(&error).contains(words), "{}", told(&error));
            bench.server.set(|desk| desk.fault = Fault::None);
            assert_eq!(text(&fetched(&source).await, "aws-auth.yml"), Some(content));
        }
    }
}

#[tokio::test]
async fn nobody_is_there() {
    let bench = Bench::new();
    let url = "https://localhost:1/access.git".to_owned();
    let error = refused(&GitSource::new(GitOptions { url, ..bench.options() }).unwrap()).await;
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{}", told(&error));
    assert!(told(&error).contains("localhost:1"), "{}", told(&error));
}
