//! Directives, anchors, aliases and tags: what stands beside the content.

use crate::error::SyntaxError;

use super::cursor::{Cursor, is_word};
use super::token::TokenData;

/// Scans `%YAML` or `%TAG`, up to and with the line end. Says what it is and where it ends.
pub(crate) fn directive(cursor: &mut Cursor<'_>) -> Result<(TokenData, usize), SyntaxError> {
    let start = cursor.mark.pos;
    let fail = |cursor: &Cursor<'_>, message| Err(SyntaxError::within(message, cursor.mark.pos, start));
    cursor.skip();
    let name = word(cursor);
    if name.is_empty() {
        return fail(cursor, "could not find expected directive name");
    }
    if !cursor.is_blank_break_or_end() {
        return fail(cursor, "found unexpected non-alphabetical character");
    }
    cursor.skip_while(Cursor::is_blank);
    let data = match name {
        "YAML" => version(cursor, start)?,
        "TAG" => tag_directive(cursor, start)?,
        _ => return fail(cursor, "found unknown directive name"),
    };
    let end = cursor.mark.pos;
    cursor.skip_blanks_and_comment();
    if !cursor.is_break_or_end() {
        return fail(cursor, "did not find expected comment or line break");
    }
    cursor.take_break();
    Ok((data, end))
}

fn version(cursor: &mut Cursor<'_>, start: usize) -> Result<TokenData, SyntaxError> {
    let major = version_number(cursor, start)?;
    if cursor.at(0) != b'.' {
        let message = "did not find expected digit or '.' character";
        return Err(SyntaxError::within(message, cursor.mark.pos, start));
    }
    cursor.skip();
    let minor = version_number(cursor, start)?;
    Ok(TokenData::VersionDirective { major, minor })
}

/// A version number has one or two digits.
fn version_number(cursor: &mut Cursor<'_>, start: usize) -> Result<u8, SyntaxError> {
    let first = cursor.mark.pos;
    cursor.skip_while(|cursor| cursor.at(0).is_ascii_digit());
    let digits = cursor.between(first, cursor.mark.pos);
    let message = match digits.len() {
        0 => "did not find expected version number",
        1 | 2 => return Ok(digits.bytes().fold(0, |number, digit| number * 10 + (digit - b'0'))),
        _ => "found extremely long version number",
    };
    Err(SyntaxError::within(message, cursor.mark.pos, start))
}

fn tag_directive(cursor: &mut Cursor<'_>, start: usize) -> Result<TokenData, SyntaxError> {
    let handle = tag_handle(cursor, true, start)?;
    if !cursor.is_blank() {
        let message = "did not find expected whitespace";
        return Err(SyntaxError::within(message, cursor.mark.pos, start));
    }
    cursor.skip_while(Cursor::is_blank);
    let prefix = tag_uri(cursor, "", start)?;
    if !cursor.is_blank_break_or_end() {
        let message = "did not find expected whitespace or line break";
        return Err(SyntaxError::within(message, cursor.mark.pos, start));
    }
    Ok(TokenData::TagDirective { handle, prefix })
}

/// Scans `&name` or `*name` and gives the name.
pub(crate) fn anchor(cursor: &mut Cursor<'_>) -> Result<String, SyntaxError> {
    let start = cursor.mark.pos;
    cursor.skip();
    let name = word(cursor);
    let ended = cursor.is_blank_break_or_end()
        || matches!(cursor.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
    if name.is_empty() || !ended {
        let message = "did not find expected alphabetic or numeric character";
        return Err(SyntaxError::within(message, cursor.mark.pos, start));
    }
    Ok(name.to_owned())
}

/// Scans `!suffix`, `!handle!suffix`, `!<verbatim>` or `!` alone.
pub(crate) fn tag(cursor: &mut Cursor<'_>) -> Result<TokenData, SyntaxError> {
    let start = cursor.mark.pos;
    let (handle, suffix) =
        if cursor.at(1) == b'<' { verbatim_tag(cursor, start)? } else { short_tag(cursor, start)? };
    if !cursor.is_blank_break_or_end() {
        let message = "did not find expected whitespace or line break";
        return Err(SyntaxError::within(message, cursor.mark.pos, start));
    }
    Ok(TokenData::Tag { handle, suffix })
}

fn verbatim_tag(cursor: &mut Cursor<'_>, start: usize) -> Result<(String, String), SyntaxError> {
    cursor.skip_by(2);
    let suffix = tag_uri(cursor, "", start)?;
    if cursor.at(0) != b'>' {
        return Err(SyntaxError::within("did not find the expected '>'", cursor.mark.pos, start));
    }
    cursor.skip();
    Ok((String::new(), suffix))
}

fn short_tag(cursor: &mut Cursor<'_>, start: usize) -> Result<(String, String), SyntaxError> {
    let handle = tag_handle(cursor, false, start)?;
    if handle.len() > 1 && handle.ends_with('!') {
        let suffix = tag_uri(cursor, "", start)?;
        return Ok((handle, suffix));
    }
    let suffix = tag_uri(cursor, &handle, start)?;
    if suffix.is_empty() {
        return Ok((String::new(), "!".to_owned()));
    }
    Ok(("!".to_owned(), suffix))
}

fn tag_handle(cursor: &mut Cursor<'_>, directive: bool, start: usize) -> Result<String, SyntaxError> {
    let first = cursor.mark.pos;
    let bang = |cursor: &Cursor<'_>| cursor.at(0) == b'!';
    if bang(cursor) {
        cursor.skip();
        word(cursor);
        if bang(cursor) {
            cursor.skip();
            return Ok(cursor.between(first, cursor.mark.pos).to_owned());
        }
        let handle = cursor.between(first, cursor.mark.pos);
        if !directive || handle == "!" {
            return Ok(handle.to_owned());
        }
    }
    Err(SyntaxError::within("did not find expected '!'", cursor.mark.pos, start))
}

/// Scans the rest of a tag; `head` is what has been taken for a handle (its `!` is not part of the tag).
fn tag_uri(cursor: &mut Cursor<'_>, head: &str, start: usize) -> Result<String, SyntaxError> {
    let mut uri: Vec<u8> = head.bytes().skip(1).collect();
    let mut found = !head.is_empty();
    while is_word(cursor.at(0)) || b";/?:@&=+$,.!~*'()[]%".contains(&cursor.at(0)) {
        if cursor.at(0) == b'%' {
            escaped_character(cursor, &mut uri, start)?;
        } else {
            uri.push(cursor.at(0));
            cursor.skip();
        }
        found = true;
    }
    if !found {
        return Err(SyntaxError::within("did not find expected tag URI", cursor.mark.pos, start));
    }
    Ok(String::from_utf8_lossy(&uri).into_owned())
}

/// One character as `%` and two hexadecimal digits for each of its bytes.
fn escaped_character(cursor: &mut Cursor<'_>, uri: &mut Vec<u8>, start: usize) -> Result<(), SyntaxError> {
    let mut left = None;
    while left != Some(0) {
        let here = cursor.mark.pos;
        let fail = |message| Err(SyntaxError::within(message, here, start));
        let digit = |ahead| char::from(cursor.at(ahead)).to_digit(16);
        let (b'%', Some(high), Some(low)) = (cursor.at(0), digit(1), digit(2)) else {
            return fail("did not find URI escaped octet");
        };
        let octet = u8::try_from(high << 4 | low).unwrap_or(u8::MAX);
        left = match (left, octet) {
            (None, 0x00..=0x7F) => Some(0),
            (None, 0xC0..=0xDF) => Some(1),
            (None, 0xE0..=0xEF) => Some(2),
            (None, 0xF0..=0xF7) => Some(3),
            (None, _) => return fail("found an incorrect leading UTF-8 octet"),
            (Some(left), 0x80..=0xBF) => Some(left - 1),
            (Some(_), _) => return fail("found an incorrect trailing UTF-8 octet"),
        };
        uri.push(octet);
        cursor.skip_by(3);
    }
    Ok(())
}

fn word<'t>(cursor: &mut Cursor<'t>) -> &'t str {
    let start = cursor.mark.pos;
    cursor.skip_while(|cursor| is_word(cursor.at(0)));
    cursor.between(start, cursor.mark.pos)
}
