//! Stopping: soon, whoever hangs, and not in the middle of an answer.

use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::client::{Client, get};
use crate::practice::{PUSH, Practice, SIGNATURE, Setup, start};

/// As long as a stop may take, whatever clients do.
const BOUND: Duration = Duration::from_secs(5);

#[tokio::test]
async fn nobody_there_is_stopped_at_once() {
    let practice = start(Setup::default()).await;
    let address = practice.address;
    assert_eq!(get(address, "/healthz").await.status, 200);
    let took = stop(practice).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn clients_that_hang_are_cut_off() {
    let practice = start(Setup::default()).await;
    let mut hanging = Vec::new();
    let half = "POST /hooks/github HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345";
    for sent in ["", "GET /heal", half] {
        let mut client = Client::connect(practice.address).await;
        assert!(client.write(sent.as_bytes()).await);
        hanging.push(client);
    }
    // Served after the others were accepted, so that they are under way.
    assert_eq!(get(practice.address, "/healthz").await.status, 200);
    let took = stop(practice).await;
    assert!(took < BOUND, "{took:?}");
    for mut client in hanging {
        client.read_to_end().await;
    }
}

#[tokio::test]
async fn a_delivery_that_is_under_way_is_still_taken() {
    let mut practice = start(Setup::default()).await;
    let mut client = Client::connect(practice.address).await;
    let head = format!(
        "POST /hooks/github HTTP/1.1\r\nHost: test\r\nX-GitHub-Event: push\r\nX-Hub-Signature-256: {SIGNATURE}\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        PUSH.len()
    );
    assert!(client.write(head.as_bytes()).await);
    assert!(client.read_some().await.starts_with(b"HTTP/1.1 100"), "the body is waited for");
    practice.stop.send(()).expect("the server runs");
    assert!(client.write(PUSH.as_bytes()).await);
    assert_eq!(client.answer().await.status, 202);
    assert!(practice.nudges.recv().await.is_some());
    practice.running.await.expect("the server ends");
}

async fn stop(practice: Practice) -> Duration {
    let began = Instant::now();
    practice.stop.send(()).expect("the server runs");
    practice.running.await.expect("the server ends");
    began.elapsed()
}
