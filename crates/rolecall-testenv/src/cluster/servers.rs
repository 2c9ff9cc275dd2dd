//! How each server is started, in which order, and when it counts as ready.
//!
//! The flags are those that a loopback API server without controllers needs;
//! everything that is not named is upstream's default.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::Method;
use rcgen::KeyPair;

use super::kubeconfig::KubeconfigUser;
use super::{Cluster, REGION, TokenCache};
use crate::ports;
use crate::supervisor::Server;

/// Generous, since a test machine may be building something beside.
const READY: Duration = Duration::from_secs(90);

/// A server of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Etcd,
    ApiServer,
    Authenticator,
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::Authenticator => "aws-iam-authenticator",
        }
    }
}

pub(super) struct Ports {
    pub(super) etcd: u16,
    pub(super) etcd_peers: u16,
    pub(super) api_server: u16,
    pub(super) authenticator: u16,
}

impl Ports {
    pub(super) fn choose() -> Result<Self> {
        Ok(Self {
            etcd: ports::free()?,
            etcd_peers: ports::free()?,
            api_server: ports::free()?,
            authenticator: ports::free()?,
        })
    }
}

impl Cluster {
    /// Ends a server at once, as a crash would.
    pub fn stop(&self, part: Part) -> Result<()> {
        self.supervisor.kill(part.name())
    }

    /// Starts a server (again) and waits until it answers.
    pub fn resume(&self, part: Part) -> Result<()> {
        let server = match part {
            Part::Etcd => self.etcd(),
            Part::ApiServer => self.api_server(),
            Part::Authenticator => self.authenticator(),
        };
        self.supervisor.launch(&server)?;
        self.supervisor.wait_for(part.name(), READY, || self.is_ready(part))
    }

    /// Certificates, keys, kubeconfigs and the authenticator's own files.
    pub(super) fn write_files(&self) -> Result<()> {
        let serving = self.authority.server()?;
        let accounts = KeyPair::generate()?;
        let authenticator = self.authority.client("aws-iam-authenticator", "system:masters")?;
        let write = |name: &str, text: &str| {
            fs::write(self.home().join(name), text).with_context(|| format!("write `{name}`"))
        };
        write("ca.pem", &self.ca_pem())?;
        write("apiserver.pem", &serving.certificate)?;
        write("apiserver.key", &serving.key)?;
        write("service-accounts.key", &accounts.serialize_pem())?;
        write("service-accounts.pub", &accounts.public_key_pem())?;
        write("audit-policy.yaml", AUDIT_POLICY)?;
        write("sts-ca.pem", self.aws.server.ca_pem())?;
        write("authenticator.yaml", &self.authenticator_config())?;
        self.write_kubeconfig("admin", &self.endpoint(), &KubeconfigUser::certificate(&self.admin))?;
        self.write_kubeconfig(
            "authenticator",
            &self.endpoint(),
            &KubeconfigUser::certificate(&authenticator),
        )?;
        self.init_authenticator()
    }

    fn is_ready(&self, part: Part) -> bool {
        let listens = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_ok();
        match part {
            Part::Etcd => listens(self.ports.etcd),
            Part::Authenticator => listens(self.ports.authenticator),
            Part::ApiServer => {
                self.request(Method::GET, "/readyz", None).is_ok_and(|answer| answer.status.is_success())
            }
        }
    }

    fn etcd(&self) -> Server {
        let clients = format!("http://127.0.0.1:{}", self.ports.etcd);
        let peers = format!("http://127.0.0.1:{}", self.ports.etcd_peers);
        let flags = [
            ("name", "test".into()),
            ("data-dir", self.path("etcd")),
            ("listen-client-urls", clients.clone()),
            ("advertise-client-urls", clients),
            ("listen-peer-urls", peers.clone()),
            ("initial-advertise-peer-urls", peers.clone()),
            ("initial-cluster", format!("test={peers}")),
            ("unsafe-no-fsync", "true".into()),
            ("log-level", "error".into()),
        ];
        Server {
            name: Part::Etcd.name(),
            program: self.assets.etcd().into(),
            arguments: arguments(&flags),
            environment: BTreeMap::new(),
        }
    }

    fn api_server(&self) -> Server {
        let mut flags = vec![
            ("etcd-servers", format!("http://127.0.0.1:{}", self.ports.etcd)),
            ("secure-port", self.ports.api_server.to_string()),
            ("bind-address", "127.0.0.1".into()),
            ("advertise-address", "127.0.0.1".into()),
            // Without it a loopback address is refused.
            ("endpoint-reconciler-type", "none".into()),
            ("tls-cert-file", self.path("apiserver.pem")),
            ("tls-private-key-file", self.path("apiserver.key")),
            ("client-ca-file", self.path("ca.pem")),
            ("service-account-key-file", self.path("service-accounts.pub")),
            ("service-account-signing-key-file", self.path("service-accounts.key")),
            ("service-account-issuer", "https://kubernetes.default.svc".into()),
            ("service-cluster-ip-range", "10.0.0.0/24".into()),
            ("authorization-mode", "RBAC".into()),
            // No controller makes the accounts that this plugin insists on.
            ("disable-admission-plugins", "ServiceAccount".into()),
            ("authentication-token-webhook-config-file", self.path("webhook.kubeconfig")),
            ("authentication-token-webhook-version", "v1".into()),
            ("audit-policy-file", self.path("audit-policy.yaml")),
            ("audit-log-path", self.path("audit.jsonl")),
        ];
        if self.token_cache == TokenCache::Off {
            flags.push(("authentication-token-webhook-cache-ttl", "0s".into()));
        }
        Server {
            name: Part::ApiServer.name(),
            program: self.assets.kube_apiserver().into(),
            arguments: arguments(&flags),
            environment: BTreeMap::new(),
        }
    }

    /// Only after the API server is ready: a first watch that fails costs 5 s.
    fn authenticator(&self) -> Server {
        let environment = BTreeMap::from([
            ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()),
            ("AWS_REGION".to_owned(), REGION.to_owned()),
            ("HTTPS_PROXY".to_owned(), self.aws.server.proxy_url()),
            ("SSL_CERT_FILE".to_owned(), self.path("sts-ca.pem")),
            ("AWS_ENDPOINT_URL_EC2".to_owned(), self.ec2.endpoint_url()),
            // For EC2 alone, which does not look at them; verifying tokens takes none.
            ("AWS_ACCESS_KEY_ID".to_owned(), "AKIAPRACTICE00000000".to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), "nothing to keep".to_owned()),
        ]);
        Server {
            name: Part::Authenticator.name(),
            program: self.assets.authenticator().into(),
            arguments: vec![
                "server".into(),
                format!("--config={}", self.path("authenticator.yaml")),
                format!("--feature-gates=SSORoleMatch={}", self.sso_role_match),
            ],
            environment,
        }
    }

    fn authenticator_config(&self) -> String {
        format!(
            "clusterID: {}\n\
             server:\n\
             \x20 address: 127.0.0.1\n\
             \x20 hostname: localhost\n\
             \x20 port: {}\n\
             \x20 stateDir: {}\n\
             \x20 generateKubeconfig: {}\n\
             \x20 kubeconfig: {}\n\
             \x20 backendMode: [EKSConfigMap]\n",
            self.name(),
            self.ports.authenticator,
            self.path(""),
            self.path("webhook.kubeconfig"),
            self.path("authenticator.kubeconfig"),
        )
    }

    /// Makes the certificate and the webhook's kubeconfig ahead of the server,
    /// since the API server reads them at its own start.
    fn init_authenticator(&self) -> Result<()> {
        let output = Command::new(self.assets.authenticator())
            .args(["init", "--cluster-id", self.name(), "--config", "authenticator.yaml"])
            .current_dir(self.home())
            .env_clear()
            .output()
            .context("start `aws-iam-authenticator init`")?;
        ensure!(
            output.status.success(),
            "`aws-iam-authenticator init` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let made = self.home().join("aws-iam-authenticator.kubeconfig");
        fs::rename(&made, self.home().join("webhook.kubeconfig")).context("move the webhook's kubeconfig")
    }

    fn path(&self, name: &str) -> String {
        self.home().join(name).display().to_string()
    }
}

fn arguments(flags: &[(&str, String)]) -> Vec<String> {
    flags.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}

/// Every finished request, without bodies, and without the servers' own.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted, Panic]
rules:
- level: None
  users: [\"system:apiserver\", \"aws-iam-authenticator\"]
- level: Metadata
";
