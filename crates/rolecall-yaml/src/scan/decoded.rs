//! What a scalar says, built piece by piece while it is scanned, with the place of every piece if asked for.

use crate::source_map::Piece;
use crate::span::Span;

use super::cursor::LineBreak;

pub(crate) struct Decoded<'t> {
    text: &'t str,
    pub(crate) value: String,
    pieces: Option<Vec<Piece>>,
}

impl<'t> Decoded<'t> {
    /// Keeps the value only.
    pub(crate) fn value_only(text: &'t str) -> Self {
        Self { text, value: String::new(), pieces: None }
    }

    /// Keeps the pieces as well.
    pub(crate) fn with_pieces(text: &'t str) -> Self {
        Self { text, value: String::new(), pieces: Some(Vec::new()) }
    }

    pub(crate) fn into_parts(self) -> (String, Vec<Piece>) {
        (self.value, self.pieces.unwrap_or_default())
    }

    /// The source reads as itself.
    pub(crate) fn copy(&mut self, start: usize, end: usize) {
        if start == end {
            return;
        }
        let inner = self.value.len();
        self.value.push_str(&self.text[start..end]);
        let Some(pieces) = &mut self.pieces else { return };
        match pieces.last_mut() {
            Some(last) if last.verbatim && last.outer.end == start => last.outer.end = end,
            _ => pieces.push(Piece { inner, outer: Span::new(start, end), verbatim: true }),
        }
    }

    /// The source between `start` and `end` reads as `what`.
    pub(crate) fn put(&mut self, what: char, start: usize, end: usize) {
        let inner = self.value.len();
        self.value.push(what);
        if let Some(pieces) = &mut self.pieces {
            pieces.push(Piece { inner, outer: Span::new(start, end), verbatim: false });
        }
    }

    /// A line break that is kept.
    pub(crate) fn put_break(&mut self, line_break: LineBreak) {
        let LineBreak { start, end } = line_break;
        if line_break.is_newline() {
            self.put('\n', start, end);
        } else {
            self.copy(start, end);
        }
    }

    /// Line breaks between two lines of a flow scalar, up to `end`: one reads as a blank, more as
    /// all but the first.
    pub(crate) fn fold(&mut self, first: Option<LineBreak>, more: &mut Vec<LineBreak>, end: usize) {
        match first {
            Some(first) if first.is_newline() && more.is_empty() => self.put(' ', first.start, end),
            Some(first) if first.is_newline() => {}
            Some(first) => self.put_break(first),
            None => {}
        }
        more.drain(..).for_each(|line_break| self.put_break(line_break));
    }
}
