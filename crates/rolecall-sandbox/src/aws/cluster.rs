//! EKS clusters and access entries, as plain values that a test writes down.
//! It deliberately checks nothing: a practice cluster may be as odd as the test needs it.

use super::principal::account_of;

/// An EKS cluster, found by account, region and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Twelve digits.
    pub account: String,
    /// Such as `ap-northeast-1`.
    pub region: String,
    /// Unique in its account and region.
    pub name: String,
    /// Absent until the cluster is up, as in EKS.
    pub endpoint: Option<String>,
    /// The CA's PEM text in base64; absent until the cluster is up.
    pub certificate_authority: Option<String>,
    /// `ACTIVE`, `CREATING`, `UPDATING`, …
    pub status: String,
    /// The Kubernetes version: `1.33`.
    pub version: String,
    /// Clusters from before access entries may leave it out, and count as `CONFIG_MAP`.
    pub authentication_mode: Option<AuthenticationMode>,
    /// In no order.
    pub access_entries: Vec<AccessEntry>,
}

impl Cluster {
    /// Describes an active cluster in `CONFIG_MAP` mode, without an endpoint yet.
    pub fn new(account: &str, region: &str, name: &str) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
            endpoint: None,
            certificate_authority: None,
            status: "ACTIVE".to_owned(),
            version: "1.33".to_owned(),
            authentication_mode: Some(AuthenticationMode::ConfigMap),
            access_entries: Vec::new(),
        }
    }

    /// Returns `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`.
    pub fn arn(&self) -> String {
        format!("arn:aws:eks:{}:{}:cluster/{}", self.region, self.account, self.name)
    }
}

/// Who decides what a principal is in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationMode {
    /// The map alone; access entries cannot even be listed.
    ConfigMap,
    /// Access entries first, then the map.
    ApiAndConfigMap,
    /// Access entries alone.
    Api,
}

impl AuthenticationMode {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "CONFIG_MAP",
            Self::ApiAndConfigMap => "API_AND_CONFIG_MAP",
            Self::Api => "API",
        }
    }
}

/// The EKS record of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    /// The full ARN, with the path.
    pub principal_arn: String,
    /// What the principal is called in the cluster; may hold `{{SessionName}}`.
    pub username: String,
    /// Bound by RBAC in the cluster.
    pub kubernetes_groups: Vec<String>,
    /// `STANDARD`, `EC2_LINUX`, …
    pub entry_type: String,
    /// The access policies on the entry.
    pub policies: Vec<PolicyAssociation>,
}

impl AccessEntry {
    /// Describes a `STANDARD` entry with the username that EKS would choose, and no rights.
    pub fn new(principal_arn: &str) -> Self {
        Self {
            principal_arn: principal_arn.to_owned(),
            username: default_username(principal_arn),
            kubernetes_groups: Vec::new(),
            entry_type: "STANDARD".to_owned(),
            policies: Vec::new(),
        }
    }
}

/// An access policy on an access entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyAssociation {
    /// `arn:aws:eks::aws:cluster-access-policy/NAME`.
    pub policy_arn: String,
    /// Where it holds.
    pub scope: AccessScope,
}

/// Where an access policy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessScope {
    /// In the whole cluster.
    Cluster,
    /// In these namespaces; a name may end in `*`.
    Namespaces(Vec<String>),
}

fn default_username(principal_arn: &str) -> String {
    match principal_arn.split_once(":role/") {
        Some((_, path_and_name)) => {
            let name = path_and_name.rsplit('/').next().unwrap_or_default();
            format!("arn:aws:sts::{}:assumed-role/{name}/{{{{SessionName}}}}", account_of(principal_arn))
        }
        None => principal_arn.to_owned(),
    }
}
