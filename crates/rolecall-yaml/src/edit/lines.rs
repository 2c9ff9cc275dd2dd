//! Lines of a text: where they begin and end, and what stands at their start.

/// Where the line that holds `at` begins. A byte order mark belongs to no line.
pub(super) fn start(text: &str, at: usize) -> usize {
    let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let line = text[..at].char_indices().rfind(|(_, c)| is_break(*c));
    line.map_or(first, |(found, c)| found + c.len_utf8()).max(first.min(at))
}

/// Where the line that holds `at` ends: at its line break, or at the end of the text.
pub(super) fn end(text: &str, at: usize) -> usize {
    text[at..].find(is_break).map_or(text.len(), |found| at + found)
}

/// Where the line after the one that holds `at` begins, or the end of the text.
pub(super) fn next(text: &str, at: usize) -> usize {
    let end = end(text, at);
    end + break_len(&text[end..])
}

/// The length of the line break that `text` begins with; 0 if with none.
pub(super) fn break_len(text: &str) -> usize {
    match text.chars().next() {
        Some('\r') if text.starts_with("\r\n") => 2,
        Some(c) if is_break(c) => c.len_utf8(),
        _ => 0,
    }
}

/// The line ending that the text uses: that of its first line that ends as lines usually do.
pub(super) fn ending(text: &str) -> &str {
    text.find(['\n', '\r']).map_or("\n", |at| &text[at..at + break_len(&text[at..])])
}

/// The column of `at` in characters, from 0.
pub(super) fn column(text: &str, at: usize) -> usize {
    text[start(text, at)..at].chars().count()
}

/// Whether only blanks stand before `at` on its line.
pub(super) fn is_first(text: &str, at: usize) -> bool {
    text[start(text, at)..at].bytes().all(|byte| byte == b' ')
}

/// The lines of a text without their line breaks. A text that ends in a line break has no line after it.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = end(text, at);
        lines.push(&text[at..end]);
        at = end + break_len(&text[end..]);
    }
    lines
}

/// The number of spaces that a line begins with.
pub(super) fn indent(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

/// If the line that begins at `at` holds nothing but a comment: the column of the comment.
pub(super) fn comment(text: &str, at: usize) -> Option<usize> {
    let line = &text[at..end(text, at)];
    let column = indent(line);
    line[column..].starts_with('#').then_some(column)
}

/// What ends a line to libyaml.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
