//! RC010: a principal with more than one entry, and which of them wins.

use alloc::collections::BTreeMap;
use alloc::format;

use rolecall_yaml::edit;

use super::Report;
use crate::effective::{Entry, SectionReading};
use crate::finding::{Code, Edit, Fix, Level};
use crate::identity_mapping::Section;

/// Of a role's entries the last one wins; of a user's that differ in case, a random one; of a principal in
/// both sections, that in `mapRoles`.
pub(super) fn check(report: &mut Report<'_>, reading: &SectionReading) {
    within(report, reading);
    if reading.section() == Section::MapUsers {
        across(report, reading);
    }
}

fn within(report: &mut Report<'_>, reading: &SectionReading) {
    let section = reading.section();
    let mut earlier: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in reading.entries() {
        let Some(first) = earlier.insert(entry.key.principal(), entry) else { continue };
        let is_same = first.mapping.grants_the_same(&entry.mapping);
        let differs_in_case = first.mapping.principal != entry.mapping.principal;
        let line = report.document.place(section, first.span).line;
        let (level, what) = if section == Section::MapUsers && differs_in_case && !is_same {
            (Level::Error, "one of them is picked at random for each request")
        } else if is_same {
            (Level::Warning, "both say the same")
        } else {
            (Level::Warning, "only the last one counts")
        };
        let message = format!("`{}` has an entry at line {line} already: {what}", entry.mapping.principal);
        let finding = report.add((Code::RepeatedPrincipal, level), (section, entry.span), message);
        finding.help = Some("keep one entry with all the groups".into());
        let is_exact = is_same && !differs_in_case && first.sso == entry.sso;
        finding.fix = (is_exact && section != Section::MapAccounts && !has_comment(reading, entry))
            .then(|| Fix::new("remove the repetition", Edit::Remove(section, entry.index)));
    }
}

/// Would something that its author wrote down go with the entry?
fn has_comment(reading: &SectionReading, entry: &Entry) -> bool {
    let (Some(inner), Some(sequence)) = (reading.document(), reading.sequence()) else { return false };
    let splices = edit::remove_items(inner, sequence, &[entry.index]).unwrap_or_default();
    splices.iter().any(|splice| splice.span.of(inner.text()).contains('#'))
}

fn across(report: &mut Report<'_>, users: &SectionReading) {
    let roles = report.document.effective().section(Section::MapRoles);
    let roles: BTreeMap<&str, &Entry> =
        roles.entries().iter().map(|entry| (entry.key.principal(), entry)).collect();
    for entry in users.entries() {
        let Some(role) = roles.get(entry.key.principal()) else { continue };
        let line = report.document.place(Section::MapRoles, role.span).line;
        let message = format!(
            "`{}` has an entry in `mapRoles`, at line {line}, which wins: this one does not count",
            entry.mapping.principal
        );
        let at = (Section::MapUsers, entry.span);
        let finding = report.add((Code::RepeatedPrincipal, Level::Warning), at, message);
        finding.help = Some("keep one entry with all the groups".into());
    }
}
