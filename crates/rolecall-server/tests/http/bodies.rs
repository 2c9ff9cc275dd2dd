//! Bodies that are too large, said to be, or cut.

use crate::client::{Client, get, post, send};
use crate::practice::{Setup, start};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_mebibyte_is_read_and_a_byte_more_is_not() {
    let practice = start(Setup::default()).await;
    for (size, status) in [(MIB, 403), (MIB + 1, 413), (8 * MIB, 413)] {
        let request = post("/hooks/github", &[], &" ".repeat(size));
        let mut client = Client::connect(practice.address).await;
        client.write(&request[..request.len().min(2 * MIB)]).await;
        assert_eq!(client.answer().await.status, status, "{size}");
    }
}

/// Nothing of the body is waited for: the client sends none of it.
#[tokio::test]
async fn what_says_that_it_is_too_large_is_not_begun() {
    let practice = start(Setup::default()).await;
    let head = format!("POST /hooks/github HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", MIB + 1);
    let mut client = Client::connect(practice.address).await;
    assert!(client.write(head.as_bytes()).await);
    assert_eq!(client.answer().await.status, 413);
    let expecting = head.replace("Host: test", "Host: test\r\nExpect: 100-continue");
    assert_eq!(send(practice.address, expecting.as_bytes()).await.status, 413, "and not 100");
}

/// A reset may overtake the answer, and take it from a client that still writes.
#[tokio::test]
async fn an_early_answer_is_not_followed_by_a_reset() {
    let practice = start(Setup::default()).await;
    let head = format!("POST /hooks/github HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", 8 * MIB);
    let mut client = Client::connect(practice.address).await;
    assert!(client.write(&[head.as_bytes(), &vec![b' '; MIB / 2]].concat()).await);
    assert!(client.read_some().await.starts_with(b"HTTP/1.1 413"));
    assert!(client.write(&vec![b' '; MIB / 4]).await);
    assert!(client.is_ended_cleanly().await);
}

#[tokio::test]
async fn chunks_are_counted_as_they_come() {
    let practice = start(Setup::default()).await;
    let mut client = Client::connect(practice.address).await;
    client.write(b"POST /hooks/github HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..17 {
        client.write(chunk.as_bytes()).await;
    }
    // The body has not ended, and need not.
    assert_eq!(client.answer().await.status, 413);
    let metrics = get(practice.address, "/metrics").await.body;
    assert!(metrics.contains("{receiver=\"github\",outcome=\"too_large\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_body_that_is_cut_is_nobodys_push() {
    let mut practice = start(Setup::default()).await;
    let mut client = Client::connect(practice.address).await;
    client.write(b"POST /hooks/github HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345").await;
    drop(client);
    // The next client is served, whatever became of this one.
    assert_eq!(get(practice.address, "/healthz").await.status, 200);
    assert!(practice.nudges.try_recv().is_err());
}

/// Two lengths, or a length and chunks, are how requests are smuggled past a proxy.
#[tokio::test]
async fn a_body_of_two_lengths_is_refused() {
    let practice = start(Setup::default()).await;
    let two = "POST /hooks/github HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}";
    assert_eq!(send(practice.address, two.as_bytes()).await.status, 400);
    let again =
        format!("{}GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n", two.replace("Content-Length: 3\r\n", ""));
    let answered = send(practice.address, again.as_bytes()).await;
    assert_eq!((answered.status, answered.body.as_str()), (403, "refused\n"), "one request a connection");
}
