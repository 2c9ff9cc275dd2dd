//! What a change means for its principal, in sentences that people read in a plan.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Action, Change, Shadowed, Subject};
use crate::cluster::AccessEntry;
use crate::effective::{Answers, EffectiveMap, Entry};
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

/// Adds to each change what else decides about its principal: an access entry, which outranks the map, or
/// another entry of the map as it will be.
pub(super) fn complete(
    changes: &mut [Change],
    outranking: &Outranking<'_>,
    have: &EffectiveMap,
    will_be: &EffectiveMap,
) {
    let after = After::of(have, will_be);
    for change in changes {
        let Subject::Entry(key) = &change.subject else { continue };
        let is_removed = change.action == Action::Remove;
        match outranking.entry(key.principal()) {
            Some(entry) => change.effects.push(outranked(entry, is_removed)),
            None if is_removed => change.effects.push(after.way_in(key)),
            None => {}
        }
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

fn outranked(entry: &AccessEntry, is_removed: bool) -> String {
    if is_removed {
        format!("not revoked: the access entry of this principal stays, as `{}`", entry.username)
    } else {
        format!("has no effect: the access entry of this principal outranks it, as `{}`", entry.username)
    }
}

/// How the map will answer for those whose entries go.
struct After<'a> {
    answered_before: Answers<'a>,
    answers: Answers<'a>,
    accounts: BTreeSet<&'a str>,
}

impl<'a> After<'a> {
    fn of(have: &'a EffectiveMap, will_be: &'a EffectiveMap) -> Self {
        let accounts = will_be.section(Section::MapAccounts).entries();
        Self {
            answered_before: have.answers(),
            answers: will_be.answers(),
            accounts: accounts.iter().map(|entry| entry.mapping.principal.as_str()).collect(),
        }
    }

    /// How a principal that is removed still gets in, if it does.
    fn way_in(&self, key: &EntryKey) -> String {
        if key.section() == Section::MapAccounts {
            return format!("principals of account `{}` need entries of their own", key.principal());
        }
        if self.answered_before.of(key.principal()).is_empty() {
            return "matched nobody: nobody loses access".into();
        }
        let account = key.principal().split(':').nth(4).unwrap_or_default();
        match self.answers.of(key.principal()) {
            [entry] => format!("still enters by `{}`", entry.key.section()),
            [] if self.accounts.contains(account) => {
                format!("still enters, without groups: account `{account}` is in `mapAccounts`")
            }
            [] => "is denied, once the API server forgets the tokens it has seen: within two minutes".into(),
            _ => "still enters by several entries".into(),
        }
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
