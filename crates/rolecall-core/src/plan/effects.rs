//! What a change means for its principal, in sentences that people read in a plan.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Action, Change};
use crate::cluster::AccessEntry;
use crate::effective::{EffectiveMap, Entry, Lookup, lookup};
use crate::identity_mapping::{CLUSTER_ADMIN_GROUP, EntryKey, IdentityMapping, Section, equal_fold};
use crate::observed::ObservedAccess;
use crate::principal::PrincipalArn;

/// The effects of a change of one principal.
pub(super) fn of_entry(
    key: &EntryKey,
    before: Option<&IdentityMapping>,
    after: Option<&IdentityMapping>,
    observed: &ObservedAccess,
) -> Vec<String> {
    let mut effects = match (before, after) {
        (None, Some(after)) => gains(key, after),
        (Some(before), Some(after)) => differences(before, after),
        (Some(before), None) => losses(before),
        (None, None) => Vec::new(),
    };
    if let Some(entry) = access_entry(key, observed) {
        effects.push(match after {
            Some(_) => format!("has no effect: the access entry of this principal outranks it, as `{}`", entry.username),
            None => format!("not revoked: the access entry of this principal stays, as `{}`", entry.username),
        });
    }
    effects
}

/// Adds to each removal how its principal still gets in by the map as it will be.
pub(super) fn note_other_ways_in(changes: &mut [Change], will_be: &EffectiveMap) {
    for change in changes.iter_mut().filter(|change| change.action == Action::Remove) {
        let Some(Ok(principal)) = change.before.as_ref().map(|before| PrincipalArn::parse(&before.principal)) else {
            continue;
        };
        change.effects.extend(match lookup(will_be, &principal, false) {
            Lookup::Nothing => None,
            Lookup::Account(entry) => {
                Some(format!("still enters, without groups: account `{}` is in `mapAccounts`", entry.mapping.principal))
            }
            Lookup::Entry(entry) => Some(format!("still enters by `{}`", entry.key.section())),
            Lookup::Ambiguous(_) => Some("still enters by several entries".into()),
        });
    }
}

/// The effects of replacing a whole section that cannot be read.
pub(super) fn of_replacement(section: Section, entries: &[Entry]) -> Vec<String> {
    let mut effects = alloc::vec![format!("replaces the text of `{section}`, which cannot be read")];
    effects.extend(entries.iter().map(|entry| format!("lets `{}` in", entry.mapping.principal)));
    effects
}

fn gains(key: &EntryKey, after: &IdentityMapping) -> Vec<String> {
    if key.section() == Section::MapAccounts {
        return alloc::vec![format!("every principal of account `{}` enters under its own ARN", after.principal)];
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

fn losses(before: &IdentityMapping) -> Vec<String> {
    let mut effects: Vec<String> = before.group_set().into_iter().map(lose).collect();
    effects.push("is denied; a token in use ends within 15 minutes".into());
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

fn access_entry<'a>(key: &EntryKey, observed: &'a ObservedAccess) -> Option<&'a AccessEntry> {
    let entries = observed.access_entries.known()?;
    entries.iter().find(|entry| {
        let bare = PrincipalArn::parse(&entry.principal_arn).map(|arn| crate::principal::strip_path(arn.canonical()));
        equal_fold(&entry.principal_arn, key.principal())
            || matches!(bare, Ok(Ok(bare)) if equal_fold(&bare, key.principal()))
    })
}
