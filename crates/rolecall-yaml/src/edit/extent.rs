//! Which lines a node takes up: from its dash or key to its last line, with the comments that are its own.

use crate::span::Span;
use crate::tree::{Document, NodeId, NodeKind, ScalarStyle};

use super::error::EditError;
use super::lines;

/// Where the content of a node ends: on its last line, before that line's break (and comment).
pub(super) fn last(document: &Document, id: NodeId) -> usize {
    let node = document.node(id);
    match &node.kind {
        NodeKind::Sequence { items, flow: false } => {
            items.last().map_or(node.span.end, |item| last(document, *item))
        }
        NodeKind::Mapping { entries, flow: false } => {
            entries.last().map_or(node.span.end, |(_, value)| last(document, *value))
        }
        NodeKind::Scalar { value, style: ScalarStyle::Literal | ScalarStyle::Folded } => {
            last_of_block_scalar(document, id, value)
        }
        _ => node.span.end,
    }
}

/// The deepest last node of a node.
pub(super) fn last_leaf(document: &Document, id: NodeId) -> NodeId {
    match &document.node(id).kind {
        NodeKind::Sequence { items, flow: false } => {
            items.last().map_or(id, |item| last_leaf(document, *item))
        }
        NodeKind::Mapping { entries, flow: false } => {
            entries.last().map_or(id, |(_, value)| last_leaf(document, *value))
        }
        _ => id,
    }
}

/// The chomping indicator of a block scalar.
pub(super) fn chomping(document: &Document, id: NodeId) -> Option<char> {
    let text = document.text();
    let start = document.node(id).span.start;
    text[start + 1..].chars().take(2).find(|c| matches!(c, '+' | '-'))
}

fn last_of_block_scalar(document: &Document, id: NodeId, value: &str) -> usize {
    let text = document.text();
    let span = document.node(id).span;
    let header_end = lines::end(text, span.start);
    let content = value.trim_end_matches('\n');
    let written = document.source_map(id).filter(|_| !content.is_empty());
    let content_end = written.map_or(header_end, |map| map.outer(Span::new(0, content.len())).end);
    // Trailing empty lines are content if they are kept; and if they hold blanks, they would be content of
    // what comes to stand above them.
    let blanks_below = text.get(content_end..span.end).is_some_and(|rest| rest.contains([' ', '\t']));
    if span.end > header_end && (chomping(document, id) == Some('+') || blanks_below) {
        let body = &text[header_end..span.end];
        let final_break = if body.ends_with("\r\n") { 2 } else { usize::from(body.ends_with(['\n', '\r'])) };
        return span.end - final_break;
    }
    content_end
}

/// The offsets of the dashes of a block sequence, one an item.
pub(super) fn dashes(document: &Document, items: &[NodeId], first: usize) -> Vec<usize> {
    let bytes = document.text().as_bytes();
    let mut dashes = Vec::with_capacity(items.len());
    let mut at = first;
    for item in items {
        while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'-') {
            at = if *byte == b'#' { lines::end(document.text(), at) } else { at + 1 };
        }
        dashes.push(at);
        at = document.node(*item).span.end.max(at + 1);
    }
    dashes
}

/// The lines of something that begins at `start` and whose content ends at `last`: with the comment block
/// directly above it at its own indentation, its trailing comment, and the comments below that are indented
/// deeper. The end is the start of the line after it.
pub(super) fn own_lines(text: &str, start: usize, last: usize) -> Span {
    let column = lines::column(text, start);
    let mut first = lines::start(text, start);
    while let Some(above) = line_above(text, first).filter(|at| lines::comment(text, *at) == Some(column)) {
        first = above;
    }
    Span::new(first, below(text, column, last))
}

/// The lines to remove with something: its own, and the empty ones below if `above`, which comes to stand
/// right over them, would keep them as its text.
pub(super) fn removed_lines(document: &Document, own: Span, above: Option<NodeId>) -> Span {
    let text = document.text();
    let leaf = above.map(|above| last_leaf(document, above));
    let keeps = leaf.is_some_and(|leaf| {
        let style = match document.node(leaf).kind {
            NodeKind::Scalar { style, .. } => style,
            _ => ScalarStyle::Plain,
        };
        matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) && chomping(document, leaf) == Some('+')
    });
    let mut end = own.end;
    while keeps && end < text.len() && text[end..lines::end(text, end)].trim().is_empty() {
        end = lines::next(text, end);
    }
    Span::new(own.start, end)
}

/// Where the line after the content that ends at `last` begins, comments indented deeper than `column`
/// skipped.
pub(super) fn below(text: &str, column: usize, last: usize) -> usize {
    let mut end = lines::next(text, last);
    while lines::comment(text, end).is_some_and(|comment| comment > column) {
        end = lines::next(text, end);
    }
    end
}

fn line_above(text: &str, at: usize) -> Option<usize> {
    let above = text[..at].strip_suffix("\r\n").or_else(|| text[..at].strip_suffix(['\n', '\r']))?;
    Some(lines::start(text, above.len()))
}

/// Refuses if something inside one of `gone` is the target of an alias outside of them all.
pub(super) fn refuse_if_referenced(document: &Document, gone: &[Span]) -> Result<(), EditError> {
    let inside = |at: usize| gone.iter().any(|span| span.start <= at && at < span.end.max(span.start + 1));
    for node in document.outline.aliases.iter().map(|alias| document.node(*alias)) {
        let NodeKind::Alias { target, name } = &node.kind else { continue };
        if inside(document.node(*target).whole().start) && !inside(node.span.start) {
            return Err(EditError::Referenced { anchor: name.clone() });
        }
    }
    Ok(())
}

/// Refuses in a document that the reader has left early, where an edit could bring to light what stands
/// behind, and inside of keys.
pub(super) fn refuse_unless_editable(document: &Document, id: NodeId) -> Result<(), EditError> {
    let (before, after) = document.text().split_at(document.end());
    if !after.is_empty() && !after.starts_with("---") && !before.ends_with("...") {
        return Err(EditError::Unsupported("a document with stray text behind it"));
    }
    let start = document.node(id).span.start;
    let in_key = document.outline.collection_keys.iter().any(|key| key.start <= start && start < key.end);
    if in_key { Err(EditError::Unsupported("a key that is a list or a mapping")) } else { Ok(()) }
}

/// The items of a sequence and whether it is written in brackets.
pub(super) fn sequence(document: &Document, id: NodeId) -> Result<(&[NodeId], bool), EditError> {
    refuse_unless_editable(document, id)?;
    match &document.node(id).kind {
        NodeKind::Sequence { items, flow } => Ok((items, *flow)),
        _ => Err(EditError::NotThere),
    }
}

/// Keys and values.
type Entries = [(NodeId, NodeId)];

/// The members of a mapping and whether it is written in brackets. Keys behind a `?` and mappings without
/// braces (`[key: value]`) are left alone.
pub(super) fn mapping(document: &Document, id: NodeId) -> Result<(&Entries, bool), EditError> {
    refuse_unless_editable(document, id)?;
    let node = document.node(id);
    match &node.kind {
        NodeKind::Mapping { flow: true, .. } if !document.text()[node.span.start..].starts_with('{') => {
            Err(EditError::Unsupported("a mapping without braces"))
        }
        NodeKind::Mapping { entries, .. }
            if entries.iter().any(|(key, _)| is_behind_question(document, *key)) =>
        {
            Err(EditError::Unsupported("a key behind a question mark"))
        }
        NodeKind::Mapping { entries, flow } => Ok((entries, *flow)),
        _ => Err(EditError::NotThere),
    }
}

fn is_behind_question(document: &Document, key: NodeId) -> bool {
    let before = document.text()[..document.node(key).start].trim_end();
    before
        .strip_suffix('?')
        .is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', '\n', '\r', '\u{feff}', '{', ',', '[']))
}
