//! Reading a URL and its query as Go's `net/url` does, as far as the checks on a token can tell the difference.
//!
//! It is not a general parser: an opaque or exotic URL comes out without a host, and then fails the host check.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A URL in its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url<'a> {
    /// In lower case; empty if there is none.
    pub(super) scheme: String,
    pub(super) has_user_info: bool,
    /// With the port, if there is one.
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) has_fragment: bool,
}

/// Splits a URL, or says in a few words why it is none.
pub(super) fn parse(text: &str) -> Result<Url<'_>, &'static str> {
    let (text, fragment) = cut(text, '#');
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("it holds a control character");
    }
    let (scheme, rest) = split_scheme(text)?;
    let (rest, query) = cut(rest, '?');
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (user_info, host) = match authority.rsplit_once('@') {
        Some((user_info, host)) => (Some(user_info), host),
        None => (None, authority),
    };
    unescape(path, false).ok_or("its path holds a bad `%` escape")?;
    Ok(Url {
        scheme: scheme.to_ascii_lowercase(),
        has_user_info: user_info.is_some(),
        host,
        path,
        query: query.unwrap_or(""),
        has_fragment: fragment.is_some_and(|fragment| !fragment.is_empty()),
    })
}

/// The names and values of a query, in order, repeated ones too.
pub(super) fn parse_query(query: &str) -> Result<Vec<(String, String)>, &'static str> {
    let mut pairs = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        if part.contains(';') {
            return Err("it holds a raw `;`");
        }
        let (name, value) = cut(part, '=');
        let text = |text| unescape(text, true).ok_or("it holds a bad `%` escape");
        pairs.push((text(name)?, text(value.unwrap_or(""))?));
    }
    Ok(pairs)
}

/// The text before and after the first `mark`.
fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn split_scheme(text: &str) -> Result<(&str, &str), &'static str> {
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    match text.split_once(':') {
        Some(("", _)) => Err("it starts with `:`"),
        Some((scheme, rest))
            if scheme.chars().all(is_scheme) && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            Ok((scheme, rest))
        }
        _ => Ok(("", text)),
    }
}

/// Percent-decoding; `None` if an escape is cut short or not hexadecimal. Bytes that are no text become `U+FFFD`.
fn unescape(text: &str, plus_is_blank: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? * 16 + hex(rest.next()?)?,
            b'+' if plus_is_blank => b' ',
            other => other,
        });
    }
    Some(match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(text) => text.into(),
        Cow::Owned(text) => text,
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
