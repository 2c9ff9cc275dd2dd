//! Edits as data: which bytes of a text become which others.

use crate::span::Span;

/// Puts `text` in the place of `span`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// What comes in their place.
    pub text: String,
}

impl Splice {
    pub(crate) fn replace(start: usize, end: usize, text: impl Into<String>) -> Self {
        Self { span: Span::new(start, end), text: text.into() }
    }

    pub(crate) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at, at, text)
    }

    pub(crate) fn remove(start: usize, end: usize) -> Self {
        Self::replace(start, end, "")
    }
}

/// Applies splices to the text that they were computed from. They must not overlap; their order matters
/// only among those that insert at the same place. A splice that overlaps one before it is cut short.
pub fn apply(text: &str, splices: &[Splice]) -> String {
    let mut sorted: Vec<&Splice> = splices.iter().collect();
    sorted.sort_by_key(|splice| splice.span.start);
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for splice in sorted {
        result.push_str(text.get(done..splice.span.start).unwrap_or_default());
        result.push_str(&splice.text);
        done = done.max(splice.span.end);
    }
    result.push_str(text.get(done..).unwrap_or_default());
    result
}
