//! The entries that are for a principal and do not answer, since another one does.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::{Denial, Via, nth_entry};
use crate::effective::lookup::{Lookup, sso_pattern};
use crate::effective::{EffectiveMap, Entry, arn_like};
use crate::identity_mapping::{Section, equal_fold, lower};
use crate::principal::PrincipalArn;

/// An entry that does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loser {
    /// The ARN, account or pattern as it is written; `None` for an entry that was dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The username as it is written, templates unfilled.
    pub username: String,
    /// The groups as they are written.
    pub groups: Vec<String>,
    /// Which entry.
    pub via: Via,
    /// Why it does not answer.
    pub reason: Denial,
}

/// What lost against the entry or entries that a lookup has found.
pub(super) fn of_found(map: &EffectiveMap, principal: &PrincipalArn, found: &Lookup<'_>) -> Vec<Loser> {
    let winners: &[&Entry] = match found {
        Lookup::Entry(entry) | Lookup::Account(entry) => core::slice::from_ref(entry),
        Lookup::Ambiguous(entries) => entries,
        Lookup::Nothing => &[],
    };
    if winners.is_empty() {
        return Vec::new();
    }
    let others = map.entries().filter(|entry| !winners.iter().any(|winner| core::ptr::eq(*winner, *entry)));
    others.filter_map(|entry| Some(Loser::new(entry, why(entry, principal, winners)?))).collect()
}

/// Every entry that is written for a role with its path, none of which can answer.
pub(super) fn of_path(map: &EffectiveMap, principal: &PrincipalArn) -> Vec<Loser> {
    let is_for_it = |entry: &&Entry| equal_fold(&entry.mapping.principal, principal.canonical());
    let lost = |entry| Loser::new(entry, super::mistake::path_in_entry(entry));
    map.entries().filter(is_for_it).map(lost).collect()
}

impl Loser {
    pub(super) fn new(entry: &Entry, reason: Denial) -> Self {
        Self {
            principal: Some(entry.mapping.principal.clone()),
            username: entry.mapping.username.clone(),
            groups: entry.mapping.groups.clone(),
            via: Via::of(entry),
            reason,
        }
    }
}

fn why(entry: &Entry, principal: &PrincipalArn, winners: &[&Entry]) -> Option<Denial> {
    let (section, of_winner) = (entry.key.section(), winners.first()?.key.section());
    let lost = |code, message: String| Some(Denial { code, message, hint: None });
    if let Some(sso) = &entry.sso {
        let is_like = arn_like(&lower(principal.canonical()), &sso_pattern(sso)) == Some(true);
        return lost("ssoIgnored", "it matches by `sso`, which EKS ignores".to_owned()).filter(|_| is_like);
    }
    if section == Section::MapAccounts {
        if entry.mapping.principal != principal.account() {
            return None;
        }
        return match of_winner {
            Section::MapAccounts => lost("earlierDuplicate", "the account is listed before".to_owned()),
            _ => lost("accountNotReached", format!("an entry answers before the account: `{of_winner}`")),
        };
    }
    if !equal_fold(&entry.mapping.principal, principal.canonical()) {
        return None;
    }
    if section != of_winner && of_winner != Section::MapAccounts {
        return lost("outranked", format!("`{of_winner}` is looked up before `{section}`"));
    }
    match winners.iter().find(|winner| stored_as(winner) == stored_as(entry)) {
        Some(winner) => lost(
            "earlierDuplicate",
            format!("the {} is for the same principal, and replaces it", nth_entry(winner.index)),
        ),
        None => lost("earlierDuplicate", "it says the same as the one that answers".to_owned()),
    }
}

/// What upstream stores an entry under: roles in lower case, users as they are written.
fn stored_as(entry: &Entry) -> String {
    match entry.key.section() {
        Section::MapUsers => entry.mapping.principal.clone(),
        _ => lower(&entry.mapping.principal),
    }
}
