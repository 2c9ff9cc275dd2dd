//! From text to tokens, by libyaml's rules as Go's yaml.v2 carries them: YAML 1.1 with its quirks.
//!
//! It is our own and no port: libyaml-safer, which could have been the base, panics on a block scalar that
//! ends the text without a newline, and differs from yaml.v2 in escapes, tags, `?` in flow and `%YAML`.
//! The parser pulls one token at a time; nothing behind the first document is read unless asked for.

pub(crate) mod cursor;
pub(crate) mod decoded;
mod keys;
mod properties;
pub(crate) mod scalars;
mod token;

use std::collections::VecDeque;

use crate::error::SyntaxError;
use crate::tree::ScalarStyle;
use cursor::{Cursor, Mark};
use decoded::Decoded;
use keys::{Keys, PossibleKey};

pub(crate) use token::{Token, TokenData};

pub(crate) struct Scanner<'t> {
    cursor: Cursor<'t>,
    tokens: VecDeque<Token>,
    /// How many tokens have been handed out.
    taken: usize,
    /// The indentation of the innermost block, -1 outside of all.
    indent: i32,
    outer_indents: Vec<i32>,
    /// Whether a key may begin here.
    key_allowed: bool,
    keys: Keys,
}

impl<'t> Scanner<'t> {
    /// Starts behind a byte order mark, if there is one.
    pub(crate) fn new(text: &'t str) -> Self {
        let pos = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            cursor: Cursor::new(text, Mark { pos, ..Mark::default() }),
            tokens: VecDeque::new(),
            taken: 0,
            indent: -1,
            outer_indents: Vec::new(),
            key_allowed: true,
            keys: Keys::new(),
        }
    }

    /// How far the text has been read.
    pub(crate) fn pos(&self) -> usize {
        self.cursor.mark.pos
    }

    /// The next token, left where it is. After the end of the stream, that same token again.
    pub(crate) fn peek(&mut self) -> Result<&Token, SyntaxError> {
        while self.needs_more()? {
            self.fetch()?;
        }
        Ok(self.tokens.front().expect("the loop above ends only with a token"))
    }

    /// Takes the next token.
    pub(crate) fn take(&mut self) -> Result<Token, SyntaxError> {
        self.peek()?;
        self.taken += 1;
        Ok(self.tokens.pop_front().expect("peek has left a token"))
    }

    /// Whether the first token in the queue may yet turn out to be a key (or there is none).
    fn needs_more(&mut self) -> Result<bool, SyntaxError> {
        Ok(self.tokens.is_empty() || self.keys.awaits(self.taken, self.cursor.mark)?)
    }

    fn in_flow(&self) -> bool {
        self.keys.in_flow()
    }

    fn column(&self) -> i32 {
        i32::try_from(self.cursor.mark.column).unwrap_or(i32::MAX)
    }

    /// Reads on by one token (or by several, where blocks end).
    fn fetch(&mut self) -> Result<(), SyntaxError> {
        self.skip_to_next_token();
        self.close_blocks(self.column());
        let (first, in_flow) = (self.cursor.at(0), self.in_flow());
        let glued = !self.cursor.is_blank_break_or_end_at(1);
        if self.cursor.is_end() {
            return self.fetch_stream_end();
        }
        if self.cursor.mark.column == 0 && first == b'%' {
            return self.fetch_directive();
        }
        if self.cursor.is_document_indicator() {
            let data = if first == b'-' { TokenData::DocumentStart } else { TokenData::DocumentEnd };
            return self.fetch_document_indicator(data);
        }
        match first {
            b'[' => self.fetch_flow_start(TokenData::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenData::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenData::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenData::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if !glued => self.fetch_block_entry(),
            b'?' if in_flow || !glued => self.fetch_key(),
            b':' if in_flow || !glued => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if !in_flow => self.fetch_block_scalar(),
            b'\'' | b'"' => self.fetch_quoted(),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => Err(self.not_a_token()),
            _ => self.fetch_plain(),
        }
    }

    fn not_a_token(&self) -> SyntaxError {
        SyntaxError::grammar("found character that cannot start any token", self.pos())
    }

    /// Steps over blanks, comments and line ends. A tab counts as a blank only where no key may begin.
    fn skip_to_next_token(&mut self) {
        loop {
            let tabs = self.in_flow() || !self.key_allowed;
            self.cursor.skip_while(|cursor| cursor.at(0) == b' ' || tabs && cursor.at(0) == b'\t');
            self.cursor.skip_comment();
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.take_break();
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    /// Ends every block that is indented deeper than `column`.
    fn close_blocks(&mut self, column: i32) {
        while !self.in_flow() && self.indent > column {
            let here = self.pos();
            self.push(TokenData::BlockEnd, here);
            self.indent = self.outer_indents.pop().unwrap_or(-1);
        }
    }

    /// Begins a block at `mark` if it is indented deeper than the current one; its token goes to the
    /// place `token` in the stream, or last.
    fn open_block(&mut self, data: TokenData, mark: Mark, token: Option<usize>) {
        let column = i32::try_from(mark.column).unwrap_or(i32::MAX);
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.outer_indents.push(self.indent);
        self.indent = column;
        self.insert(token, Token { data, start: mark.pos, end: mark.pos });
    }

    /// Puts a token at the place `place` in the stream, or last, also if that place has been handed out.
    fn insert(&mut self, place: Option<usize>, token: Token) {
        let index = place.and_then(|place| place.checked_sub(self.taken)).unwrap_or(self.tokens.len());
        self.tokens.insert(index, token);
    }

    fn push(&mut self, data: TokenData, start: usize) {
        let end = self.pos();
        self.tokens.push_back(Token { data, start, end });
    }

    /// What begins here may be a key.
    fn note_possible_key(&mut self) -> Result<(), SyntaxError> {
        if !self.key_allowed {
            return Ok(());
        }
        let required = !self.in_flow() && self.indent == self.column();
        let (token, mark) = (self.next_token(), self.cursor.mark);
        self.keys.note(PossibleKey { possible: true, required, token, mark })
    }

    /// What may have been a key is none.
    fn drop_possible_key(&mut self) -> Result<(), SyntaxError> {
        self.keys.drop(self.cursor.mark)
    }

    /// The number of the token that comes next.
    fn next_token(&self) -> usize {
        self.taken + self.tokens.len()
    }

    fn fetch_stream_end(&mut self) -> Result<(), SyntaxError> {
        // The end ends the line as well, so that no key outside open brackets waits for its colon.
        let mark = &mut self.cursor.mark;
        if mark.column != 0 {
            (mark.column, mark.line) = (0, mark.line + 1);
        }
        self.close_blocks(-1);
        self.drop_possible_key()?;
        self.key_allowed = false;
        self.push(TokenData::StreamEnd, self.pos());
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), SyntaxError> {
        self.close_blocks(-1);
        self.drop_possible_key()?;
        self.key_allowed = false;
        let start = self.pos();
        let (data, end) = properties::directive(&mut self.cursor)?;
        self.tokens.push_back(Token { data, start, end });
        Ok(())
    }

    fn fetch_document_indicator(&mut self, data: TokenData) -> Result<(), SyntaxError> {
        self.close_blocks(-1);
        self.drop_possible_key()?;
        self.key_allowed = false;
        self.fetch_indicator(data, 3);
        Ok(())
    }

    fn fetch_indicator(&mut self, data: TokenData, characters: usize) {
        let start = self.pos();
        self.cursor.skip_by(characters);
        self.push(data, start);
    }

    fn fetch_flow_start(&mut self, data: TokenData) -> Result<(), SyntaxError> {
        self.note_possible_key()?;
        self.keys.open(self.next_token());
        self.key_allowed = true;
        self.fetch_indicator(data, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, data: TokenData) -> Result<(), SyntaxError> {
        self.drop_possible_key()?;
        self.keys.close();
        self.key_allowed = false;
        self.fetch_indicator(data, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), SyntaxError> {
        self.drop_possible_key()?;
        self.key_allowed = true;
        self.fetch_indicator(TokenData::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), SyntaxError> {
        self.require_key_allowed("block sequence entries are not allowed in this context")?;
        self.open_block(TokenData::BlockSequenceStart, self.cursor.mark, None);
        self.drop_possible_key()?;
        self.key_allowed = true;
        self.fetch_indicator(TokenData::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), SyntaxError> {
        self.require_key_allowed("mapping keys are not allowed in this context")?;
        self.open_block(TokenData::BlockMappingStart, self.cursor.mark, None);
        self.drop_possible_key()?;
        self.key_allowed = !self.in_flow();
        self.fetch_indicator(TokenData::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), SyntaxError> {
        if let Some(PossibleKey { token, mark, .. }) = self.keys.take(self.cursor.mark)? {
            self.insert(Some(token), Token { data: TokenData::Key, start: mark.pos, end: mark.pos });
            self.open_block(TokenData::BlockMappingStart, mark, Some(token));
            self.key_allowed = false;
        } else {
            self.require_key_allowed("mapping values are not allowed in this context")?;
            self.open_block(TokenData::BlockMappingStart, self.cursor.mark, None);
            self.key_allowed = !self.in_flow();
        }
        self.fetch_indicator(TokenData::Value, 1);
        Ok(())
    }

    fn require_key_allowed(&self, message: &str) -> Result<(), SyntaxError> {
        if self.in_flow() || self.key_allowed {
            return Ok(());
        }
        Err(SyntaxError::grammar(message, self.pos()))
    }

    fn fetch_anchor(&mut self) -> Result<(), SyntaxError> {
        self.note_possible_key()?;
        self.key_allowed = false;
        let (start, alias) = (self.pos(), self.cursor.at(0) == b'*');
        let name = properties::anchor(&mut self.cursor)?;
        self.push(if alias { TokenData::Alias(name) } else { TokenData::Anchor(name) }, start);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Result<(), SyntaxError> {
        self.note_possible_key()?;
        self.key_allowed = false;
        let start = self.pos();
        let data = properties::tag(&mut self.cursor)?;
        self.push(data, start);
        Ok(())
    }

    fn fetch_block_scalar(&mut self) -> Result<(), SyntaxError> {
        self.drop_possible_key()?;
        self.key_allowed = true;
        let start = self.pos();
        let style = if self.cursor.at(0) == b'|' { ScalarStyle::Literal } else { ScalarStyle::Folded };
        let mut out = Decoded::value_only(self.cursor.text);
        let end = scalars::block(&mut self.cursor, self.indent, &mut out)?;
        self.push_scalar(out, style, start, end);
        Ok(())
    }

    fn fetch_quoted(&mut self) -> Result<(), SyntaxError> {
        self.note_possible_key()?;
        self.key_allowed = false;
        let start = self.pos();
        let single = self.cursor.at(0) == b'\'';
        let style = if single { ScalarStyle::SingleQuoted } else { ScalarStyle::DoubleQuoted };
        let mut out = Decoded::value_only(self.cursor.text);
        scalars::quoted(&mut self.cursor, &mut out)?;
        self.push_scalar(out, style, start, self.pos());
        Ok(())
    }

    fn fetch_plain(&mut self) -> Result<(), SyntaxError> {
        self.note_possible_key()?;
        self.key_allowed = false;
        let start = self.pos();
        let mut out = Decoded::value_only(self.cursor.text);
        let in_flow = self.in_flow();
        let (end, crossed) = scalars::plain(&mut self.cursor, self.indent, in_flow, &mut out)?;
        self.key_allowed |= crossed;
        self.push_scalar(out, ScalarStyle::Plain, start, end);
        Ok(())
    }

    fn push_scalar(&mut self, out: Decoded<'_>, style: ScalarStyle, start: usize, end: usize) {
        let (indent, in_flow) = (self.indent, self.in_flow());
        let data = TokenData::Scalar { value: out.value, style, indent, in_flow };
        self.tokens.push_back(Token { data, start, end });
    }
}
