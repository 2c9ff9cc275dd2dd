//! The five ways to write a scalar, by libyaml's rules as Go's yaml.v2 carries them.
//!
//! It starts at the first character of the content and does not know tags, anchors or types.

use crate::error::SyntaxError;

use super::cursor::{Cursor, LineBreak};
use super::decoded::Decoded;

/// Scans a plain scalar. `indent` is that of the enclosing block. Says where the scalar ends (the cursor
/// has gone on over blanks) and whether it has crossed a line end.
pub(crate) fn plain(
    cursor: &mut Cursor<'_>,
    indent: i32,
    in_flow: bool,
    out: &mut Decoded<'_>,
) -> Result<(usize, bool), SyntaxError> {
    let start = cursor.mark.pos;
    let mut end = start;
    let mut gap = Gap::default();
    loop {
        if cursor.is_document_indicator() || cursor.at(0) == b'#' {
            break;
        }
        let run = cursor.mark.pos;
        cursor.skip_while(|cursor| !cursor.is_blank_break_or_end() && !ends_plain(cursor, in_flow));
        if cursor.mark.pos > run {
            gap.close(out, run);
            end = cursor.mark.pos;
            out.copy(run, end);
        }
        if !cursor.is_blank() && !cursor.is_break() {
            break;
        }
        while cursor.is_blank() || cursor.is_break() {
            if gap.crossed && cursor.at(0) == b'\t' && column(cursor) <= indent {
                let message = "found a tab character that violates indentation";
                return Err(SyntaxError::within(message, cursor.mark.pos, start));
            }
            gap.take(cursor);
        }
        if !in_flow && column(cursor) <= indent {
            break;
        }
    }
    Ok((end, gap.crossed))
}

fn ends_plain(cursor: &Cursor<'_>, in_flow: bool) -> bool {
    match cursor.at(0) {
        b':' => cursor.is_blank_break_or_end_at(1),
        b',' | b'?' | b'[' | b']' | b'{' | b'}' => in_flow,
        _ => false,
    }
}

fn column(cursor: &Cursor<'_>) -> i32 {
    i32::try_from(cursor.mark.column).unwrap_or(i32::MAX)
}

/// Scans a quoted scalar, from its opening quote to behind its closing one.
pub(crate) fn quoted(cursor: &mut Cursor<'_>, out: &mut Decoded<'_>) -> Result<(), SyntaxError> {
    let start = cursor.mark.pos;
    let quote = cursor.at(0);
    cursor.skip();
    loop {
        if cursor.is_document_indicator() {
            let message = "found unexpected document indicator";
            return Err(SyntaxError::within(message, cursor.mark.pos, start));
        }
        if cursor.is_end() {
            let message = "found unexpected end of stream";
            return Err(SyntaxError::within(message, cursor.mark.pos, start));
        }
        let mut gap = Gap { crossed: quoted_run(cursor, quote, start, out)?, ..Gap::default() };
        if cursor.at(0) == quote {
            break;
        }
        while cursor.is_blank() || cursor.is_break() {
            gap.take(cursor);
        }
        gap.close(out, cursor.mark.pos);
    }
    cursor.skip();
    Ok(())
}

/// Scans up to a blank, a line end or the closing quote. Says whether it ended in an escaped line end.
fn quoted_run(
    cursor: &mut Cursor<'_>,
    quote: u8,
    start: usize,
    out: &mut Decoded<'_>,
) -> Result<bool, SyntaxError> {
    loop {
        let run = cursor.mark.pos;
        cursor.skip_while(|cursor| {
            let byte = cursor.at(0);
            !cursor.is_blank_break_or_end() && byte != quote && (byte != b'\\' || quote == b'\'')
        });
        let here = cursor.mark.pos;
        out.copy(run, here);
        if quote == b'\'' && cursor.at(0) == b'\'' && cursor.at(1) == b'\'' {
            cursor.skip_by(2);
            out.put('\'', here, here + 2);
        } else if quote == b'"' && cursor.at(0) == b'\\' {
            if cursor.break_len(1) > 0 {
                cursor.skip();
                cursor.take_break();
                return Ok(true);
            }
            escape(cursor, start, out)?;
        } else {
            return Ok(false);
        }
    }
}

fn escape(cursor: &mut Cursor<'_>, start: usize, out: &mut Decoded<'_>) -> Result<(), SyntaxError> {
    let here = cursor.mark.pos;
    let digits = match cursor.at(1) {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        byte => {
            let message = "found unknown escape character";
            let what = escaped(byte).ok_or_else(|| SyntaxError::within(message, here, start))?;
            cursor.skip_by(2);
            out.put(what, here, cursor.mark.pos);
            return Ok(());
        }
    };
    cursor.skip_by(2);
    let mut code: u32 = 0;
    for ahead in 0..digits {
        let digit = char::from(cursor.at(ahead)).to_digit(16).ok_or_else(|| {
            SyntaxError::within("did not find expected hexdecimal number", cursor.mark.pos, start)
        })?;
        code = (code << 4) | digit;
    }
    let what = char::from_u32(code).ok_or_else(|| {
        SyntaxError::within("found invalid Unicode character escape code", cursor.mark.pos, start)
    })?;
    cursor.skip_by(digits);
    out.put(what, here, cursor.mark.pos);
    Ok(())
}

/// What a one-letter escape stands for. `\/` is YAML 1.2 and unknown here; `\'` is yaml.v2's own.
fn escaped(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => '\0',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\u{b}',
        b'f' => '\u{c}',
        b'r' => '\r',
        b'e' => '\u{1b}',
        b' ' | b'"' | b'\'' | b'\\' => char::from(byte),
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}

/// Blanks and line breaks between two words of a flow scalar.
#[derive(Default)]
struct Gap {
    blanks: Option<(usize, usize)>,
    first: Option<LineBreak>,
    more: Vec<LineBreak>,
    /// Whether a line end has been crossed.
    crossed: bool,
}

impl Gap {
    /// Takes one blank or line break.
    fn take(&mut self, cursor: &mut Cursor<'_>) {
        let here = cursor.mark.pos;
        if cursor.is_blank() {
            cursor.skip();
            if !self.crossed {
                let start = self.blanks.map_or(here, |(start, _)| start);
                self.blanks = Some((start, cursor.mark.pos));
            }
        } else if self.crossed {
            self.more.push(cursor.take_break());
        } else {
            self.blanks = None;
            self.first = Some(cursor.take_break());
            self.crossed = true;
        }
    }

    /// Writes what the gap reads as; the next word begins at `end`.
    fn close(&mut self, out: &mut Decoded<'_>, end: usize) {
        if self.crossed {
            out.fold(self.first.take(), &mut self.more, end);
            self.crossed = false;
        } else if let Some((start, end)) = self.blanks.take() {
            out.copy(start, end);
        }
    }
}

/// Scans a literal or folded scalar from its indicator on. Says where it ends: at the start of the line
/// after its last line, trailing empty lines included.
pub(crate) fn block(
    cursor: &mut Cursor<'_>,
    parent_indent: i32,
    out: &mut Decoded<'_>,
) -> Result<usize, SyntaxError> {
    let start = cursor.mark.pos;
    let literal = cursor.at(0) == b'|';
    cursor.skip();
    let (chomping, increment) = block_header(cursor, start)?;
    let mut indent = if increment > 0 { parent_indent.max(0) + increment } else { 0 };
    let mut breaks = Vec::new();
    let mut end = block_breaks(cursor, &mut indent, parent_indent, start, &mut breaks)?;
    let mut line_break: Option<LineBreak> = None;
    let mut after_blank = false;
    while column(cursor) == indent && !cursor.is_end() {
        let at_blank = cursor.is_blank();
        let folds = !literal && !after_blank && !at_blank;
        match line_break {
            Some(line_break) if folds && line_break.is_newline() && breaks.is_empty() => {
                out.put(' ', line_break.start, cursor.mark.pos);
            }
            Some(line_break) if folds && line_break.is_newline() => {}
            Some(line_break) => out.put_break(line_break),
            None => {}
        }
        breaks.drain(..).for_each(|line_break| out.put_break(line_break));
        after_blank = at_blank;
        let line = cursor.mark.pos;
        cursor.skip_while(|cursor| !cursor.is_break_or_end());
        out.copy(line, cursor.mark.pos);
        line_break = cursor.is_break().then(|| cursor.take_break());
        end = block_breaks(cursor, &mut indent, parent_indent, start, &mut breaks)?;
    }
    if let (Chomping::Clip | Chomping::Keep, Some(line_break)) = (chomping, line_break) {
        out.put_break(line_break);
    }
    if let Chomping::Keep = chomping {
        breaks.drain(..).for_each(|line_break| out.put_break(line_break));
    }
    Ok(end)
}

#[derive(Clone, Copy)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// The rest of the line with the indicator: chomping and indentation indicators, in either order.
fn block_header(cursor: &mut Cursor<'_>, start: usize) -> Result<(Chomping, i32), SyntaxError> {
    let mut chomping = None;
    let mut increment = None;
    for _ in 0..2 {
        match cursor.at(0) {
            b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
            b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
            b'0' if increment.is_none() => {
                let message = "found an indentation indicator equal to 0";
                return Err(SyntaxError::within(message, cursor.mark.pos, start));
            }
            digit @ b'1'..=b'9' if increment.is_none() => increment = Some(i32::from(digit - b'0')),
            _ => break,
        }
        cursor.skip();
    }
    cursor.skip_blanks_and_comment();
    if !cursor.is_break_or_end() {
        let message = "did not find expected comment or line break";
        return Err(SyntaxError::within(message, cursor.mark.pos, start));
    }
    cursor.take_break();
    Ok((chomping.unwrap_or(Chomping::Clip), increment.unwrap_or(0)))
}

/// Takes indentation and empty lines; settles the indentation if it is still open (0).
fn block_breaks(
    cursor: &mut Cursor<'_>,
    indent: &mut i32,
    parent_indent: i32,
    start: usize,
    breaks: &mut Vec<LineBreak>,
) -> Result<usize, SyntaxError> {
    let mut end = cursor.mark.pos;
    let mut deepest = 0;
    loop {
        let open = |cursor: &Cursor<'_>| *indent == 0 || column(cursor) < *indent;
        cursor.skip_while(|cursor| open(cursor) && cursor.at(0) == b' ');
        deepest = deepest.max(column(cursor));
        if open(cursor) && cursor.at(0) == b'\t' {
            let message = "found a tab character where an indentation space is expected";
            return Err(SyntaxError::within(message, cursor.mark.pos, start));
        }
        if !cursor.is_break() {
            break;
        }
        breaks.push(cursor.take_break());
        end = cursor.mark.pos;
    }
    if *indent == 0 {
        *indent = deepest.max(parent_indent + 1).max(1);
    }
    Ok(end)
}
