//! Text from files inside markdown, where it must not become markup.
//!
//! Our messages put such text between backticks, and it may hold backticks itself. So every part is made
//! harmless for where it lands, whatever the pairing: what lands between backticks can be plain or an HTML
//! code element, and what lands outside has no character left that means something.

use alloc::format;
use alloc::string::{String, ToString};

use crate::render::printable::printable;

/// So many characters of a message are shown.
const SHOWN: usize = 500;

/// A message of ours as markdown in one line, also inside a table.
pub(super) fn message(text: &str) -> String {
    let mut shown: String = printable(text).chars().take(SHOWN + 1).collect();
    if shown.chars().count() > SHOWN {
        shown.pop();
        shown.push('…');
    }
    let parts = shown.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { plain(part) }).collect()
}

/// A text as code in a line.
pub(super) fn code(text: &str) -> String {
    let text = printable(text);
    let is_simple =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | ':' | '/' | '.' | '-' | '_' | '{' | '}' | ',');
    let is_code = !text.is_empty() && text.trim() == text && text.chars().all(is_simple);
    if is_code { format!("`{text}`") } else { format!("<code>{}</code>", plain(&text)) }
}

/// A block of code that its text cannot end.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// Text without a character that means something in markdown or HTML, or that calls somebody.
fn plain(text: &str) -> String {
    let next = text.chars().skip(1).map(Some).chain([None]);
    let escaped = |(c, next): (char, Option<char>)| match c {
        // A character without a width keeps GitHub and GitLab from making a mention or a link of it.
        '@' | '#' | '!' | '~' => format!("&#{};&#8203;", u32::from(c)),
        ' ' | ',' | ';' | '\'' | '?' | '(' | ')' | '-' | '%' => c.to_string(),
        // Inside of a word they make links and pictures.
        ':' | '.' if next.is_none_or(|next| next == ' ') => c.to_string(),
        c if c.is_ascii_punctuation() => format!("&#{};", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().zip(next).map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::{code, fenced, message};

    #[test]
    fn messages_stay_text() {
        let check = |text: &str, expected: &str| assert_eq!(message(text), expected);
        check("the key `usrname` is `a b`", "the key `usrname` is `a b`");
        check("`a|b`", "<code>a&#124;b</code>");
        check("`a`<img src=x>`b`", "`a`&#60;img src&#61;x&#62;`b`");
        check("a | b\n@team", "a &#124; b&#92;n&#64;&#8203;team");
        check("see #1 and https://x.example", "see &#35;&#8203;1 and https&#58;&#47;&#47;x&#46;example");
        check("`` [x](y) *z*", "<code></code> &#91;x&#93;(y) &#42;z&#42;");
        check(&"x".repeat(600), &alloc::format!("{}…", "x".repeat(500)));
    }

    #[test]
    fn code_stays_code() {
        assert_eq!(code("arn:aws:iam::1:role/a"), "`arn:aws:iam::1:role/a`");
        assert_eq!(code("{{SessionName}}"), "`{{SessionName}}`");
        assert_eq!(code(" a"), "<code> a</code>");
        assert_eq!(fenced("text", "a\n```\nb\n"), "````text\na\n```\nb\n````\n");
    }
}
