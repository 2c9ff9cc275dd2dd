//! Why nothing in a map is for a principal, and what was probably meant.
//!
//! A mistake is guessed from the text; that it is one is certain, since the lookup found nothing.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rolecall_yaml::{NodeKind, Span};

use super::{Denial, Loser, Verdict, Via};
use crate::effective::lookup::{glob, sso_pattern};
use crate::effective::{EffectiveMap, Entry, Loss, LossKind, Misspelt, SectionReading, arn_like};
use crate::identity_mapping::{Section, equal_fold, fold, lower};
use crate::principal::{PrincipalArn, PrincipalKind, may_be_reported, strip_path};

/// More of them would not help anybody.
const MAX_SHOWN: usize = 10;

/// The codes of near misses, the most telling one first.
const ORDER: [&str; 11] = [
    "ssoIgnored",
    "rolePath",
    "neverMatches",
    "dropped",
    "wildcard",
    "userPath",
    "ssoSuffix",
    "otherPartition",
    "otherAccount",
    "otherKind",
    "nearName",
];

/// The entries that nearly match, the most telling ones first, in the order of the text among equals.
pub(super) fn near_misses(map: &EffectiveMap, principal: &PrincipalArn) -> Vec<Loser> {
    if !may_be_reported(principal.canonical()) {
        // What would have to be written for it lets nobody in.
        return Vec::new();
    }
    let kept = map.entries().filter_map(|entry| Some(Loser::new(entry, near_miss(entry, principal)?)));
    let mut near: Vec<Loser> = kept.chain(map.sections().flat_map(|s| dropped(s, principal))).collect();
    near.sort_by_key(|loser| ORDER.iter().position(|code| *code == loser.reason.code));
    near.truncate(MAX_SHOWN);
    near
}

/// The likely mistake behind a principal that no entry matches.
pub(super) fn likely_mistake(map: &EffectiveMap, principal: &PrincipalArn) -> Denial {
    if let Some(impossible) = never_reported(principal) {
        return impossible;
    }
    let near = near_misses(map, principal);
    let unreadable = unreadable_section(map, principal);
    let is_written_there =
        |reading: &&SectionReading| reading.text().is_some_and(|text| mentions(text, principal.canonical()));
    if let Some(reading) = map.unreadable().iter().find(|reading| is_written_there(reading)) {
        return section_unreadable(reading);
    }
    let in_other_letters = |misspelt: &&Misspelt| mentions(&misspelt.text, principal.canonical());
    if let Some(misspelt) = map.misspelt().iter().find(in_other_letters) {
        return section_misspelt(misspelt);
    }
    let nearest = near.first().map(|loser| {
        let message = format!("{} {}", loser.via, loser.reason.message);
        Denial { message, ..loser.reason.clone() }
    });
    let certain = nearest.as_ref().filter(|denial| denial.code != "nearName").cloned();
    certain.or(unreadable).or(nearest).unwrap_or_else(|| Denial {
        code: "notMapped",
        message: format!("no entry of the map is for `{}`", principal.canonical()),
        hint: Some(match principal.kind() {
            PrincipalKind::Root => {
                "map the role or user that is meant; the root user should not be used".to_owned()
            }
            _ => format!("add an entry to `{}` with exactly this ARN", section_for(principal)),
        }),
    })
}

/// The denial of an ARN that nobody can have: no entry would help.
fn never_reported(principal: &PrincipalArn) -> Option<Denial> {
    let canonical = principal.canonical();
    let account = principal.account();
    let why = if may_be_reported(canonical) {
        return None;
    } else if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        "an account id has twelve digits"
    } else if canonical.contains(['*', '?']) {
        "there are no wildcards"
    } else {
        "a name in IAM has letters of ASCII, digits and `_+=,.@-`, and at least one of them"
    };
    Some(denial(
        "neverSeen",
        format!("nobody can have the ARN `{canonical}`: {why}"),
        "ask for the ARN that `aws sts get-caller-identity` tells".to_owned(),
    ))
}

/// The denial of a role that is given with its path.
pub(super) fn role_path(principal: &PrincipalArn, bare: &PrincipalArn, seen: &Verdict) -> Denial {
    let outcome = match seen {
        Verdict::Mapped(candidate) => {
            format!("for which {} answers", candidate.via)
        }
        Verdict::Ambiguous(_) => "which is ambiguous".to_owned(),
        Verdict::Denied(_) => "which is denied as well".to_owned(),
    };
    Denial {
        code: "rolePath",
        message: format!(
            "nobody is ever seen under this ARN: STS does not report the path `{}/`, but `{bare}`, {outcome}",
            principal.path()
        ),
        hint: Some(match seen {
            Verdict::Denied(_) => format!("map `rolearn: {bare}`"),
            _ => format!("explain `{bare}` instead"),
        }),
    }
}

/// What is wrong with an entry for a role with its path.
pub(super) fn path_in_entry(entry: &Entry) -> Denial {
    let written = &entry.mapping.principal;
    let bare = strip_path(written).unwrap_or_else(|_| written.clone());
    denial(
        "rolePath",
        format!("has the role's path in `{written}`, which never matches: STS does not report it"),
        format!("write `rolearn: {bare}`"),
    )
}

fn denial(code: &'static str, message: String, hint: String) -> Denial {
    Denial { code, message, hint: Some(hint) }
}

fn section_for(principal: &PrincipalArn) -> Section {
    match principal.kind() {
        PrincipalKind::Role | PrincipalKind::AssumedRole => Section::MapRoles,
        _ => Section::MapUsers,
    }
}

/// The unreadable section that may hold the principal, or its account.
fn unreadable_section(map: &EffectiveMap, principal: &PrincipalArn) -> Option<Denial> {
    let unreadable = map.unreadable();
    let wanted = |section| unreadable.iter().find(|reading| reading.section() == section);
    let found = wanted(section_for(principal)).or_else(|| wanted(Section::MapAccounts))?;
    Some(section_unreadable(found))
}

fn section_unreadable(reading: &SectionReading) -> Denial {
    let problem = reading.unreadable().map_or("", |unreadable| &unreadable.message);
    denial(
        "sectionUnreadable",
        format!("`{}` cannot be read, so all of it counts as empty: {problem}", reading.section()),
        "mend the section: everybody in it is locked out".to_owned(),
    )
}

fn section_misspelt(misspelt: &Misspelt) -> Denial {
    denial(
        "sectionMisspelt",
        format!("it stands under the key `{}`, which the authenticator does not read", misspelt.key),
        format!("write `{}`: the letters' case counts", misspelt.section),
    )
}

/// The entries of a section that were dropped, and name the principal.
fn dropped(reading: &SectionReading, principal: &PrincipalArn) -> Vec<Loser> {
    let text = reading.text().unwrap_or_default();
    let is_about_it = |span: Span| {
        let written = text.get(span.start..span.end).unwrap_or_default();
        mentions(written, principal.canonical()) || is_by_permission_set(written, principal)
    };
    let lost = |loss: &Loss| {
        let LossKind::Entry(why) = &loss.kind else { return None };
        let index = index_of(reading, loss.span)?;
        is_about_it(loss.span).then(|| Loser {
            principal: None,
            username: String::new(),
            groups: Vec::new(),
            via: Via::at(reading.section(), index),
            reason: denial("dropped", format!("is dropped: {why}"), mend_dropped(reading.section())),
        })
    };
    reading.losses().iter().filter_map(lost).collect()
}

fn mend_dropped(section: Section) -> String {
    match section {
        Section::MapUsers => "an entry of `mapUsers` needs `userarn`, `username` and `groups`".to_owned(),
        _ => "an entry of `mapRoles` needs `rolearn`, `username` and `groups`".to_owned(),
    }
}

fn index_of(reading: &SectionReading, span: Span) -> Option<usize> {
    let (document, list) = (reading.document()?, reading.sequence()?);
    let NodeKind::Sequence { items, .. } = &document.node(list).kind else { return None };
    items.iter().position(|item| document.node(*item).span == span)
}

/// Does a text hold this ARN, in any case, and not as the beginning of a longer one?
fn mentions(text: &str, arn: &str) -> bool {
    let (text, arn) = (lower(text), lower(arn));
    let continues = |c: char| c.is_alphanumeric() || "+=,.@_/-".contains(c);
    text.match_indices(arn.as_str()).any(|(at, _)| !text[at + arn.len()..].starts_with(continues))
}

/// Is the text an `sso:` entry with the permission set of this role?
fn is_by_permission_set(text: &str, principal: &PrincipalArn) -> bool {
    let set = permission_set(principal.name()).map(|(set, _)| set);
    text.contains("sso") && set.is_some_and(|set| text.contains(set))
}

/// The permission set and the suffix in the name of a role of IAM Identity Center.
fn permission_set(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("AWSReservedSSO_")?.rsplit_once('_')
}

fn near_miss(entry: &Entry, principal: &PrincipalArn) -> Option<Denial> {
    let written = entry.mapping.principal.as_str();
    let canonical = principal.canonical();
    if let Some(sso) = &entry.sso {
        let is_like = arn_like(&lower(canonical), &sso_pattern(sso)) == Some(true);
        let message = "matches by `sso`, which EKS ignores".to_owned();
        let hint = format!("write `rolearn: {canonical}` instead");
        return is_like.then(|| denial("ssoIgnored", message, hint));
    }
    if strip_path(written).is_ok_and(|bare| written != bare && equal_fold(&bare, canonical)) {
        return Some(path_in_entry(entry));
    }
    if let Some(what) = never_matches(written, canonical) {
        return Some(denial("neverMatches", what, format!("write `{canonical}`")));
    }
    if written.contains(['*', '?']) && glob(&lower(canonical), &lower(written)) {
        let message = format!("is for `{written}`, and there are no wildcards: it matches nobody");
        return Some(denial("wildcard", message, format!("write `{canonical}`")));
    }
    same_name(&PrincipalArn::parse(written).ok()?, principal)
}

/// What is around or inside an ARN that would be the right one without it.
fn never_matches(written: &str, canonical: &str) -> Option<String> {
    let is_unseen = |c: char| {
        c.is_whitespace() || c.is_control() || "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}".contains(c)
    };
    let visible: String = written.chars().filter(|c| !is_unseen(*c)).collect();
    if visible != written && equal_fold(&visible, canonical) {
        let is_blank = equal_fold(written.trim(), canonical);
        let what = if is_blank { "blanks around its ARN" } else { "signs in its ARN that one does not see" };
        return Some(format!("has {what}"));
    }
    let other = PrincipalArn::parse(written.trim()).ok()?;
    let is_session = other.kind() == PrincipalKind::AssumedRole && equal_fold(other.canonical(), canonical);
    is_session.then(|| "has an assumed-role ARN, which never matches".to_owned())
}

/// The same name elsewhere, or nearly the same name here.
fn same_name(other: &PrincipalArn, principal: &PrincipalArn) -> Option<Denial> {
    let (theirs, ours) = (fold(other.canonical()), fold(principal.canonical()));
    let same_account = other.account() == principal.account();
    let same_partition = other.partition() == principal.partition();
    let is_resource_equal = resource(&theirs) == resource(&ours);
    let is_name_equal = equal_fold(other.name(), principal.name());
    let is_user = |arn: &PrincipalArn| arn.kind() == PrincipalKind::User;
    if is_resource_equal && same_account && !same_partition {
        let message = format!("is for partition `{}`, not `{}`", other.partition(), principal.partition());
        return Some(denial("otherPartition", message, format!("write `{}`", principal.canonical())));
    }
    if is_name_equal && same_account && is_user(other) && is_user(principal) {
        let message = format!("is for `{other}`, whose path differs from `{}`", principal.canonical());
        return Some(denial("userPath", message, "a user must be mapped with exactly its path".to_owned()));
    }
    if is_name_equal && !same_account && kind_of(&theirs) == kind_of(&ours) {
        let (name, theirs, ours) = (principal.name(), other.account(), principal.account());
        let message = format!("is for `{name}` of account `{theirs}`, not of `{ours}`");
        return Some(denial("otherAccount", message, "check the account id".to_string()));
    }
    if is_name_equal && same_account {
        let message = format!("is for the {} of that name, not for the {}", kind_of(&theirs), kind_of(&ours));
        return Some(denial("otherKind", message, format!("write `{}`", principal.canonical())));
    }
    other_suffix(other, principal).or_else(|| near_name(other, principal, &theirs, &ours))
}

/// The permission set was assigned anew since: its role has another suffix now.
fn other_suffix(other: &PrincipalArn, principal: &PrincipalArn) -> Option<Denial> {
    let (theirs, ours) = (permission_set(other.name())?, permission_set(principal.name())?);
    (theirs.0 == ours.0 && other.account() == principal.account()).then(|| {
        let message =
            format!("is for the same permission set with the suffix `{}`, not `{}`", theirs.1, ours.1);
        let hint = format!("a set that is assigned anew gets a new one: write `{}`", principal.canonical());
        denial("ssoSuffix", message, hint)
    })
}

fn near_name(other: &PrincipalArn, principal: &PrincipalArn, theirs: &str, ours: &str) -> Option<Denial> {
    is_one_letter_off(theirs, ours).then(|| {
        let message = format!("is for `{other}`, which is one letter off");
        denial(
            "nearName",
            message,
            format!("if it is the one that was meant, write `{}`", principal.canonical()),
        )
    })
}

fn resource(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or_default()
}

/// `role`, `user`, `root` or `federated-user`.
fn kind_of(arn: &str) -> &str {
    resource(arn).split('/').next().unwrap_or_default()
}

/// One letter more, less or another, or two that changed places.
fn is_one_letter_off(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let before = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let room = a.len().min(b.len()) - before;
    let after = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[before..a.len() - after], &b[before..b.len() - after]);
    let is_swapped = a.len() == 2 && b.len() == 2 && a[0] == b[1] && a[1] == b[0];
    a.len().max(b.len()) == 1 || is_swapped
}
