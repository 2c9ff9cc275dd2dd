//! RC039: comments that allow a finding, `# rolecall: allow RC029 because …`.
//!
//! One counts for its own line, for the line below if it stands alone, and for the whole entry on whose lines
//! it stands. Inside of a section it stands in the section's text, as every comment there.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rolecall_yaml::{LineIndex, Span};

use super::AwsAuthDocument;
use crate::finding::{Code, Finding, Level, Place};

/// How a comment begins.
const SIGN: &str = "rolecall:";

/// One comment for one code.
struct Comment {
    code: Code,
    reason: String,
    /// The line on which it stands, and the one that it is about.
    lines: [usize; 2],
    place: Place,
    is_used: bool,
}

/// Marks what the comments of the file allow, and tells those that allow nothing.
pub(super) fn check(
    (file, text, index): (&str, &str, &LineIndex),
    documents: &[AwsAuthDocument],
    findings: &mut Vec<Finding>,
) {
    if !text.contains(SIGN) {
        return;
    }
    let texts = texts(documents);
    let (mut comments, mut wrong) = comments(file, text, index, &texts);
    let entries = entry_lines(documents);
    let mut by_line: BTreeSet<(Code, usize, usize)> = BTreeSet::new();
    for (number, comment) in comments.iter().enumerate() {
        by_line.extend(comment.lines.map(|line| (comment.code, line, number)));
    }
    // The lines of an entry are looked through once for each rule, however many findings it has.
    let mut seen: BTreeSet<(Code, usize, usize)> = BTreeSet::new();
    for finding in findings.iter_mut().filter(|finding| !finding.is_final()) {
        let (code, own) = (finding.code, (finding.place.line, finding.place.end_line));
        for (first, last) in [Some(own), around(&entries, own.0)].into_iter().flatten() {
            let found = by_line.range((code, first, 0)..=(code, last, usize::MAX));
            let Some((.., nearest)) = found.clone().next() else { continue };
            let reason = &comments[*nearest].reason;
            finding.allowed.get_or_insert_with(|| reason.clone());
            if seen.insert((code, first, last)) {
                found.for_each(|(.., number)| comments[*number].is_used = true);
            }
        }
    }
    let unused = comments.into_iter().filter(|comment| !comment.is_used).map(|comment| {
        let message = if comment.code.is_inherent() || comment.code.loses() {
            format!("{} cannot be allowed", comment.code)
        } else {
            format!("there is no {} here to allow", comment.code)
        };
        Finding::new(Code::Allowance, Level::Note, comment.place, message).help("remove the comment")
    });
    findings.extend(unused);
    findings.append(&mut wrong);
}

/// Where the sign stands in a text and is no comment, in the order of the file.
fn texts(documents: &[AwsAuthDocument]) -> Vec<Span> {
    let mut texts: Vec<Span> = documents.iter().flat_map(|document| document.texts_with(SIGN)).collect();
    texts.sort_unstable_by_key(|text| text.start);
    texts
}

/// The comments of a file, and what is wrong with those that are none.
fn comments(file: &str, text: &str, index: &LineIndex, texts: &[Span]) -> (Vec<Comment>, Vec<Finding>) {
    let (mut comments, mut wrong) = (Vec::new(), Vec::new());
    let lines = lines(text);
    let below = lines_below(&lines);
    let signs = lines
        .iter()
        .enumerate()
        .flat_map(|(n, (start, line))| line.match_indices(SIGN).map(move |(at, _)| (n, *start, *line, at)));
    let mut end = 0;
    for (n, start, line, at) in signs {
        let Some(before) = line[..at].trim_end().strip_suffix('#') else { continue };
        let is_alone = before.trim_end_matches('#').trim().is_empty();
        // What follows in a comment is its text.
        if start + at < end || !(is_alone || before.ends_with([' ', '\t'])) || holds(texts, start + at) {
            continue;
        }
        end = start + line.len();
        let place = Place::of(file, text, index, Span::new(start + before.len(), end));
        let about = if is_alone { place.line + below[n] - n } else { place.line };
        match understood(&line[at + SIGN.len()..]) {
            Ok((codes, reason)) => comments.extend(codes.into_iter().map(|code| Comment {
                code,
                reason: reason.clone(),
                lines: [place.line, about],
                place: place.clone(),
                is_used: false,
            })),
            Err(message) => wrong.push(Finding::new(Code::Allowance, Level::Warning, place, message).help(
                format!("write `# rolecall: allow {} because …`, with the reason", meant(&line[at..])),
            )),
        }
    }
    (comments, wrong)
}

fn holds(texts: &[Span], at: usize) -> bool {
    let before = texts.partition_point(|text| text.start <= at);
    texts[..before].last().is_some_and(|text| at < text.end)
}

/// Every line with the place at which it begins.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        // The two characters of one line break are one.
        if line != "\n" || !text[..start].ends_with('\r') {
            lines.push((start, line.trim_end_matches(['\n', '\r'])));
        }
        start += line.len();
    }
    lines
}

/// For each line, the one below that is not a comment itself.
fn lines_below(lines: &[(usize, &str)]) -> Vec<usize> {
    let mut below = alloc::vec![lines.len(); lines.len()];
    for n in (0..lines.len().saturating_sub(1)).rev() {
        let is_comment = lines[n + 1].1.trim_start().starts_with('#');
        below[n] = if is_comment { below[n + 1] } else { n + 1 };
    }
    below
}

/// The rule that a comment names, or one for an example.
fn meant(comment: &str) -> Code {
    let mut words = comment.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.find_map(Code::from_text).unwrap_or(Code::ClusterAdmin)
}

/// The codes and the reason behind `rolecall:`.
fn understood(comment: &str) -> Result<(Vec<Code>, String), String> {
    let rest = comment.trim();
    let rest = rest.strip_prefix("allow").ok_or_else(|| format!("`{rest}` is not understood"))?;
    let (codes, reason) = rest.split_once("because").unwrap_or((rest, ""));
    let words = codes.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    let codes: Result<Vec<Code>, String> =
        words.map(|word| Code::from_text(word).ok_or_else(|| format!("there is no rule `{word}`"))).collect();
    let codes = codes?;
    let reason = reason.trim();
    if codes.is_empty() {
        return Err("no rule is named that is allowed".to_string());
    }
    if reason.is_empty() {
        return Err("an allow comment without a reason allows nothing".to_string());
    }
    Ok((codes, reason.to_string()))
}

/// The first and last line of every entry, in order.
fn entry_lines(documents: &[AwsAuthDocument]) -> Vec<(usize, usize)> {
    let mut lines: Vec<(usize, usize)> = Vec::new();
    for document in documents {
        for reading in document.effective().sections() {
            let (Some(inner), Some(list)) = (reading.document(), reading.sequence()) else { continue };
            let rolecall_yaml::NodeKind::Sequence { items, .. } = &inner.node(list).kind else { continue };
            lines.extend(items.iter().map(|item| {
                let place = document.place(reading.section(), inner.node(*item).span);
                (place.line, place.end_line)
            }));
        }
    }
    lines.sort_unstable();
    lines
}

fn around(entries: &[(usize, usize)], line: usize) -> Option<(usize, usize)> {
    let after = entries.partition_point(|(first, _)| *first <= line);
    entries[..after].last().copied().filter(|(_, last)| line <= *last)
}
