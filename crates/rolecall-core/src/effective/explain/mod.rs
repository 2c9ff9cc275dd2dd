//! Who a principal is in a cluster, and why; or why it is denied, and the likely mistake.
//!
//! The answer is [`lookup`]'s, which is exact. What stands around it is for people: which entries lost, what is
//! odd about the one that won, and what was probably meant.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

mod losers;
mod mistake;
mod notes;
mod observed;

#[cfg(test)]
mod tests;

pub use losers::Loser;
pub use notes::Note;
pub use observed::{BeforeTheMap, ObservedExplanation, explain_observed};

use super::lookup::{Lookup, lookup};
use super::template::{is_instance_id, render_template};
use super::{EffectiveMap, Entry, TemplateValues};
use crate::identity_mapping::Section;
use crate::principal::{PrincipalArn, PrincipalKind, strip_path};

/// What the map makes of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it gets in, and as whom.
    pub verdict: Verdict,
    /// Entries that are for this principal, or nearly, and do not answer: the most telling ones first.
    pub losers: Vec<Loser>,
    /// What is worth knowing about the answer.
    pub notes: Vec<Note>,
}

/// Whether a principal gets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Mapped(Candidate),
    /// One of several is picked at random: for each request, or, where chance lets a section be read, for each
    /// change of the map.
    Ambiguous(Vec<Candidate>),
    /// It does not.
    Denied(Denial),
}

/// An entry that answers, with its templates filled as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The Kubernetes username.
    pub username: String,
    /// The Kubernetes groups.
    pub groups: Vec<String>,
    /// Which entry.
    pub via: Via,
    /// Why nobody gets in after all when this entry is picked; only where it is one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied: Option<Denial>,
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Via {
    /// The data key.
    pub section: Section,
    /// The position in its list, from 0.
    pub index: usize,
    /// The file, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in that file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in that line, in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// Why a principal is denied, or why an entry does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// A stable word for it.
    pub code: &'static str,
    /// What is the case.
    pub message: String,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Explains `principal` by `map`, as on EKS, where the gate of `sso:` is off.
///
/// A role that is given with its path is denied whatever the map says: STS never reports a path.
pub fn explain(map: &EffectiveMap, principal: &PrincipalArn, values: &TemplateValues) -> Explanation {
    if let Some(bare) = reported_as(principal) {
        let seen = explain_gated(map, &bare, values, false).verdict;
        let verdict = Verdict::Denied(mistake::role_path(principal, &bare, &seen));
        return Explanation { verdict, losers: losers::of_path(map, principal), notes: Vec::new() };
    }
    explain_gated(map, principal, values, false)
}

/// Explains `principal` by `map`, with the feature gate `SSORoleMatch` on or off.
pub fn explain_gated(
    map: &EffectiveMap,
    principal: &PrincipalArn,
    values: &TemplateValues,
    sso_gate: bool,
) -> Explanation {
    let values = complete(values, principal);
    let found = lookup(map, principal, sso_gate);
    let (losers, notes) = match &found {
        Lookup::Nothing => (mistake::near_misses(map, principal), Vec::new()),
        // Somebody who enters by his account alone was perhaps meant to have an entry.
        Lookup::Account(_) => {
            let mut losers = losers::of_found(map, principal, &found);
            for near in mistake::near_misses(map, principal) {
                if losers.iter().all(|loser| loser.via != near.via) {
                    losers.push(near);
                }
            }
            (losers, notes::of_found(map, &found, &values))
        }
        found => (losers::of_found(map, principal, found), notes::of_found(map, found, &values)),
    };
    let first = verdict(map, principal, &values, found);
    let others = map.other_readings().into_iter();
    let verdict = others.fold(first, |first, map| {
        either(first, &verdict(&map, principal, &values, lookup(&map, principal, sso_gate)))
    });
    Explanation { verdict, losers, notes }
}

/// The principal as which STS reports a role that is given with its path; `None` for every other principal.
pub fn reported_as(principal: &PrincipalArn) -> Option<PrincipalArn> {
    let has_path = principal.kind() == PrincipalKind::Role && !principal.path().is_empty();
    let bare = has_path.then(|| strip_path(principal.canonical()).ok()).flatten()?;
    PrincipalArn::parse(&bare).ok()
}

impl Via {
    fn of(entry: &Entry) -> Self {
        Self::at(entry.key.section(), entry.index)
    }

    fn at(section: Section, index: usize) -> Self {
        Self { section, index, file: None, line: None, column: None }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} of `{}`", nth_entry(self.index), self.section)
    }
}

/// An entry by its position, which counts from 0, as people count.
fn nth_entry(index: usize) -> String {
    const WORDS: [&str; 9] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
    if let Some(word) = WORDS.get(index) {
        return format!("{word} entry");
    }
    let n = index + 1;
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending} entry")
}

/// The verdict by one reading of the map.
fn verdict(
    map: &EffectiveMap,
    principal: &PrincipalArn,
    values: &TemplateValues,
    found: Lookup<'_>,
) -> Verdict {
    let verdict = match found {
        Lookup::Account(entry) => Some(Verdict::Mapped(Candidate {
            username: principal.canonical().to_owned(),
            groups: Vec::new(),
            via: Via::of(entry),
            denied: None,
        })),
        Lookup::Entry(entry) => settled(alloc::vec![candidate(entry, values)]),
        Lookup::Ambiguous(entries) => {
            settled(entries.into_iter().map(|entry| candidate(entry, values)).collect())
        }
        Lookup::Nothing => None,
    };
    verdict.unwrap_or_else(|| Verdict::Denied(mistake::likely_mistake(map, principal)))
}

/// What comes of two readings of which upstream makes one, by chance. Where one of them denies, the other's
/// entries may each come to nothing.
fn either(one: Verdict, other: &Verdict) -> Verdict {
    let mut candidates = Vec::new();
    let mut denial = None;
    for verdict in [&one, other] {
        match verdict {
            Verdict::Mapped(candidate) => candidates.push(candidate.clone()),
            Verdict::Ambiguous(several) => candidates.extend_from_slice(several),
            Verdict::Denied(reason) => denial = denial.or_else(|| Some(reason.clone())),
        }
    }
    let Some(first) = candidates.first().cloned() else { return one };
    candidates.extend(denial.map(|denial| Candidate { denied: Some(denial), ..first }));
    candidates.dedup();
    if candidates.len() == 1 { one } else { Verdict::Ambiguous(candidates) }
}

/// What the ARN itself tells: the account, the session, and that a user has no session.
fn complete(values: &TemplateValues, principal: &PrincipalArn) -> TemplateValues {
    let mut values = values.clone();
    values.account_id.get_or_insert_with(|| principal.account().to_owned());
    if values.session_name.is_none() {
        values.session_name = match principal.kind() {
            PrincipalKind::AssumedRole => principal.session().map(ToOwned::to_owned),
            PrincipalKind::Role => None,
            _ => Some(String::new()),
        };
    }
    values
}

/// What one of these entries, picked at random, comes to; nothing where there is none.
fn settled(mut candidates: Vec<Candidate>) -> Option<Verdict> {
    if candidates.len() > 1 && candidates.iter().any(|candidate| candidate.denied.is_none()) {
        return Some(Verdict::Ambiguous(candidates));
    }
    let mut last = candidates.pop()?;
    Some(last.denied.take().map_or(Verdict::Mapped(last), Verdict::Denied))
}

fn candidate(entry: &Entry, values: &TemplateValues) -> Candidate {
    Candidate {
        username: render_template(&entry.mapping.username, values),
        groups: entry.mapping.groups.iter().map(|group| render_template(group, values)).collect(),
        via: Via::of(entry),
        denied: not_an_instance(entry, values),
    }
}

/// The denial of an entry for EC2 instances whose session is known not to be one.
fn not_an_instance(entry: &Entry, values: &TemplateValues) -> Option<Denial> {
    let mut texts = core::iter::once(&entry.mapping.username).chain(&entry.mapping.groups);
    let session = values.session_name.as_ref().filter(|session| !is_instance_id(session))?;
    texts.any(|text| text.contains("{{EC2PrivateDNSName}}")).then(|| Denial {
        code: "notAnInstance",
        message: format!(
            "{} is for EC2 instances: the session name is `{session}`, not an instance id",
            Via::of(entry)
        ),
        hint: Some("give people an entry with a username of their own".to_owned()),
    })
}
