//! What becomes of a principal in the end, whatever its own entry says: an access entry outranks the map,
//! `mapRoles` outranks `mapUsers`, and what goes from one section may still be in another.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};

use super::{Action, Change, Subject};
use crate::cluster::{AccessEntry, AuthenticationMode};
use crate::effective::{Answers, EffectiveMap};
use crate::identity_mapping::{EntryKey, Section, fold};
use crate::observed::{Knowledge, ObservedAccess};

/// Adds to each change what else decides about its principal.
pub(super) fn complete(
    changes: &mut [Change],
    observed: &ObservedAccess,
    have: &EffectiveMap,
    will_be: &EffectiveMap,
) {
    let (outranking, outcome) = (observed.outranking(), Outcome::of(observed, have, will_be));
    for change in changes {
        let Subject::Entry(key) = &change.subject else { continue };
        let effect = match (outranking.entry(key.principal()), change.action) {
            (Some(entry), Action::Remove) => Some(not_revoked(entry)),
            (Some(entry), _) => Some(outranked(entry)),
            (None, Action::Remove) => Some(outcome.of_removal(key)),
            (None, _) => outcome.of_entry(key),
        };
        change.effects.extend(effect);
    }
}

fn not_revoked(entry: &AccessEntry) -> String {
    format!("not revoked: the access entry of this principal stays, as `{}`", entry.username)
}

fn outranked(entry: &AccessEntry) -> String {
    format!("has no effect: the access entry of this principal outranks it, as `{}`", entry.username)
}

/// How the map answers before and after.
struct Outcome<'a> {
    before: Answers<'a>,
    after: Answers<'a>,
    /// Who gets in where chance lets a section be read.
    by_chance: BTreeSet<String>,
    accounts: BTreeSet<&'a str>,
    /// Somebody may have an access entry that nobody sees.
    may_be_outranked: bool,
}

impl<'a> Outcome<'a> {
    fn of(observed: &ObservedAccess, have: &'a EffectiveMap, will_be: &'a EffectiveMap) -> Self {
        let accounts = will_be.section(Section::MapAccounts).entries();
        let others = will_be.other_readings();
        let by_chance = others.iter().flat_map(|map| {
            let answers = map.answers();
            answers.iter().map(|(principal, _)| principal.to_string()).collect::<BTreeSet<_>>()
        });
        Self {
            before: have.answers(),
            after: will_be.answers(),
            by_chance: by_chance.collect(),
            accounts: accounts.iter().map(|entry| entry.mapping.principal.as_str()).collect(),
            may_be_outranked: observed.access_entries.known().is_none()
                && observed.mode != Knowledge::Known(AuthenticationMode::ConfigMap),
        }
    }

    /// What an entry that is new or altered comes to, if that is not what it says.
    fn of_entry(&self, key: &EntryKey) -> Option<String> {
        let section =
            |answers: &Answers<'_>| answers.of(key.principal()).first().map(|entry| entry.key.section());
        match (key.section(), section(&self.before), section(&self.after)) {
            (Section::MapAccounts, ..) => None,
            (_, _, None) => Some("matches nobody: nobody gains anything".into()),
            (Section::MapUsers, _, Some(Section::MapRoles)) => {
                Some("has no effect: its entry in `mapRoles` outranks it".into())
            }
            (Section::MapRoles, Some(Section::MapUsers), _) => {
                Some("outranks its entry in `mapUsers`".into())
            }
            _ => None,
        }
    }

    /// How a principal whose entry goes still gets in, if it does.
    fn of_removal(&self, key: &EntryKey) -> String {
        if key.section() == Section::MapAccounts {
            return format!("principals of account `{}` need entries of their own", key.principal());
        }
        if self.before.of(key.principal()).is_empty() {
            return "matched nobody: nobody loses access".into();
        }
        let account = key.principal().split(':').nth(4).unwrap_or_default();
        match self.after.of(key.principal()) {
            [entry] => format!("still enters by `{}`", entry.key.section()),
            [_, ..] => "still enters by several entries".into(),
            [] if self.by_chance.contains(&fold(key.principal())) => {
                "still enters at times: where chance lets a section be read".into()
            }
            [] if self.accounts.contains(account) => {
                format!("still enters, without groups: account `{account}` is in `mapAccounts`")
            }
            [] if self.may_be_outranked => {
                "is denied by the map, within two minutes; whether an access entry lets it in is not known"
                    .into()
            }
            [] => "is denied, once the API server forgets the tokens it has seen: within two minutes".into(),
        }
    }
}
