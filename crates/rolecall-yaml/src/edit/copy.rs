//! An item as text for a sequence of another document: the author's own lines, or the same said in brackets.

use crate::resolve::{Scalar, resolve};
use crate::span::Span;
use crate::tree::{Document, Node, NodeId, NodeKind, ScalarStyle};

use super::error::EditError;
use super::extent::{chomping, dashes, last, last_leaf, own_lines};
use super::{NewItem, lines, write};

/// An item as lines of a block sequence, relative to the column of its dash.
pub(super) fn block_lines(target: &Document, item: &NewItem<'_>) -> Result<Vec<String>, EditError> {
    match item {
        NewItem::Copied { from, item, with_comments } => copied_lines(from, *item, *with_comments),
        NewItem::Text(text) => Ok(vec![format!("- {}", write::scalar_text(text))]),
        NewItem::Built(members) if members.is_empty() => Ok(vec!["- {}".to_owned()]),
        NewItem::Built(members) => {
            let indent = write::list_indent(target);
            let lines = members.iter().flat_map(|(key, value)| write::block_member(key, value, indent));
            Ok(with_dash(lines.collect()))
        }
    }
}

/// An item as a part of a sequence in brackets.
pub(super) fn flow_part(item: &NewItem<'_>, json: bool) -> Result<String, EditError> {
    match item {
        NewItem::Copied { from, item, .. } => {
            refuse_unless_portable(from, *item)?;
            flow_node(from, *item, json)
        }
        NewItem::Text(text) => Ok(write::flow_text(text, json)),
        NewItem::Built(members) => Ok(write::flow_mapping(members, json)),
    }
}

fn copied_lines(from: &Document, item: NodeId, with_comments: bool) -> Result<Vec<String>, EditError> {
    refuse_unless_portable(from, item)?;
    let text = from.text();
    let (dash, is_flow) = dash_of(from, item)?;
    if is_flow {
        return from_flow(from, item);
    }
    let end = last(from, item);
    let leaf = from.node(last_leaf(from, item));
    let is_block =
        matches!(leaf.kind, NodeKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. });
    if is_block && end == text.len() && chomping(from, last_leaf(from, item)) != Some('-') {
        // It ends with the text, without the line break that it would have elsewhere.
        return Err(EditError::NeedsBuilding);
    }
    let column = lines::column(text, dash);
    let own = own_lines(text, dash, end);
    let mut copied = Vec::new();
    if with_comments && lines::is_first(text, dash) {
        let above = lines::split(&text[own.start..lines::start(text, dash)]);
        copied.extend(above.into_iter().map(|line| line[column..].to_owned()));
    }
    let end = if with_comments { own.end } else { lines::next(text, end) };
    let mut body = lines::split(&text[dash..end]).into_iter();
    copied.extend(body.next().map(str::to_owned));
    copied.extend(body.map(|line| line[lines::indent(line).min(column)..].to_owned()));
    Ok(copied)
}

/// Aliases and anchors mean something else in another document, and so may tags; and a line break that an
/// editor does not see as one cannot be indented.
fn refuse_unless_portable(from: &Document, item: NodeId) -> Result<(), EditError> {
    let whole = from.node(item).whole();
    let is_portable = |node: &Node| {
        let tag_is_common = node
            .tag
            .as_deref()
            .is_none_or(|tag| tag.starts_with("tag:yaml.org,2002:") && !from.outline.redefines_tags);
        node.anchor.is_none() && tag_is_common && !matches!(node.kind, NodeKind::Alias { .. })
    };
    let mut inside = from.nodes[item.0..].iter().take_while(|node| node.start <= whole.end);
    let odd_breaks = whole.of(from.text()).contains(['\u{85}', '\u{2028}', '\u{2029}']);
    if inside.all(is_portable) && !odd_breaks { Ok(()) } else { Err(EditError::NeedsBuilding) }
}

/// Where the dash of an item stands (or the item itself, in brackets), and whether it is in brackets.
fn dash_of(from: &Document, item: NodeId) -> Result<(usize, bool), EditError> {
    let sequence = from.node(from.outline.parent(item).ok_or(EditError::NotThere)?);
    let NodeKind::Sequence { items, flow } = &sequence.kind else { return Err(EditError::NotThere) };
    if *flow {
        return Ok((from.node(item).start, true));
    }
    // Nodes are numbered in the order in which they begin, and so are items.
    let index = items.binary_search(&item).map_err(|_| EditError::NotThere)?;
    let after =
        index.checked_sub(1).map_or(sequence.span.start, |previous| from.node(items[previous]).span.end);
    Ok((dashes(from, &items[index..=index], after)[0], false))
}

/// An item that is written in brackets, for a block sequence: a mapping on one line becomes a block
/// mapping with the author's own keys and values; anything else stays as it is.
fn from_flow(from: &Document, item: NodeId) -> Result<Vec<String>, EditError> {
    let text = from.text();
    let node = from.node(item);
    let written = node.whole().of(text);
    let is_block_member = |(key, value): &(NodeId, NodeId)| {
        let (key, value) = (from.node(*key), from.node(*value));
        key.scalar().is_some_and(|key| !key.is_empty() && key.len() < 1000) && !value.span.is_empty()
    };
    match &node.kind {
        NodeKind::Mapping { entries, .. }
            if node.tag.is_none()
                && !entries.is_empty()
                && !written.contains(['\n', '\r'])
                && entries.iter().all(is_block_member) =>
        {
            let part = |id: NodeId| unbracketed(from, from.node(id));
            let member = |(key, value): &(NodeId, NodeId)| format!("{}: {}", part(*key), part(*value));
            Ok(with_dash(entries.iter().map(member).collect()))
        }
        NodeKind::Mapping { .. } if !written.contains('{') => Err(EditError::NeedsBuilding),
        NodeKind::Scalar { style: ScalarStyle::Plain, .. } if written.contains(['\n', '\r']) => {
            Err(EditError::NeedsBuilding)
        }
        NodeKind::Scalar { style: ScalarStyle::Plain, .. } => Ok(with_dash(vec![unbracketed(from, node)])),
        _ => Ok(with_dash(shifted(text, node.whole()))),
    }
}

/// A node as it is written, but quoted if it is a plain text that says something else outside of brackets.
fn unbracketed(from: &Document, node: &Node) -> String {
    match &node.kind {
        NodeKind::Scalar { value, style: ScalarStyle::Plain }
            if node.tag.is_none() && matches!(resolve(node, value), Ok(Scalar::Text(_))) =>
        {
            write::unbracketed(value)
        }
        _ => node.whole().of(from.text()).to_owned(),
    }
}

fn shifted(text: &str, whole: Span) -> Vec<String> {
    let line = lines::start(text, whole.start);
    let column = lines::indent(&text[line..]);
    let mut parts = lines::split(whole.of(text)).into_iter();
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|line| line[lines::indent(line).min(column)..].to_owned());
    std::iter::once(first).chain(rest).collect()
}

/// Puts a dash before the first line and the others below its content.
fn with_dash(lines: Vec<String>) -> Vec<String> {
    let mut lines = lines.into_iter();
    let first = lines.next().map(|line| format!("- {line}"));
    first.into_iter().chain(lines.map(|line| format!("  {line}"))).collect()
}

fn flow_node(from: &Document, id: NodeId, json: bool) -> Result<String, EditError> {
    let node = from.node(id);
    match &node.kind {
        NodeKind::Alias { .. } => Err(EditError::NeedsBuilding),
        NodeKind::Scalar { value, style } => flow_scalar(from, node, value, *style, json),
        NodeKind::Sequence { items, .. } => {
            let items: Result<Vec<_>, _> = items.iter().map(|item| flow_node(from, *item, json)).collect();
            Ok(format!("[{}]", items?.join(", ")))
        }
        NodeKind::Mapping { entries, .. } => {
            let member = |(key, value): &(NodeId, NodeId)| {
                Ok(format!("{}: {}", flow_node(from, *key, json)?, flow_node(from, *value, json)?))
            };
            let members: Result<Vec<_>, _> = entries.iter().map(member).collect();
            Ok(format!("{{{}}}", members?.join(", ")))
        }
    }
}

fn flow_scalar(
    from: &Document,
    node: &Node,
    value: &str,
    style: ScalarStyle,
    json: bool,
) -> Result<String, EditError> {
    if node.tag.is_some() {
        return Err(EditError::NeedsBuilding);
    }
    let written = node.span.of(from.text());
    match style {
        ScalarStyle::Plain if !matches!(resolve(node, value), Ok(Scalar::Text(_))) => {
            Ok(if value.is_empty() { "null".to_owned() } else { value.to_owned() })
        }
        ScalarStyle::Plain => Ok(write::flow_text(value, json)),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if !json && !written.contains(['\n', '\r']) => {
            Ok(written.to_owned())
        }
        _ => Ok(write::double_quoted(value)),
    }
}
