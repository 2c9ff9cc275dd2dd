//! The custom resource `AccessSync`: one cluster, and the files that it is to be as.
//!
//! The types are its schema: the CRD is generated from them, so that what the API server lets in is what is read
//! here. What becomes of a resource is told in its status ([`status`]).

#![expect(unreachable_pub, reason = "`KubeSchema` makes a twin of each type inside of a function")]

pub mod status;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{CustomResource, CustomResourceExt, KubeSchema};
use rolecall_core::policy::{Growth, MaxRemovals, Policy, Unmanaged};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use status::AccessSyncStatus;

/// An annotation whose every new value is a reason to fetch and to look at once.
pub const RECONCILE_ANNOTATION: &str = "rolecall.dev/reconcile";

/// What is kept, and how.
#[derive(Debug, Clone, PartialEq, Eq, CustomResource, KubeSchema, Deserialize, Serialize)]
#[kube(
    group = "rolecall.dev",
    version = "v1alpha1",
    kind = "AccessSync",
    namespaced,
    status = "AccessSyncStatus",
    shortname = "accs",
    category = "rolecall",
    derive = "PartialEq",
    doc = "Keeps the aws-auth map of one cluster as its files in Git say.",
    validation = Rule::new("self.metadata.name.size() <= 63").message("the name may have 63 characters"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message"),
    printcolumn(name = "Revision", type_ = "string", json_path = ".status.lastAppliedRevision", priority = "1"),
    printcolumn(name = "Drift", type_ = "integer", json_path = ".status.drift"),
    printcolumn(name = "Suspended", type_ = "boolean", json_path = ".spec.suspend", priority = "1"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessSyncSpec {
    /// The repository.
    pub source: SourceSpec,
    /// The folder of the cluster's files in it; its root, if not given.
    #[schemars(length(max = 1024))]
    #[x_kube(validation = Rule::new("!self.split('/').exists(part, part == '..')").message("a path does not lead upwards"))]
    pub path: Option<String>,
    /// The cluster; the one that this resource is in, if not given.
    pub target: Option<TargetSpec>,
    /// What the owner of the cluster demands of every plan, on top of what the repository's `rolecall.yaml` does.
    pub policy: Option<PolicySpec>,
    /// How often source and cluster are looked at without a reason, from 5s to 24h.
    #[serde(default = "a_minute")]
    #[schemars(length(max = 9), pattern(r"^[0-9]+[smh]$"))]
    #[x_kube(validation = Rule::new("duration(self) >= duration('5s') && duration(self) <= duration('24h')").message("an interval is from 5s to 24h"))]
    pub interval: String,
    /// How long an entry stays away that somebody removed by hand, at most 24h.
    #[serde(default = "a_quarter_of_an_hour")]
    #[schemars(length(max = 9), pattern(r"^[0-9]+[smh]$"))]
    #[x_kube(validation = Rule::new("duration(self) <= duration('24h')").message("removals by hand stay for 24h at most"))]
    pub heal_removals_after: String,
    /// Nothing is looked at, applied or healed as long as this is true.
    #[serde(default)]
    pub suspend: bool,
}

/// A repository, and what of it is applied.
#[derive(Debug, Clone, PartialEq, Eq, KubeSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("[has(self.branch), has(self.tag), has(self.commit)].filter(it, it).size() <= 1")
        .message("a source has one of `branch`, `tag` and `commit`"),
    validation = Rule::new("!self.signed || has(self.secretRef)")
        .message("whose signatures are accepted stands in a Secret: name it with `secretRef`")
)]
pub struct SourceSpec {
    /// `https://…`, `ssh://…`, `git@host:…`, `codecommit::REGION://NAME`, or a folder that the controller sees.
    #[schemars(length(min = 1, max = 2048))]
    pub url: String,
    /// The branch; `main`, if nothing else is given.
    #[schemars(length(min = 1, max = 255))]
    pub branch: Option<String>,
    /// A tag instead.
    #[schemars(length(min = 1, max = 255))]
    pub tag: Option<String>,
    /// A commit instead, by all digits of its id.
    #[schemars(length(min = 40, max = 40), pattern(r"^[0-9a-f]+$"))]
    pub commit: Option<String>,
    /// Whether commits must be signed, by somebody in the `allowed_signers` of the Secret. They must be as well
    /// where it has any.
    #[serde(default)]
    pub signed: bool,
    /// A Secret of this namespace with `token`; or `username` and `password`; or `ssh-privatekey` and `known_hosts`;
    /// and, where they are wanted, `ca.crt` and `allowed_signers`.
    pub secret_ref: Option<SecretRef>,
}

/// The cluster that is kept.
#[derive(Debug, Clone, PartialEq, Eq, KubeSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("has(self.eks) != has(self.kubeconfig)").message("a target has one of `eks` and `kubeconfig`")
)]
pub struct TargetSpec {
    /// An EKS cluster, entered with the AWS credentials of the controller.
    pub eks: Option<EksSpec>,
    /// A cluster by its kubeconfig.
    pub kubeconfig: Option<KubeconfigSpec>,
}

/// An EKS cluster.
#[derive(Debug, Clone, PartialEq, Eq, KubeSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EksSpec {
    /// Its name.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// Its region; the controller's own, if not given.
    #[schemars(length(min = 1, max = 64))]
    pub region: Option<String>,
    /// A role that is assumed for it.
    #[schemars(length(min = 20, max = 2048))]
    pub role_arn: Option<String>,
}

/// A kubeconfig in a Secret. It may not run programs, nor name files.
#[derive(Debug, Clone, PartialEq, Eq, KubeSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeconfigSpec {
    /// The Secret.
    pub secret_ref: SecretRef,
    /// The key in it.
    #[serde(default = "value")]
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// A Secret in the resource's own namespace.
#[derive(Debug, Clone, PartialEq, Eq, KubeSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretRef {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// What the owner of a cluster demands. What is not given demands nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, KubeSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicySpec {
    /// `refuse`: a plan is refused as long as there are entries that are nobody's.
    pub unmanaged: Option<UnmanagedSpec>,
    /// Principals that are never removed and never narrowed, by their ARNs.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(min = 20, max = 2048)))]
    pub protect: Vec<String>,
    /// How many entries one plan may remove.
    pub max_removals: Option<MaxRemovalsSpec>,
    /// `refuse`: nobody new becomes cluster-admin.
    pub growth: Option<GrowthSpec>,
}

/// What is demanded of entries that are not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UnmanagedSpec {
    /// They stay.
    Keep,
    /// They are adopted or removed before anything else.
    Refuse,
}

/// What is demanded of new rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum GrowthSpec {
    /// They are shown.
    Show,
    /// They are refused.
    Refuse,
}

/// The most that one plan may remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, KubeSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MaxRemovalsSpec {
    /// Entries.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub count: Option<i32>,
    /// Of all entries, in percent.
    #[schemars(range(min = 0, max = 100))]
    pub percent: Option<i32>,
}

impl PolicySpec {
    /// The same as the policy of a repository says it.
    pub fn policy(&self) -> Policy {
        let max = self.max_removals;
        Policy {
            unmanaged: match self.unmanaged {
                None => Unmanaged::Remove,
                Some(UnmanagedSpec::Keep) => Unmanaged::Keep,
                Some(UnmanagedSpec::Refuse) => Unmanaged::Refuse,
            },
            protect: self.protect.clone(),
            max_removals: MaxRemovals {
                count: max.and_then(|max| max.count).map_or(usize::MAX, at_most),
                percent: max.and_then(|max| max.percent).map_or(100, at_most),
            },
            growth: match self.growth {
                None | Some(GrowthSpec::Show) => Growth::Show,
                Some(GrowthSpec::Refuse) => Growth::Refuse,
            },
        }
    }
}

/// The schema lets no negative number in.
fn at_most(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// The definition of the resource, as Kubernetes takes it.
pub fn definition() -> CustomResourceDefinition {
    let mut definition = AccessSync::crd();
    // What no controller has seen must not look to kstatus as if it were current.
    let unseen = serde_json::json!({ "observedGeneration": -1 });
    let versions = definition.spec.versions.iter_mut();
    let schemas = versions.filter_map(|version| version.schema.as_mut()?.open_api_v3_schema.as_mut());
    for status in schemas.filter_map(|schema| schema.properties.as_mut()?.get_mut("status")) {
        status.default =
            Some(k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSON(unseen.clone()));
    }
    definition
}

fn a_minute() -> String {
    "1m".to_owned()
}

fn a_quarter_of_an_hour() -> String {
    "15m".to_owned()
}

fn value() -> String {
    "value".to_owned()
}
