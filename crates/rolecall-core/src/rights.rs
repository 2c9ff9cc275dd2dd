//! What groups and usernames may do, as far as it can be told.
//!
//! Today that is what Kubernetes and the map themselves fix. Reading RBAC will refine [`Power::Unknown`];
//! until then whoever asks is a pessimist both ways: unknown counts as much when it is gained, and as nothing
//! when it is all that would be left.

use alloc::string::String;
use alloc::vec::Vec;

use crate::identity_mapping::{
    BOOTSTRAPPERS_GROUP, CLUSTER_ADMIN_GROUP, FARGATE_GROUP, IdentityMapping, NODE_GROUP, WINDOWS_GROUP,
};

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
    [NODE_GROUP, BOOTSTRAPPERS_GROUP, "system:authenticated", FARGATE_GROUP, WINDOWS_GROUP];

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

/// Can `text` become `wanted` once its templates are filled? Whoever assumes a role chooses the session name; an
/// account id, an access key and a host's name have no `:` in them either.
pub fn may_become(text: &str, wanted: &str) -> bool {
    let mut literals: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((before, template)) = rest.split_once("{{")
        && let Some((_, after)) = template.split_once("}}")
    {
        literals.push(before);
        rest = after;
    }
    let Some((first, others)) = literals.split_first() else { return text == wanted };
    // What no template stands for has to be written out: as many colons, whatever the templates become.
    let colons = |text: &str| text.matches(':').count();
    if literals.iter().map(|text| colons(text)).sum::<usize>() + colons(rest) != colons(wanted) {
        return false;
    }
    let within = wanted.strip_prefix(*first).and_then(|wanted| wanted.strip_suffix(rest));
    within.is_some_and(|within| {
        let mut between = others.iter();
        between.try_fold(within, |left, literal| left.split_once(*literal).map(|(_, right)| right)).is_some()
    })
}
