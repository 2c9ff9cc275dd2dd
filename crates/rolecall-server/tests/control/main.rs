//! The loop of a cluster on the fake cluster, in a time of its own: what wakes it, and what it does then.
#![expect(clippy::unwrap_used, reason = "everything here is a test")]

mod stage;

use std::time::Duration;

use rolecall_engine::fake::{Moment, Step};
use rolecall_engine::port::{PortError, PortErrorKind};
use rolecall_server::lead::Leadership;
use rolecall_server::metrics::FetchOutcome::{Failed, Moved, Refused, Unchanged};

use stage::{Stage, role};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn a_push_is_applied_when_somebody_tells_of_it_or_else_in_time() {
    let stage = Stage::start(&["dev"]).await;
    assert_eq!(stage.names(), ["deployer", "dev"]);
    stage.repository.push("c2", &["dev", "new"]);
    stage.nudge();
    stage.until(Duration::from_secs(1), |stage| stage.names() == ["deployer", "dev", "new"]).await;
    stage.repository.push("c3", &["dev"]);
    stage.until(MINUTE + MINUTE / 5, |stage| stage.names() == ["deployer", "dev"]).await;
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_delays_no_healing() {
    let stage = Stage::start(&["dev"]).await;
    stage.repository.hang();
    stage.nudge();
    tokio::time::sleep(MINUTE).await;
    stage.meddle(String::clear);
    stage.until(Duration::from_secs(1), |stage| stage.names() == ["deployer", "dev"]).await;
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn who_hears_of_a_push_finds_the_source_by_its_name() {
    let stage = Stage::start(&["dev"]).await;
    let before = stage.repository.asked();
    stage.sources.nudge(|name| name == "other");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.repository.asked(), before);
    stage.sources.nudge(|name| name == "doors");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.repository.asked(), before + 1);
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn many_nudges_are_few_fetches_and_each_is_counted() {
    let stage = Stage::start(&["dev"]).await;
    assert_eq!(stage.ears.fetches(), [Moved]);
    let before = stage.repository.asked();
    (0..1_000).for_each(|_| stage.nudge());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(stage.repository.asked() - before <= 2, "one under way, and one for all that came after it");
    assert_eq!(stage.ears.count(), 2, "no news is no reason to look at the cluster");
    stage.repository.push("c2", &["dev", "new"]);
    stage.nudge();
    stage.until(Duration::from_secs(1), |stage| stage.names() == ["deployer", "dev", "new"]).await;
    for kind in [PortErrorKind::Unavailable, PortErrorKind::Denied] {
        stage.repository.fail(Some(PortError::new(kind, "fetch", "`it`", format!("{kind:?}"))));
        stage.nudge();
        stage
            .until(Duration::from_secs(1), |stage| {
                stage.ears.last().trouble == [format!("SourceFailed: fetch `it`: {kind:?}")]
            })
            .await;
    }
    stage.repository.fail(None);
    stage.until(5 * MINUTE, |stage| stage.ears.last().trouble.is_empty()).await;
    let mut fetches = stage.ears.fetches();
    fetches.dedup();
    assert_eq!(fetches, [Moved, Unchanged, Moved, Failed, Refused, Unchanged]);
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn who_does_not_lead_writes_nothing() {
    let mut stage = Stage::new(&["dev"]);
    let (leads, _) = tokio::sync::watch::channel(None);
    stage.leadership = Leadership::of(&leads);
    let stage = stage.started().await;
    let told = "Failed: change `the map`: another process may lead by now, and nothing was sent";
    stage.until(Duration::from_secs(1), |stage| stage.ears.last().trouble == [told]).await;
    assert_eq!(stage.names(), ["deployer"]);
    leads.send_replace(Some(tokio::time::Instant::now() + MINUTE));
    stage.until(3 * Duration::from_secs(1), |stage| stage.names() == ["deployer", "dev"]).await;
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_away_is_asked_less_and_less_and_an_empty_one_in_time() {
    for (kind, fetches) in [
        (PortErrorKind::Unavailable, 6..20),
        (PortErrorKind::Unauthenticated, 6..20),
        (PortErrorKind::NotFound, 26..31),
    ] {
        let stage = Stage::start(&["dev"]).await;
        stage.repository.fail(Some(PortError::new(kind, "fetch", "`it`", "it is said so")));
        stage.nudge();
        let before = stage.repository.asked();
        tokio::time::sleep(30 * MINUTE).await;
        let count = stage.repository.asked() - before;
        assert!(fetches.contains(&count), "{kind:?}: {count} in half an hour");
        stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_writes_to_the_map_is_seen_at_once() {
    let stage = Stage::start(&["dev"]).await;
    stage.meddle(String::clear);
    stage.until(Duration::from_secs(1), |stage| stage.names() == ["deployer", "dev"]).await;
    // It looks again after its own write.
    stage.until(Duration::from_secs(1), |stage| stage.ears.last().drift == 0).await;
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_was_taken_out_by_hand_comes_back_after_a_quarter_of_an_hour() {
    let stage = Stage::start(&["dev"]).await;
    stage.meddle(|roles| *roles = roles.replace(&role("dev"), ""));
    stage.until(Duration::from_secs(1), |stage| stage.ears.last().drift == 1).await;
    tokio::time::sleep(14 * MINUTE).await;
    assert_eq!(stage.names(), ["deployer"]);
    stage.until(MINUTE + Duration::from_secs(1), |stage| stage.names() == ["deployer", "dev"]).await;
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_keeps_undoing_it_is_named_and_left_alone() {
    let stage = Stage::start(&["dev"]).await;
    for _ in 0..3 {
        stage.meddle(String::clear);
        stage.until(Duration::from_secs(1), |stage| stage.names() == ["deployer", "dev"]).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    stage.meddle(String::clear);
    let is_told = |stage: &Stage| {
        stage.ears.last().trouble == ["Contended: `kubectl-edit` keeps undoing what is healed"]
    };
    stage.until(Duration::from_secs(1), is_told).await;
    assert!(stage.names().is_empty());
    // It may have stopped by then.
    stage.until(61 * MINUTE, |stage| stage.names() == ["deployer", "dev"]).await;
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_away_is_asked_less_and_less() {
    let stage = Stage::start(&["dev"]).await;
    let error = || PortError::new(PortErrorKind::Denied, "read", "`it`", "it is said so");
    (0..100).for_each(|_| stage.cluster.fail(Step::Observe, Moment::Before, error()));
    let before = stage.ears.count();
    tokio::time::sleep(30 * MINUTE).await;
    let passes = stage.ears.count() - before;
    assert!((6..20).contains(&passes), "{passes} passes in half an hour");
    assert_eq!(stage.ears.last().trouble, ["ClusterFailed: read `it`: it is said so"]);
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_watch_it_is_told_and_looked_at_in_time() {
    let stage = Stage::new(&["dev"]);
    let error = PortError::new(PortErrorKind::Denied, "watch", "`it`", "it is said so");
    (0..9).for_each(|_| stage.cluster.fail(Step::Watch, Moment::Before, error.clone()));
    let stage = stage.started().await;
    stage.until(Duration::from_secs(1), |stage| stage.ears.complaints() == 1).await;
    stage.meddle(String::clear);
    stage.until(2 * MINUTE, |stage| stage.names() == ["deployer", "dev"]).await;
    assert!(stage.ears.complaints() < 4, "{}", stage.ears.complaints());
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_fails_again_and_again_makes_no_pass_a_second() {
    let stage = Stage::start(&["dev"]).await;
    let error = PortError::new(PortErrorKind::Unavailable, "watch", "`it`", "cut");
    (0..999).for_each(|_| stage.cluster.fail(Step::Watch, Moment::Before, error.clone()));
    // The watch that is under way ends, and the next ones fail.
    stage.nudge();
    let before = stage.ears.count();
    tokio::time::sleep(30 * MINUTE).await;
    let passes = stage.ears.count() - before;
    assert!((25..50).contains(&passes), "{passes} passes in half an hour");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn when_its_time_has_come_it_ends_between_two_passes() {
    let stage = Stage::new(&["dev"]).started_for(3 * MINUTE).await;
    tokio::time::sleep(3 * MINUTE).await;
    stage.until(Duration::from_secs(1), Stage::is_over).await;
    assert!((3..6).contains(&stage.ears.count()));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_watch_is_no_missed_write() {
    let stage = Stage::start(&["dev"]).await;
    let error = PortError::new(PortErrorKind::Unavailable, "watch", "`it`", "cut");
    stage.cluster.fail(Step::Watch, Moment::After, error);
    stage.meddle(String::clear);
    stage.until(Duration::from_secs(3), |stage| stage.names() == ["deployer", "dev"]).await;
    stage.end().await;
}
