//! The Lease as an object: what is read of it, and what is written.

use std::time::Duration;

use jiff::Timestamp;
use rolecall_engine::port::PortError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connection::{Connection, Request};
use crate::wire::{LEASES_PATH, MANAGED_BY_LABEL, Metadata, NAMESPACE};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Lease {
    pub(super) metadata: Metadata,
    pub(super) spec: Spec,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Spec {
    pub(super) holder_identity: Option<String>,
    pub(super) renew_time: Option<Timestamp>,
    pub(super) lease_duration_seconds: Option<u32>,
    pub(super) lease_transitions: Option<u32>,
}

impl Spec {
    pub(super) fn holder(&self) -> Option<&str> {
        self.holder_identity.as_deref().filter(|holder| !holder.is_empty())
    }
}

/// Reads the Lease of that name in our namespace.
pub(super) async fn read(connection: &Connection, name: &str) -> Result<Option<Lease>, PortError> {
    match connection.find(Request::read(&shown(name), path(name))).await? {
        Some(answer) => answer.json().map(Some),
        None => Ok(None),
    }
}

/// To create it.
pub(super) fn creation(name: &str, (holder, ttl): (&str, Duration), now: Timestamp) -> Request {
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "name": name, "namespace": NAMESPACE, "labels": { MANAGED_BY_LABEL: "rolecall" } },
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": seconds(ttl),
            "acquireTime": micro_time(now),
            "renewTime": micro_time(now),
            "leaseTransitions": 0,
        },
    });
    Request::create(&shown(name), LEASES_PATH, &lease)
}

/// To write into it, if it is still at the version that stands in the patch.
pub(super) fn change(name: &str, patch: &Value) -> Request {
    Request::merge_patch(&shown(name), &path(name), patch)
}

pub(super) fn takeover(lease: &Lease, (holder, ttl): (&str, Duration), now: Timestamp) -> Value {
    let mut patch = renewal(&lease.metadata.resource_version, ttl, now);
    patch["spec"]["holderIdentity"] = json!(holder);
    patch["spec"]["acquireTime"] = json!(micro_time(now));
    patch["spec"]["leaseTransitions"] = json!(lease.spec.lease_transitions.unwrap_or(0).saturating_add(1));
    patch
}

pub(super) fn renewal(resource_version: &str, ttl: Duration, now: Timestamp) -> Value {
    json!({
        "metadata": { "resourceVersion": resource_version },
        "spec": { "leaseDurationSeconds": seconds(ttl), "renewTime": micro_time(now) },
    })
}

pub(super) fn release(resource_version: &str) -> Value {
    json!({ "metadata": { "resourceVersion": resource_version }, "spec": { "holderIdentity": "" } })
}

/// What errors call it.
pub(super) fn shown(name: &str) -> String {
    format!("lease {NAMESPACE}/{name}")
}

fn path(name: &str) -> String {
    format!("{LEASES_PATH}/{name}")
}

/// A Lease counts whole seconds, at least one.
pub(super) fn seconds(ttl: Duration) -> u64 {
    let whole = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
    whole.max(1)
}

/// `MicroTime`: RFC 3339 with six digits after the point, and no other number of them.
pub(super) fn micro_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
