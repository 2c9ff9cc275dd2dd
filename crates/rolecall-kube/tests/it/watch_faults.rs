//! When a watch is refused, ends, is cut, or dies without a word.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rolecall_engine::port::{PortErrorKind, WatchAccess};
use rolecall_testenv::{Fault, Hook, Match, Rule};

use crate::stage;
use crate::watch::{CREATE, PATCH, Stage, kubectl, kubectl_command, run, soon, written};

/// A watch that is refused is not begun again: that is for others to say.
#[tokio::test]
async fn a_refusal_is_told_and_not_tried_again() {
    let stage = Stage::set(None).await;
    let rows = [
        (Fault::answer(401), PortErrorKind::Unauthenticated, None),
        (Fault::answer(403), PortErrorKind::Denied, None),
        (Fault::Answer { status: 429, retry_after_secs: Some(3) }, PortErrorKind::Throttled, Some(3)),
        (Fault::answer(500), PortErrorKind::Unavailable, None),
        (Fault::answer(503), PortErrorKind::Unavailable, None),
        (Fault::answer(504), PortErrorKind::Timeout, None),
        (Fault::CutBefore, PortErrorKind::Unavailable, None),
    ];
    for (fault, kind, seconds) in rows {
        stage.proxy.script([Rule::new(Match::any(), fault.clone())]);
        let error = soon(stage.us.moved(Some("7"))).await.unwrap_err();
        assert_eq!((error.kind, error.retry_after), (kind, seconds.map(Duration::from_secs)), "{fault:?}");
        assert_eq!(stage.proxy.requests().len(), 1, "{fault:?}");
    }
}

/// Expired at the head, and the read that then looks fails: no answer is better than a wrong one.
#[tokio::test]
async fn an_expired_version_is_looked_up_or_an_error() {
    let stage = Stage::set(None).await;
    let gone = || Rule::new(Match::path("resourceVersion"), Fault::answer(410));
    let read = |fault| Rule::new(Match::path("/configmaps/aws-auth"), fault);
    stage.proxy.script([gone(), read(Fault::answer(503))]);
    let error = soon(stage.us.moved(Some("7"))).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    stage.proxy.script([Rule::new(Match::any(), Fault::answer(410))]);
    let error = soon(stage.us.moved(Some("7"))).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert_eq!(stage.proxy.requests().len(), 2, "no going round in circles");
}

/// Something is written between the cut and the next watch.
#[tokio::test]
async fn a_cut_loses_nothing() {
    let stage = Stage::set(None).await;
    kubectl(&stage.cluster, CREATE);
    let seen = stage::map_version(&stage.cluster);
    let moved = stage.moved_by(Some(&seen), async {
        let patch = Mutex::new(kubectl_command(&stage.cluster, PATCH));
        let hook = Hook::new(move |_| run(&mut patch.lock().unwrap()));
        stage.proxy.script([Rule::new(Match::path("watch=true"), Fault::Meanwhile(hook))]);
        stage.proxy.cut();
    });
    assert_eq!(written(moved.await).resource_version, stage::map_version(&stage.cluster));
    assert_eq!(stage.watches().len(), 1);
    assert!(stage.watches()[0].contains(&format!("resourceVersion={seen}")), "{:?}", stage.watches());
}

/// The same where nothing was there: what comes after the cut is news all the same.
#[tokio::test]
async fn a_cut_loses_nothing_where_nothing_was() {
    let stage = Stage::set(None).await;
    let moved = stage.moved_by(None, async {
        stage.proxy.cut();
        kubectl(&stage.cluster, CREATE);
    });
    assert_eq!(written(moved.await).resource_version, stage::map_version(&stage.cluster));
}

#[tokio::test]
async fn an_ordinary_end_is_followed_by_the_next_watch() {
    let stage = Stage::set(Some(Duration::from_secs(1))).await;
    kubectl(&stage.cluster, CREATE);
    let seen = stage::map_version(&stage.cluster);
    let moved = stage.moved_by(Some(&seen), async {
        stage.until_begun(3).await;
        kubectl(&stage.cluster, PATCH);
    });
    assert_eq!(written(moved.await).resource_version, stage::map_version(&stage.cluster));
    assert!(stage.watches().iter().all(|path| path.contains("timeoutSeconds=1&resourceVersion=")));
}

/// Bookmarks, of which there is one before each end, keep the version young while nothing happens to the map.
#[tokio::test]
async fn the_next_watch_begins_where_the_last_one_ended() {
    let stage = Stage::set(Some(Duration::from_secs(5))).await;
    kubectl(&stage.cluster, CREATE);
    let seen = stage::map_version(&stage.cluster);
    let moved = stage.moved_by(Some(&seen), async {
        kubectl(&stage.cluster, "create configmap rolecall-neighbour");
        kubectl(&stage.cluster, "delete configmap rolecall-neighbour");
        stage.until_begun(2).await;
        kubectl(&stage.cluster, PATCH);
    });
    assert_eq!(written(moved.await).resource_version, stage::map_version(&stage.cluster));
    let watches = stage.watches();
    let version: u64 = watches[1].rsplit_once("resourceVersion=").unwrap().1.parse().unwrap();
    assert!(version > seen.parse().unwrap(), "{watches:?}");
}

/// The connection stands, and nothing comes any more.
#[tokio::test]
async fn a_connection_that_died_in_silence_is_given_up() {
    let stage = Stage::set(Some(Duration::from_secs(1))).await;
    kubectl(&stage.cluster, CREATE);
    let seen = stage::map_version(&stage.cluster);
    stage.proxy.script([Rule::new(Match::any().nth(1), Fault::Mute)]);
    let started = Instant::now();
    let (moved, ()) = tokio::join!(soon(stage.us.moved(Some(&seen))), async {
        stage.until_begun(1).await;
        kubectl(&stage.cluster, PATCH);
    });
    assert_eq!(written(moved.unwrap()).resource_version, stage::map_version(&stage.cluster));
    assert_eq!(stage.watches().len(), 2);
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
}

/// Something answers 200 to everything, and is no API server.
#[tokio::test]
async fn watches_that_end_at_once_are_no_loop() {
    let stage = Stage::set(None).await;
    stage.proxy.script([Rule::new(Match::any(), Fault::answer(200))]);
    let error = soon(stage.us.moved(Some("7"))).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert!(error.hint.unwrap().contains("proxy"));
    assert_eq!(stage.proxy.requests().len(), 2);
}
