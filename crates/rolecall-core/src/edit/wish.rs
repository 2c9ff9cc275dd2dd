//! An edit of a cluster's map, as something that the line can plan, guard, apply and record.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[cfg(test)]
mod tests;

use super::section::section_text;
use super::{EntryEdit, Refusal, RefusalKind};
use crate::desired::DesiredAccess;
use crate::document::AwsAuthDocument;
use crate::finding::{Finding, Level};
use crate::identity_mapping::{IdentityMapping, Section};
use crate::observed::ObservedAccess;
use crate::policy::Policy;
use crate::source::SourceRevision;

/// What stands in place of a file's name.
const NAME: &str = "the entry";

/// What `edits` want of this cluster, by the source `cli`: of these entries, and of no others.
///
/// # Errors
/// Where an entry would be a finding of level error in a file.
pub fn wished(edits: &[EntryEdit], observed: &ObservedAccess) -> Result<DesiredAccess, Refusal> {
    let refused = |reason: String| Refusal::new(RefusalKind::Refused, reason, "nothing was changed");
    let mut data: BTreeMap<String, String> = BTreeMap::new();
    for section in Section::ALL {
        let of_section = edits.iter().filter(|edit| edit.key().section() == section);
        let of_section: Vec<&EntryEdit> = of_section.collect();
        if !of_section.is_empty() {
            let puts: Vec<&IdentityMapping> = of_section.into_iter().filter_map(EntryEdit::mapping).collect();
            data.insert(section.key().to_string(), section_text(section, &puts).map_err(refused)?);
        }
    }
    let (document, findings) = AwsAuthDocument::of_data(NAME, &data);
    let problem = findings.iter().find(|finding| finding.level == Level::Error).map(told);
    let desired = DesiredAccess::new(document, &findings, SourceRevision::cli(), Policy::default());
    let desired =
        desired.ok_or_else(|| refused(problem.unwrap_or_else(|| "it cannot be read".to_string())))?;
    let desired = desired.speaking_only_of(edits.iter().map(EntryEdit::key).collect());
    // What `kubectl apply` did before us is not ours, but that of the files that are still to be applied.
    let nothing =
        AwsAuthDocument::of_data(NAME, &BTreeMap::new()).0.filter(|_| observed.awaits_first_apply());
    Ok(match nothing {
        Some(nothing) => desired.after(nothing),
        None => desired,
    })
}

fn told(finding: &Finding) -> String {
    format!("{}: {}", finding.code, finding.message)
}
