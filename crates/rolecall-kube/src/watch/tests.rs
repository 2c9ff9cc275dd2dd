//! What is made of what an API server says. The lines are recorded from kube-apiserver 1.37.2, shortened.

use std::time::Duration;

use rolecall_engine::port::{Moved, PortErrorKind};

use super::event::{Event, event};
use super::stream::EventStream;
use super::{Outcome, Start, around, asked, is_later, path, patience};
use crate::connection::Incoming;

const EXPIRED: &str = r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (228)","reason":"Expired","code":410}}"#;

fn line(kind: &str, name: &str, version: &str) -> String {
    format!(
        r#"{{"type":"{kind}","object":{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{{"name":"{name}","namespace":"kube-system","resourceVersion":"{version}"}}}}}}"#
    )
}

fn refusal(code: u16, reason: &str, details: &str) -> String {
    format!(
        r#"{{"type":"ERROR","object":{{"kind":"Status","status":"Failure","message":"because","reason":"{reason}","details":{details},"code":{code}}}}}"#
    )
}

fn version_of(event: Event) -> String {
    match event {
        Event::Written(written) => format!("written {}", written.resource_version),
        Event::Deleted(version) => format!("deleted {version}"),
        Event::Bookmark(version) => format!("bookmark {version}"),
        Event::Expired => "expired".to_owned(),
        Event::Other => "other".to_owned(),
    }
}

#[test]
fn reads_a_line() {
    let rows = [
        (line("ADDED", "aws-auth", "7"), "written 7"),
        (line("MODIFIED", "aws-auth", "8"), "written 8"),
        (line("DELETED", "aws-auth", "9"), "deleted 9"),
        (line("BOOKMARK", "", "10"), "bookmark 10"),
        (line("MODIFIED", "coredns", "11"), "other"),
        (line("TELEPORTED", "aws-auth", "12"), "other"),
        (EXPIRED.to_owned(), "expired"),
        (refusal(410, "Gone", "null"), "expired"),
    ];
    for (line, expect) in rows {
        assert_eq!(version_of(event(line.as_bytes(), &asked()).unwrap()), expect, "{line}");
    }
}

#[test]
fn an_error_in_a_stream_is_one() {
    let rows = [
        (refusal(500, "InternalError", "null"), PortErrorKind::Unavailable, None),
        (refusal(504, "Timeout", r#"{"retryAfterSeconds":1}"#), PortErrorKind::Timeout, Some(1)),
        (refusal(429, "TooManyRequests", r#"{"retryAfterSeconds":3}"#), PortErrorKind::Throttled, Some(3)),
        (refusal(403, "Forbidden", "{}"), PortErrorKind::Denied, None),
        (refusal(0, "", "{}"), PortErrorKind::Unavailable, None),
        ("<html>".to_owned(), PortErrorKind::Other, None),
        (r#"{"type":"ADDED"}"#.to_owned(), PortErrorKind::Other, None),
        (r#"{"type":"ADDED","object":7}"#.to_owned(), PortErrorKind::Other, None),
    ];
    for (line, kind, seconds) in rows {
        let error = event(line.as_bytes(), &asked()).unwrap_err();
        assert_eq!((error.kind, error.retry_after), (kind, seconds.map(Duration::from_secs)), "{line}");
        assert_eq!(error.resource, "`configmap kube-system/aws-auth`");
    }
}

#[test]
fn tells_who_wrote() {
    let fields = r#"[{"manager":"kubectl-create","operation":"Update","apiVersion":"v1","time":"2026-11-24T08:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{}}},{"manager":"rolecall","operation":"Apply","time":"2026-11-24T08:00:01Z"},{"manager":"old"}]"#;
    let line = line("MODIFIED", "aws-auth", "8")
        .replace(r#""name""#, &format!(r#""managedFields":{fields},"name""#));
    let Event::Written(written) = event(line.as_bytes(), &asked()).unwrap() else { panic!("{line}") };
    let names: Vec<&str> = written.writers.iter().map(|writer| writer.name.as_str()).collect();
    assert_eq!(names, ["rolecall", "kubectl-create", "old"]);
    assert_eq!(written.last_writer().unwrap().operation, "Apply");
}

async fn heard(text: &str, seen: Option<&str>) -> Outcome {
    let start = Start::After("5".to_owned());
    EventStream::new(Incoming::of(text), Duration::from_secs(1)).until_moved(start, seen).await.unwrap()
}

#[tokio::test]
async fn reads_on_until_something_is_news() {
    let after = |version: &str| Outcome::Ended(Start::After(version.to_owned()));
    let rows: [(&[String], Option<&str>, &str); 7] = [
        (&[line("ADDED", "aws-auth", "7")], Some("6"), "7"),
        (&[line("ADDED", "aws-auth", "6"), line("MODIFIED", "aws-auth", "7")], Some("6"), "7"),
        (&[line("MODIFIED", "coredns", "7"), line("MODIFIED", "aws-auth", "8")], Some("6"), "8"),
        (&[line("BOOKMARK", "", "7"), line("ADDED", "aws-auth", "10")], Some("9"), "10"),
        (&[line("DELETED", "aws-auth", "5"), line("ADDED", "aws-auth", "7")], Some("6"), "7"),
        (&[line("ADDED", "aws-auth", "1")], None, "1"),
        (&[line("DELETED", "aws-auth", "6"), line("ADDED", "aws-auth", "7")], None, "7"),
    ];
    for (lines, seen, expect) in rows {
        let Outcome::Moved(Moved::Written(written)) = heard(&(lines.join("\n") + "\n"), seen).await else {
            panic!("{lines:?}")
        };
        assert_eq!(written.resource_version, expect, "{lines:?}");
    }
    let deleted = line("DELETED", "aws-auth", "7") + "\n";
    assert_eq!(heard(&deleted, Some("6")).await, Outcome::Moved(Moved::Deleted));
    assert_eq!(heard(&deleted, Some("7")).await, after("5"), "an echo");
    assert_eq!(heard("", Some("6")).await, after("5"));
    assert_eq!(heard(&(line("BOOKMARK", "", "8") + "\n"), Some("6")).await, after("8"));
    assert_eq!(heard(&line("ADDED", "aws-auth", "7"), Some("6")).await, after("5"), "without its end");
    assert_eq!(heard(&format!("{EXPIRED}\n"), Some("6")).await, Outcome::Ended(Start::Now));
}

#[tokio::test]
async fn what_is_too_much_is_refused() {
    let text = "x".repeat(9 * 1024 * 1024);
    let stream = EventStream::new(Incoming::of(&text), Duration::from_secs(1));
    let error = stream.until_moved(Start::Now, None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Other);
    assert!(error.message.contains("longer than 8388608 bytes"), "{error}");
}

#[test]
fn a_present_that_expired_is_no_way_to_go_round_in_circles() {
    assert_eq!(Start::After("7".to_owned()).expired(), Ok(Outcome::Ended(Start::Now)));
    assert_eq!(Start::Now.expired().unwrap_err().kind, PortErrorKind::Unavailable);
}

#[test]
fn versions_are_numbers_where_they_are() {
    let rows = [
        ("7", Some("6"), true),
        ("10", Some("9"), true),
        ("6", Some("6"), false),
        ("5", Some("6"), false),
        ("b", Some("a"), true),
        ("a", Some("a"), false),
        ("1", None, true),
    ];
    for (version, seen, expect) in rows {
        assert_eq!(is_later(version, seen), expect, "{version} {seen:?}");
    }
}

#[test]
fn a_watch_has_an_end_and_a_patience_beyond_it() {
    let five = Duration::from_mins(5);
    for chance in [0, 100, 200, 201, u64::MAX] {
        let time = around(five, chance);
        assert!((270..=330).contains(&time.as_secs()), "{time:?}");
        assert!(patience(time) > time && patience(time) < time + Duration::from_mins(1));
    }
    assert_ne!(around(five, 0), around(five, 1));
    let start = Start::After("7".to_owned());
    assert_eq!(
        path(&start, Duration::from_millis(900)),
        "/api/v1/namespaces/kube-system/configmaps?watch=true&fieldSelector=metadata.name%3Daws-auth\
         &allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=7"
    );
    assert!(!path(&Start::Now, five).contains("resourceVersion"));
}
