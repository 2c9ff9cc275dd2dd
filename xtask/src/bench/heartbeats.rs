//! What goes on in every cluster that has nodes: Leases are renewed, each a write.
//!
//! Without it, an API server is faster than any real one: it answers a list from its cache at once only if
//! nothing at all was written since the last change of what is listed, and otherwise asks etcd first, at most
//! every tenth of a second.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Result, bail};
use http::Method;
use rolecall_testenv::Cluster;
use serde_json::json;

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
/// A node renews its Lease every ten seconds: this is a cluster of forty.
const INTERVAL: Duration = Duration::from_millis(250);

/// Keeps the cluster busy while `work` goes on.
pub(super) fn during<T>(cluster: &Cluster, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "nodes"}, "spec": {"leaseTransitions": 0},
    });
    let mut lease = cluster.request(Method::POST, LEASES, Some(&lease))?.success()?;
    let (end, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let heart = scope.spawn(move || -> Result<()> {
            for beat in 1.. {
                match ended.recv_timeout(INTERVAL) {
                    Err(RecvTimeoutError::Timeout) => lease["spec"]["leaseTransitions"] = json!(beat),
                    _ => break,
                }
                // With the version of the answer before, which a Lease must name.
                lease = cluster.request(Method::PUT, &format!("{LEASES}/nodes"), Some(&lease))?.success()?;
            }
            Ok(())
        });
        let result = work();
        drop(end);
        match heart.join() {
            Ok(beaten) => beaten.and(result),
            Err(_) => bail!("the thread that renews Leases panicked"),
        }
    })
}
