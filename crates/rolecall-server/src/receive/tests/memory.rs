//! What receivers remember: rates, deliveries, and how full the channel is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderValue;
use tokio::sync::mpsc;

use super::*;
use crate::metrics::Metrics;
use crate::receive::replay::Seen;
use crate::receive::{Answer, Now, Nudge, Rate, Receivers};

fn now(after: Duration) -> Now {
    // One start for a whole test run would do as well: only differences count.
    Now { wall: Timestamp::from_second(NOW).expect("a time"), steady: Instant::now() + after }
}

fn receivers(kinds: &[(&str, &Delivery)], rate: Rate, room: usize) -> (Receivers, mpsc::Receiver<Nudge>) {
    let (sender, nudges) = mpsc::channel(room);
    let list = kinds.iter().map(|(name, delivery)| Receiver { name: (*name).into(), ..delivery.receiver() });
    let receivers = Receivers::new(list.collect(), rate, sender, Arc::new(Metrics::new()));
    (receivers.expect("receivers of a test"), nudges)
}

#[test]
fn a_push_nudges_once() {
    let (receivers, mut nudges) = receivers(&[("hook", &bitbucket_cloud())], Rate::default(), 8);
    let delivery = bitbucket_cloud();
    assert_eq!(receivers.receive("hook", delivery.arrived(), now(Duration::ZERO)), Answer::Accepted);
    let told: Vec<String> = std::iter::from_fn(|| nudges.try_recv().ok()).map(|n| n.push.reference).collect();
    assert_eq!(told, ["refs/heads/main", "refs/tags/v1"]);

    // The forge's own id is not signed, so another one makes no other delivery of it.
    let mut again = bitbucket_cloud();
    again.headers.insert("x-request-uuid", HeaderValue::from_static("another"));
    assert_eq!(receivers.receive("hook", again.arrived(), now(Duration::ZERO)), Answer::Replayed);
    assert!(nudges.try_recv().is_err());
    assert_eq!(receivers.receive("hook", again.arrived(), now(Duration::from_mins(61))), Answer::Accepted);
}

#[test]
fn of_gitlab_the_key_tells_one_push_from_the_next() {
    let (receivers, _nudges) = receivers(&[("hook", &gitlab())], Rate::default(), 8);
    let mut delivery = gitlab();
    let answer = |delivery: &Delivery| receivers.receive("hook", delivery.arrived(), now(Duration::ZERO));
    assert_eq!(answer(&delivery), Answer::Accepted);
    assert_eq!(answer(&delivery), Answer::Replayed);
    delivery.headers.insert("idempotency-key", HeaderValue::from_static("2"));
    assert_eq!(answer(&delivery), Answer::Accepted);
}

#[test]
fn each_receiver_remembers_for_itself() {
    let (receivers, _nudges) = receivers(&[("a", &github()), ("b", &github())], Rate::default(), 8);
    for name in ["a", "b"] {
        let answer = receivers.receive(name, github().arrived(), now(Duration::ZERO));
        assert_eq!(answer, Answer::Accepted, "{name}");
    }
}

#[test]
fn a_full_channel_is_not_waited_for_and_the_delivery_may_come_again() {
    let (receivers, mut nudges) = receivers(&[("hook", &bitbucket_cloud())], Rate::default(), 2);
    let (cloud, server) = (bitbucket_cloud(), bitbucket_server());
    let answer = |delivery: &Delivery| receivers.receive("hook", delivery.arrived(), now(Duration::ZERO));
    assert_eq!(answer(&server), Answer::Accepted);
    // There is room for one, and it tells of two: none is sent.
    assert_eq!(answer(&cloud), Answer::Busy);
    assert_eq!(nudges.len(), 1);
    assert!(nudges.try_recv().is_ok());
    assert_eq!(answer(&cloud), Answer::Accepted);
    drop(nudges);
    assert_eq!(answer(&cloud), Answer::Replayed);
}

#[test]
fn a_delivery_that_is_larger_than_the_channel_is_not_busy_for_ever() {
    let (receivers, nudges) = receivers(&[("hook", &bitbucket_cloud())], Rate::default(), 1);
    let answer = receivers.receive("hook", bitbucket_cloud().arrived(), now(Duration::ZERO));
    assert_eq!((answer, nudges.len()), (Answer::Accepted, 1));
}

#[test]
fn an_unknown_name_is_answered_like_a_wrong_signature() {
    let (receivers, _nudges) = receivers(&[("hook", &github())], Rate::default(), 1);
    let mut wrong = github();
    wrong.body.push(b' ');
    for (name, delivery) in [("hook", &wrong), ("other", &wrong), ("other", &github()), ("", &github())] {
        assert_eq!(
            receivers.receive(name, delivery.arrived(), now(Duration::ZERO)),
            Answer::Refused,
            "{name}"
        );
    }
}

#[test]
fn known_and_unknown_names_have_their_rates() {
    let rate = Rate { burst: 3, per_second: 1.0 };
    let (receivers, _nudges) = receivers(&[("a", &github()), ("b", &github())], rate, 1);
    let now = now(Duration::ZERO);
    for name in ["a", "unknown"] {
        let admitted = (0..10).filter(|_| receivers.admit(name, now).is_ok()).count();
        assert_eq!(admitted, 3, "{name}");
        assert_eq!(receivers.admit(name, now), Err(Duration::from_secs(1)), "{name}");
    }
    // A flood of one name does not concern another, and a flood of names is one of a few.
    assert!(receivers.admit("b", now).is_ok());
    let admitted = (0..1000).filter(|n| receivers.admit(&format!("name-{n}"), now).is_ok()).count();
    assert!(admitted <= 7 * 3, "{admitted}");
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut seen = Seen::default();
    let start = Instant::now();
    let (receiver, ids) = (github(), (0..3000_u32));
    for n in ids {
        let mut delivery = Delivery { kind: ReceiverKind::GitLab, ..receiver.clone() };
        delivery.headers.insert("x-gitlab-token", HeaderValue::from_static(SECRET));
        delivery.body = n.to_be_bytes().into();
        let id = delivery.verify().expect("a delivery that is no push").id;
        assert!(seen.note(id, start));
        assert!(!seen.note(id, start));
        assert!(seen.len() <= 1024);
        if n == 2999 {
            // After an hour all are forgotten but the one that is new then.
            assert!(seen.note(id, start + Duration::from_hours(1)));
            assert_eq!(seen.len(), 1);
        }
    }
}

#[test]
fn two_receivers_cannot_share_a_path() {
    let (sender, _nudges) = mpsc::channel(1);
    let list = vec![github().receiver(), gitlab().receiver()];
    let made = Receivers::new(list, Rate::default(), sender, Arc::new(Metrics::new()));
    assert!(made.is_err_and(|error| error.to_string() == "receiver `hook` is there twice"));
}
