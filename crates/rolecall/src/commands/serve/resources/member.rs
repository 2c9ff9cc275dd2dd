//! One resource, from its first event to its end: kept as it is written, and anew when it was written again.

use std::sync::Arc;
use std::time::Duration;

use rolecall_core::config::{ServeConfig, parsed_duration};
use rolecall_core::reconcile::Patience;
use rolecall_engine::port::{PortError, PortErrorKind};
use rolecall_engine::reconcile::{Project, State};
use rolecall_kube::FIELD_MANAGER;
use rolecall_server::control::{Kept, Manners, Source, keep as keep_cluster, shown};
use rolecall_server::resource::{
    AccessSync, AccessSyncSpec, AccessSyncStatus, PolicySpec, RECONCILE_ANNOTATION,
};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::board::Board;
use super::origin::Origin;
use super::{Shared, target};
use crate::commands::serve::clusters::{LAST_DOUBLING, RENEWED_AFTER};
use crate::commands::serve::source::inside;
use crate::failure::Failure;
use crate::target::SystemClock;

/// What a resource is at the moment; nothing while there is none of that name.
pub(super) type Written = watch::Receiver<Option<Arc<AccessSync>>>;

/// How long the last words about a resource may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Keeps the cluster of the resource of a name whenever there is one, until it is time to stop.
pub(super) async fn keep(shared: Arc<Shared>, name: String, mut objects: Written) {
    let mut stopped = shared.process.stopped.clone();
    loop {
        let next = tokio::select! {
            next = objects.wait_for(Option::is_some) => next.ok().and_then(|object| object.clone()),
            _ = stopped.wait_for(|stop| *stop) => None,
        };
        let Some(object) = next else { return };
        keep_one(&shared, &name, &object, &mut objects).await;
        if *stopped.borrow() {
            return;
        }
        shared.process.ears.forget(&name);
    }
}

/// Keeps one resource until it is gone, or another one of its name is there.
async fn keep_one(shared: &Shared, name: &str, object: &AccessSync, objects: &mut Written) {
    let board = Board::new(&shared.process.ears, object);
    shared.process.ears.expect([name.to_owned()].into_iter());
    let home = &shared.resources.home;
    tokio::select! {
        () = board.write(home, name) => {}
        () = work(shared, name, (&board, object), objects) => {}
    }
    if objects.borrow().is_some() {
        drop(tokio::time::timeout(FAREWELL, board.write_once(home, name)).await);
    }
}

async fn work(shared: &Shared, name: &str, (board, first): (&Board<'_>, &AccessSync), objects: &mut Written) {
    let mut state = State::default();
    let mut before: Option<AccessSyncSpec> = None;
    loop {
        let object = objects.borrow_and_update().clone();
        let Some(object) = object.filter(|object| object.metadata.uid == first.metadata.uid) else { return };
        let before_it = before.replace(object.spec.clone());
        let is_other = before_it.as_ref().is_some_and(|before| !is_of_the_same(before, &object.spec));
        if is_other || before_it.is_some_and(|before| before.policy != object.spec.policy) {
            state = State::default();
        }
        begin(shared, name, board, (&object, is_other));
        let is_stopped = if object.spec.suspend {
            until_other(shared, objects, &object).await
        } else {
            kept_until_other(shared, (name, &object), board, (&mut state, objects)).await
        };
        if is_stopped {
            return;
        }
    }
}

/// Keeps the cluster until there is another generation, or it is time to stop, which is told. A pass that is under
/// way then may end.
async fn kept_until_other(
    shared: &Shared,
    (name, object): (&str, &AccessSync),
    board: &Board<'_>,
    (state, objects): (&mut State, &mut Written),
) -> bool {
    let spec = &object.spec;
    let folder = inside(spec.path.as_deref().unwrap_or_default()).to_owned();
    let origin = Origin::new(Arc::clone(&shared.resources), spec.source.clone(), folder.clone());
    let source = Arc::new(Source::new(spec.source.url.clone(), Arc::new(origin)));
    shared.process.sources.add(&source);
    let policy = spec.policy.as_ref().map(PolicySpec::policy);
    let project = Project { url: spec.source.url.clone(), folder, policy };
    let (manners, nudge) = (manners(shared, name, spec), Arc::<Notify>::default());
    let (stop, stopped) = watch::channel(false);
    let beside = async {
        let asked = wishes((&source, &nudge), board, objects.clone());
        tokio::join!(source.follow(manners.interval, board, stopped.clone()), asked);
    };
    let work = Work { shared, name, spec, board, source: &source, project, manners: &manners, nudge: &nudge };
    let work = work.keep(state, stopped.clone());
    let mut others = objects.clone();
    let ending = async {
        let is_stopped = until_other(shared, &mut others, object).await;
        stop.send_replace(true);
        is_stopped
    };
    // Whoever works ends by himself once he was told to stop; what is beside him ends with him.
    tokio::select! {
        ((), is_stopped) = async { tokio::join!(work, ending) } => is_stopped,
        () = async { beside.await; std::future::pending().await } => true,
    }
}

/// The cluster of one generation of a resource.
struct Work<'a> {
    shared: &'a Shared,
    name: &'a str,
    spec: &'a AccessSyncSpec,
    board: &'a Board<'a>,
    source: &'a Arc<Source>,
    project: Project,
    manners: &'a Manners,
    nudge: &'a Arc<Notify>,
}

impl Work<'_> {
    /// Keeps it over one connection after the other, until it is told to stop.
    async fn keep(self, state: &mut State, mut stopped: watch::Receiver<bool>) {
        let mut failures = 0_u32;
        while !*stopped.borrow() {
            // On the heap: it is large, and there is one of it for a moment only.
            let connecting = Box::pin(target::connect(self.shared, self.spec));
            let connected = tokio::select! {
                connected = connecting => connected,
                _ = stopped.wait_for(|stop| *stop) => return,
            };
            match connected {
                Ok(cluster) => {
                    failures = 0;
                    let kept = Kept {
                        name: self.name.to_owned(),
                        ports: Arc::new(cluster),
                        source: Arc::clone(self.source),
                        project: self.project.clone(),
                        nudge: Arc::clone(self.nudge),
                    };
                    let end = (stopped.clone(), Instant::now() + RENEWED_AFTER);
                    keep_cluster(&kept, self.manners, (&SystemClock, &mut *state), self.board, end).await;
                }
                Err(failure) => {
                    self.cannot_begin(&failure);
                    let pause = Duration::from_secs(1 << failures.min(LAST_DOUBLING));
                    failures += 1;
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.nudge.notified() => {}
                        _ = stopped.wait_for(|stop| *stop) => return,
                    }
                }
            }
        }
    }

    fn cannot_begin(&self, failure: &Failure) {
        self.shared.process.ears.cannot_connect(self.name, failure);
        let causes: Vec<String> = failure.error.chain().map(ToString::to_string).collect();
        let why = shown(&causes.join(": "));
        self.board.cannot_begin(&why, is_wrong(failure));
    }
}

/// Does it last until somebody writes something else?
fn is_wrong(failure: &Failure) -> bool {
    let error = failure.error.downcast_ref::<PortError>();
    error.is_some_and(|error| error.kind == PortErrorKind::Invalid)
}

/// Follows the annotation by which people ask for a pass: fetch first, and look then. For ever.
async fn wishes((source, nudge): (&Source, &Notify), board: &Board<'_>, mut objects: Written) {
    let wish = |object: &Option<Arc<AccessSync>>| {
        object.as_ref()?.metadata.annotations.as_ref()?.get(RECONCILE_ANNOTATION).cloned()
    };
    let mut followed = wish(&objects.borrow_and_update());
    // The first pass is the answer to what was asked before.
    board.wished(followed.as_ref());
    while objects.changed().await.is_ok() {
        let next = wish(&objects.borrow_and_update());
        if next != followed {
            source.refreshed().await;
            board.wished(next.as_ref());
            nudge.notify_one();
            followed = next;
        }
    }
}

fn begin(shared: &Shared, name: &str, board: &Board<'_>, (object, is_other): (&AccessSync, bool)) {
    board.turn_to(object);
    if object.spec.suspend {
        shared.process.ears.suspended(name);
        board.status(AccessSyncStatus::suspended);
    } else {
        let known = |status: AccessSyncStatus| if is_other { status.anew() } else { status };
        board.status(|status, generation, now| known(status).begun(generation, now));
    }
}

fn manners(shared: &Shared, name: &str, spec: &AccessSyncSpec) -> Manners {
    // The schema lets nothing else in.
    let read = |text: &str, otherwise| parsed_duration(text).unwrap_or(otherwise);
    let patience = Patience::default();
    Manners {
        interval: read(&spec.interval, ServeConfig::default().interval),
        patience: Patience {
            heal_removals_after: read(&spec.heal_removals_after, patience.heal_removals_after),
        },
        // Two resources may be of one cluster, and are two to its lock.
        holder: format!("{}, {name}", shared.process.holder),
        writer: FIELD_MANAGER,
        leadership: shared.process.leadership.clone(),
    }
}

/// Is what is known of the one true of the other as well?
fn is_of_the_same(one: &AccessSyncSpec, other: &AccessSyncSpec) -> bool {
    (&one.source, &one.path, &one.target) == (&other.source, &other.path, &other.target)
}

/// Comes back when there is another generation, another resource or none, with no; or with yes when it is time to
/// stop.
async fn until_other(shared: &Shared, objects: &mut Written, of: &AccessSync) -> bool {
    let mut stopped = shared.process.stopped.clone();
    let is_other = |object: &Option<Arc<AccessSync>>| {
        let it = object.as_ref().map(|object| (&object.metadata.uid, object.metadata.generation));
        it != Some((&of.metadata.uid, of.metadata.generation))
    };
    tokio::select! {
        _ = stopped.wait_for(|stop| *stop) => true,
        other = objects.wait_for(is_other) => other.is_err(),
    }
}
