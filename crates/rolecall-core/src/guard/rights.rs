//! RG02 and RG06: who is cluster-admin, before and after.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};
use crate::effective::{EffectiveMap, Lookup, lookup};
use crate::identity_mapping::{IdentityMapping, Section};
use crate::policy::Growth;
use crate::principal::{PrincipalArn, strip_path};
use crate::rights::{Power, power};

/// RG02: refuses where the last cluster-admin would go, or a protected principal would lose rights.
pub(super) fn admins_stay(case: &Case<'_>) -> Opinion {
    let protected: BTreeSet<&str> =
        case.policies.iter().flat_map(|policy| policy.protect.iter().map(String::as_str)).collect();
    let harmed: Vec<String> = protected.into_iter().filter_map(|text| harm(case, text)).collect();
    if !harmed.is_empty() {
        return refusal(&harmed.join("; "));
    }
    let (before, after) = (admins(case, &case.before), admins(case, &case.after));
    if before > 0 && after == 0 {
        return refusal("the last principal known to be cluster-admin would go");
    }
    Opinion::fine(format!("{after} known to be cluster-admin"))
}

/// RG06: names everybody who becomes cluster-admin, and refuses it where the policy says so.
pub(super) fn growth(case: &Case<'_>) -> Opinion {
    let (before, after) = (case.before.winners(), case.after.winners());
    let grown = |wanted: Power| -> Vec<String> {
        let gaining = after.iter().filter(|(key, now)| {
            let had = before.get(*key).map(|entry| &entry.mapping);
            key.section() != Section::MapAccounts && gains(had, &now.mapping, wanted)
        });
        gaining.map(|(_, now)| format!("`{}`", now.mapping.principal)).collect()
    };
    let (admins, unknown) = (grown(Power::ClusterAdmin), grown(Power::Unknown));
    let is_refused = case.policies.iter().any(|policy| policy.growth == Growth::Refuse);
    if is_refused && !(admins.is_empty() && unknown.is_empty()) {
        let mut names = admins;
        names.extend(unknown.into_iter().map(|name| format!("{name} (its rights are not known)")));
        let message = format!("becomes cluster-admin: {}", names.join(", "));
        return Opinion::against(message, "allow it once with `--allow RG06 --reason …`");
    }
    if admins.is_empty() {
        return Opinion::fine("nobody becomes cluster-admin that is known to");
    }
    Opinion::fine(format!("becomes cluster-admin: {}", admins.join(", ")))
}

fn refusal(message: &str) -> Opinion {
    Opinion::against(message, "keep the entry as it is, or allow it once with `--allow RG02 --reason …`")
}

fn admins(case: &Case<'_>, map: &EffectiveMap) -> usize {
    let entries = case.observed.access_entries.known().map_or(&[][..], Vec::as_slice);
    let by_entry = entries.iter().filter(|entry| entry.is_cluster_admin()).count();
    let winners = map.winners();
    let can_match = |mapping: &IdentityMapping| PrincipalArn::parse(&mapping.principal).is_ok();
    by_entry
        + winners
            .values()
            .filter(|entry| entry.mapping.is_cluster_admin() && can_match(&entry.mapping))
            .count()
}

/// How a protected principal would be worse off.
fn harm(case: &Case<'_>, protected: &str) -> Option<String> {
    // STS does not report a role's path, so that it is looked up without it, however it is written here.
    let canonical = PrincipalArn::parse(protected).ok()?;
    let arn = PrincipalArn::parse(&strip_path(canonical.canonical()).ok()?).ok()?;
    let before = sure(&case.before, &arn)?;
    let Some(after) = sure(&case.after, &arn) else {
        return Some(format!("protected `{protected}` would lose its access"));
    };
    let had = before.group_set();
    let has = after.group_set();
    let lost: Vec<String> = had.difference(&has).map(|group| format!("`{group}`")).collect();
    if !lost.is_empty() {
        return Some(format!("protected `{protected}` would lose {}", lost.join(", ")));
    }
    (before.username != after.username).then(|| {
        format!("protected `{protected}` would be `{}` instead of `{}`", after.username, before.username)
    })
}

fn sure(map: &EffectiveMap, arn: &PrincipalArn) -> Option<IdentityMapping> {
    match lookup(map, arn, false) {
        Lookup::Entry(entry) | Lookup::Account(entry) => Some(entry.mapping.clone()),
        Lookup::Ambiguous(_) | Lookup::Nothing => None,
    }
}

/// Does `after` give rights of this kind that `before` did not?
fn gains(before: Option<&IdentityMapping>, after: &IdentityMapping, wanted: Power) -> bool {
    let had = before.map_or(Power::Little, power);
    let is_more = before.is_none_or(|before| {
        !after.group_set().is_subset(&before.group_set()) || before.username != after.username
    });
    power(after) == wanted && had < Power::ClusterAdmin && is_more
}
