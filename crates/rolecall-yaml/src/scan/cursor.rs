//! A place in the text that moves one character at a time, and the character classes of YAML 1.1.
//!
//! A NUL stands for the end of the text, as it does in libyaml; a real one is refused elsewhere.

/// Where the cursor stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    /// In bytes.
    pub(crate) pos: usize,
    /// In characters: libyaml's limit for keys counts them.
    pub(crate) index: usize,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

pub(crate) struct Cursor<'t> {
    pub(crate) text: &'t str,
    pub(crate) mark: Mark,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str, mark: Mark) -> Self {
        Self { text, mark }
    }

    /// The byte `ahead` bytes further on, 0 past the end.
    pub(crate) fn at(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.mark.pos + ahead).copied().unwrap_or(0)
    }

    pub(crate) fn is_end(&self) -> bool {
        self.at(0) == 0
    }

    pub(crate) fn is_blank(&self) -> bool {
        matches!(self.at(0), b' ' | b'\t')
    }

    pub(crate) fn is_break(&self) -> bool {
        self.break_len(0) > 0
    }

    pub(crate) fn is_break_or_end(&self) -> bool {
        self.is_end() || self.is_break()
    }

    pub(crate) fn is_blank_break_or_end(&self) -> bool {
        self.is_blank_break_or_end_at(0)
    }

    pub(crate) fn is_blank_break_or_end_at(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t' | 0) || self.break_len(ahead) > 0
    }

    /// `---` or `...` at the start of a line, with nothing glued to it.
    pub(crate) fn is_document_indicator(&self) -> bool {
        self.mark.column == 0
            && matches!((self.at(0), self.at(1), self.at(2)), (b'-', b'-', b'-') | (b'.', b'.', b'.'))
            && self.is_blank_break_or_end_at(3)
    }

    /// How many bytes the line break `ahead` bytes further on has; 0 if there is none.
    pub(crate) fn break_len(&self, ahead: usize) -> usize {
        match (self.at(ahead), self.at(ahead + 1), self.at(ahead + 2)) {
            (b'\r', b'\n', _) | (0xC2, 0x85, _) => 2,
            (b'\r' | b'\n', _, _) => 1,
            (0xE2, 0x80, 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    /// Steps over one character, which must not be a line break.
    pub(crate) fn skip(&mut self) {
        self.mark.pos += width(self.at(0));
        self.mark.index += 1;
        self.mark.column += 1;
    }

    pub(crate) fn skip_by(&mut self, characters: usize) {
        (0..characters).for_each(|_| self.skip());
    }

    pub(crate) fn skip_while(&mut self, wanted: impl Fn(&Self) -> bool) {
        while wanted(self) {
            self.skip();
        }
    }

    /// Steps over blanks and then over a comment, up to the end of the line.
    pub(crate) fn skip_blanks_and_comment(&mut self) {
        self.skip_while(Self::is_blank);
        self.skip_comment();
    }

    /// Steps over a comment that begins here.
    pub(crate) fn skip_comment(&mut self) {
        if self.at(0) == b'#' {
            self.skip_while(|cursor| !cursor.is_break_or_end());
        }
    }

    /// Steps over a line break and says what it reads as: `\n`, except that the two Unicode separators
    /// stand for themselves. Empty if there is no line break here.
    pub(crate) fn take_break(&mut self) -> LineBreak {
        let start = self.mark.pos;
        let len = self.break_len(0);
        if len > 0 {
            self.mark.index += if self.at(0) == b'\r' && len == 2 { 2 } else { 1 };
            self.mark.pos += len;
            self.mark.line += 1;
            self.mark.column = 0;
        }
        LineBreak { start, end: start + len }
    }

    /// The text between two offsets.
    pub(crate) fn between(&self, start: usize, end: usize) -> &'t str {
        &self.text[start..end]
    }
}

/// A line break in the source.
#[derive(Clone, Copy)]
pub(crate) struct LineBreak {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl LineBreak {
    /// Whether it reads as `\n` and so may be folded.
    pub(crate) fn is_newline(self) -> bool {
        matches!(self.end - self.start, 1 | 2)
    }
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// How many bytes the character with this first byte has.
fn width(first: u8) -> usize {
    match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
        _ => 1,
    }
}
