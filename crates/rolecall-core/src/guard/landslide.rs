//! RG04 and RG05: a plan that takes away a great deal is more often a mistake than a wish.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};
use crate::identity_mapping::Section;
use crate::plan::{Action, Subject};

/// RG04: refuses where a section that had entries would have none, or one that cannot be read is replaced.
pub(super) fn sections_stay(case: &Case<'_>) -> Opinion {
    let count = |section: Section| case.before.section(section).entries().len();
    let is_emptied =
        |section: &Section| count(*section) > 0 && case.after.section(*section).entries().is_empty();
    let mut problems: Vec<String> = Section::ALL
        .into_iter()
        .filter(is_emptied)
        .map(|section| format!("`{section}` would become empty, {} now", entries(count(section))))
        .collect();
    problems.extend(case.plan.changes().iter().filter_map(|change| match &change.subject {
        Subject::Section(section) => {
            Some(format!("the text of `{section}`, which cannot be read, would be replaced"))
        }
        Subject::Entry(_) => None,
    }));
    if problems.is_empty() {
        return Opinion::fine("no section becomes empty");
    }
    Opinion::against(problems.join("; "), "if it is meant, allow it once with `--allow RG04 --reason …`")
}

/// RG05: refuses where more would go than the policy lets.
pub(super) fn few_removals(case: &Case<'_>) -> Opinion {
    let (removed, observed) = (case.plan.count(Action::Remove), case.before.len());
    let exceeded =
        case.policies.iter().map(|policy| policy.max_removals).find(|max| max.is_exceeded(removed, observed));
    match exceeded {
        None => Opinion::fine(format!("{removed} of {} would go", entries(observed))),
        Some(max) => Opinion::against(
            format!(
                "{removed} of {} would go, and at most {} or {}% may",
                entries(observed),
                max.count,
                max.percent
            ),
            "split the change, or allow it once with `--allow RG05 --reason …`",
        ),
    }
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".into() } else { format!("{count} entries") }
}
