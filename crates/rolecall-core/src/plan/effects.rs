//! What a change means for its principal, in sentences that people read in a plan.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Shadowed;
use crate::effective::{EffectiveMap, Entry};
use crate::identity_mapping::{CLUSTER_ADMIN_GROUP, EntryKey, IdentityMapping, Section};
use crate::observed::Outranking;

/// The effects of a change of one principal, by itself.
pub(super) fn of_entry(
    key: &EntryKey,
    before: Option<&IdentityMapping>,
    after: Option<&IdentityMapping>,
) -> Vec<String> {
    match (before, after) {
        (None, Some(after)) => gains(key, after),
        (Some(before), Some(after)) => differences(before, after),
        (Some(before), None) => before.group_set().into_iter().map(lose).collect(),
        (None, None) => Vec::new(),
    }
}

/// The entries of the map as it will be that an access entry outranks.
pub(super) fn shadowed(outranking: &Outranking<'_>, will_be: &EffectiveMap) -> Vec<Shadowed> {
    let of = |key: EntryKey| {
        let username = outranking.entry(key.principal())?.username.clone();
        Some(Shadowed { key, username })
    };
    will_be.winners().into_keys().filter_map(of).collect()
}

/// The effects of replacing a whole section that cannot be read.
pub(super) fn of_replacement(section: Section, entries: &[Entry]) -> Vec<String> {
    let mut effects = alloc::vec![format!("replaces the text of `{section}`, which cannot be read")];
    effects.extend(entries.iter().map(|entry| format!("lets `{}` in", entry.mapping.principal)));
    effects
}

fn gains(key: &EntryKey, after: &IdentityMapping) -> Vec<String> {
    if key.section() == Section::MapAccounts {
        return alloc::vec![format!(
            "every principal of account `{}` enters under its own ARN",
            after.principal
        )];
    }
    let mut effects = alloc::vec![format!("enters as `{}`", after.username)];
    effects.extend(after.group_set().into_iter().map(gain));
    effects
}

fn differences(before: &IdentityMapping, after: &IdentityMapping) -> Vec<String> {
    let mut effects = Vec::new();
    if before.username != after.username {
        effects.push(format!("is `{}` instead of `{}`", after.username, before.username));
    }
    let (had, has) = (before.group_set(), after.group_set());
    effects.extend(has.difference(&had).copied().map(gain));
    effects.extend(had.difference(&has).copied().map(lose));
    effects
}

fn gain(group: &str) -> String {
    match group {
        CLUSTER_ADMIN_GROUP => format!("gains `{group}`: may do everything in the cluster"),
        _ => format!("gains `{group}`"),
    }
}

fn lose(group: &str) -> String {
    format!("loses `{group}`")
}
