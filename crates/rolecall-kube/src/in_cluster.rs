//! The cluster that a pod runs in, as its ServiceAccount.

use std::path::Path;

use rolecall_engine::port::{PortError, PortErrorKind};

use crate::cluster::KubeCluster;
use crate::knock::ClaimedNames;
use crate::target::{Target, Timeouts, certificates, config, identity};

/// Where Kubernetes puts a ServiceAccount's token and the authority of its API server.
pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What such a cluster is called: nothing in a pod tells its name.
const NAME: &str = "in-cluster";

impl KubeCluster {
    /// The cluster that we run in. `folder` is [`SERVICE_ACCOUNT`], `address` what the environment says of
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`. The token is read again as it is renewed; nothing is
    /// sent yet. Needs a tokio runtime around it.
    pub fn in_cluster(
        folder: &Path,
        (host, port): (&str, &str),
        timeouts: Timeouts,
    ) -> Result<Self, PortError> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let url = format!("https://{host}:{port}");
        let mut config = config(&url, None)?;
        let file = folder.join("ca.crt");
        let ca_pem = std::fs::read(&file).map_err(|error| unreadable(&file, &error))?;
        config.root_cert = Some(certificates(&ca_pem)?);
        let token = folder.join("token");
        std::fs::metadata(&token).map_err(|error| unreadable(&token, &error))?;
        config.auth_info.token_file = Some(token.display().to_string());
        let identity = identity(NAME, &url, Some(&ca_pem));
        Self::at(Target { identity, config, tokens: None, timeouts, claimed: ClaimedNames::default() })
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> PortError {
    PortError::new(PortErrorKind::NotFound, "read", &format!("`{}`", file.display()), error.to_string())
        .with_hint("in a pod it is there, unless `automountServiceAccountToken` is off")
}
