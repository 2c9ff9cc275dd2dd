//! Items: appended behind the last one, removed with what belongs to them.

use crate::span::Span;
use crate::splice::Splice;
use crate::tree::{Document, NodeId, NodeKind, ScalarStyle};

use super::error::EditError;
use super::extent::{self, below, chomping, dashes, last, last_leaf, own_lines};
use super::flow::{self, Part};
use super::{Edited, NewItem, copy, lines, mapping};

/// Appends an item to a sequence. An empty `[]` that is the whole document becomes a block sequence.
pub fn append_item(document: &Document, sequence: NodeId, item: &NewItem<'_>) -> Edited {
    let (items, is_flow) = extent::sequence(document, sequence)?;
    let text = document.text();
    if is_flow && items.is_empty() && document.root() == Some(sequence) {
        return append_to_empty(document, item);
    }
    if is_flow {
        let part = copy::flow_part(item, document.outline.is_json)?;
        let parts = parts(document, items);
        return Ok(vec![flow::append(text, document.node(sequence).span, &parts, &part)]);
    }
    let Some(final_item) = items.last() else { return Err(EditError::NotThere) };
    let column = lines::column(text, document.node(sequence).span.start);
    let new = indented(copy::block_lines(document, item)?, column);
    let at = below(text, column, last(document, *final_item));
    let mut splices: Vec<Splice> = keep_without_break(document, *final_item).into_iter().collect();
    splices.push(insert_lines(text, at, &new));
    Ok(splices)
}

/// Appends the first item to a document that holds nothing yet: no text at all, comments only, `null`, an
/// empty text, or `[]`.
pub fn append_to_empty(document: &Document, item: &NewItem<'_>) -> Edited {
    let text = document.text();
    let new = copy::block_lines(document, item)?;
    let Some(root) = document.root() else {
        return Ok(vec![insert_lines(text, text.len(), &new)]);
    };
    let node = document.node(root);
    let is_empty = match &node.kind {
        NodeKind::Scalar { value, .. } => matches!(value.as_str(), "" | "~" | "null" | "Null" | "NULL"),
        NodeKind::Sequence { items, .. } => items.is_empty(),
        _ => false,
    };
    if !is_empty || node.anchor.is_some() || node.tag.is_some() {
        return Err(EditError::NotThere);
    }
    extent::refuse_unless_editable(document, root)?;
    let Span { start, end } = node.span;
    if node.span.is_empty() {
        return Ok(vec![insert_lines(text, start, &new)]);
    }
    let line_end = lines::end(text, end);
    if text[end..line_end].trim().is_empty() && lines::is_first(text, start) {
        let new = indented(new, lines::column(text, start)).join(lines::ending(text));
        return Ok(vec![Splice::replace(lines::start(text, start), end, new)]);
    }
    // Something else stands on the line: a `---` before it, or a comment behind it.
    let comment = text[end..line_end].find('#').map_or(line_end, |at| end + at);
    Ok(vec![Splice::remove(start, comment), insert_lines(text, lines::next(text, end), &new)])
}

/// Removes items, each with its trailing comment, the comment block directly above it at its own
/// indentation, and the comments below it that are indented deeper. What is left without an item is `[]`.
pub fn remove_items(document: &Document, sequence: NodeId, indexes: &[usize]) -> Edited {
    let (items, is_flow) = extent::sequence(document, sequence)?;
    if indexes.iter().any(|index| *index >= items.len()) {
        return Err(EditError::NotThere);
    }
    let mut gone = vec![false; items.len()];
    for index in indexes {
        gone[*index] = true;
    }
    let parts = parts(document, items);
    let gone_parts: Vec<Span> =
        parts.iter().zip(&gone).filter(|(_, gone)| **gone).map(|(part, _)| part.span).collect();
    if gone_parts.is_empty() {
        return Ok(Vec::new());
    }
    extent::refuse_if_referenced(document, &gone_parts)?;
    if is_flow {
        return Ok(flow::remove(document.node(sequence).span, &parts, |index| gone[index]));
    }
    if gone_parts.len() == items.len() {
        return remove_all(document, sequence, items);
    }
    Ok(remove_some(document, sequence, items, &gone))
}

fn remove_some(document: &Document, sequence: NodeId, items: &[NodeId], gone: &[bool]) -> Vec<Splice> {
    let text = document.text();
    let dashes = dashes(document, items, document.node(sequence).span.start);
    let kept = gone.iter().position(|gone| !gone).unwrap_or(0);
    let mut splices = Vec::new();
    let mut index = 0;
    if kept > 0 && !lines::is_first(text, dashes[0]) {
        // The first dash shares its line with what is around the sequence: the first item that stays
        // takes its place.
        splices.push(Splice::remove(dashes[0], dashes[kept]));
        index = kept;
    }
    let mut above = None;
    for (index, item) in items.iter().enumerate().skip(index) {
        if gone[index] {
            let own = own_lines(text, dashes[index], last(document, *item));
            let Span { start, end } = extent::removed_lines(document, own, above);
            splices.push(Splice::remove(start, end));
        } else {
            above = Some(*item);
        }
    }
    splices
}

fn remove_all(document: &Document, sequence: NodeId, items: &[NodeId]) -> Edited {
    let text = document.text();
    let node = document.node(sequence);
    let (start, Some(end)) = (node.span.start, items.last().map(|item| last(document, *item))) else {
        return Ok(Vec::new());
    };
    if node.start != start {
        return Err(EditError::Unsupported("a list with a tag or an anchor"));
    }
    let is_root = document.root() == Some(sequence);
    let colon =
        mapping::key_of(document, sequence).map(|key| mapping::after_colon(document, key)).transpose()?;
    if !is_root && colon.is_none() || !lines::is_first(text, start) {
        return Ok(vec![Splice::replace(start, end, "[]")]);
    }
    let dashes = dashes(document, items, start);
    let own = items.iter().zip(&dashes).map(|(item, dash)| own_lines(text, *dash, last(document, *item)));
    let mut splices: Vec<Splice> = own.map(|own| Splice::remove(own.start, own.end)).collect();
    if let Some(colon) = colon {
        splices.insert(0, Splice::insert(colon, " []"));
    } else {
        let ending = if splices[0].span.of(text).ends_with(['\n', '\r']) { lines::ending(text) } else { "" };
        splices[0].text = format!("{}[]{ending}", &text[lines::start(text, start)..start]);
    }
    Ok(splices)
}

fn parts(document: &Document, items: &[NodeId]) -> Vec<Part> {
    let part = |id: &NodeId| {
        let node = document.node(*id);
        // `[key: ]` ends as openly as its value.
        let is_open = match &node.kind {
            NodeKind::Mapping { entries, .. } if !document.text()[node.span.start..].starts_with('{') => {
                entries.iter().all(|(_, value)| document.node(*value).span.is_empty())
            }
            _ => node.span.is_empty(),
        };
        Part { span: node.whole(), is_open }
    };
    items.iter().map(part).collect()
}

/// Lines at a column; empty ones stay empty.
pub(super) fn indented(lines: Vec<String>, column: usize) -> Vec<String> {
    let blanks = " ".repeat(column);
    let indent = |line: String| if line.is_empty() { line } else { format!("{blanks}{line}") };
    lines.into_iter().map(indent).collect()
}

/// Inserts whole lines at the start of a line. At the end of a text that does not end in a line break, they
/// go below its last line, and the text still does not end in one.
pub(super) fn insert_lines(text: &str, at: usize, new: &[String]) -> Splice {
    let ending = lines::ending(text);
    let joined = new.join(ending);
    let before = text[..at].trim_start_matches('\u{feff}');
    if before.is_empty() || before.ends_with(['\n', '\r']) {
        Splice::insert(at, format!("{joined}{ending}"))
    } else {
        Splice::insert(at, format!("{ending}{joined}"))
    }
}

/// A literal or folded scalar that ends with the text, without a line break, would get one when a line
/// comes below it. Stripping keeps what it says.
pub(super) fn keep_without_break(document: &Document, id: NodeId) -> Option<Splice> {
    let leaf = last_leaf(document, id);
    let node = document.node(leaf);
    let NodeKind::Scalar { value, style: ScalarStyle::Literal | ScalarStyle::Folded } = &node.kind else {
        return None;
    };
    let text = document.text();
    let is_open = !value.is_empty() && !value.ends_with('\n') && !text.ends_with(['\n', '\r']);
    let start = node.span.start;
    match chomping(document, leaf) {
        _ if !is_open || last(document, leaf) < text.len() => None,
        Some('-') => None,
        Some(_) => {
            let plus = text[start..].find('+').map_or(start + 1, |at| start + at);
            Some(Splice::replace(plus, plus + 1, "-"))
        }
        None => Some(Splice::insert(start + 1, "-")),
    }
}
