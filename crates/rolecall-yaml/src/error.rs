//! Why a text cannot be read, and how much of one we are willing to read.

use std::fmt;

/// How much a document may ask of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes.
    pub bytes: usize,
    /// The deepest nesting, aliases followed. The reader is recursive: keep it below a few hundred.
    pub depth: usize,
    /// The most nodes, aliases followed.
    pub nodes: usize,
}

impl Default for Limits {
    /// 4 MiB, 100 levels, 500,000 nodes: far above any file that a person keeps.
    fn default() -> Self {
        Self { bytes: 4 << 20, depth: 100, nodes: 500_000 }
    }
}

/// What kind of thing a [`SyntaxError`] complains about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is not YAML, as libyaml understands it.
    Grammar,
    /// An alias names an anchor that is not there (before it).
    UnknownAnchor,
    /// A character that YAML does not allow.
    Character,
    /// The text breaches one of the [`Limits`].
    Budget,
}

/// A text that cannot be read, in libyaml's words. Its `Display` is the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, without the place.
    pub message: String,
    /// Where: a byte offset.
    pub at: usize,
    /// Where the thing began that could not be read to its end, if libyaml knows.
    pub since: Option<usize>,
    /// What kind of error it is.
    pub kind: SyntaxErrorKind,
}

impl SyntaxError {
    pub(crate) fn grammar(message: &str, at: usize) -> Self {
        Self { message: message.to_owned(), at, since: None, kind: SyntaxErrorKind::Grammar }
    }

    pub(crate) fn within(message: &str, at: usize, since: usize) -> Self {
        Self { since: Some(since), ..Self::grammar(message, at) }
    }

    pub(crate) fn unknown_anchor(name: &str, at: usize) -> Self {
        let kind = SyntaxErrorKind::UnknownAnchor;
        Self { kind, ..Self::grammar(&format!("unknown anchor `{name}` referenced"), at) }
    }

    pub(crate) fn character(at: usize) -> Self {
        let kind = SyntaxErrorKind::Character;
        Self { kind, ..Self::grammar("control characters are not allowed", at) }
    }

    pub(crate) fn budget(message: String, at: usize) -> Self {
        Self { message, at, since: None, kind: SyntaxErrorKind::Budget }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}
