//! When tokens are kept, renewed and told apart.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use aws_credential_types::credential_fn::provide_credentials_fn;
use rolecall_core::token::{InspectContext, inspect};
use rolecall_engine::port::Clock;

use super::*;
use crate::clock::{SharedClock, to_system_time};

const START: i64 = 1_682_640_000;

/// A clock that stands still until it is moved.
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

struct Setting {
    clock: Arc<TestClock>,
    /// How often credentials were asked for.
    asked: Arc<AtomicU32>,
    source: TokenSource,
}

/// A source whose credentials are good for `lifetime` seconds from when they are given out.
fn setting(lifetime: Option<i64>) -> Setting {
    let clock = Arc::new(TestClock(AtomicI64::new(START)));
    let asked = Arc::new(AtomicU32::new(0));
    let (count, time) = (Arc::clone(&asked), Arc::clone(&clock));
    let provider = provide_credentials_fn(move || {
        let n = count.fetch_add(1, Ordering::Relaxed);
        let end = lifetime.map(|secs| to_system_time(time.now() + SignedDuration::from_secs(secs)));
        std::future::ready(Ok(Credentials::new(format!("AKIAEXAMPLE{n}"), "secret", None, end, "test")))
    });
    let shared_clock: Arc<dyn Clock> = clock.clone();
    let session = AwsSession::for_tests("eu-west-1", provider, SharedClock::new(Some(shared_clock)));
    Setting { clock, asked, source: TokenSource::new(session, "prod").unwrap() }
}

impl Setting {
    fn advance(&self, secs: i64) {
        self.clock.0.fetch_add(secs, Ordering::Relaxed);
    }
}

fn after_start(secs: i64) -> Timestamp {
    Timestamp::from_second(START + secs).unwrap()
}

#[tokio::test]
async fn a_token_is_kept_until_a_minute_before_its_end() {
    let setting = setting(None);
    let first = setting.source.token().await.unwrap();
    assert_eq!(first.expires_at, after_start(14 * 60));
    setting.advance(14 * 60 - 61);
    assert_eq!(setting.source.token().await.unwrap(), first);
    setting.advance(1);
    let second = setting.source.token().await.unwrap();
    assert_ne!(second.token, first.token);
    assert_eq!(second.expires_at, after_start(2 * 14 * 60 - 60));
    assert_eq!(setting.asked.load(Ordering::Relaxed), 1, "credentials without an end are asked for once");
}

#[tokio::test]
async fn a_token_ends_with_the_credentials_and_both_are_renewed() {
    let setting = setting(Some(180));
    assert_eq!(setting.source.token().await.unwrap().expires_at, after_start(180));
    setting.advance(119);
    assert_eq!(setting.source.token().await.unwrap().expires_at, after_start(180));
    setting.advance(1);
    assert_eq!(setting.source.token().await.unwrap().expires_at, after_start(120 + 180));
    assert_eq!(setting.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn fresh_tokens_all_differ_and_all_pass() {
    let setting = setting(None);
    let mut tokens = BTreeSet::from([setting.source.token().await.unwrap().token.expose().to_owned()]);
    let now = setting.clock.now();
    for n in 1..=1000 {
        let minted = setting.source.fresh().await.unwrap();
        assert!(tokens.insert(minted.token.expose().to_owned()), "token {n} is an old one");
        let context = InspectContext { now, partition: Some("aws"), region: None };
        let inspection = inspect(minted.token.expose(), &context);
        assert_eq!((inspection.failure, inspection.warnings), (None, Vec::new()));
    }
    assert_eq!(setting.source.token().await.unwrap().expires_at, after_start(14 * 60));
}

#[test]
fn the_sequence_only_grows() {
    let check = |last, now, expected| {
        assert_eq!(Sequence(Mutex::new(last)).next(now), expected);
    };
    check((0, 0), 100, (100, 61));
    check((100, 61), 100, (100, 62));
    check((100, 900), 100, (101, 61));
    check((101, 61), 100, (101, 62));
    check((101, 62), 102, (102, 61));
    // The clock was set back, a little and a lot.
    check((160, 61), 100, (160, 62));
    check((161, 61), 100, (100, 61));
}

#[test]
fn a_name_that_no_cluster_has_is_refused() {
    let session = setting(None).source.session().clone();
    for name in ["", "my cluster", "prod\n", "prod\u{e9}"] {
        let error = TokenSource::new(session.clone(), name).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid);
    }
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let setting = setting(None);
    let minted = setting.source.token().await.unwrap();
    let shown = format!("{:?} {minted:?} {:?}", setting.source, setting.source.session());
    assert!(!shown.contains("AKIA") && !shown.contains("secret") && !shown.contains("k8s-aws"), "{shown}");
}
