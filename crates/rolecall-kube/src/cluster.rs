//! One cluster, connected: what the ports of the engine are implemented on.

use std::fmt;

use rolecall_core::cluster::{AccessEntry, AuthenticationMode, ClusterIdentity};
use rolecall_core::observed::Knowledge;
use rolecall_core::plan::Call;
use rolecall_engine::port::{ChangeAccess, PortError, PortFuture};
use tokio::sync::Mutex;

use crate::connection::Connection;
use crate::kubeconfig::{ChosenContext, KubeconfigChoice};
use crate::lease::Held;
use crate::target::{Endpoint, Target, Timeouts};

/// A cluster that can be observed and changed. All its requests share their connections.
pub struct KubeCluster {
    pub(crate) target: Target,
    pub(crate) connection: Connection,
    pub(crate) mode: Knowledge<AuthenticationMode>,
    pub(crate) access_entries: Knowledge<Vec<AccessEntry>>,
    /// The version of our own last write beside the map: what is listed after it must not be older.
    pub(crate) written: std::sync::Mutex<Option<String>>,
    /// The lock, as long as we hold it.
    pub(crate) held: Mutex<Option<Held>>,
}

impl KubeCluster {
    /// The cluster at an endpoint that EKS told. Nothing is sent yet. Needs a tokio runtime around it.
    pub fn at_endpoint(endpoint: Endpoint, timeouts: Timeouts) -> Result<Self, PortError> {
        Self::at(Target::of_endpoint(endpoint, timeouts)?)
    }

    /// The cluster of a kubeconfig's context, and which context that is. Runs its exec plugin if it has one;
    /// nothing else is sent yet.
    pub async fn of_kubeconfig(
        choice: &KubeconfigChoice,
        timeouts: Timeouts,
    ) -> Result<(Self, ChosenContext), PortError> {
        let (target, context) = Target::of_kubeconfig(choice, timeouts).await?;
        Ok((Self::at(target)?, context))
    }

    /// The cluster of the current context of a kubeconfig that somebody else wrote: it may neither run a program nor
    /// name a file of this machine.
    pub async fn of_foreign_kubeconfig(text: &str, timeouts: Timeouts) -> Result<Self, PortError> {
        Self::at(Target::of_foreign_kubeconfig(text, timeouts).await?)
    }

    /// What EKS says of the cluster, which is part of every observation from now on.
    #[must_use]
    pub fn with_eks(
        self,
        mode: Knowledge<AuthenticationMode>,
        access_entries: Knowledge<Vec<AccessEntry>>,
    ) -> Self {
        Self { mode, access_entries, ..self }
    }

    /// Which cluster this is.
    pub fn identity(&self) -> &ClusterIdentity {
        &self.target.identity
    }

    pub(crate) fn at(target: Target) -> Result<Self, PortError> {
        let connection = Connection::open(&target)?;
        let not_asked = "EKS was not asked: the cluster was reached without its name and region";
        Ok(Self {
            target,
            connection,
            mode: Knowledge::Unknown(not_asked.to_owned()),
            access_entries: Knowledge::Unknown(not_asked.to_owned()),
            written: std::sync::Mutex::new(None),
            held: Mutex::new(None),
        })
    }
}

impl fmt::Debug for KubeCluster {
    /// Which cluster, and nothing of how we are known there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeCluster").field("identity", self.identity()).finish_non_exhaustive()
    }
}

impl ChangeAccess for KubeCluster {
    fn execute<'a>(&'a self, call: &'a Call) -> PortFuture<'a, ()> {
        Box::pin(self.send_call(call, false))
    }
}
