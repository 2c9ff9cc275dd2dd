//! RG04 and RG05: a plan that takes away a great deal is more often a mistake than a wish.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};
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
    Opinion::against(problems.join("; "), "if it is meant, allow it once with `--allow RG04 --reason …`")
}

fn loss_of(case: &Case<'_>, section: Section) -> Option<String> {
    let is_of = |change: &&Change| matches!(&change.subject, Subject::Entry(key) if key.section() == section);
    let removed =
        case.plan.changes().iter().filter(is_of).filter(|change| change.action == Action::Remove).count();
    let (had, has) =
        (case.before.section(section).entries().len(), case.after.section(section).entries().len());
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

/// RG05: refuses where more would go, or lose every group, than the policy lets.
pub(super) fn few_removals(case: &Case<'_>) -> Opinion {
    let removed = case.plan.count(Action::Remove);
    let stripped = case.plan.changes().iter().filter(|change| loses_every_group(change)).count();
    let observed = case.before.len();
    let lost = removed + stripped;
    let exceeded =
        case.policies.iter().map(|policy| policy.max_removals).find(|max| max.is_exceeded(lost, observed));
    let what = match stripped {
        0 => format!("{removed} of {} would go", entries(observed)),
        _ => format!("of {}, {removed} would go and {stripped} lose every group", entries(observed)),
    };
    match exceeded {
        None => Opinion::fine(what),
        Some(max) => Opinion::against(
            format!("{what}, and at most {} or {}% may", max.count, max.percent),
            "split the change, or allow it once with `--allow RG05 --reason …`",
        ),
    }
}

/// For its principal that is hardly better than to go.
fn loses_every_group(change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return false };
    !before.groups.is_empty() && before.group_set().is_disjoint(&after.group_set())
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".into() } else { format!("{count} entries") }
}
