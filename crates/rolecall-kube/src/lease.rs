//! The lock: a Lease, taken by comparing and swapping its `resourceVersion`.
//!
//! A run that waits for nobody sees a Lease once, so it has to believe the times in it. They are the API
//! server's, not ours: the `Date` of its answers is what is written and what is compared, so that clients
//! with wrong clocks agree; without a `Date`, our own clock has to do. Whole seconds and the clocks of
//! several API servers are covered by [`MARGIN`]. The lock keeps runs from getting in each other's way; what
//! keeps a late write out is the precondition of every write.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rolecall_engine::port::{HoldLock, Lock, PortError, PortErrorKind, PortFuture};
use serde_json::Value;

use crate::cluster::KubeCluster;
use crate::connection::Answer;
use crate::wire::{LEASE_NAME, Object};

mod object;
mod term;

#[cfg(test)]
mod tests;

use object::{Spec, change, creation, release, renewal, shown, takeover};
pub use term::KubeTerm;

/// A lock is taken over only this long after its end.
const MARGIN: SignedDuration = SignedDuration::from_secs(2);

/// How often a lost race for a free lock is run again before it is an error.
const RACES: usize = 3;

/// The lock as we left it.
pub(crate) struct Held {
    holder: String,
    resource_version: String,
}

enum Attempt {
    Taken(Held),
    HeldByOther(Lock),
    RaceLost,
}

impl HoldLock for KubeCluster {
    /// Two requests, one where it is only renewed, more where a race for it is lost.
    fn acquire<'a>(&'a self, holder: &'a str, ttl: Duration) -> PortFuture<'a, Lock> {
        Box::pin(async move {
            let mut held = self.held.lock().await;
            if let Some(ours) = held.take().filter(|ours| ours.holder == holder) {
                let renewal = renewal(&ours.resource_version, ttl, self.connection.server_time());
                if let Attempt::Taken(ours) = self.swap(holder, &renewal).await? {
                    *held = Some(ours);
                    return Ok(Lock::Acquired);
                }
            }
            for _ in 0..RACES {
                match self.try_acquire(holder, ttl).await? {
                    Attempt::Taken(ours) => {
                        *held = Some(ours);
                        return Ok(Lock::Acquired);
                    }
                    Attempt::HeldByOther(lock) => return Ok(lock),
                    Attempt::RaceLost => {}
                }
            }
            let message = "others were quicker each time it was free";
            Err(PortError::new(PortErrorKind::Conflict, "take", &format!("`{}`", shown(LEASE_NAME)), message))
        })
    }

    /// One request if it was taken here. A lock that is no longer ours is somebody else's to release.
    fn release<'a>(&'a self, holder: &'a str) -> PortFuture<'a, ()> {
        Box::pin(async move {
            let ours = self.held.lock().await.take().filter(|ours| ours.holder == holder);
            let resource_version = match ours {
                Some(ours) => ours.resource_version,
                None => match object::read(&self.connection, LEASE_NAME).await? {
                    Some(lease) if lease.spec.holder() == Some(holder) => lease.metadata.resource_version,
                    _ => return Ok(()),
                },
            };
            self.swap(holder, &release(&resource_version)).await?;
            Ok(())
        })
    }
}

impl KubeCluster {
    async fn try_acquire(&self, holder: &str, ttl: Duration) -> Result<Attempt, PortError> {
        let Some(lease) = object::read(&self.connection, LEASE_NAME).await? else {
            return self.create_lease(holder, ttl).await;
        };
        let now = self.connection.server_time();
        match lease.spec.held_by_other(holder, now) {
            Some(lock) => Ok(Attempt::HeldByOther(lock)),
            None => self.swap(holder, &takeover(&lease, (holder, ttl), now)).await,
        }
    }

    async fn create_lease(&self, holder: &str, ttl: Duration) -> Result<Attempt, PortError> {
        let request = creation(LEASE_NAME, (holder, ttl), self.connection.server_time());
        match self.connection.send(request).await {
            Err(error) if error.kind == PortErrorKind::Conflict => Ok(Attempt::RaceLost),
            outcome => taken(holder, &outcome?),
        }
    }

    /// Writes if nobody did since, nor deleted it.
    async fn swap(&self, holder: &str, patch: &Value) -> Result<Attempt, PortError> {
        match self.connection.send(change(LEASE_NAME, patch)).await {
            Err(error) if matches!(error.kind, PortErrorKind::Conflict | PortErrorKind::NotFound) => {
                Ok(Attempt::RaceLost)
            }
            outcome => taken(holder, &outcome?),
        }
    }
}

impl Spec {
    /// `None` where it is free: nobody's, ours, or at its end for longer than the margin.
    fn held_by_other(&self, holder: &str, now: Timestamp) -> Option<Lock> {
        let other = self.holder().filter(|other| *other != holder)?;
        let renewed = self.renew_time?;
        let duration = SignedDuration::from_secs(i64::from(self.lease_duration_seconds?));
        let free_at = renewed.checked_add(duration).and_then(|end| end.checked_add(MARGIN)).ok()?;
        let remaining =
            Duration::try_from(free_at.duration_since(now)).ok().filter(|left| !left.is_zero())?;
        Some(Lock::HeldBy { holder: other.to_owned(), remaining })
    }
}

fn taken(holder: &str, answer: &Answer) -> Result<Attempt, PortError> {
    let object: Object = answer.json()?;
    Ok(Attempt::Taken(Held { holder: holder.to_owned(), resource_version: object.metadata.resource_version }))
}
