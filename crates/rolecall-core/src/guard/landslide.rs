//! RG04 and RG05: a plan that takes away a great deal is more often a mistake than a wish.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};
use crate::effective::{EffectiveMap, Entry};
use crate::identity_mapping::Section;
use crate::plan::{Action, Change, Subject};

/// RG04: refuses where a section that had entries would have none, where one that cannot be read is replaced,
/// and where ours go out of a section that the file does not have.
pub(super) fn sections_stay(case: &Case<'_>) -> Opinion {
    let problems: Vec<String> =
        Section::ALL.into_iter().filter_map(|section| loss_of(case, section)).collect();
    if problems.is_empty() {
        return Opinion::fine("no section becomes empty");
    }
    if case.desired.restores() {
        return Opinion::fine("what cannot be read is put back as it was");
    }
    Opinion::against(problems.join("; "), "if it is meant, allow it once with `--allow RG04 --reason …`")
}

fn loss_of(case: &Case<'_>, section: Section) -> Option<String> {
    let is_of = |change: &&Change| matches!(&change.subject, Subject::Entry(key) if key.section() == section);
    let removed =
        case.plan.changes().iter().filter(is_of).filter(|change| change.action == Action::Remove).count();
    let (had, has) = (entries_of(case.before, section), entries_of(case.after, section));
    let is_replaced = case.plan.changes().iter().any(|change| change.subject == Subject::Section(section));
    // A list that is empty is a wish. A section that is not there is more often a slip of the pen.
    let is_in_file = case.desired.document().effective().section(section).sequence().is_some();
    if is_replaced {
        Some(format!("the text of `{section}`, which cannot be read, would be replaced"))
    } else if had > 0 && has == 0 {
        Some(format!("`{section}` would become empty, {} now", entries(had)))
    } else if removed > 0 && !is_in_file {
        Some(format!("the file has no `{section}`, and {} would go out of it", entries(removed)))
    } else {
        None
    }
}

/// How many entries of a section can match somebody.
fn entries_of(map: &EffectiveMap, section: Section) -> usize {
    let counts = |entry: &&Entry| section == Section::MapAccounts || entry.can_match();
    map.section(section).entries().iter().filter(counts).count()
}

/// RG05: refuses where more principals and accounts would lose their way in than the policy lets.
pub(super) fn few_removals(case: &Case<'_>) -> Opinion {
    let (had, has) = (accounts(case.before), accounts(case.after));
    let observed = case.answers_before.iter().count() + had.len();
    let mut gone = had.difference(&has).count();
    let mut stripped = 0;
    for (principal, before) in case.answers_before.iter() {
        let after = case.answers_after.of(principal);
        let account = principal.split(':').nth(4).unwrap_or_default();
        if after.is_empty() && !has.contains(account) {
            gone += 1;
        } else if loses_everything(before, after) {
            stripped += 1;
        }
    }
    let what = match stripped {
        0 => format!("{gone} of {} would go", entries(observed)),
        _ => format!("of {}, {gone} would go and {stripped} lose what they may do", entries(observed)),
    };
    let max = case.policy.max_removals;
    if !max.is_exceeded(gone + stripped, observed) {
        return Opinion::fine(what);
    }
    Opinion::against(
        format!("{what}, and at most {} or {}% may", max.count, max.percent),
        "split the change, or allow it once with `--allow RG05 --reason …`",
    )
}

fn accounts(map: &EffectiveMap) -> BTreeSet<&str> {
    let entries = map.section(Section::MapAccounts).entries();
    entries.iter().map(|entry| entry.mapping.principal.as_str()).collect()
}

/// To enter without a group, to be cluster-admin no more, or to be somebody else where the username was all
/// that one had, is hardly better than not to enter.
fn loses_everything(before: &[&Entry], after: &[&Entry]) -> bool {
    let is_admin = |entry: &&Entry| entry.mapping.is_cluster_admin();
    if !after.is_empty() && after.iter().all(is_admin) {
        return false;
    }
    let has_groups = |entries: &[&Entry]| entries.iter().any(|entry| !entry.mapping.groups.is_empty());
    let was_admin = before.iter().all(is_admin) && !after.iter().any(is_admin);
    let is_renamed =
        || !after.iter().any(|now| before.iter().any(|was| was.mapping.username == now.mapping.username));
    was_admin || (has_groups(before) && !has_groups(after)) || (!has_groups(before) && is_renamed())
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".into() } else { format!("{count} entries") }
}
