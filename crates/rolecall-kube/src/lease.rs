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
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::KubeCluster;
use crate::connection::{Answer, Request};
use crate::wire::{LEASE_NAME, LEASES_PATH, MANAGED_BY_LABEL, Metadata, NAMESPACE, Object};

#[cfg(test)]
mod tests;

/// A lock is taken over only this long after its end.
const MARGIN: SignedDuration = SignedDuration::from_secs(2);

/// How often a lost race for a free lock is run again before it is an error.
const RACES: usize = 3;

const LEASE: &str = "lease rolecall/rolecall";

/// The lock as we left it.
pub(crate) struct Held {
    holder: String,
    resource_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lease {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    holder_identity: Option<String>,
    renew_time: Option<Timestamp>,
    lease_duration_seconds: Option<u32>,
    lease_transitions: Option<u32>,
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
            Err(PortError::new(PortErrorKind::Conflict, "take", &format!("`{LEASE}`"), message))
        })
    }

    /// One request if it was taken here. A lock that is no longer ours is somebody else's to release.
    fn release<'a>(&'a self, holder: &'a str) -> PortFuture<'a, ()> {
        Box::pin(async move {
            let ours = self.held.lock().await.take().filter(|ours| ours.holder == holder);
            let resource_version = match ours {
                Some(ours) => ours.resource_version,
                None => match self.read_lease().await? {
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
        let Some(lease) = self.read_lease().await? else { return self.create_lease(holder, ttl).await };
        let now = self.connection.server_time();
        match lease.spec.held_by_other(holder, now) {
            Some(lock) => Ok(Attempt::HeldByOther(lock)),
            None => self.swap(holder, &takeover(&lease, holder, ttl, now)).await,
        }
    }

    async fn read_lease(&self) -> Result<Option<Lease>, PortError> {
        match self.connection.find(Request::read(LEASE, lease_path())).await? {
            Some(answer) => answer.json().map(Some),
            None => Ok(None),
        }
    }

    async fn create_lease(&self, holder: &str, ttl: Duration) -> Result<Attempt, PortError> {
        let lease = first_lease(holder, ttl, self.connection.server_time());
        match self.connection.send(Request::create(LEASE, LEASES_PATH, &lease)).await {
            Err(error) if error.kind == PortErrorKind::Conflict => Ok(Attempt::RaceLost),
            outcome => taken(holder, &outcome?),
        }
    }

    /// Writes if nobody did since, nor deleted it.
    async fn swap(&self, holder: &str, patch: &Value) -> Result<Attempt, PortError> {
        match self.connection.send(Request::merge_patch(LEASE, &lease_path(), patch)).await {
            Err(error) if matches!(error.kind, PortErrorKind::Conflict | PortErrorKind::NotFound) => {
                Ok(Attempt::RaceLost)
            }
            outcome => taken(holder, &outcome?),
        }
    }
}

impl Spec {
    fn holder(&self) -> Option<&str> {
        self.holder_identity.as_deref().filter(|holder| !holder.is_empty())
    }

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

fn first_lease(holder: &str, ttl: Duration, now: Timestamp) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": LEASE_NAME,
            "namespace": NAMESPACE,
            "labels": { MANAGED_BY_LABEL: "rolecall" },
        },
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": seconds(ttl),
            "acquireTime": micro_time(now),
            "renewTime": micro_time(now),
            "leaseTransitions": 0,
        },
    })
}

fn takeover(lease: &Lease, holder: &str, ttl: Duration, now: Timestamp) -> Value {
    let mut patch = renewal(&lease.metadata.resource_version, ttl, now);
    patch["spec"]["holderIdentity"] = json!(holder);
    patch["spec"]["acquireTime"] = json!(micro_time(now));
    patch["spec"]["leaseTransitions"] = json!(lease.spec.lease_transitions.unwrap_or(0).saturating_add(1));
    patch
}

fn renewal(resource_version: &str, ttl: Duration, now: Timestamp) -> Value {
    json!({
        "metadata": { "resourceVersion": resource_version },
        "spec": { "leaseDurationSeconds": seconds(ttl), "renewTime": micro_time(now) },
    })
}

fn release(resource_version: &str) -> Value {
    json!({ "metadata": { "resourceVersion": resource_version }, "spec": { "holderIdentity": "" } })
}

/// A Lease counts whole seconds, at least one.
fn seconds(ttl: Duration) -> u64 {
    let whole = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
    whole.max(1)
}

/// `MicroTime`: RFC 3339 with six digits after the point, and no other number of them.
fn micro_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

fn lease_path() -> String {
    format!("{LEASES_PATH}/{LEASE_NAME}")
}
