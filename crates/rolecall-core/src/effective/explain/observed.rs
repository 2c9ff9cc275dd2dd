//! The same in a whole cluster: access entries answer before the map, and in mode `API` it is not read at all.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Denial, Explanation, Note, TemplateValues, complete, explain, notes};
use crate::cluster::{AccessEntry, AuthenticationMode};
use crate::effective::{Candidate, EffectiveMap, Entry, Loser, Verdict, render_template};
use crate::observed::{Knowledge, ObservedAccess};
use crate::principal::PrincipalArn;

/// What a cluster makes of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedExplanation {
    /// What answers before the map.
    pub before: BeforeTheMap,
    /// What the map would answer. Behind an access entry and in mode `API` it is not asked.
    pub map: Explanation,
}

/// What answers before the map does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeforeTheMap {
    /// An access entry, with the username and groups that it comes to.
    Entry {
        /// As EKS has it.
        entry: AccessEntry,
        /// The username, with its templates filled as far as they are known.
        username: String,
        /// The groups.
        groups: Vec<String>,
    },
    /// Nothing: the map is asked.
    Nothing,
    /// Nothing, and the map is not read: mode `API`.
    Refusal(Denial),
    /// It is not known whether an access entry does, for this reason.
    Unknown {
        /// Why it is not known.
        why: String,
        /// Where there is none, the map is asked; not in mode `API`.
        is_map_read: bool,
    },
}

/// Explains `principal` by all that was observed of a cluster.
pub fn explain_observed(
    observed: &ObservedAccess,
    principal: &PrincipalArn,
    values: &TemplateValues,
) -> ObservedExplanation {
    let read = observed.effective();
    let mut map = explain(&read, principal, values);
    let before = before_the_map(observed, principal, &complete(values, principal), &mut map.notes);
    if let Some(reason) = before.why_not_the_map() {
        map.losers = outranked(&read, &map, &reason);
    }
    ObservedExplanation { before, map }
}

impl BeforeTheMap {
    /// Whatever the map says, it is not asked.
    pub fn is_final(&self) -> bool {
        self.why_not_the_map().is_some()
    }

    /// Why the map is not asked, if it is not.
    fn why_not_the_map(&self) -> Option<Denial> {
        let reason = |code, message: &str| Some(Denial { code, message: message.to_owned(), hint: None });
        match self {
            Self::Entry { .. } => reason("outrankedByAccessEntry", "an access entry answers before the map"),
            Self::Refusal(_) => reason("mapNotRead", "in mode `API` the map is not read"),
            Self::Unknown { is_map_read: false, .. } => {
                reason("mapNotRead", "in mode `API` the map is not read")
            }
            Self::Nothing | Self::Unknown { .. } => None,
        }
    }
}

fn before_the_map(
    observed: &ObservedAccess,
    principal: &PrincipalArn,
    values: &TemplateValues,
    remarks: &mut Vec<Note>,
) -> BeforeTheMap {
    let mode = observed.mode.known();
    if mode == Some(&AuthenticationMode::ConfigMap) {
        return BeforeTheMap::Nothing;
    }
    if let Some(entry) = observed.access_entry(principal.canonical()) {
        *remarks = Vec::new();
        let texts = core::iter::once(&entry.username).chain(&entry.groups);
        notes::of_templates(texts.map(String::as_str), values, remarks);
        notes::once(remarks);
        return BeforeTheMap::Entry {
            username: render_template(&entry.username, values),
            groups: entry.groups.clone(),
            entry: entry.clone(),
        };
    }
    match (&observed.access_entries, mode) {
        (Knowledge::Unknown(why), mode) => {
            BeforeTheMap::Unknown { why: why.clone(), is_map_read: mode != Some(&AuthenticationMode::Api) }
        }
        (Knowledge::Known(_), Some(AuthenticationMode::Api)) => BeforeTheMap::Refusal(Denial {
            code: "apiMode",
            message: format!(
                "the cluster is in mode `API`, and has no access entry for `{}`: the map is not read",
                principal.canonical()
            ),
            hint: Some("create an access entry: `aws eks create-access-entry`".to_owned()),
        }),
        (Knowledge::Known(_), _) => BeforeTheMap::Nothing,
    }
}

/// The entries of the map that would answer, or one of which would, and those that lost among them.
fn outranked(read: &EffectiveMap, map: &Explanation, reason: &Denial) -> Vec<Loser> {
    let candidates = match &map.verdict {
        Verdict::Mapped(candidate) => core::slice::from_ref(candidate),
        Verdict::Ambiguous(candidates) => candidates.as_slice(),
        Verdict::Denied(_) => return Vec::new(),
    };
    let would_answer = |entry: &&Entry| {
        let stands_at = |candidate: &Candidate| {
            candidate.via.section == entry.key.section() && candidate.via.index == entry.index
        };
        candidates.iter().any(stands_at)
    };
    let first = read.entries().filter(would_answer).map(|entry| Loser::new(entry, reason.clone()));
    first.chain(map.losers.iter().cloned()).collect()
}
