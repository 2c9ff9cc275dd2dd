//! Clients that take their time.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::client::{Client, get};
use crate::practice::{impatient, start};

#[tokio::test]
async fn whoever_says_nothing_is_cut_off() {
    let practice = start(impatient()).await;
    let mut client = Client::connect(practice.address).await;
    assert_eq!(client.read_to_end().await, b"");
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let practice = start(impatient()).await;
    let mut client = Client::connect(practice.address).await;
    client.write(b"POST /hooks/github HTTP/1.1\r\nHost: te").await;
    let answer = String::from_utf8(client.read_to_end().await).expect("text");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

/// One header after the other, each in time: it is the whole head that has one.
#[tokio::test]
async fn a_head_that_drips_is_cut_off() {
    let practice = start(impatient()).await;
    let mut client = Client::connect(practice.address).await;
    client.write(b"GET /healthz HTTP/1.1\r\n").await;
    // The pace is the point: slow enough that neither the size nor the number of headers ends it.
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent = 0;
    while client.write(b"a: b\r\n").await {
        sent += 1;
        pace.tick().await;
    }
    assert!((1..90).contains(&sent), "{sent} headers");
}

#[tokio::test]
async fn a_head_without_measure_is_refused() {
    let practice = start(impatient()).await;
    let mut client = Client::connect(practice.address).await;
    let head = format!("GET /healthz HTTP/1.1\r\nHost: test\r\nA: {}", "a".repeat(20 * 1024));
    client.write(head.as_bytes()).await;
    // The head has not ended: it is the size that is refused, before the time is up.
    assert_eq!(client.answer().await.status, 431);
    assert_eq!(get(practice.address, "/healthz").await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered() {
    let practice = start(impatient()).await;
    let mut client = Client::connect(practice.address).await;
    client.write(b"POST /hooks/github HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345").await;
    assert_eq!(client.answer().await.status, 408);
    let metrics = get(practice.address, "/metrics").await.body;
    assert!(metrics.contains("{receiver=\"github\",outcome=\"unread\"} 1\n"), "{metrics}");
}
