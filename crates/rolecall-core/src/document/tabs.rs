//! Tabs that indent, which YAML does not take, and the blanks that were meant where they can only be one thing.

use alloc::vec::Vec;

use rolecall_yaml::{Span, Splice, apply};

use super::{AwsAuthDocument, MAX_DATA_BYTES};
use crate::effective::{LossKind, SectionReading};
use crate::identity_mapping::{IdentityMapping, Section};

/// What the mend does.
pub(super) const FIX: &str = "indent with blanks";

/// How wide people have their tabs, the most common first.
const WIDTHS: [usize; 8] = [2, 4, 8, 1, 3, 5, 6, 7];

/// The edits of a whole file; `None` where it still cannot be read, or says another thing with another width.
pub(super) fn expanded_in_file(text: &str) -> Option<Vec<Splice>> {
    expanded(text, |text| {
        let document = AwsAuthDocument::judged("", text, None).0?;
        // Nobody knows whether a tab in somebody else's text indents.
        let is_foreign = |key: &str, text: &str| Section::from_key(key).is_none() && text.contains('\n');
        if document.data().iter().any(|(key, text)| is_foreign(key, text)) {
            return None;
        }
        let sections: Option<Vec<_>> = document.effective().sections().map(said).collect();
        Some((document.data().keys().cloned().collect::<Vec<_>>(), document.annotations().clone(), sections?))
    })
}

/// The same for a section's own text.
pub(super) fn expanded_in_section(section: Section, text: &str) -> Option<Vec<Splice>> {
    expanded(text, |text| {
        let reading = SectionReading::read(section, Some(text));
        said(&reading).filter(|_| !reading.entries().is_empty())
    })
}

fn expanded<T: PartialEq>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<Splice>> {
    let tabs = tabs(text).filter(|_| text.len() <= MAX_DATA_BYTES)?;
    let mut found: Option<(Vec<Splice>, T)> = None;
    for width in WIDTHS {
        let splices: Vec<Splice> =
            tabs.iter().map(|at| Splice { span: Span::new(*at, at + 1), text: " ".repeat(width) }).collect();
        match (read(&apply(text, &splices)), &found) {
            (Some(meaning), None) => found = Some((splices, meaning)),
            (Some(meaning), Some((_, first))) if meaning != *first => return None,
            _ => {}
        }
    }
    found.map(|(splices, _)| splices)
}

/// The tabs among the blanks at the start of lines; `None` without any.
fn tabs(text: &str) -> Option<Vec<usize>> {
    let mut tabs = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        tabs.extend(line[..indent].match_indices('\t').map(|(at, _)| start + at));
        start += line.len();
    }
    (!tabs.is_empty()).then_some(tabs)
}

/// What a section says, if all of it can be read.
fn said(reading: &SectionReading) -> Option<(Vec<IdentityMapping>, Vec<LossKind>)> {
    reading.unreadable().is_none().then(|| {
        let entries = reading.entries().iter().map(|entry| entry.mapping.clone()).collect();
        (entries, reading.losses().iter().map(|loss| loss.kind.clone()).collect())
    })
}
