//! The shapes of Kubernetes objects, as far as they are read, and the names of ours.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The namespace of the ledger, the records and the lock.
pub(crate) const NAMESPACE: &str = "rolecall";
/// Who we are in `managedFields`.
pub const FIELD_MANAGER: &str = "rolecall";
/// The ConfigMap that the authenticator reads.
pub(crate) const MAP_PATH: &str = "/api/v1/namespaces/kube-system/configmaps/aws-auth";
/// The same among its neighbours, which is how it can be watched.
pub(crate) const MAPS_PATH: &str = "/api/v1/namespaces/kube-system/configmaps";
/// Its name.
pub(crate) const MAP_NAME: &str = "aws-auth";
/// What errors call it.
pub(crate) const MAP: &str = "configmap kube-system/aws-auth";
/// Where the ledger and the records are.
pub(crate) const CONFIG_MAPS_PATH: &str = "/api/v1/namespaces/rolecall/configmaps";
/// The ConfigMap that is the ledger.
pub(crate) const LEDGER_NAME: &str = "rolecall-ledger";
/// Where the lock is.
pub(crate) const LEASES_PATH: &str = "/apis/coordination.k8s.io/v1/namespaces/rolecall/leases";
/// The Lease that is the lock.
pub(crate) const LEASE_NAME: &str = "rolecall";
/// What a ConfigMap of ours is: `ledger`, `unfinished`, `completed`.
pub(crate) const RECORD_LABEL: &str = "rolecall.dev/record";
/// The record that a ConfigMap holds a further part of.
pub(crate) const PART_LABEL: &str = "rolecall.dev/record-part";
/// The label by which Kubernetes tools show who made an object.
pub(crate) const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";

/// A ConfigMap.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ConfigMap {
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "or_default")]
    pub(crate) data: BTreeMap<String, String>,
    /// Base64, as it stands in JSON.
    #[serde(deserialize_with = "or_default")]
    pub(crate) binary_data: BTreeMap<String, String>,
}

/// What every object has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) resource_version: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// A list of ConfigMaps.
#[derive(Debug, Deserialize)]
pub(crate) struct ConfigMaps {
    #[serde(deserialize_with = "or_default")]
    pub(crate) items: Vec<ConfigMap>,
}

/// Any object, for its `resourceVersion`.
#[derive(Debug, Deserialize)]
pub(crate) struct Object {
    pub(crate) metadata: Metadata,
}

/// `null` is what Go writes for an empty map or list.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
