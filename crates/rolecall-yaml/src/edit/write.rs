//! Values as text: plain where that reads back as the same text, quoted where it does not.

use std::fmt::Write as _;

use crate::error::Limits;
use crate::resolve::is_plain_text;
use crate::tree::{Document, NodeKind, ScalarStyle};

use super::NewValue;

/// The text as a scalar of a block: plain if yaml.v2 (and a cautious reader) reads it back as this very
/// text, else double-quoted.
pub fn scalar_text(text: &str) -> String {
    let plain = is_safe_word(text) && reads_back(text, text);
    if plain { text.to_owned() } else { double_quoted(text) }
}

/// A plain text from inside brackets, for a block: there it may read as something else.
pub(super) fn unbracketed(text: &str) -> String {
    if reads_back(text, text) { text.to_owned() } else { double_quoted(text) }
}

/// The text as a scalar inside brackets; always quoted for JSON.
pub(super) fn flow_text(text: &str, json: bool) -> String {
    let plain = !json
        && is_safe_word(text)
        && !text.contains([',', '[', ']', '{', '}', '?'])
        && !text.starts_with(':')
        && !text.ends_with(':')
        && reads_back(text, text);
    if plain { text.to_owned() } else { double_quoted(text) }
}

/// The text in double quotes, on one line, with escapes that JSON knows as well.
pub(super) fn double_quoted(text: &str) -> String {
    format!("\"{}\"", double_quoted_content(text))
}

pub(super) fn double_quoted_content(text: &str) -> String {
    let mut content = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => content.push_str("\\\""),
            '\\' => content.push_str("\\\\"),
            '\n' => content.push_str("\\n"),
            '\t' => content.push_str("\\t"),
            '\r' => content.push_str("\\r"),
            c if needs_escape(c) => {
                // Writing to a string cannot fail.
                let _ = write!(content, "\\u{:04x}", u32::from(c));
            }
            c => content.push(c),
        }
    }
    content
}

/// The text in single quotes, if it can be said there on one line.
pub(super) fn single_quoted(text: &str) -> Option<String> {
    let sayable = !text.contains(|c| needs_escape(c) || matches!(c, '\n' | '\r' | '\t'));
    sayable.then(|| format!("'{}'", text.replace('\'', "''")))
}

/// Characters that are no text of their own: controls, line breaks other than `\n`, byte order marks.
pub(super) fn needs_escape(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// A list in brackets.
pub(super) fn flow_list(items: &[String], json: bool) -> String {
    let items: Vec<String> = items.iter().map(|item| flow_text(item, json)).collect();
    format!("[{}]", items.join(", "))
}

/// A value inside brackets.
pub(super) fn flow_value(value: &NewValue, json: bool) -> String {
    match value {
        NewValue::Text(text) => flow_text(text, json),
        NewValue::List(items) => flow_list(items, json),
    }
}

/// A mapping in brackets.
pub(super) fn flow_mapping(members: &[(String, NewValue)], json: bool) -> String {
    let members: Vec<String> = members.iter().map(|(key, value)| flow_member(key, value, json)).collect();
    format!("{{{}}}", members.join(", "))
}

pub(super) fn flow_member(key: &str, value: &NewValue, json: bool) -> String {
    format!("{}: {}", flow_text(key, json), flow_value(value, json))
}

/// A member of a block mapping as lines, the first without indentation. A list goes below its key,
/// `list_indent` deeper.
pub(super) fn block_member(key: &str, value: &NewValue, list_indent: usize) -> Vec<String> {
    let key = scalar_text(key);
    match value {
        NewValue::Text(text) => vec![format!("{key}: {}", scalar_text(text))],
        NewValue::List(items) if items.is_empty() => vec![format!("{key}: []")],
        NewValue::List(items) => {
            let blanks = " ".repeat(list_indent);
            let items = items.iter().map(|item| format!("{blanks}- {}", scalar_text(item)));
            std::iter::once(format!("{key}:")).chain(items).collect()
        }
    }
}

/// How much deeper than their keys the document indents lists: as its first one, or by 2.
pub(super) fn list_indent(document: &Document) -> usize {
    let column = |id| super::lines::column(document.text(), document.node(id).span.start);
    let members = document.nodes().filter_map(|(_, node)| match &node.kind {
        NodeKind::Mapping { entries, flow: false } => Some(entries),
        _ => None,
    });
    let lists = members
        .flatten()
        .filter(|(_, value)| matches!(&document.node(*value).kind, NodeKind::Sequence { flow: false, .. }));
    lists.map(|(key, value)| column(*value).saturating_sub(column(*key))).next().unwrap_or(2)
}

/// Not a null, boolean or number to yaml.v2, nor anything that another reader takes for a number or a time.
fn is_safe_word(text: &str) -> bool {
    let numeric = text.contains(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-_.:eExXoO".contains(&byte));
    is_plain_text(text) && !numeric && text != "=" && !text.contains(needs_escape)
}

/// Whether `written` is one plain scalar that says `text`.
fn reads_back(written: &str, text: &str) -> bool {
    let Ok(document) = Document::parse(written, &Limits::default()) else { return false };
    let Some(root) = document.root().map(|root| document.node(root)) else { return false };
    !document.has_more()
        && root.span.len() == written.len()
        && matches!(&root.kind, NodeKind::Scalar { value, style: ScalarStyle::Plain } if value == text)
}
