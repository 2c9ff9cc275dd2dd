//! RG01: the caller keeps what it needs to undo this change.

use alloc::format;
use alloc::string::{String, ToString};

use super::{Case, Opinion};
use crate::effective::{EffectiveMap, Entry, Lookup, lookup};
use crate::identity_mapping::{CLUSTER_ADMIN_GROUP, IdentityMapping};
use crate::observed::Knowledge;
use crate::plan::Action;
use crate::principal::PrincipalArn;

/// Refuses where the caller would lose its entry, or any of the rights that it has by it.
///
/// Which of its groups lets it edit the map is RBAC's to say, and RBAC is not read yet: the loss of any of
/// them counts, unless `system:masters` is left.
pub(super) fn caller_keeps_access(case: &Case<'_>) -> Opinion {
    let caller = match &case.observed.caller {
        Knowledge::Known(caller) => caller,
        Knowledge::Unknown(why) => return unknown_caller(case, why),
    };
    let Some(Ok(arn)) = caller.canonical_arn.as_deref().map(PrincipalArn::parse) else {
        return Opinion::fine(format!("`{}` does not enter by the map", caller.username));
    };
    if case.observed.access_entry(arn.canonical()).is_some() {
        return Opinion::fine(format!("`{arn}` enters by an access entry"));
    }
    let Some(before) = granted(case.before, &arn) else {
        return Opinion::fine(format!("`{arn}` does not enter by the map"));
    };
    let Some(after) = granted(case.after, &arn) else {
        return refusal(&format!(
            "the caller `{arn}` would lose its own entry, and with it the way to undo this"
        ));
    };
    match lost_right(&before, &after) {
        Some(lost) => {
            refusal(&format!("the caller `{arn}` would lose {lost}, which it may need to undo this"))
        }
        None => Opinion::fine(format!("`{arn}` keeps its access")),
    }
}

fn refusal(message: &str) -> Opinion {
    Opinion::against(message, "keep the caller's entry, or allow it once with `--allow RG01 --reason …`")
}

/// Nobody can tell whether a caller who is not known locks himself out. A saved observation has none.
fn unknown_caller(case: &Case<'_>, why: &str) -> Opinion {
    let is_answered_else =
        |(principal, before): (&str, &[&Entry])| !are_alike(before, case.answers_after.of(principal));
    let takes_away = case.plan.changes().iter().any(|change| change.action != Action::Add)
        || case.answers_before.iter().any(is_answered_else);
    if takes_away && case.observed.observed_at.is_some() {
        return refusal(&format!("it is not known who the caller is ({why}), so this may lock it out"));
    }
    Opinion::fine(format!("the caller is not known: {why}"))
}

fn are_alike(before: &[&Entry], after: &[&Entry]) -> bool {
    before.len() == after.len()
        && before.iter().zip(after).all(|(was, now)| was.mapping.grants_the_same(&now.mapping))
}

/// What the map gives; for an ambiguous principal, only what it can count on.
fn granted(map: &EffectiveMap, arn: &PrincipalArn) -> Option<IdentityMapping> {
    match lookup(map, arn, false) {
        Lookup::Entry(entry) => Some(entry.mapping.clone()),
        Lookup::Account(entry) => Some(IdentityMapping {
            principal: entry.mapping.principal.clone(),
            username: arn.canonical().to_string(),
            groups: alloc::vec![],
        }),
        Lookup::Ambiguous(entries) => {
            let mut sure = entries.first()?.mapping.clone();
            sure.groups.retain(|group| entries.iter().all(|entry| entry.mapping.groups.contains(group)));
            if entries.iter().any(|entry| entry.mapping.username != sure.username) {
                sure.username.clear();
            }
            Some(sure)
        }
        Lookup::Nothing => None,
    }
}

fn lost_right(before: &IdentityMapping, after: &IdentityMapping) -> Option<String> {
    if after.is_cluster_admin() {
        return None;
    }
    if before.is_cluster_admin() {
        return Some(format!("`{CLUSTER_ADMIN_GROUP}`"));
    }
    let after_groups = after.group_set();
    let lost = before.groups.iter().find(|group| !after_groups.contains(group.as_str()));
    lost.map(|group| format!("the group `{group}`")).or_else(|| {
        (before.username != after.username).then(|| format!("the username `{}`", before.username))
    })
}
