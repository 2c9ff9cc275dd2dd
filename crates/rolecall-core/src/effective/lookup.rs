//! Which entry answers for a principal (`pkg/mapper/configmap`, `Map` and `IsAccountAllowed`).

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::EffectiveMap;
use super::section::{Entry, Sso};
use crate::identity_mapping::{Section, equal_fold, lower};
use crate::principal::PrincipalArn;

/// What the map says about one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// This entry answers.
    Entry(&'a Entry),
    /// The principal's account is in `mapAccounts`: it enters under its own ARN, without groups.
    Account(&'a Entry),
    /// Several entries answer, and upstream picks one at random for each request.
    Ambiguous(Vec<&'a Entry>),
    /// Nothing answers.
    Nothing,
}

/// Looks `principal` up in the order in which upstream does: roles, users, accounts.
///
/// `sso_gate` is the feature gate `SSORoleMatch`, off by default and on EKS.
pub fn lookup<'a>(map: &'a EffectiveMap, principal: &PrincipalArn, sso_gate: bool) -> Lookup<'a> {
    let subject = lower(principal.canonical());
    for section in [Section::MapRoles, Section::MapUsers] {
        let mut found = candidates(map, section, &subject, sso_gate);
        match found.len() {
            0 => {}
            1 => return Lookup::Entry(found.remove(0)),
            _ if found.windows(2).all(|pair| pair[0].mapping.grants_the_same(&pair[1].mapping)) => {
                return Lookup::Entry(found.swap_remove(found.len() - 1));
            }
            _ => return Lookup::Ambiguous(found),
        }
    }
    let accounts = map.section(Section::MapAccounts).entries();
    let account = accounts.iter().find(|entry| entry.mapping.principal == principal.account());
    account.map_or(Lookup::Nothing, Lookup::Account)
}

/// The entries of a section that match, after the last of those with an equal key has replaced the others.
fn candidates<'a>(map: &'a EffectiveMap, section: Section, subject: &str, sso_gate: bool) -> Vec<&'a Entry> {
    let mut stored: BTreeMap<String, &Entry> = BTreeMap::new();
    for entry in map.section(section).entries().iter().filter(|entry| matches(entry, subject, sso_gate)) {
        // Upstream's keys: roles in lower case, users as they are written.
        let key = match section {
            Section::MapUsers => entry.mapping.principal.clone(),
            _ => lower(&entry.mapping.principal),
        };
        stored.insert(key, entry);
    }
    let mut found: Vec<&Entry> = stored.into_values().collect();
    found.sort_by_key(|entry| entry.index);
    found
}

fn matches(entry: &Entry, subject: &str, sso_gate: bool) -> bool {
    match &entry.sso {
        Some(sso) => sso_gate && arn_like(subject, &sso_pattern(sso)) == Some(true),
        None => equal_fold(&entry.mapping.principal, subject),
    }
}

/// The pattern that upstream makes of an `sso:` matcher (`SSOArnLike`), with its defect: a partition that is
/// given at all leaves the pattern's own empty, so that it can never match.
pub(super) fn sso_pattern(sso: &Sso) -> String {
    let partition = if sso.partition.is_empty() { "aws" } else { "" };
    let (account, name) = (&sso.account_id, &sso.permission_set_name);
    lower(&format!("arn:{partition}:iam::{account}:role/AWSReservedSSO_{name}_*"))
}

/// Does `arn` match `pattern`, section by section, with `*` for any run and `?` for at most one character
/// (`pkg/arn/arnlike.go`)? `None` where either is not an ARN of six sections.
pub fn arn_like(arn: &str, pattern: &str) -> Option<bool> {
    let (arn, pattern) = (six_sections(arn)?, six_sections(pattern)?);
    Some(arn.iter().zip(&pattern).all(|(text, pattern)| glob(text, pattern)))
}

fn six_sections(arn: &str) -> Option<Vec<&str>> {
    let sections: Vec<&str> = arn.starts_with("arn:").then(|| arn.splitn(6, ':').collect())?;
    (sections.len() == 6).then_some(sections)
}

/// Matches letter by letter, keeping the set of pattern positions that are reachable: linear in both.
pub(super) fn glob(text: &str, pattern: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut reachable = alloc::vec![false; pattern.len() + 1];
    reachable[0] = true;
    skip_optional(&pattern, &mut reachable);
    for letter in text.chars() {
        let mut next = alloc::vec![false; pattern.len() + 1];
        for (at, expected) in pattern.iter().enumerate().filter(|(at, _)| reachable[*at]) {
            match expected {
                // Go's `.` does not match a line break.
                '*' if letter != '\n' => next[at] = true,
                '?' if letter != '\n' => next[at + 1] = true,
                '*' | '?' => {}
                _ if *expected == letter => next[at + 1] = true,
                _ => {}
            }
        }
        skip_optional(&pattern, &mut next);
        reachable = next;
    }
    reachable[pattern.len()]
}

/// `*` and `?` may also stand for nothing.
fn skip_optional(pattern: &[char], reachable: &mut [bool]) {
    for at in 0..pattern.len() {
        if reachable[at] && matches!(pattern[at], '*' | '?') {
            reachable[at + 1] = true;
        }
    }
}
