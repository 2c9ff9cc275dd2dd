//! RC039: comments that allow a finding, `# rolecall: allow RC029 because …`.
//!
//! One counts for its own line, for the line below if it stands alone, and for the whole entry on whose lines
//! it stands. Inside of a section it stands in the section's text, as every comment there.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rolecall_yaml::LineIndex;

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
    let (mut comments, mut wrong) = comments(file, text, index);
    let entries = entry_lines(documents);
    let mut by_line: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (number, comment) in comments.iter().enumerate() {
        by_line.extend(comment.lines.map(|line| (line, number)));
    }
    for finding in findings.iter_mut().filter(|finding| !finding.code.is_inherent()) {
        let own = (finding.place.line, finding.place.end_line);
        for (first, last) in [Some(own), around(&entries, own.0)].into_iter().flatten() {
            for (_, number) in by_line.range((first, 0)..=(last, usize::MAX)) {
                let comment = &mut comments[*number];
                if comment.code == finding.code {
                    comment.is_used = true;
                    finding.allowed = Some(comment.reason.clone());
                }
            }
        }
    }
    let unused = comments.into_iter().filter(|comment| !comment.is_used).map(|comment| {
        let message = if comment.code.is_inherent() {
            format!("{} cannot be allowed", comment.code)
        } else {
            format!("there is no {} here to allow", comment.code)
        };
        Finding::new(Code::Allowance, Level::Note, comment.place, message).help("remove the comment")
    });
    findings.extend(unused);
    findings.append(&mut wrong);
}

/// The comments of a file, and what is wrong with those that are none.
fn comments(file: &str, text: &str, index: &LineIndex) -> (Vec<Comment>, Vec<Finding>) {
    let (mut comments, mut wrong) = (Vec::new(), Vec::new());
    for (at, _) in text.match_indices(SIGN) {
        let start = text[..at].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let before = text[start..at].trim_end();
        let Some(before) = before.strip_suffix('#') else { continue };
        let is_alone = before.trim_end_matches('#').trim().is_empty();
        if !is_alone && !before.ends_with([' ', '\t']) {
            continue;
        }
        let end = text[at..].find(['\n', '\r']).map_or(text.len(), |end| at + end);
        let span = rolecall_yaml::Span::new(start + before.len(), end);
        let place = Place::of(file, text, index, span);
        let about = if is_alone { line_below(text, end, place.line) } else { place.line };
        match understood(&text[at + SIGN.len()..end]) {
            Ok((codes, reason)) => comments.extend(codes.into_iter().map(|code| Comment {
                code,
                reason: reason.clone(),
                lines: [place.line, about],
                place: place.clone(),
                is_used: false,
            })),
            Err(message) => wrong.push(
                Finding::new(Code::Allowance, Level::Warning, place, message)
                    .help("write `# rolecall: allow RC029 because …`, with the reason"),
            ),
        }
    }
    (comments, wrong)
}

/// The line below that is not a comment itself.
fn line_below(text: &str, end: usize, line: usize) -> usize {
    let below = text[end..].lines().skip(1);
    let comments = below.take_while(|line| line.trim_start().starts_with('#')).count();
    line + 1 + comments
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
