//! What `--fix` writes: one scalar in the place of another, in the style that it has.

use alloc::format;
use alloc::string::String;
use alloc::vec;

use rolecall_yaml::{Document, Node, NodeId, NodeKind, ScalarStyle, Splice, edit};

use crate::finding::{Edit, Fix};
use crate::identity_mapping::{CLUSTER_ADMIN_GROUP, Section};

/// Writes `new` in the place of a scalar; `None` where something else depends on how that is written.
pub(super) fn text(section: Section, inner: &Document, scalar: NodeId, new: &str) -> Option<Fix> {
    let node = inner.node(scalar);
    let written = match style(node)? {
        _ if new.contains(['"', '\'', '\\']) || new.chars().any(char::is_control) => return None,
        ScalarStyle::Plain => plain(new),
        ScalarStyle::SingleQuoted => format!("'{new}'"),
        ScalarStyle::DoubleQuoted => format!("\"{new}\""),
        ScalarStyle::Literal | ScalarStyle::Folded => return None,
    };
    Some(splice(section, node, written, format!("write `{new}`")))
}

/// Puts the plain scalar in quotes, as it is written.
pub(super) fn quoted(section: Section, inner: &Document, scalar: NodeId) -> Option<Fix> {
    let node = inner.node(scalar);
    let text = node.scalar().filter(|text| !text.is_empty() && !text.contains(['"', '\\', '\n']))?;
    let is_plain = style(node)? == ScalarStyle::Plain && node.tag.is_none();
    is_plain.then(|| splice(section, node, format!("\"{text}\""), format!("write `\"{text}\"`")))
}

/// Makes a list of the one text that stands where a list must.
pub(super) fn list(section: Section, inner: &Document, scalar: NodeId) -> Option<Fix> {
    let node = inner.node(scalar);
    let text =
        node.scalar().filter(|text| !text.is_empty() && !text.contains([',', ' ', '\n', '"', '\\']))?;
    // Nobody becomes cluster-admin by a mend.
    let is_admin = text == CLUSTER_ADMIN_GROUP;
    if is_admin || matches!(style(node)?, ScalarStyle::Literal | ScalarStyle::Folded) || node.tag.is_some() {
        return None;
    }
    Some(splice(section, node, format!("[{}]", plain(text)), format!("write `[{text}]`")))
}

/// Writes another key; the value and all comments stay.
pub(super) fn key(section: Section, inner: &Document, key: NodeId, new: &str) -> Option<Fix> {
    text(section, inner, key, new).map(|fix| Fix { title: format!("write `{new}`"), ..fix })
}

/// How a scalar that nothing refers to is written.
fn style(node: &Node) -> Option<ScalarStyle> {
    match node.kind {
        NodeKind::Scalar { style, .. } if node.anchor.is_none() && !node.span.is_empty() => Some(style),
        _ => None,
    }
}

/// A text that reads as itself, inside brackets too.
fn plain(text: &str) -> String {
    if text.contains([',', '[', ']', '{', '}']) { format!("\"{text}\"") } else { edit::scalar_text(text) }
}

fn splice(section: Section, node: &Node, text: String, title: String) -> Fix {
    Fix::new(title, Edit::Text(section, vec![Splice { span: node.span, text }]))
}
