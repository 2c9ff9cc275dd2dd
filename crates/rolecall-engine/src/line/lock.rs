//! Our turn: one deploy at a time, as far as deploys leave a trace.
//!
//! A run that records nothing takes no lock either: it is for callers who may touch nothing but the map. What
//! keeps a late write out is the precondition of every write, with or without the lock.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rolecall_core::Timestamp;

use super::report::{ApplyError, Event, Watcher};
use crate::port::{Clock, HoldLock, Lock, PortError};

/// A lock that nobody renews for so long is free.
const TTL: Duration = Duration::from_secs(15);

/// How often we ask again for a lock that somebody holds.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The lock of one run.
pub(super) struct Turn<'a> {
    lock: Option<&'a dyn HoldLock>,
    clock: &'a dyn Clock,
    holder: String,
    renewed_at: Mutex<Timestamp>,
}

impl<'a> Turn<'a> {
    /// Nothing is asked for yet. Without a `lock`, everything in here is done at once.
    pub(super) fn new(lock: Option<&'a dyn HoldLock>, clock: &'a dyn Clock, holder: &str) -> Self {
        Self { lock, clock, holder: holder.to_owned(), renewed_at: Mutex::new(clock.now()) }
    }

    /// Takes the lock; says whether somebody else had it meanwhile.
    pub(super) async fn take(&self, wait: Duration, watcher: &dyn Watcher) -> Result<bool, ApplyError> {
        let Some(lock) = self.lock else { return Ok(false) };
        let mut waited = Duration::ZERO;
        loop {
            match lock.acquire(&self.holder, TTL).await? {
                Lock::Acquired => {
                    self.note();
                    return Ok(!waited.is_zero());
                }
                Lock::HeldBy { holder, .. } if waited >= wait => return Err(ApplyError::Locked { holder }),
                Lock::HeldBy { holder, remaining } => {
                    watcher.hear(Event::Waiting { holder: &holder, remaining });
                    self.clock.sleep(ASK_AGAIN_AFTER).await;
                    waited += ASK_AGAIN_AFTER;
                }
            }
            if watcher.is_cancelled() {
                return Err(ApplyError::Cancelled);
            }
        }
    }

    /// Renews the lock where a good part of its time is gone.
    pub(super) async fn renew(&self) -> Result<(), PortError> {
        let Some(lock) = self.lock else { return Ok(()) };
        let renewed_at = *self.renewed_at.lock().unwrap_or_else(PoisonError::into_inner);
        let age = self.clock.now().duration_since(renewed_at);
        if age.unsigned_abs() * 3 > TTL {
            lock.acquire(&self.holder, TTL).await?; // I/O
            self.note();
        }
        Ok(())
    }

    /// Gives the lock back; says so where it could not be.
    pub(super) async fn release(&self) -> Option<String> {
        let error = self.lock?.release(&self.holder).await.err()?; // I/O
        Some(format!("the lock could not be released, and is free in {}s: {error}", TTL.as_secs()))
    }

    fn note(&self) {
        let mut renewed_at = self.renewed_at.lock().unwrap_or_else(PoisonError::into_inner);
        *renewed_at = self.clock.now();
    }
}
