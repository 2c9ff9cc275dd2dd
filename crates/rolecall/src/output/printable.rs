//! Text from files and clusters as one harmless line: what it says must not move the cursor, nor look like ours.
//!
//! Whoever opens a pull request chooses usernames and groups, and a plan is what its reviewer believes. Documents
//! for scripts are escaped by JSON, and are not made harmless in here.

use std::borrow::Cow;

/// The text with every character spelt out that a terminal would obey, hide or let run backwards.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
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

/// Would a terminal obey it, hide it, or let the text after it run backwards?
pub(super) fn is_harmful(c: char) -> bool {
    let is_invisible =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    c.is_control() || is_invisible
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_a_terminal_would_obey_is_spelt_out() {
        let check = |text: &str, expected: &str| assert_eq!(printable(text), expected);
        check("user `é` 日本 … →", "user `é` 日本 … →");
        check("a\nPlan: 0 to add", "a\\nPlan: 0 to add");
        check("a\u{1b}[2Jb\u{9b}c\r\td", "a\\u{1b}[2Jb\\u{9b}c\\r\\td");
        check("nimda\u{202e}", "nimda\\u{202e}");
        check("ad\u{200b}min", "ad\\u{200b}min");
    }
}
