//! How much a source may cost, and the meter that runs while one fetch is under way.
//!
//! The meter keeps the first problem of the way, too: Git's own code on top of it tells less of what happened.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::problem::Problem;

/// What a source may cost. Whatever is over it is a condition, never a part of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes from the server, for one fetch.
    pub fetched_bytes: u64,
    /// Objects in our copy of the repository.
    pub objects: usize,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Files and folders that are looked at.
    pub files: usize,
    /// Bytes of all files that are read.
    pub read_bytes: u64,
    /// One fetch, from the first connection to the last file.
    pub time: Duration,
    /// Waiting for the next byte.
    pub silence: Duration,
    /// Commits that are looked at to say how two of them hang together.
    pub history: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            fetched_bytes: 64 << 20,
            objects: 200_000,
            file_bytes: 1 << 20,
            files: 5_000,
            read_bytes: 16 << 20,
            time: Duration::from_mins(1),
            silence: Duration::from_secs(20),
            history: 10_000,
        }
    }
}

/// Counts what one fetch costs.
pub(crate) struct Meter {
    budget: Budget,
    end: Instant,
    left: AtomicU64,
    first: Mutex<Option<Problem>>,
    /// Ends Git's own work.
    pub(crate) interrupt: AtomicBool,
    stopped: Notify,
}

impl Meter {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            end: Instant::now() + budget.time,
            left: AtomicU64::new(budget.fetched_bytes),
            first: Mutex::new(None),
            interrupt: AtomicBool::new(false),
            stopped: Notify::new(),
        }
    }

    /// Begins to count anew, in the time that is left.
    pub(crate) fn renew(&self) {
        self.left.store(self.budget.fetched_bytes, Ordering::Relaxed);
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Counts bytes from the server.
    pub(crate) fn spend(&self, bytes: usize) -> Result<(), Problem> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let spent =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        if spent.is_err() {
            let limit = self.budget.fetched_bytes;
            return Err(Problem::over_budget(&format!("the server sends more than {limit} bytes")));
        }
        self.in_time()
    }

    /// An error once the time is over, or nobody waits any more.
    pub(crate) fn in_time(&self) -> Result<(), Problem> {
        if self.interrupt.load(Ordering::Relaxed) || Instant::now() >= self.end {
            return Err(self.too_slow());
        }
        Ok(())
    }

    /// Ends everything that is under way.
    pub(crate) fn stop(&self) {
        self.interrupt.store(true, Ordering::Relaxed);
        // There is one thread, and so one who waits.
        self.stopped.notify_one();
    }

    /// Waits for the other side, as long as there is patience, time, and somebody who wants to know.
    pub(crate) async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Problem> {
        self.in_time()?;
        tokio::select! {
            biased;
            () = self.stopped.notified() => Err(self.too_slow()),
            done = tokio::time::timeout(self.patience(), work) => done.map_err(|_| self.too_slow()),
        }
    }

    /// An error once the next byte was waited for that long, and that is too long.
    pub(crate) fn bears(&self, silence: Duration) -> Result<(), Problem> {
        if silence < self.budget.silence { Ok(()) } else { Err(self.too_slow()) }
    }

    /// How long to wait for the next byte.
    pub(crate) fn patience(&self) -> Duration {
        self.budget.silence.min(self.end.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn end(&self) -> Instant {
        self.end
    }

    /// The problem of a wait that had no end.
    pub(crate) fn too_slow(&self) -> Problem {
        let is_over = Instant::now() >= self.end;
        Problem::too_slow(if is_over { self.budget.time } else { self.budget.silence })
    }

    /// Keeps `problem`, if it is the first, and gives an error that Git's code passes through.
    pub(crate) fn fail(&self, problem: Problem) -> io::Error {
        let error = io::Error::other(problem.message.clone());
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem);
        error
    }

    /// The first problem of the way, or else what Git's code made of it.
    pub(crate) fn problem(&self, otherwise: impl FnOnce() -> Problem) -> Problem {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        first.or_else(|| self.in_time().err()).unwrap_or_else(otherwise)
    }
}
