//! From the decoded text of a scalar back to the bytes that say it.

use crate::span::Span;

/// A run of a scalar's value and the source it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where the run begins in the value.
    pub(crate) inner: usize,
    /// The bytes of the source.
    pub(crate) outer: Span,
    /// Whether the source reads as itself, byte for byte.
    pub(crate) verbatim: bool,
}

/// Maps spans of a scalar's value to spans of the text that holds the scalar.
#[derive(Clone, Debug)]
pub struct SourceMap {
    pieces: Vec<Piece>,
    len: usize,
    start: usize,
    end: usize,
}

impl SourceMap {
    pub(crate) fn new(pieces: Vec<Piece>, len: usize, content: usize) -> Self {
        let start = pieces.first().map_or(content, |piece| piece.outer.start);
        let end = pieces.last().map_or(start, |piece| piece.outer.end);
        Self { pieces, len, start, end }
    }

    /// The source of a span of the value. An empty span gives an empty span: the place where the next
    /// character is written, or, at the end, where the last one ends.
    pub fn outer(&self, inner: Span) -> Span {
        let start = self.start_of(inner.start);
        if inner.is_empty() {
            return Span::at(start);
        }
        Span::new(start, self.end_of(inner.end).max(start))
    }

    /// Whether a span of the value is written as itself, without a break, an escape or an indent inside.
    pub fn is_verbatim(&self, inner: Span) -> bool {
        let piece = self.piece_at(inner.start);
        piece.is_some_and(|(piece, end)| piece.verbatim && inner.end <= end)
    }

    fn start_of(&self, inner: usize) -> usize {
        match self.piece_at(inner) {
            None if self.pieces.is_empty() => self.start,
            None => self.end,
            Some((piece, _)) if piece.verbatim => piece.outer.start + (inner - piece.inner),
            Some((piece, _)) => piece.outer.start,
        }
    }

    fn end_of(&self, inner: usize) -> usize {
        match self.piece_at(inner.saturating_sub(1)) {
            None => self.end,
            Some((piece, _)) if piece.verbatim => piece.outer.start + (inner - piece.inner),
            Some((piece, _)) => piece.outer.end,
        }
    }

    /// The piece that holds a byte of the value, and where it ends in the value.
    fn piece_at(&self, inner: usize) -> Option<(Piece, usize)> {
        if inner >= self.len {
            return None;
        }
        let after = self.pieces.partition_point(|piece| piece.inner <= inner);
        let piece = *self.pieces.get(after.checked_sub(1)?)?;
        let end = self.pieces.get(after).map_or(self.len, |next| next.inner);
        Some((piece, end))
    }
}
