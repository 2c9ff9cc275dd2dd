//! RG03: nodes keep their access.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};

/// Refuses where an entry that gives nodes their access would go or say something else.
///
/// Every such entry counts as in use: Node objects do not carry a role, so only EKS and EC2 could prove that
/// none of them needs it.
pub(super) fn nodes_stay(case: &Case<'_>) -> Opinion {
    let after = case.after.winners();
    let before = case.before.winners();
    let nodes = before.iter().filter(|(_, entry)| entry.mapping.is_node());
    let harmed: Vec<String> = nodes
        .filter(|(key, entry)| after.get(*key).is_none_or(|now| !now.mapping.grants_the_same(&entry.mapping)))
        .map(|(_, entry)| format!("`{}`", entry.mapping.principal))
        .collect();
    if harmed.is_empty() {
        return Opinion::fine("every node role stays as it is");
    }
    Opinion::against(
        format!("nodes may be using {}: they would drop out of the cluster", harmed.join(", ")),
        "drain and remove the nodes first, then allow it once with `--allow RG03 --reason …`",
    )
}
