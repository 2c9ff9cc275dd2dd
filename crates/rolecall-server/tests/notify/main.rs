//! News on their way to somebody who takes them, refuses them, or is not there.
#![expect(clippy::unwrap_used, reason = "everything here is a test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rolecall_core::config::NotifyKind;
use rolecall_server::control::Notice;
use rolecall_server::metrics::Metrics;
use rolecall_server::notify::{Complain, News, Notifier, PostError, Target};
use secrecy::SecretString;

/// Answers with these statuses, one a connection, and the last one from then on.
fn server(statuses: &'static [u16]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook/a-secret-part", listener.local_addr().unwrap());
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let bodies = heard.clone();
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().enumerate() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            for line in reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = value.parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            bodies.lock().unwrap().push(String::from_utf8(body).unwrap());
            let status = statuses.get(count).or(statuses.last()).unwrap();
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            reader.into_inner().write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, heard)
}

fn target(url: &str) -> Target {
    let url = SecretString::from(url.to_owned());
    Target { name: "ops".to_owned(), kind: NotifyKind::Generic, url, secret: None }
}

fn news(message: &str) -> News {
    let notice = Notice { reason: "Applied", message: message.to_owned(), is_warning: false };
    News { cluster: "prod".to_owned(), notice, revision: None, at: Timestamp::UNIX_EPOCH }
}

struct Stage {
    notifier: Notifier,
    metrics: Arc<Metrics>,
    complaints: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    fn new(target: Target) -> Self {
        let (metrics, complaints) = (Arc::new(Metrics::new()), Arc::<Mutex<Vec<String>>>::default());
        let heard = complaints.clone();
        let complain: Arc<Complain> = Arc::new(move |target: &str, why: &PostError| {
            heard.lock().unwrap().push(format!("{target}: {why}"));
        });
        Self { notifier: Notifier::start(vec![target], &metrics, &complain).unwrap(), metrics, complaints }
    }

    async fn until(&self, metric: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.metrics.render().contains(metric) {
            assert!(Instant::now() < end, "{}", self.metrics.render());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

const SENT: &str = "rolecall_notifications_total{target=\"ops\",outcome=\"sent\"} ";
const FAILED: &str = "rolecall_notifications_total{target=\"ops\",outcome=\"failed\"} ";

#[tokio::test]
async fn what_is_told_arrives_in_its_order_also_after_a_failure() {
    let (url, heard) = server(&[503, 200]);
    let stage = Stage::new(target(&url));
    stage.notifier.tell(&news("one"));
    stage.notifier.tell(&news("two"));
    stage.until(&format!("{SENT}2")).await;
    let heard = heard.lock().unwrap();
    let messages: Vec<bool> = heard.iter().map(|body| body.contains("\"message\":\"one\"")).collect();
    assert_eq!(messages, [true, true, false]);
    assert!(stage.complaints.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_refusal_is_told_without_the_address() {
    let (url, heard) = server(&[404]);
    let stage = Stage::new(target(&url));
    stage.notifier.tell(&news("one"));
    stage.until(&format!("{FAILED}1")).await;
    assert_eq!(heard.lock().unwrap().len(), 1, "it would be refused again");
    assert_eq!(*stage.complaints.lock().unwrap(), ["ops: it answered with HTTP 404 Not Found"]);
}

#[tokio::test]
async fn addresses_that_are_none_are_refused_at_once() {
    let complain: Arc<Complain> = Arc::new(|_: &str, _: &PostError| {});
    for url in ["", "example.com", "http://example.com/x", "ftp://example.com/x", "https://"] {
        let started = Notifier::start(vec![target(url)], &Arc::new(Metrics::new()), &complain);
        assert_eq!(started.err(), Some(PostError::NoAddress), "{url}");
    }
}
