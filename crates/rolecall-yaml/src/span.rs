//! Where things stand in a text: byte spans, and lines and columns for people.
//!
//! It does not know what the text says.

/// A range of bytes of a text; both ends lie on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The empty span at `offset`.
    pub fn at(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }

    /// How many bytes it covers.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The part of `text` that it covers.
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

/// A place for people: line and column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
}

/// How far apart, in bytes, the characters of a text are counted in advance.
const STRIDE: usize = 256;

/// The line starts of one text. Lines end in `\n`, `\r\n` or a lone `\r`.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
    /// How many characters begin before each multiple of the stride: lines may be as long as the text.
    counts: Vec<usize>,
}

impl LineIndex {
    /// Finds the line starts of `text`.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (offset, byte) in bytes.iter().enumerate() {
            let lone_return = *byte == b'\r' && bytes.get(offset + 1) != Some(&b'\n');
            if *byte == b'\n' || lone_return {
                starts.push(offset + 1);
            }
        }
        let mut counts = vec![0];
        let mut count = 0;
        for chunk in bytes.chunks(STRIDE) {
            count += characters(chunk);
            counts.push(count);
        }
        Self { starts, counts }
    }

    /// The place of the byte `offset` of `text`, which must be the text that the index was made from.
    /// An offset past the end, or inside a character, is taken back to the character before it.
    /// A byte order mark at the start of the text is no column.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let mark = usize::from(start == 0 && offset > 0 && text.starts_with('\u{feff}'));
        let before = self.before(text, offset) - self.before(text, start) - mark;
        Position { line, column: before + 1 }
    }

    /// How many characters begin before the byte `offset`.
    fn before(&self, text: &str, offset: usize) -> usize {
        let chunk = offset / STRIDE;
        self.counts[chunk] + characters(&text.as_bytes()[chunk * STRIDE..offset])
    }
}

/// How many characters begin in the bytes: all but the continuation bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_know_every_line_end() {
        let check = |text: &str, offset: usize, line: usize, column: usize| {
            let place = LineIndex::new(text).position(text, offset);
            assert_eq!(place, Position { line, column }, "{text:?} at {offset}");
        };
        check("", 0, 1, 1);
        check("ab\ncd", 4, 2, 2);
        check("ab\r\ncd", 4, 2, 1);
        check("ab\r\ncd", 3, 1, 4);
        check("ab\rcd", 3, 2, 1);
        check("é: ü", 5, 1, 4);
        check("é", 1, 1, 1);
        check("\u{feff}ab", 4, 1, 2);
        check("a\n", 99, 2, 1);
        check(&"é".repeat(1000), 1600, 1, 801);
        check(&"x".repeat(512), 512, 1, 513);
    }
}
