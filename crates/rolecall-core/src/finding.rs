//! What the author of a file got wrong: all of it, each with its place and the next step.
//!
//! Findings are for people who can mend a text. What the world refuses is a port error, and lives elsewhere.

use alloc::string::String;
use core::fmt;

use rolecall_yaml::{LineIndex, Span};
use serde::Serialize;

#[cfg(test)]
mod tests;

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

/// An edit of the file that mends a finding. It is written as its description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Fix {
    /// What it does, such as "write `rolearn`".
    pub title: String,
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

/// The rules of `aws-auth` documents. Codes are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// RC001: the file is not YAML, or is empty.
    UnreadableFile,
    /// RC002: it is not the ConfigMap `aws-auth` in `kube-system`.
    NotAwsAuth,
    /// RC003: a data value is not a text.
    SectionNotText,
    /// RC004: a section that the authenticator would read as empty.
    UnreadableSection,
    /// RC005: an entry that the authenticator would drop.
    DroppedEntry,
    /// RC006: an entry without a username.
    NoUsername,
    /// RC007: groups that the authenticator would lose.
    LostGroups,
    /// RC008: a key that the authenticator does not know.
    UnknownKey,
    /// RC009: a data key that is a section in another spelling.
    MisspeltSection,
    /// RC010: a principal with more than one entry.
    RepeatedPrincipal,
    /// RC011: an entry that can never match.
    NeverMatches,
    /// RC012: text after the end of the first document.
    LaterDocument,
    /// RC013: the map is larger than Kubernetes stores.
    TooLarge,
    /// RC014: `rolecall.yaml` says something that is not understood.
    Configuration,
}

impl Code {
    /// The rule's page, as markdown.
    pub fn page(self) -> &'static str {
        self.as_str()
    }

    /// All of them, in their order.
    pub const ALL: [Self; 14] = [
        Self::UnreadableFile,
        Self::NotAwsAuth,
        Self::SectionNotText,
        Self::UnreadableSection,
        Self::DroppedEntry,
        Self::NoUsername,
        Self::LostGroups,
        Self::UnknownKey,
        Self::MisspeltSection,
        Self::RepeatedPrincipal,
        Self::NeverMatches,
        Self::LaterDocument,
        Self::TooLarge,
        Self::Configuration,
    ];

    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnreadableFile => "RC001",
            Self::NotAwsAuth => "RC002",
            Self::SectionNotText => "RC003",
            Self::UnreadableSection => "RC004",
            Self::DroppedEntry => "RC005",
            Self::NoUsername => "RC006",
            Self::LostGroups => "RC007",
            Self::UnknownKey => "RC008",
            Self::MisspeltSection => "RC009",
            Self::RepeatedPrincipal => "RC010",
            Self::NeverMatches => "RC011",
            Self::LaterDocument => "RC012",
            Self::TooLarge => "RC013",
            Self::Configuration => "RC014",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
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
    findings.iter().any(|finding| finding.level == Level::Error)
}

/// The known word that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let close = known.iter().map(|known| (distance(&word.to_lowercase(), &known.to_lowercase()), *known));
    close.filter(|(distance, known)| *distance <= known.len().div_ceil(4)).min().map(|(_, known)| known)
}

/// Levenshtein's distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: alloc::vec::Vec<char> = b.chars().collect();
    let mut row: alloc::vec::Vec<usize> = (0..=b.len()).collect();
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
