//! Text from files and clusters as one harmless line: what it says must not move the cursor, nor look like ours.
//!
//! Whoever opens a pull request chooses usernames and groups, and a plan is what its reviewer believes.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use serde_json::Value;

/// The text with every character spelt out that a terminal would obey, hide or let run backwards.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let spelt = text.chars().map(|c| match c {
        '\n' | '\r' | '\t' => c.escape_default().to_string(),
        c if is_harmful(c) => c.escape_unicode().to_string(),
        c => c.to_string(),
    });
    Cow::Owned(spelt.collect())
}

/// A document for scripts as text. It says the same, with every such character as an escape of JSON.
pub fn json_text(document: &Value) -> String {
    let mut text = String::new();
    for c in format!("{document:#}").chars() {
        // Outside of texts there are no control characters but line feeds, and inside them JSON has none.
        if c == '\n' || !is_harmful(c) {
            text.push(c);
            continue;
        }
        text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
    }
    text.push('\n');
    text
}

/// Would a terminal obey it, hide it, or let the text after it run backwards?
pub(super) fn is_harmful(c: char) -> bool {
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
    use super::{json_text, printable};
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
    fn a_document_says_the_same_in_harmless_characters() {
        let document = json!({ "a": "\u{1b}[2J\u{9b}\u{202e}\u{e0041}\n日本" });
        let text = json_text(&document);
        assert_eq!(text, "{\n  \"a\": \"\\u001b[2J\\u009b\\u202e\\udb40\\udc41\\n日本\"\n}\n");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    }
}
