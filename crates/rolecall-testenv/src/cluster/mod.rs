//! A real cluster's control plane, as far as access is concerned: etcd,
//! kube-apiserver, and aws-iam-authenticator reading `aws-auth`.
//!
//! There are no controllers and no nodes: namespaces are not emptied by
//! themselves and nothing is scheduled. Warm, a start takes about three seconds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::ClientConfig;

use crate::assets::Assets;
use crate::certificates::{Authority, Identity};
use crate::ec2::Ec2;
use crate::supervisor::Supervisor;
use crate::tls;
use crate::webhook::Webhook;

mod aws;
mod kubeconfig;
mod requests;
mod reset;
mod servers;
mod stage;

pub use aws::{ACCOUNT, PracticeAws, REGION};
pub use kubeconfig::KubeconfigUser;
pub use requests::{AuditMark, AuditedRequest};
pub use servers::Part;
pub use stage::{TokenReview, eventually};

use servers::Ports;

/// What a cluster is started with.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The EKS name, which tokens are bound to by the signed `x-k8s-aws-id`.
    pub name: String,
    pub token_cache: TokenCache,
    /// Where the cluster is announced and where the authenticator asks about
    /// tokens; one of its own if none is given.
    pub aws: Option<Arc<PracticeAws>>,
    /// The authenticator's feature gate `SSORoleMatch`: off by default, and on EKS.
    pub sso_role_match: bool,
}

/// How long the API server keeps the webhook's answer about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenCache {
    /// As little as the API server can: ten seconds for a token that was
    /// accepted, nothing for one that was refused.
    Off,
    /// The API server's own two minutes for what was accepted.
    ServerDefault,
}

/// The name of a cluster that was given none.
const DEFAULT_NAME: &str = "rolecall-test";

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { name: DEFAULT_NAME.into(), token_cache: TokenCache::Off, aws: None, sso_role_match: false }
    }
}

/// A running cluster; dropping it, or the end of the process in whatever way,
/// ends its servers and removes its files.
pub struct Cluster {
    // First, so that it is dropped first: its servers use everything below.
    supervisor: Supervisor,
    name: String,
    token_cache: TokenCache,
    aws: Arc<PracticeAws>,
    ec2: Ec2,
    sso_role_match: bool,
    assets: &'static Assets,
    authority: Authority,
    admin: Identity,
    ports: Ports,
    as_admin: Arc<ClientConfig>,
    as_nobody: Arc<ClientConfig>,
    admin_kubeconfig: PathBuf,
}

impl Cluster {
    /// Starts a cluster of its own and waits until it answers.
    pub fn start(options: ClusterOptions) -> Result<Self> {
        let assets = Assets::ready()?;
        let ClusterOptions { name, token_cache, aws, sso_role_match } = options;
        let aws = aws.map_or_else(|| PracticeAws::start().map(Arc::new), Ok)?;
        let supervisor = Supervisor::start()?;
        let authority = Authority::new()?;
        let admin = authority.client("rolecall-test-admin", "system:masters")?;
        let as_admin = tls::client_config(&authority.pem(), Some(&admin))?;
        let as_nobody = tls::client_config(&authority.pem(), None)?;
        let cluster = Self {
            admin_kubeconfig: supervisor.home().join("admin.kubeconfig"),
            ports: Ports::choose()?,
            supervisor,
            name,
            token_cache,
            aws,
            ec2: Ec2::start()?,
            sso_role_match,
            assets,
            authority,
            admin,
            as_admin,
            as_nobody,
        };
        cluster.write_files()?;
        for part in [Part::Etcd, Part::ApiServer, Part::Authenticator] {
            cluster.resume(part).with_context(|| format!("start {}", part.name()))?;
        }
        cluster.announce(cluster.eks_record());
        Ok(cluster)
    }

    /// The turn of the calling test on the cluster of this process, which the
    /// first test that asks starts; reset when the turn begins.
    ///
    /// There is one `aws-auth` in a cluster, so tests that share one run one
    /// after another.
    pub fn shared() -> Result<Turn<'static>> {
        static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
        static TURN: Mutex<()> = Mutex::new(());
        let cluster = SHARED
            .get_or_init(|| Self::start(ClusterOptions::default()).map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!(error.clone()))?;
        // A test that failed during its turn leaves nothing that reset does not mend.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        cluster.reset()?;
        Ok(Turn { cluster, _turn: turn })
    }

    /// The endpoint that clients are configured with.
    pub fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.api_server)
    }

    /// The authenticator itself, without the API server before it.
    pub fn authenticator_url(&self) -> String {
        format!("https://localhost:{}/authenticate", self.ports.authenticator)
    }

    /// The same, to be asked about many tokens.
    pub fn webhook(&self) -> Result<Webhook> {
        let pem = std::fs::read_to_string(self.home().join("cert.pem")).context("read its certificate")?;
        Webhook::new(self.ports.authenticator, &pem)
    }

    /// The EKS name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The authority of the API server's and the fault proxy's certificates.
    pub fn ca_pem(&self) -> String {
        self.authority.pem()
    }

    /// The same as EKS DescribeCluster gives it: base64 of the PEM.
    pub fn ca_base64(&self) -> String {
        BASE64_STANDARD.encode(self.ca_pem())
    }

    /// A kubeconfig with a client certificate of `O=system:masters`, which no
    /// `aws-auth` can lock out.
    pub fn admin_kubeconfig(&self) -> &Path {
        &self.admin_kubeconfig
    }

    /// A folder that is removed with the cluster.
    pub fn home(&self) -> &Path {
        self.supervisor.home()
    }

    /// kubectl of the API server's version, as admin, with nothing inherited
    /// from a kubeconfig or cache outside the cluster's folder.
    pub fn kubectl(&self) -> Command {
        let mut kubectl = Command::new(self.assets.kubectl());
        kubectl
            .env("KUBECONFIG", &self.admin_kubeconfig)
            .env("KUBECACHEDIR", self.home().join("kubectl-cache"));
        kubectl
    }

    /// What a server has logged so far.
    pub fn log(&self, part: Part) -> String {
        self.supervisor.log(part.name())
    }

    /// Trusts this cluster's authority, shows nothing.
    pub(crate) fn as_nobody(&self) -> &Arc<ClientConfig> {
        &self.as_nobody
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(crate) fn api_server_port(&self) -> u16 {
        self.ports.api_server
    }
}

/// The turn of one test on the cluster that the tests of a process share.
pub struct Turn<'a> {
    cluster: &'a Cluster,
    _turn: MutexGuard<'static, ()>,
}

impl std::ops::Deref for Turn<'_> {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        self.cluster
    }
}
