//! Which cluster, and how it authenticates.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A cluster, told apart by where it listens and whom it trusts, not by its name alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterIdentity {
    /// The EKS cluster name, or the kubeconfig context.
    pub name: String,
    /// The URL of its API server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// SHA-256 of its CA bundle, see [`fingerprint`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_fingerprint: Option<String>,
}

impl fmt::Display for ClusterIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// `sha256:` and the hex digest of `bytes`.
pub fn fingerprint(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_string();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing to a text cannot fail");
    }
    text
}

/// How an EKS cluster decides who enters (EKS user guide, "authentication mode").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthenticationMode {
    /// Only `aws-auth` counts.
    ConfigMap,
    /// Access entries first, then `aws-auth`.
    ApiAndConfigMap,
    /// Only access entries; `aws-auth` means nothing.
    Api,
}

impl fmt::Display for AuthenticationMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConfigMap => "CONFIG_MAP",
            Self::ApiAndConfigMap => "API_AND_CONFIG_MAP",
            Self::Api => "API",
        })
    }
}

/// The EKS record of a principal, as far as it concerns the map: who, as whom, with which rights.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessEntry {
    /// The principal's ARN.
    pub principal_arn: String,
    /// The access entry type, such as `STANDARD` or `EC2_LINUX`.
    #[serde(rename = "type")]
    pub entry_type: String,
    /// The Kubernetes username.
    pub username: String,
    /// The Kubernetes groups.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Names of access policies associated with the scope of the whole cluster.
    #[serde(default)]
    pub cluster_policies: Vec<String>,
}

impl AccessEntry {
    /// Does it give cluster-admin rights by an access policy or a group?
    pub fn is_cluster_admin(&self) -> bool {
        self.cluster_policies.iter().any(|policy| policy.ends_with("AmazonEKSClusterAdminPolicy"))
    }
}
