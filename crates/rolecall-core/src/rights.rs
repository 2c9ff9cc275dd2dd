//! What groups and usernames may do, as far as it can be told.
//!
//! Today that is what Kubernetes and the map themselves fix. Reading RBAC will refine [`Power::Unknown`];
//! until then whoever asks is a pessimist both ways: unknown counts as much when it is gained, and as nothing
//! when it is all that would be left.

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
const LITTLE: [&str; 4] = [NODE_GROUP, "system:bootstrappers", "system:authenticated", "system:node-proxier"];

/// How much `mapping` may do. A username may be bound as well as a group, unless it is a node's.
pub fn power(mapping: &IdentityMapping) -> Power {
    if mapping.groups.iter().any(|group| group == CLUSTER_ADMIN_GROUP) {
        return Power::ClusterAdmin;
    }
    let is_known = |group: &str| LITTLE.contains(&group);
    if mapping.is_node() && mapping.groups.iter().all(|group| is_known(group)) {
        Power::Little
    } else {
        Power::Unknown
    }
}
