//! What groups and usernames may do, as far as it can be told.
//!
//! Today that is what Kubernetes and the map themselves fix. Reading RBAC will refine [`Power::Unknown`];
//! until then whoever asks is a pessimist both ways: unknown counts as much when it is gained, and as nothing
//! when it is all that would be left.

use alloc::string::{String, ToString};

use crate::effective::glob;
use crate::identity_mapping::{CLUSTER_ADMIN_GROUP, IdentityMapping, NODE_GROUP};

#[cfg(test)]
mod tests;

/// How much a mapping may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// Nothing that a guard would mind: only groups that Kubernetes gives to everybody or to nodes.
    Little,
    /// It depends on the cluster's Roles and Bindings, which were not read.
    Unknown,
    /// Everything.
    ClusterAdmin,
}

/// Groups whose rights Kubernetes itself fixes, and which are no way to cluster-admin.
const LITTLE: [&str; 5] =
    [NODE_GROUP, "system:bootstrappers", "system:authenticated", FARGATE_GROUP, "eks:kube-proxy-windows"];

/// The group of Fargate's pods, whose role only Fargate assumes.
const FARGATE_GROUP: &str = "system:node-proxier";

/// How much `mapping` may do. A username may be bound as well as a group, unless it is a node's.
pub fn power(mapping: &IdentityMapping) -> Power {
    if mapping.groups.iter().any(|group| may_become(group, CLUSTER_ADMIN_GROUP)) {
        return Power::ClusterAdmin;
    }
    let is_little = |group: &String| LITTLE.contains(&group.as_str());
    // Whoever assumes the role must not choose which node he is.
    let is_bound = match mapping.username.as_str() {
        "system:node:{{EC2PrivateDNSName}}" => true,
        "system:node:{{SessionName}}" => mapping.groups.iter().any(|group| group == FARGATE_GROUP),
        _ => false,
    };
    if is_bound && mapping.is_node() && mapping.groups.iter().all(is_little) {
        Power::Little
    } else {
        Power::Unknown
    }
}

/// Can `text` become `wanted` once its templates are filled? Whoever assumes a role chooses the session name.
fn may_become(text: &str, wanted: &str) -> bool {
    let mut parts = text.split("{{");
    let mut pattern = parts.next().unwrap_or_default().to_string();
    for part in parts {
        pattern.push('*');
        pattern.push_str(part.split_once("}}").map_or(part, |(_, literal)| literal));
    }
    // No placeholder ever stands for a `:`.
    let colons = |text: &str| text.matches(':').count();
    colons(&pattern) == colons(wanted) && glob(wanted, &pattern)
}
