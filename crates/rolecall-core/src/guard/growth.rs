//! RG06: who gains rights of a cluster-admin, or rights that nobody can tell.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};
use crate::effective::{Answers, EffectiveMap, Entry};
use crate::identity_mapping::Section;
use crate::policy::Growth;
use crate::rights::{Power, power};

/// So many names are shown; a plan shows all of them further up.
const NAMES_SHOWN: usize = 5;

/// Names everybody who becomes cluster-admin, and refuses it where the policy says so.
///
/// Rights that are not known count as much as a cluster-admin's where the policy refuses growth.
pub(super) fn growth(case: &Case<'_>) -> Opinion {
    // Also whom an access entry outranks today: it may be gone tomorrow.
    let grown = |wanted| grown(case, &case.mapped_before, &case.mapped_after, wanted);
    let (admins, mut unknown) = (grown(Power::ClusterAdmin), grown(Power::Unknown));
    unknown.extend(new_accounts(case.before, case.after));
    let message = match (admins.is_empty(), unknown.is_empty()) {
        (true, true) => return Opinion::fine("nobody becomes cluster-admin"),
        (false, true) => format!("becomes cluster-admin: {}", named(&admins)),
        (true, false) => format!("gains rights that are not known: {}", named(&unknown)),
        (false, false) => format!(
            "becomes cluster-admin: {}; gains rights that are not known: {}",
            named(&admins),
            named(&unknown)
        ),
    };
    // Putting back what somebody took away gives nobody more than the files did.
    if case.policy.growth == Growth::Refuse && !case.desired.restores() {
        return Opinion::against(message, "allow it once with `--allow RG06 --reason …`");
    }
    Opinion::fine(message)
}

/// Whoever gains power of this kind, by entries that gave them less before.
fn grown(case: &Case<'_>, before: &Answers<'_>, after: &Answers<'_>, wanted: Power) -> Vec<String> {
    let is_admin_already = |principal: &str| {
        case.outranking.entry(principal).is_some_and(crate::cluster::AccessEntry::is_cluster_admin)
    };
    let growing =
        after.iter().filter(|(principal, _)| !is_admin_already(principal)).filter_map(|(principal, now)| {
            let had = before.of(principal);
            now.iter().find(|entry| {
                power(&entry.mapping) == wanted && !had.iter().any(|before| is_as_much(before, entry))
            })
        });
    growing.map(|entry| format!("`{}`", entry.mapping.principal)).collect()
}

/// Did `before` give everything that `now` gives?
fn is_as_much(before: &Entry, now: &Entry) -> bool {
    power(&before.mapping) == Power::ClusterAdmin
        || (before.mapping.username == now.mapping.username
            && now.mapping.group_set().is_subset(&before.mapping.group_set()))
}

/// Whoever is in a mapped account enters under its own ARN, to which a Binding may give anything.
fn new_accounts(before: &EffectiveMap, after: &EffectiveMap) -> Vec<String> {
    let accounts = |map: &EffectiveMap| -> BTreeSet<String> {
        let entries = map.section(Section::MapAccounts).entries();
        entries.iter().map(|entry| entry.mapping.principal.clone()).collect()
    };
    let new = &accounts(after) - &accounts(before);
    new.into_iter().map(|account| format!("account `{account}`")).collect()
}

fn named(names: &[String]) -> String {
    let shown = names[..names.len().min(NAMES_SHOWN)].join(", ");
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
