//! The Lease by which processes elect who leads. What its times mean is the business of whoever asks: an election
//! believes none that somebody else wrote.

use std::time::Duration;

use rolecall_engine::election::Term;
use rolecall_engine::port::{KeepTerm, PortError, PortErrorKind, PortFuture};
use tokio::sync::Mutex;

use super::object::{self, Lease, change, creation, release, renewal, takeover};
use crate::cluster::KubeCluster;
use crate::connection::Request;
use crate::wire::Object;

/// A Lease in the namespace `rolecall`, over connections of its own.
pub struct KubeTerm {
    cluster: KubeCluster,
    name: String,
    /// As it was read last: who takes it over counts on.
    read: Mutex<Lease>,
}

impl KubeTerm {
    /// The Lease of that name in a cluster.
    pub fn new(cluster: KubeCluster, name: impl Into<String>) -> Self {
        Self { cluster, name: name.into(), read: Mutex::default() }
    }

    /// The version that a write made.
    async fn write(&self, request: Request) -> Result<String, PortError> {
        let answer = self.cluster.connection.send(request).await?;
        Ok(answer.json::<Object>()?.metadata.resource_version)
    }
}

impl KeepTerm for KubeTerm {
    fn read(&self) -> PortFuture<'_, Option<Term>> {
        Box::pin(async {
            let lease = object::read(&self.cluster.connection, &self.name).await?;
            let term = lease.as_ref().map(Lease::term);
            *self.read.lock().await = lease.unwrap_or_default();
            Ok(term)
        })
    }

    fn create<'a>(&'a self, holder: &'a str, length: Duration) -> PortFuture<'a, String> {
        let now = self.cluster.connection.server_time();
        Box::pin(self.write(creation(&self.name, (holder, length), now)))
    }

    fn swap<'a>(&'a self, version: &'a str, holder: &'a str, length: Duration) -> PortFuture<'a, String> {
        Box::pin(async move {
            let now = self.cluster.connection.server_time();
            let read = self.read.lock().await;
            let is_new = read.metadata.resource_version == version && read.spec.holder() != Some(holder);
            let patch =
                if is_new { takeover(&read, (holder, length), now) } else { renewal(version, length, now) };
            drop(read);
            match self.write(change(&self.name, &patch)).await {
                // Deleted: it is at no version any more.
                Err(error) if error.kind == PortErrorKind::NotFound => {
                    Err(PortError { kind: PortErrorKind::Conflict, ..error })
                }
                outcome => outcome,
            }
        })
    }

    fn free<'a>(&'a self, version: &'a str) -> PortFuture<'a, ()> {
        Box::pin(async move {
            self.write(change(&self.name, &release(version))).await?;
            Ok(())
        })
    }
}

impl Lease {
    fn term(&self) -> Term {
        Term {
            holder: self.spec.holder().map(str::to_owned),
            version: self.metadata.resource_version.clone(),
            duration: Duration::from_secs(u64::from(self.spec.lease_duration_seconds.unwrap_or(0))),
        }
    }
}
