//! RG03: nodes keep their access.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};
use crate::effective::Entry;

/// Refuses where an entry that gives nodes their access would go, say something else, or be outranked.
///
/// Every such entry counts as in use: Node objects do not carry a role, so only EKS and EC2 could prove that
/// none of them needs it.
pub(super) fn nodes_stay(case: &Case<'_>) -> Opinion {
    let harmed: Vec<String> = case
        .answers_before
        .iter()
        .filter_map(|(principal, before)| harmed_node(before, case.answers_after.of(principal)))
        .map(|entry| format!("`{}`", entry.mapping.principal))
        .collect();
    if harmed.is_empty() {
        return Opinion::fine("every node role stays as it is");
    }
    Opinion::against(
        format!("nodes may be using {}: they would drop out of the cluster", harmed.join(", ")),
        "drain and remove the nodes first, then allow it once with `--allow RG03 --reason …`",
    )
}

/// The node's entry that would not answer any more, not as often as it does, or with less.
fn harmed_node<'a>(before: &[&'a Entry], after: &[&Entry]) -> Option<&'a Entry> {
    let node = before.iter().find(|entry| entry.mapping.is_node())?;
    let gives_as_much = |now: &&Entry| {
        now.mapping.username == node.mapping.username
            && node.mapping.group_set().is_subset(&now.mapping.group_set())
    };
    let is_as_before = |now: &&Entry| {
        before.iter().any(|entry| entry.mapping.grants_the_same(&now.mapping)) || gives_as_much(now)
    };
    let is_harmed = !after.iter().any(gives_as_much) || !after.iter().all(is_as_before);
    is_harmed.then_some(*node)
}
