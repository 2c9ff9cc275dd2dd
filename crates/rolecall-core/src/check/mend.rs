//! `--fix`: carries out what can only mean one thing, proves that it is better, and keeps every other byte.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use rolecall_yaml::{Splice, apply};

use super::safety::keeps_access;
use super::{Inspection, Settings, inspect};
use crate::document::AwsAuthDocument;
use crate::edit::removals;
use crate::finding::{Code, Edit, Finding, Fix};
use crate::identity_mapping::Section;

/// A mended file may have more to mend; this is far more often than that was ever seen.
const ROUNDS: usize = 24;

/// How often fixes that do not go together are tried in parts, in a file of [`TRIED_BYTES`] or less.
const TRIES: usize = 200;
const TRIED_BYTES: usize = 64 * 1024;

/// The text with every safe fix carried out, or `None` if there is nothing to mend. What a comment allows is
/// left alone. The result has fewer findings than before, none of another kind, and lets the same people in.
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

/// Carries out all fixes at once, or those that go together, the ones of one rule after those of another.
fn round(file: &str, text: &str, settings: &Settings) -> Option<String> {
    let before = inspect(file, text, Some(settings));
    let mut fixable: Vec<&Finding> =
        before.findings.iter().filter(|finding| finding.fix.is_some() && finding.allowed.is_none()).collect();
    fixable.sort_by_key(|finding| finding.code);
    let tries = (TRIES * TRIED_BYTES / text.len().max(TRIED_BYTES)).max(16);
    let mut round =
        Round { source: (file, text, settings), before: &before, chosen: Vec::new(), last: None, tries };
    if !round.take(&fixable) {
        fixable.chunk_by(|one, other| one.code == other.code).for_each(|of_code| round.take_parts(of_code));
    }
    round.last.map(|(text, _)| text)
}

/// One pass over what can be mended.
struct Round<'a> {
    source: (&'a str, &'a str, &'a Settings),
    before: &'a Inspection,
    /// The findings that are mended, and what comes of it.
    chosen: Vec<&'a Finding>,
    last: Option<(String, Inspection)>,
    tries: usize,
}

impl<'a> Round<'a> {
    /// Mends these too, if that is better and safe.
    fn take(&mut self, findings: &[&'a Finding]) -> bool {
        let (file, text, settings) = self.source;
        let chosen = self.chosen.iter().chain(findings);
        let edits = splices(&self.before.documents, chosen.filter_map(|finding| finding.fix.as_ref()));
        if edits.is_empty() {
            return false;
        }
        let mended = apply(text, &edits);
        let after = inspect(file, &mended, Some(settings));
        let last = self.last.as_ref().map_or(self.before, |(_, last)| last);
        let is_taken = is_better(last, &after) && keeps_access(last, &after);
        if is_taken {
            self.chosen.extend_from_slice(findings);
            self.last = Some((mended, after));
        }
        is_taken
    }

    /// Mends what it can of these: where all together are refused, each half, so that one stops no other.
    fn take_parts(&mut self, findings: &[&'a Finding]) {
        let Some(left) = self.tries.checked_sub(1) else { return };
        self.tries = left;
        if !self.take(findings) && findings.len() > 1 {
            let (one, other) = findings.split_at(findings.len() / 2);
            self.take_parts(one);
            self.take_parts(other);
        }
    }
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
    let mendable = |inspection: &Inspection| {
        inspection.findings.iter().filter(|finding| is_mendable(finding) && finding.allowed.is_none()).count()
    };
    let errors = |inspection: &Inspection| inspection.findings.iter().filter(|f| f.refuses()).count();
    let maps = |inspection: &Inspection| inspection.documents.len();
    if maps(after) != maps(before) {
        return maps(after) > maps(before);
    }
    match hiding(after).cmp(&hiding(before)) {
        Ordering::Less => true,
        Ordering::Equal => mendable(after) < mendable(before) && errors(after) <= errors(before),
        Ordering::Greater => false,
    }
}

/// Can it be mended, now or once something else is? Whether an ARN can be depends on the other entries.
fn is_mendable(finding: &Finding) -> bool {
    let is_of_principal = matches!(
        finding.code,
        Code::RepeatedPrincipal
            | Code::NeverMatches
            | Code::HiddenCharacter
            | Code::BlankInArn
            | Code::ArnCase
    );
    is_of_principal || finding.fix.is_some()
}

/// How many findings hide others, those first that are mended first: a section must have its name and be a text
/// before it can be read, its lines must stand apart before one of them can be mended, and of an entry that is
/// dropped nothing else is judged.
fn hiding(inspection: &Inspection) -> [usize; 4] {
    let count = |is_one: &dyn Fn(&Finding) -> bool| {
        inspection.findings.iter().filter(|finding| finding.allowed.is_none() && is_one(finding)).count()
    };
    let is_in_file =
        |finding: &Finding| finding.fix.as_ref().is_some_and(|fix| matches!(fix.edit, Edit::File(_)));
    [
        count(&|finding| matches!(finding.code, Code::SectionNotText | Code::MisspeltSection)),
        count(&|finding| finding.code == Code::UnreadableSection && is_in_file(finding)),
        count(&|finding| finding.code == Code::UnreadableSection),
        count(&|finding| finding.code == Code::DroppedEntry),
    ]
}
