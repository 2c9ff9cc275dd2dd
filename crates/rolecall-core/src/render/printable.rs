//! Text from files and clusters as one harmless line: what it says must not move the cursor, nor look like ours.
//!
//! Whoever opens a pull request chooses usernames and groups, and a plan is what its reviewer believes. The log of
//! a CI is read by a machine as well, which takes commands from it: `::error::…` at the start of a line, and
//! `##[error]…`, `##vso[…]` or `##teamcity[…]` anywhere.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use serde_json::Value;

use crate::document::masked;

/// The text with every character spelt out that a terminal would obey, hide or let run backwards, or that makes a
/// command of it for a CI, and without the secrets that show what they are.
pub fn printable(text: &str) -> Cow<'_, str> {
    match masked(text) {
        Cow::Borrowed(text) => spelt_out(text),
        Cow::Owned(text) => Cow::Owned(spelt_out(&text).into_owned()),
    }
}

/// The same of a text whose secrets are masked already.
pub fn spelt_out(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let spelt = text.char_indices().map(|(at, c)| match c {
        '\n' | '\r' | '\t' => c.escape_default().to_string(),
        c if is_harmful(c) || is_command(text, at) => c.escape_unicode().to_string(),
        c => c.to_string(),
    });
    Cow::Owned(spelt.collect())
}

/// The same for a text that a line begins with.
pub fn printable_line(text: &str) -> Cow<'_, str> {
    as_line(printable(text))
}

/// The same of a line whose secrets are masked already.
pub fn spelt_out_line(text: &str) -> Cow<'_, str> {
    as_line(spelt_out(text))
}

fn as_line(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.trim_start().strip_prefix("::") {
        None => text,
        Some(rest) => Cow::Owned(format!("{}:\\u{{3a}}{rest}", &text[..text.len() - rest.len() - 2])),
    }
}

/// A document for scripts as text. It says the same, with every such character as an escape of JSON.
pub fn json_text(document: &Value) -> String {
    let (plain, mut text) = (format!("{document:#}"), String::new());
    for (at, c) in plain.char_indices() {
        // Outside of texts there are no control characters but line feeds, and inside them JSON has none.
        if c == '\n' || !(is_harmful(c) || is_command(&plain, at)) {
            text.push(c);
            continue;
        }
        text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
    }
    text.push('\n');
    text
}

/// Is this the second `#` of a command for a CI?
pub(super) fn is_command(text: &str, at: usize) -> bool {
    let Some(rest) = text[..at].strip_suffix('#').and_then(|_| text[at..].strip_prefix('#')) else {
        return false;
    };
    rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('[')
}

/// Would a terminal obey it, hide it, or let the text after it run backwards?
pub fn is_harmful(c: char) -> bool {
    let is_invisible = matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'
            | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    );
    c.is_control() || is_invisible
}

#[cfg(test)]
mod tests {
    use super::{json_text, printable, printable_line};
    use serde_json::{Value, json};

    #[test]
    fn what_a_terminal_would_obey_is_spelt_out() {
        let check = |text: &str, expected: &str| assert_eq!(printable(text), expected);
        check("user `é` 日本 … →", "user `é` 日本 … →");
        check("a\nPlan: 0 to add", "a\\nPlan: 0 to add");
        check("a\u{1b}[2Jb\u{9b}c\r\td", "a\\u{1b}[2Jb\\u{9b}c\\r\\td");
        check("nimda\u{202e}", "nimda\\u{202e}");
        check("ad\u{200b}min", "ad\\u{200b}min");
        check("a\u{e0041}", "a\\u{e0041}");
    }

    #[test]
    fn what_a_ci_would_obey_is_spelt_out() {
        let check = |text: &str, expected: &str| assert_eq!(printable_line(text), expected);
        check("## a [b]", "## a [b]");
        check("a ##[stop-commands]x", "a #\\u{23}[stop-commands]x");
        check("###vso[task.complete]", "##\\u{23}vso[task.complete]");
        check("##", "##");
        check("a ::error::b", "a ::error::b");
        check("  ::error::b", "  :\\u{3a}error::b");
        assert_eq!(json_text(&json!(["##[error]"])), "[\n  \"#\\u0023[error]\"\n]\n");
    }

    #[test]
    fn a_document_says_the_same_in_harmless_characters() {
        let document = json!({ "a": "\u{1b}[2J\u{9b}\u{202e}\u{e0041}\n日本" });
        let text = json_text(&document);
        assert_eq!(text, "{\n  \"a\": \"\\u001b[2J\\u009b\\u202e\\udb40\\udc41\\n日本\"\n}\n");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    }
}
