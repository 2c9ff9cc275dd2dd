//! `--fix`: carries out what can only mean one thing, proves that it is better, and keeps every other byte.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use rolecall_yaml::{Splice, apply};

use super::{Inspection, Settings, inspect};
use crate::document::AwsAuthDocument;
use crate::edit::removals;
use crate::finding::{Code, Edit, Finding, Fix};
use crate::identity_mapping::Section;

/// A mended file may have more to mend; this is far more often than that was ever seen.
const ROUNDS: usize = 24;

/// The text with every safe fix carried out, or `None` if there is nothing to mend. What a comment allows is
/// left alone. The result has fewer findings than before, and none of another kind.
pub fn fixed(file: &str, text: &str, settings: &Settings) -> Option<String> {
    let mut mended: Option<String> = None;
    for _ in 0..ROUNDS {
        match round(file, mended.as_deref().unwrap_or(text), settings) {
            Some(better) => mended = Some(better),
            None => break,
        }
    }
    mended
}

/// Carries out all fixes at once, or those of one rule where not all of them go together.
fn round(file: &str, text: &str, settings: &Settings) -> Option<String> {
    let before = inspect(file, text, Some(settings));
    let fixable: Vec<&Finding> =
        before.findings.iter().filter(|finding| finding.fix.is_some() && finding.allowed.is_none()).collect();
    let mut codes: Vec<Code> = fixable.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let attempt = |wanted: &dyn Fn(Code) -> bool| {
        let fixes = fixable.iter().filter(|finding| wanted(finding.code)).filter_map(|f| f.fix.as_ref());
        let edits = splices(&before.documents, fixes);
        let better = (!edits.is_empty()).then(|| apply(text, &edits))?;
        is_better(&before, &inspect(file, &better, Some(settings))).then_some(better)
    };
    attempt(&|_| true).or_else(|| codes.iter().find_map(|code| attempt(&|other| other == *code)))
}

/// The edits of the file that carry out `fixes`, those left out that touch what another one has changed.
fn splices<'a>(documents: &[AwsAuthDocument], fixes: impl Iterator<Item = &'a Fix>) -> Vec<Splice> {
    let mut in_file: Vec<Splice> = Vec::new();
    let mut in_sections: BTreeMap<(usize, Section), (Vec<Splice>, Vec<usize>)> = BTreeMap::new();
    for Fix { document, edit, .. } in fixes {
        match edit {
            Edit::File(splices) => in_file.extend_from_slice(splices),
            Edit::Text(section, splices) => {
                in_sections.entry((*document, *section)).or_default().0.extend_from_slice(splices);
            }
            Edit::Remove(section, index) => {
                in_sections.entry((*document, *section)).or_default().1.push(*index);
            }
        }
    }
    for ((document, section), (splices, removed)) in in_sections {
        let Some(document) = documents.get(document) else { continue };
        let reading = document.effective().section(section);
        // What goes is not mended as well.
        let splices =
            if removed.is_empty() { Some(apart(splices)) } else { removals(reading, &removed).ok() };
        in_file.extend(splices.and_then(|splices| document.lifted(section, &splices)).unwrap_or_default());
    }
    apart(in_file)
}

/// The splices without those that overlap an earlier one.
fn apart(mut splices: Vec<Splice>) -> Vec<Splice> {
    splices.sort_by_key(|splice| (splice.span.start, splice.span.end));
    let mut end = 0;
    let mut last: Option<Splice> = None;
    splices.retain(|splice| {
        let overlaps = last.as_ref().is_some_and(|last| splice.span.start < end || splice.span == last.span);
        if !overlaps {
            end = splice.span.end;
            last = Some(splice.to_owned());
        }
        !overlaps
    });
    splices
}

/// Is more of the file readable than before, or are there fewer findings to mend and no more errors?
///
/// What a section hid counts against nobody who makes it readable.
fn is_better(before: &Inspection, after: &Inspection) -> bool {
    let fixable = |inspection: &Inspection| {
        inspection.findings.iter().filter(|f| f.fix.is_some() && f.allowed.is_none()).count()
    };
    let errors = |inspection: &Inspection| inspection.findings.iter().filter(|f| f.refuses()).count();
    let maps = |inspection: &Inspection| inspection.documents.len();
    if maps(after) != maps(before) {
        return maps(after) > maps(before);
    }
    match hiding(after).cmp(&hiding(before)) {
        Ordering::Less => true,
        Ordering::Equal => fixable(after) < fixable(before) && errors(after) <= errors(before),
        Ordering::Greater => false,
    }
}

/// How many findings hide others, those first that are mended first: a section must have its name and be a text
/// before it can be read, and its lines must stand apart before one of them can be mended.
fn hiding(inspection: &Inspection) -> [usize; 3] {
    let count = |is_one: &dyn Fn(&Finding) -> bool| {
        inspection.findings.iter().filter(|finding| finding.allowed.is_none() && is_one(finding)).count()
    };
    let is_in_file =
        |finding: &Finding| finding.fix.as_ref().is_some_and(|fix| matches!(fix.edit, Edit::File(_)));
    [
        count(&|finding| matches!(finding.code, Code::SectionNotText | Code::MisspeltSection)),
        count(&|finding| finding.code == Code::UnreadableSection && is_in_file(finding)),
        count(&|finding| finding.code == Code::UnreadableSection),
    ]
}
