//! Members: a value set in the style it has, a member inserted behind the last one or removed.

use crate::resolve::{Scalar, resolve};
use crate::span::Span;
use crate::splice::Splice;
use crate::tree::{Document, NodeId, NodeKind, ScalarStyle};

use super::error::EditError;
use super::extent::{self, below, dashes, last, own_lines};
use super::flow::{self, Part};
use super::sequence::{indented, insert_lines, keep_without_break, remove_items};
use super::{Edited, NewValue, lines, write};

/// Sets the value of a member, given by its key's node. Quotes stay quotes, brackets stay brackets, and
/// what is the same in a list is not touched.
pub fn set_value(document: &Document, mapping: NodeId, key: NodeId, value: &NewValue) -> Edited {
    let (entries, _) = extent::mapping(document, mapping)?;
    let (_, old) = *entries.iter().find(|(found, _)| *found == key).ok_or(EditError::NotThere)?;
    let old_node = document.node(old);
    extent::refuse_if_referenced(document, &[old_node.whole()])?;
    match (&old_node.kind, value) {
        (NodeKind::Sequence { items, flow: false }, NewValue::List(new)) => {
            set_block_list(document, key, old, items, new)
        }
        (NodeKind::Sequence { items, flow: true }, NewValue::List(new)) => {
            let new = flow_list_like(document, items, new);
            replace_value(document, key, old, &new)
        }
        _ => replace_value(document, key, old, &written_like(document, old, value)),
    }
}

/// Inserts a member behind the last one.
pub fn insert_member(document: &Document, mapping: NodeId, key: &str, value: &NewValue) -> Edited {
    let (entries, is_flow) = extent::mapping(document, mapping)?;
    let text = document.text();
    if is_flow {
        let part = write::flow_member(key, value, document.outline.is_json);
        let parts = members(document, entries);
        return Ok(vec![flow::append(text, document.node(mapping).span, &parts, &part)]);
    }
    let Some((first_key, _)) = entries.first() else { return Err(EditError::NotThere) };
    let Some((_, final_value)) = entries.last() else { return Err(EditError::NotThere) };
    let column = lines::column(text, document.node(*first_key).start);
    let new = indented(write::block_member(key, value, write::list_indent(document)), column);
    let at = below(text, column, last(document, *final_value));
    let mut splices: Vec<Splice> = keep_without_break(document, *final_value).into_iter().collect();
    splices.push(insert_lines(text, at, &new));
    Ok(splices)
}

/// Removes a member, given by its key's node, with the comments that belong to it. What is left without a
/// member is `{}`.
pub fn remove_member(document: &Document, mapping: NodeId, key: NodeId) -> Edited {
    let (entries, is_flow) = extent::mapping(document, mapping)?;
    let index = entries.iter().position(|(found, _)| *found == key).ok_or(EditError::NotThere)?;
    let parts = members(document, entries);
    extent::refuse_if_referenced(document, &[parts[index].span])?;
    if is_flow {
        return Ok(flow::remove(document.node(mapping).span, &parts, |part| part == index));
    }
    let text = document.text();
    let (start, end) = (parts[index].span.start, last(document, entries[index].1));
    if entries.len() == 1 {
        return Ok(vec![Splice::replace(start, end, "{}")]);
    }
    if lines::is_first(text, start) {
        let above = index.checked_sub(1).map(|above| entries[above].1);
        let own = extent::removed_lines(document, own_lines(text, start, end), above);
        return Ok(vec![Splice::remove(own.start, own.end)]);
    }
    // The first key stands behind a dash: the second one takes its place.
    match parts.get(index + 1) {
        Some(next) => Ok(vec![Splice::remove(start, next.span.start)]),
        None => Err(EditError::Unsupported("a member that shares its line")),
    }
}

/// The key whose value a node is.
pub(super) fn key_of(document: &Document, value: NodeId) -> Option<NodeId> {
    let NodeKind::Mapping { entries, .. } = &document.node(document.outline.parent(value)?).kind else {
        return None;
    };
    entries.iter().find(|(_, found)| *found == value).map(|(key, _)| *key)
}

/// Where the colon behind a key ends.
pub(super) fn after_colon(document: &Document, key: NodeId) -> Result<usize, EditError> {
    let text = document.text();
    let mut at = document.node(key).span.end;
    loop {
        match text.as_bytes().get(at) {
            Some(b':') => return Ok(at + 1),
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') => at = lines::end(text, at),
            _ => return Err(EditError::Unsupported("a key without a colon")),
        }
    }
}

fn members(document: &Document, entries: &[(NodeId, NodeId)]) -> Vec<Part> {
    let part = |(key, value): &(NodeId, NodeId)| {
        let (key, value) = (document.node(*key), document.node(*value));
        let end = value.span.end.max(key.span.end);
        Part { span: Span::new(key.start, end), is_open: value.span.is_empty() && end > key.span.end }
    };
    entries.iter().map(part).collect()
}

/// A value in the style of the one that it replaces.
fn written_like(document: &Document, old: NodeId, value: &NewValue) -> String {
    let node = document.node(old);
    let in_flow = is_in_flow(document, old);
    let json = document.outline.is_json;
    match (value, &node.kind) {
        (NewValue::List(items), _) => write::flow_list(items, json),
        (NewValue::Text(text), NodeKind::Scalar { style: ScalarStyle::SingleQuoted, .. }) => {
            write::single_quoted(text).unwrap_or_else(|| write::double_quoted(text))
        }
        (NewValue::Text(text), NodeKind::Scalar { style: ScalarStyle::DoubleQuoted, .. }) => {
            write::double_quoted(text)
        }
        (NewValue::Text(text), _) if in_flow => write::flow_text(text, json),
        (NewValue::Text(text), _) => write::scalar_text(text),
    }
}

fn is_in_flow(document: &Document, id: NodeId) -> bool {
    let around =
        std::iter::successors(document.outline.parent(id), |parent| document.outline.parent(*parent));
    around.into_iter().any(|parent| {
        matches!(
            document.node(parent).kind,
            NodeKind::Sequence { flow: true, .. } | NodeKind::Mapping { flow: true, .. }
        )
    })
}

/// Puts `new`, which has one line, in the place of a value.
fn replace_value(document: &Document, key: NodeId, old: NodeId, new: &str) -> Edited {
    let text = document.text();
    let node = document.node(old);
    let colon = after_colon(document, key)?;
    let end = last(document, old);
    if node.whole().is_empty() {
        return Ok(vec![Splice::insert(colon, format!(" {new}"))]);
    }
    let is_block =
        matches!(node.kind, NodeKind::Sequence { flow: false, .. } | NodeKind::Mapping { flow: false, .. });
    if is_block {
        // It goes to the line of its key; the lines below that go.
        let line_end = lines::end(text, colon);
        return Ok(vec![
            Splice::replace(colon, node.start.min(line_end), kept_comment(text, colon, node.start, new)),
            Splice::remove(node.start.min(line_end), lines::end(text, end)),
        ]);
    }
    let gap = if text[end..].starts_with('#') { " " } else { "" };
    Ok(vec![Splice::replace(node.start, end, format!("{new}{gap}"))])
}

/// The new value and what stands between the colon and the old one on the colon's line: a comment.
fn kept_comment(text: &str, colon: usize, old: usize, new: &str) -> String {
    let line_end = lines::end(text, colon);
    if old < line_end { format!(" {new}") } else { format!(" {new}{}", &text[colon..line_end]) }
}

/// A list in brackets that keeps the items of the old one as they are written.
fn flow_list_like(document: &Document, old: &[NodeId], new: &[String]) -> String {
    let json = document.outline.is_json;
    let written = |text: &String| {
        let same = old.iter().find(|item| says(document, **item, text));
        let source = same.map(|item| document.node(*item).whole().of(document.text()));
        match source {
            Some(source) if !source.contains(['\n', '\r']) => source.to_owned(),
            _ => write::flow_text(text, json),
        }
    };
    format!("[{}]", new.iter().map(written).collect::<Vec<_>>().join(", "))
}

/// Whether an item is this text (and not a number that looks like it).
fn says(document: &Document, item: NodeId, text: &str) -> bool {
    let node = document.node(item);
    node.scalar().is_some_and(|value| {
        value == text && matches!(resolve(node, value), Ok(Scalar::Text(meant)) if meant == text)
    })
}

/// Sets a block list: items that are the same at its start and at its end stay; those between are
/// rewritten, one for one if there are as many.
fn set_block_list(document: &Document, key: NodeId, list: NodeId, old: &[NodeId], new: &[String]) -> Edited {
    if new.is_empty() {
        return remove_items(document, list, &(0..old.len()).collect::<Vec<_>>());
    }
    let text = document.text();
    let same = |(item, text): &(&NodeId, &String)| says(document, **item, text);
    let before = old.iter().zip(new).take_while(same).count();
    let after = old[before..].iter().rev().zip(new[before..].iter().rev()).take_while(same).count();
    let (gone, come) = (&old[before..old.len() - after], &new[before..new.len() - after]);
    if gone.len() == come.len() {
        let rewrite = |(item, text): (&NodeId, &String)| {
            let new = written_like(document, *item, &NewValue::Text(text.clone()));
            Splice::replace(document.node(*item).start, last(document, *item), new)
        };
        let is_written = gone.iter().all(|item| !document.node(*item).whole().is_empty());
        if is_written {
            return Ok(gone.iter().zip(come).map(rewrite).collect());
        }
    }
    let dashes = dashes(document, old, document.node(list).span.start);
    if !lines::is_first(text, dashes[0]) {
        return replace_value(document, key, list, &write::flow_list(new, false));
    }
    let column = lines::column(text, dashes[0]);
    let come = come.iter().map(|item| format!("- {}", write::scalar_text(item))).collect();
    let come = indented(come, column);
    let mut splices = Vec::new();
    for (item, dash) in gone.iter().zip(&dashes[before..]) {
        splices.push(Splice::remove(lines::start(text, *dash), lines::next(text, last(document, *item))));
    }
    if come.is_empty() {
        return Ok(splices);
    }
    if let Some(first) = splices.first_mut() {
        let ending = if first.span.of(text).ends_with(['\n', '\r']) { lines::ending(text) } else { "" };
        first.text = come.join(lines::ending(text)) + ending;
        return Ok(splices);
    }
    let at = match old[..before].last() {
        Some(item) => lines::next(text, last(document, *item)),
        None => lines::start(text, dashes[0]),
    };
    splices.extend(old.last().and_then(|item| keep_without_break(document, *item)));
    splices.push(insert_lines(text, at, &come));
    Ok(splices)
}
