//! One resource: opened as it is written, kept, and opened anew when it was written again or its time is over.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rolecall_core::config::{ServeConfig, parsed_duration};
use rolecall_core::reconcile::Patience;
use rolecall_engine::port::PortErrorKind;
use rolecall_engine::reconcile::{News, Project, State};
use rolecall_kube::FIELD_MANAGER;
use rolecall_server::control::{Kept, Manners, Source, keep as keep_cluster};
use rolecall_server::resource::{
    AccessSync, AccessSyncSpec, AccessSyncStatus, PolicySpec, RECONCILE_ANNOTATION,
};
use tokio::sync::watch;
use tokio::time::Instant;

use super::board::Board;
use super::{Shared, origin, target};
use crate::commands::serve::clusters::{LAST_DOUBLING, RENEWED_AFTER};
use crate::failure::Failure;
use crate::target::SystemClock;

/// Keeps the cluster of a resource until the resource is gone, or it is time to stop.
pub(super) async fn keep(shared: Arc<Shared>, name: String, mut objects: watch::Receiver<Arc<AccessSync>>) {
    let first = Arc::clone(&objects.borrow_and_update());
    let board = Board::new(&shared.process.ears, &first);
    let mut stopped = shared.process.stopped.clone();
    tokio::select! {
        () = board.write(&shared.resources.home, &name) => {}
        () = work(&shared, &name, &board, &mut objects) => {}
    }
    if !*stopped.borrow_and_update() {
        shared.process.ears.forget(&name);
    }
}

async fn work(
    shared: &Shared,
    name: &str,
    board: &Board<'_>,
    objects: &mut watch::Receiver<Arc<AccessSync>>,
) {
    let mut state = State::default();
    let mut kept: Option<AccessSyncSpec> = None;
    let mut failures = 0_u32;
    loop {
        let object = Arc::clone(&objects.borrow_and_update());
        if kept.as_ref() != Some(&object.spec) {
            if !kept.as_ref().is_some_and(|before| is_of_the_same(before, &object.spec)) {
                state = State::default();
            }
            failures = 0;
            begin(shared, name, board, &object);
            kept = Some(object.spec.clone());
        }
        if object.spec.suspend {
            if is_over(shared, objects, &object.spec).await {
                return;
            }
            continue;
        }
        let ended = until_written(shared, (name, &object), board, (&mut state, objects)).await;
        let pause = match ended {
            Ended::Over => return,
            Ended::Written => continue,
            Ended::InTime(Ok(())) => {
                failures = 0;
                continue;
            }
            Ended::InTime(Err(failure)) => {
                failed(shared, name, board, &failure);
                Duration::from_secs(1 << failures.min(LAST_DOUBLING))
            }
        };
        failures += 1;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            is_over = is_over(shared, objects, &object.spec) => if is_over { return },
        }
    }
}

/// How the work on one generation came to its end.
enum Ended {
    /// The resource is gone, or it is time to stop.
    Over,
    /// The resource has another spec.
    Written,
    /// The connection is to be made anew, or could not be made.
    InTime(Result<(), Failure>),
}

/// Keeps the cluster until the resource is written or gone. A pass that is under way then may end.
async fn until_written(
    shared: &Shared,
    (name, object): (&str, &AccessSync),
    board: &Board<'_>,
    (state, objects): (&mut State, &watch::Receiver<Arc<AccessSync>>),
) -> Ended {
    let (stop, stopped) = watch::channel(false);
    let work = connected(shared, (name, object), board, (state, objects.clone()), stopped);
    tokio::pin!(work);
    let mut others = objects.clone();
    let is_over = tokio::select! {
        ended = &mut work => return Ended::InTime(ended),
        is_over = is_over(shared, &mut others, &object.spec) => is_over,
    };
    stop.send_replace(true);
    // What came of it is told already, and there is nothing to try again.
    let _ = work.await;
    if is_over { Ended::Over } else { Ended::Written }
}

/// Keeps the cluster over one connection.
async fn connected(
    shared: &Shared,
    (name, object): (&str, &AccessSync),
    board: &Board<'_>,
    (state, objects): (&mut State, watch::Receiver<Arc<AccessSync>>),
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let spec = &object.spec;
    let opened =
        async { Ok::<_, Failure>((origin::open(shared, spec).await?, target::connect(shared, spec).await?)) };
    let (origin, cluster) = tokio::select! {
        opened = opened => opened?,
        _ = stopped.wait_for(|stop| *stop) => return Ok(()),
    };
    let source = Arc::new(Source::new(spec.source.url.clone(), Arc::new(origin.source)));
    shared.process.sources.add(&source);
    let kept = Kept {
        name: name.to_owned(),
        ports: Arc::new(cluster),
        source: Arc::clone(&source),
        project: Project {
            url: spec.source.url.clone(),
            folder: origin.folder,
            policy: spec.policy.as_ref().map(PolicySpec::policy),
        },
        nudge: Arc::default(),
    };
    let manners = manners(shared, spec);
    let end = (stopped.clone(), Instant::now() + RENEWED_AFTER);
    tokio::select! {
        () = keep_cluster(&kept, &manners, (&SystemClock, state), board, end) => {}
        () = source.follow(manners.interval, board, stopped) => {}
        () = wishes(&kept, board, objects) => {}
        () = shut_out(&source, manners.interval) => {}
    }
    // The files for SSH are there as long as the source is.
    drop(origin.files);
    Ok(())
}

/// Comes back some time after the source did not let us in: the Secret may be another one by then.
async fn shut_out(source: &Source, interval: SignedDuration) {
    let mut news = source.news();
    let is_shut = |news: &News| {
        let kind = news.error.as_ref().map(|error| error.kind);
        matches!(kind, Some(PortErrorKind::Unauthenticated | PortErrorKind::Denied))
    };
    if news.wait_for(is_shut).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(interval.unsigned_abs()).await;
}

/// Follows the annotation by which people ask for a pass: fetch first, and look then.
async fn wishes(kept: &Kept, board: &Board<'_>, mut objects: watch::Receiver<Arc<AccessSync>>) {
    let wish = |object: &AccessSync| object.metadata.annotations.as_ref()?.get(RECONCILE_ANNOTATION).cloned();
    let mut followed = wish(&objects.borrow_and_update());
    // The first pass is the answer to what was asked before.
    board.wished(followed.as_ref());
    while objects.changed().await.is_ok() {
        let next = wish(&objects.borrow_and_update());
        if next != followed {
            kept.source.refreshed().await;
            board.wished(next.as_ref());
            kept.nudge.notify_one();
            followed = next;
        }
    }
    std::future::pending::<()>().await;
}

fn begin(shared: &Shared, name: &str, board: &Board<'_>, object: &AccessSync) {
    board.turn_to(object);
    if object.spec.suspend {
        shared.process.ears.suspended(name);
        board.status(AccessSyncStatus::suspended);
    } else {
        board.status(AccessSyncStatus::begun);
    }
}

fn failed(shared: &Shared, name: &str, board: &Board<'_>, failure: &Failure) {
    shared.process.ears.cannot_connect(name, failure);
    let causes: Vec<String> = failure.error.chain().map(ToString::to_string).collect();
    let why = causes.join(": ");
    board.warn("CannotBegin", &why);
    board.status(|status, generation, now| status.failed(generation, ("CannotBegin", &why), now));
}

fn manners(shared: &Shared, spec: &AccessSyncSpec) -> Manners {
    // The schema lets nothing else in.
    let read = |text: &str, otherwise| parsed_duration(text).unwrap_or(otherwise);
    let patience = Patience::default();
    Manners {
        interval: read(&spec.interval, ServeConfig::default().interval),
        patience: Patience {
            heal_removals_after: read(&spec.heal_removals_after, patience.heal_removals_after),
        },
        holder: shared.process.holder.clone(),
        writer: FIELD_MANAGER,
        leadership: shared.process.leadership.clone(),
    }
}

/// Is what is known of the one true of the other as well?
fn is_of_the_same(one: &AccessSyncSpec, other: &AccessSyncSpec) -> bool {
    (&one.source, &one.path, &one.target, &one.policy)
        == (&other.source, &other.path, &other.target, &other.policy)
}

/// Comes back when the spec is another one, with no; or, with yes, when the resource is gone or it is time to stop.
async fn is_over(
    shared: &Shared,
    objects: &mut watch::Receiver<Arc<AccessSync>>,
    spec: &AccessSyncSpec,
) -> bool {
    let mut stopped = shared.process.stopped.clone();
    tokio::select! {
        _ = stopped.wait_for(|stop| *stop) => true,
        other = objects.wait_for(|object| object.spec != *spec) => other.is_err(),
    }
}
