//! What the author of a file got wrong: all of it, each with its place and the next step.
//!
//! Findings are for people who can mend a text. What the world refuses is a port error, and lives elsewhere.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rolecall_yaml::{LineIndex, Span, Splice};
use serde::Serialize;

mod code;

#[cfg(test)]
mod tests;

pub use code::Code;

use crate::identity_mapping::Section;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Its stable code, such as `RC004`.
    pub code: Code,
    /// How bad it is.
    pub level: Level,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// What is wrong, as a fragment.
    pub message: String,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What `--fix` would do about it, where it can only mean one thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// The reason for which a comment in the file allows it: it is shown, and refuses nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

/// How bad a finding is. An error changes nothing in the cluster: the file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// The file is refused.
    Error,
    /// It is probably not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// An edit of the file that mends a finding. It is written as its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, such as "write `rolearn`".
    pub title: String,
    /// Which of the file's maps it is about, from 0.
    pub(crate) document: usize,
    pub(crate) edit: Edit,
}

/// What a [`Fix`] changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The file itself.
    File(Vec<Splice>),
    /// A section's own text.
    Text(Section, Vec<Splice>),
    /// An item of a section, by its position, goes.
    Remove(Section, usize),
}

/// A range of a file. Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column after the last.
    pub end_column: usize,
}

impl Finding {
    /// A finding without a next step.
    pub fn new(code: Code, level: Level, place: Place, message: impl Into<String>) -> Self {
        Self { code, level, place, message: message.into(), help: None, fix: None, allowed: None }
    }

    /// The same, with the next step.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Can neither a comment nor `rolecall.yaml` change it? Plans rely on a map that is read without a loss.
    pub fn is_final(&self) -> bool {
        self.code.is_inherent() || (self.level == Level::Error && self.code.loses())
    }

    /// Does it refuse the file?
    pub fn refuses(&self) -> bool {
        self.level == Level::Error && self.allowed.is_none()
    }
}

impl Fix {
    pub(crate) fn new(title: impl Into<String>, edit: Edit) -> Self {
        Self { title: title.into(), document: 0, edit }
    }
}

impl Serialize for Fix {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.title)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

impl Place {
    /// The place of `span` in `text`, which is the content of `file`.
    pub fn of(file: &str, text: &str, lines: &LineIndex, span: Span) -> Self {
        let (start, end) = (lines.position(text, span.start), lines.position(text, span.end));
        Self {
            file: file.into(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// The first character of `file`.
    pub fn start_of(file: &str) -> Self {
        Self { file: file.into(), line: 1, column: 1, end_line: 1, end_column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Does any finding refuse the file?
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(Finding::refuses)
}

/// The known word that `word` was probably meant to be. Of ARNs, only the parts in which they differ count.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let close = known.iter().filter_map(|known| {
        let (word, meant) = differing(word, known);
        let distance = distance(&word.to_lowercase(), &meant.to_lowercase());
        let is_near = distance <= meant.len().div_ceil(4) && distance < word.len().min(meant.len()).max(1);
        is_near.then_some((distance, *known))
    });
    close.min().map(|(_, known)| known)
}

/// Both without what stands before the last `/` or `:` that they share.
fn differing<'w, 'k>(word: &'w str, known: &'k str) -> (&'w str, &'k str) {
    let pairs = word.bytes().zip(known.bytes());
    let shared = pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    let cut = word.as_bytes()[..shared].iter().rposition(|byte| b"/:".contains(byte)).map_or(0, |at| at + 1);
    (&word[cut..], &known[cut..])
}

/// Levenshtein's distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
