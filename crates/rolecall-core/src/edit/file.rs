//! Edits of a file: its text with the touched lines changed, in whatever form it is written, and read again.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[cfg(test)]
mod tests;

use super::section::{Work, edited_section, section_text};
use super::{EntryEdit, Refusal, RefusalKind, Touched, outer};
use crate::document::AwsAuthDocument;
use crate::effective::SectionReading;
use crate::finding::{Code, Finding, Level};
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};

/// The text of `document` with `edits` made in it; the same text where they change nothing.
///
/// # Errors
/// Where a section cannot be read, or where the text would not say what is meant, or anything else.
pub fn edited_text(document: &AwsAuthDocument, edits: &[EntryEdit]) -> Result<String, Refusal> {
    Touched::by(edits).check(document)?;
    let mut now = document.clone();
    for section in Section::ALL {
        let of_section: Vec<(EntryKey, &EntryEdit)> =
            edits.iter().map(|edit| (edit.key(), edit)).filter(|(key, _)| key.section() == section).collect();
        if !of_section.is_empty() {
            now = with_section(now, section, &of_section).map_err(|problem| refused(section, &problem))?;
        }
    }
    Ok(now.text().to_string())
}

/// What is found in a text after an edit and was not before, errors and warnings.
pub fn new_findings(before: &[Finding], after: Vec<Finding>) -> Vec<Finding> {
    // Lines that a message names have moved.
    let told = |finding: &Finding| -> (Code, String) {
        (finding.code, finding.message.chars().filter(|c| !c.is_ascii_digit()).collect())
    };
    let mut known: BTreeMap<(Code, String), usize> = BTreeMap::new();
    for finding in before {
        *known.entry(told(finding)).or_default() += 1;
    }
    let mut is_new = |finding: &Finding| match known.get_mut(&told(finding)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    after.into_iter().filter(|finding| finding.level != Level::Note && is_new(finding)).collect()
}

fn with_section(
    document: AwsAuthDocument,
    section: Section,
    edits: &[(EntryKey, &EntryEdit)],
) -> Result<AwsAuthDocument, String> {
    let adds = edits.iter().any(|(_, edit)| matches!(edit, EntryEdit::Put { .. }));
    let document = if adds { outer::unquoted(&document, section)? } else { document };
    let have = document.effective().shared(section);
    let (work, puts) = work(edits, &have);
    let want = SectionReading::read(section, Some(&section_text(section, &puts)?));
    if work.is_nothing() {
        return Ok(document);
    }
    let edited = edited_section(&work, &want, &have)?;
    let mut now = document.clone();
    for splices in &edited.steps {
        let text = outer::carried(&now, section, splices)?;
        let (read, findings) = AwsAuthDocument::parse(document.file(), &text);
        let problem = || findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
        now = read.ok_or_else(|| format!("the edited file could not be read: {}", problem()))?;
    }
    prove(&document, section, &edited.reading, &now)?;
    Ok(now)
}

fn work<'a>(
    edits: &'a [(EntryKey, &EntryEdit)],
    have: &SectionReading,
) -> (Work<'a>, Vec<&'a IdentityMapping>) {
    let mut work = Work { is_built: true, ..Work::default() };
    let mut puts = Vec::new();
    let there: BTreeSet<&EntryKey> = have.entries().iter().map(|entry| &entry.key).collect();
    for (key, edit) in edits {
        let is_there = there.contains(key);
        match edit {
            EntryEdit::Put { mapping, .. } => {
                puts.push(mapping);
                if is_there {
                    work.updated.insert(key, mapping);
                } else {
                    work.added.push(key);
                }
            }
            EntryEdit::Remove(_) if is_there => {
                work.removed.insert(key);
            }
            EntryEdit::Remove(_) => {}
        }
    }
    (work, puts)
}

/// The section says what was edited, and all else is as it was.
fn prove(
    before: &AwsAuthDocument,
    section: Section,
    meant: &SectionReading,
    after: &AwsAuthDocument,
) -> Result<(), String> {
    let mut data = before.data().clone();
    data.insert(section.key().to_string(), meant.text().unwrap_or_default().to_string());
    let is_same = *after.data() == data
        && after.annotations() == before.annotations()
        && outer::is_the_rest_same(before.text(), after.text(), section);
    if is_same { Ok(()) } else { Err("the edited file would not say what is meant".to_string()) }
}

fn refused(section: Section, problem: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Refused,
        format!("`{section}` cannot be edited without losing something: {problem}"),
        "edit it by hand (anchors and merges are the usual cause)",
    )
}
