//! Who a principal is in a cluster, and why; or why it is denied, and the likely mistake.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::lookup::{Lookup, lookup, sso_pattern};
use super::template::{is_instance_id, render_template};
use super::{EffectiveMap, Entry, TemplateValues, arn_like};
use crate::identity_mapping::{Section, equal_fold, lower};
use crate::principal::{PrincipalArn, PrincipalKind, strip_path};

/// What the map makes of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it gets in, and as whom.
    pub verdict: Verdict,
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
}

/// Why a principal is denied.
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
pub fn explain(map: &EffectiveMap, principal: &PrincipalArn, values: &TemplateValues) -> Explanation {
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
    let found = verdict(map, principal, &values, sso_gate);
    let others = map.other_readings().into_iter();
    let verdict =
        others.fold(found, |found, map| either(found, &verdict(&map, principal, &values, sso_gate)));
    Explanation { verdict }
}

impl Via {
    fn of(entry: &Entry) -> Self {
        Self { section: entry.key.section(), index: entry.index, file: None, line: None }
    }
}

/// The verdict by one reading of the map.
fn verdict(map: &EffectiveMap, principal: &PrincipalArn, values: &TemplateValues, sso_gate: bool) -> Verdict {
    let verdict = match lookup(map, principal, sso_gate) {
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
    verdict.unwrap_or_else(|| Verdict::Denied(why_nothing(map, principal)))
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
            "entry {} of `{}` is for EC2 instances: the session name is `{session}`, not an instance id",
            entry.index,
            entry.key.section()
        ),
        hint: Some("give people an entry with a username of their own".to_owned()),
    })
}

/// The likely mistake behind a principal that no entry matches, the most telling one first.
fn why_nothing(map: &EffectiveMap, principal: &PrincipalArn) -> Denial {
    near_entry(map, principal).or_else(|| unreadable_section(map, principal)).unwrap_or_else(|| Denial {
        code: "notMapped",
        message: format!("no entry of the map is for `{}`", principal.canonical()),
        hint: Some(format!(
            "add an entry to `{}` with exactly this ARN",
            if principal.kind() == PrincipalKind::User { "mapUsers" } else { "mapRoles" }
        )),
    })
}

fn unreadable_section(map: &EffectiveMap, principal: &PrincipalArn) -> Option<Denial> {
    let wanted = if principal.kind() == PrincipalKind::User { Section::MapUsers } else { Section::MapRoles };
    let unreadable = map.unreadable();
    let reading = unreadable.iter().find(|r| r.section() == wanted).or_else(|| unreadable.first())?;
    let problem = &reading.unreadable()?.message;
    Some(Denial {
        code: "sectionUnreadable",
        message: format!("`{}` cannot be read, so all of it counts as empty: {problem}", reading.section()),
        hint: Some("mend the section: everybody in it is locked out".to_owned()),
    })
}

fn near_entry(map: &EffectiveMap, principal: &PrincipalArn) -> Option<Denial> {
    map.entries().find_map(|entry| near_miss(entry, principal))
}

fn near_miss(entry: &Entry, principal: &PrincipalArn) -> Option<Denial> {
    let written = entry.mapping.principal.as_str();
    let canonical = principal.canonical();
    let place = format!("entry {} of `{}`", entry.index, entry.key.section());
    let denial = |code, message, hint: String| Some(Denial { code, message, hint: Some(hint) });
    if let Some(sso) = &entry.sso {
        return (arn_like(&lower(canonical), &sso_pattern(sso)) == Some(true)).then(|| Denial {
            code: "ssoIgnored",
            message: format!("{place} matches by `sso`, which EKS ignores"),
            hint: Some(format!("write `rolearn: {canonical}` instead")),
        });
    }
    if strip_path(written).is_ok_and(|bare| written != bare && equal_fold(&bare, canonical)) {
        return denial(
            "rolePath",
            format!(
                "{place} has the role's path in `{written}`, which never matches: STS does not report it"
            ),
            format!("write `rolearn: {canonical}`"),
        );
    }
    if principal.kind() == PrincipalKind::Role && equal_fold(&strip_path(canonical).ok()?, written) {
        return denial(
            "rolePath",
            format!("{place} is for this role: STS reports `{written}`, without the path"),
            format!("explain `{written}` instead"),
        );
    }
    let other = PrincipalArn::parse(written.trim()).ok()?;
    if equal_fold(other.canonical(), canonical) {
        let is_session = other.kind() == PrincipalKind::AssumedRole;
        let what =
            if is_session { "an assumed-role ARN, which never matches" } else { "blanks around its ARN" };
        return denial("neverMatches", format!("{place} has {what}"), format!("write `{canonical}`"));
    }
    same_name(&other, principal, &place)
}

fn same_name(other: &PrincipalArn, principal: &PrincipalArn, place: &str) -> Option<Denial> {
    let same_name = equal_fold(other.name(), principal.name());
    let is_user = principal.kind() == PrincipalKind::User && other.kind() == PrincipalKind::User;
    if same_name && is_user && other.account() == principal.account() {
        return Some(Denial {
            code: "userPath",
            message: format!("{place} is for `{other}`, whose path differs from `{}`", principal.canonical()),
            hint: Some("a user must be mapped with exactly its path".to_owned()),
        });
    }
    (same_name && other.account() != principal.account()).then(|| Denial {
        code: "otherAccount",
        message: format!(
            "{place} is for `{}` of account `{}`, not of `{}`",
            principal.name(),
            other.account(),
            principal.account()
        ),
        hint: Some("check the account id".to_string()),
    })
}
