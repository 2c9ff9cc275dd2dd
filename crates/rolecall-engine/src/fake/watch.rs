//! The watch of the cluster in memory: it wakes on every write, without a runtime and without time.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use rolecall_core::Timestamp;
use rolecall_core::observed::ObservedAccess;

use super::{FakeCluster, Moment, State, Step};
use crate::port::{Moved, PortError, PortFuture, WatchAccess, Writer, Written};

/// Who waits, and who wrote when.
#[derive(Default)]
pub(super) struct Watchers {
    wakers: Vec<Waker>,
    writers: BTreeMap<String, Timestamp>,
}

impl Watchers {
    pub(super) fn note(&mut self, name: &str, now: Timestamp) {
        self.writers.insert(name.to_owned(), now);
        self.wake();
    }

    pub(super) fn wake(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }

    fn writers(&self) -> Vec<Writer> {
        let writer = |(name, time): (&String, &Timestamp)| Writer {
            name: name.clone(),
            operation: "Update".to_owned(),
            time: Some(*time),
        };
        self.writers.iter().map(writer).collect()
    }
}

impl FakeCluster {
    /// Somebody, who calls himself `name`, does something to the map now.
    pub fn meddle(&self, name: &str, deed: impl FnOnce(&mut ObservedAccess)) {
        let mut state = self.state();
        deed(&mut state.observed);
        state.touch_map(name);
    }
}

impl WatchAccess for FakeCluster {
    /// A fault [`Moment::Before`] ends it at once, also while it waits; one [`Moment::After`] takes the place
    /// of what would have been told.
    fn moved<'a>(&'a self, seen: Option<&'a str>) -> PortFuture<'a, Moved> {
        self.state().steps.push(Step::Watch);
        Box::pin(poll_fn(move |context| self.state().poll_moved(seen, context)))
    }
}

impl State {
    fn poll_moved(
        &mut self,
        seen: Option<&str>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Moved, PortError>> {
        if let Some(at) = self.watch_fault(Moment::Before) {
            return Poll::Ready(Err(self.faults.remove(at).2));
        }
        let Some(moved) = self.moved_since(seen) else {
            self.watchers.wakers.push(context.waker().clone());
            return Poll::Pending;
        };
        match self.watch_fault(Moment::After) {
            Some(at) => Poll::Ready(Err(self.faults.remove(at).2)),
            None => Poll::Ready(Ok(moved)),
        }
    }

    fn watch_fault(&self, moment: Moment) -> Option<usize> {
        self.faults.iter().position(|(step, when, _)| (*step, *when) == (Step::Watch, moment))
    }

    fn moved_since(&self, seen: Option<&str>) -> Option<Moved> {
        match self.map_version() {
            version if version.as_deref() == seen => None,
            Some(version) => Some(Moved::Written(Written::new(version, self.watchers.writers()))),
            None if self.observed.map.is_none() => Some(Moved::Deleted),
            None => None,
        }
    }
}
