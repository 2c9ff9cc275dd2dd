//! Keeps a cluster as its files say: one task a cluster, which wakes for news of its source, a write to the map, and
//! in time.
//!
//! A cluster that cannot be reached delays nobody but itself. What a pass does is `rolecall-engine`'s business.

mod notice;
mod pause;
mod source;
mod told;

pub use notice::{Notice, Teller, reason};
pub use source::{Source, Sources};
pub use told::{done, outcome, shown, told};

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rolecall_core::reconcile::Patience;
use rolecall_engine::line::{Event, Line, Reading, Watcher};
use rolecall_engine::port::{
    ChangeAccess, Clock, HoldLock, KeepRecords, NoHistory, ObserveAccess, PortError, WatchAccess,
};
use rolecall_engine::reconcile::{News, Project, Seen, Standing, State, Work, pass};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::lead::{Fenced, Leadership};
use crate::metrics::FetchOutcome;

/// Everything that is asked of a cluster.
pub trait ClusterPorts: ObserveAccess + ChangeAccess + KeepRecords + HoldLock + WatchAccess {}

impl<T: ObserveAccess + ChangeAccess + KeepRecords + HoldLock + WatchAccess> ClusterPorts for T {}

/// A write to the map is often followed by another one of the same hand.
const SETTLES_IN: Duration = Duration::from_millis(100);

/// A pass that takes longer is given up; the next one carries on.
const LONGEST_PASS: Duration = Duration::from_mins(2);

/// So long a pass may still take once it shall stop: less than Kubernetes waits.
const LAST_WORDS: Duration = Duration::from_secs(7);

/// One cluster that is kept.
pub struct Kept {
    /// What it is called in logs and metrics.
    pub name: String,
    /// The cluster.
    pub ports: Arc<dyn ClusterPorts>,
    /// Where its files come from.
    pub source: Arc<Source>,
    /// Which files are its own.
    pub project: Project,
    /// Somebody wants it to be looked at.
    pub nudge: Arc<Notify>,
}

/// How clusters are kept.
#[derive(Debug, Clone)]
pub struct Manners {
    /// How often it is looked without a reason.
    pub interval: SignedDuration,
    /// How long removals by hand stay.
    pub patience: Patience,
    /// How we call ourselves where others look.
    pub holder: String,
    /// What our own writes call themselves.
    pub writer: &'static str,
    /// Nothing is written where this process does not lead.
    pub leadership: Leadership,
}

/// Hears how things stand.
pub trait Ears: Send + Sync {
    /// Before each pass.
    fn begins(&self, _cluster: &str) {}

    /// After each pass.
    fn stands(&self, cluster: &str, standing: &Standing, took: Duration);

    /// The map cannot be watched: it is looked at in time only.
    fn cannot_watch(&self, cluster: &str, why: &PortError);

    /// A pass took too long, and was given up.
    fn gave_up(&self, cluster: &str, after: Duration);

    /// A source was fetched, or was not.
    fn fetched(&self, source: &str, outcome: FetchOutcome);
}

/// Keeps a cluster until `stop` says true, or `until` has come and no pass is under way. There is nothing to keep
/// before its source is heard of.
pub async fn keep(
    kept: &Kept,
    manners: &Manners,
    (clock, state): (&dyn Clock, &mut State),
    ears: &dyn Ears,
    (mut stop, until): (watch::Receiver<bool>, Instant),
) {
    let mut news = kept.source.news();
    if state.commit().is_none() {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = news.wait_for(News::is_heard) => {}
        }
    }
    let mut failures = 0;
    let mut deaf = 0;
    while Instant::now() < until {
        let began = clock.now();
        ears.begins(&kept.name);
        let heard = news.borrow_and_update().clone();
        let standing = tokio::select! {
            standing = bounded(kept, manners, clock, (&heard, &mut *state)) => standing,
            () = stopped(stop.clone(), LAST_WORDS) => return,
        };
        let pause = if let Some(standing) = &standing {
            ears.stands(&kept.name, standing, clock.now().duration_since(began).unsigned_abs());
            failures = if standing.is_troubled_by_the_cluster() { failures + 1 } else { 0 };
            pause::until_next(standing, failures, manners.interval, clock.now())
        } else {
            ears.gave_up(&kept.name, LONGEST_PASS);
            failures += 1;
            pause::after_failures(failures, manners.interval)
        };
        let seen = standing.map_or(Seen::Nothing, |standing| standing.seen);
        tokio::select! {
            biased;
            () = stopped(stop.clone(), Duration::ZERO) => return,
            () = tokio::time::sleep_until(until) => return,
            _ = news.changed() => {}
            () = kept.nudge.notified() => {}
            writer = moved(kept, manners, clock, (&seen, &mut deaf, ears)) => {
                state.writer = writer.or(state.writer.take());
            }
            () = clock.sleep(pause) => {}
        }
        if *stop.borrow_and_update() {
            return;
        }
    }
}

async fn bounded(
    kept: &Kept,
    manners: &Manners,
    clock: &dyn Clock,
    (news, state): (&News, &mut State),
) -> Option<Standing> {
    let ports = kept.ports.as_ref();
    let change = Fenced { change: ports, leadership: &manners.leadership };
    let line = Line {
        reading: Reading { observe: ports, clock, history: &NoHistory },
        change: &change,
        records: Some(ports),
        lock: ports,
    };
    let work = Work {
        line,
        news,
        source: kept.source.fetches.as_ref(),
        project: &kept.project,
        patience: manners.patience,
        holder: &manners.holder,
        watcher: &Quiet,
    };
    // On the heap: it is large, and clusters wait most of the time.
    let passing = Box::pin(pass(work, state));
    tokio::select! {
        standing = passing => Some(standing),
        () = clock.sleep(LONGEST_PASS) => None,
    }
}

/// Comes back some time after `stop` said true.
async fn stopped(mut stop: watch::Receiver<bool>, after: Duration) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Whoever could have said it is gone: that is a stop as well.
    }
    tokio::time::sleep(after).await;
}

/// Comes back when the map was written, with who wrote it, if that is known and not ourselves. After an error it
/// comes back as well, later each time: only looking tells what is there now. `deaf` counts the errors in a row.
async fn moved(
    kept: &Kept,
    manners: &Manners,
    clock: &dyn Clock,
    (seen, deaf, ears): (&Seen, &mut u32, &dyn Ears),
) -> Option<String> {
    let seen = match seen {
        Seen::At(version) => Some(version.as_str()),
        Seen::Absent => None,
        // There is nothing to wait on: only time tells when to look again.
        Seen::Nothing => std::future::pending().await,
    };
    match kept.ports.moved(seen).await {
        Ok(moved) => {
            *deaf = 0;
            clock.sleep(SETTLES_IN).await;
            moved.last_other_writer(manners.writer).map(|writer| writer.name.clone())
        }
        Err(error) => {
            ears.cannot_watch(&kept.name, &error);
            *deaf += 1;
            let pause = if error.kind.is_transient() {
                pause::after_failures(*deaf, manners.interval)
            } else {
                pause::of(manners.interval)
            };
            clock.sleep(error.retry_after.unwrap_or(pause)).await;
            None
        }
    }
}

/// The standing says what was done, and nobody can press Ctrl-C on a part of a pass.
struct Quiet;

impl Watcher for Quiet {
    fn hear(&self, _: Event<'_>) {}
}
