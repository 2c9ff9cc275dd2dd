//! Too many: deliveries, and connections.

use std::time::Instant;

use rolecall_server::http::Limits;
use rolecall_server::receive::Rate;
use tokio::task::JoinSet;

use crate::client::{Client, get, post, send};
use crate::practice::{Setup, start};

#[tokio::test]
async fn a_flood_is_told_to_wait_before_anything_is_verified() {
    let rate = Rate { burst: 5, per_second: 0.01 };
    let mut practice = start(Setup { rate, ..Setup::default() }).await;
    for name in ["github", "nobody"] {
        let path = format!("/hooks/{name}");
        for _ in 0..5 {
            assert_eq!(send(practice.address, &post(&path, &[], "{}")).await.status, 403, "{name}");
        }
        // No body is waited for: none is sent.
        let head = format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n");
        let answered = send(practice.address, head.as_bytes()).await;
        let wait: u64 = answered.header("retry-after").expect("a wait").parse().expect("seconds");
        assert_eq!(answered.status, 429);
        assert!((90..=100).contains(&wait), "{wait}");
    }
    // One receiver's flood is not another's, nor that of the probes.
    assert_eq!(send(practice.address, &post("/hooks/gitlab", &[], "{}")).await.status, 403);
    assert_eq!(get(practice.address, "/healthz").await.status, 200);
    let metrics = get(practice.address, "/metrics").await.body;
    for receiver in ["github", "_unknown"] {
        let line = format!("rolecall_webhooks_total{{receiver=\"{receiver}\",outcome=\"limited\"}} 1\n");
        assert!(metrics.contains(&line), "{metrics}");
    }
    assert!(practice.nudges.try_recv().is_err());
}

#[tokio::test]
async fn many_clients_are_all_answered() {
    let limits = Limits { connections: 8, ..Limits::default() };
    let practice = start(Setup { limits, ..Setup::default() }).await;
    let mut clients = JoinSet::new();
    for _ in 0..200 {
        clients.spawn(get(practice.address, "/healthz"));
    }
    while let Some(answered) = clients.join_next().await {
        assert_eq!(answered.expect("a client").status, 200);
    }
}

/// Two places, both held by clients that say nothing: the third waits until one is cut off.
#[tokio::test]
async fn more_clients_than_places_wait_for_one() {
    let mut setup = crate::practice::impatient();
    setup.limits.connections = 2;
    let head = setup.limits.head;
    let practice = start(setup).await;
    let began = Instant::now();
    let silent = [Client::connect(practice.address).await, Client::connect(practice.address).await];
    assert_eq!(get(practice.address, "/healthz").await.status, 200);
    assert!(began.elapsed() >= head, "a place was free before its holder was cut off");
    for mut client in silent {
        assert_eq!(client.read_to_end().await, b"");
    }
}
