//! Edits of a document that stands inside a scalar, carried out to the text that holds the scalar.

use crate::error::Limits;
use crate::span::Span;
use crate::splice::{Splice, apply};
use crate::tree::{Document, NodeId, NodeKind, ScalarStyle, parse_stream};

use super::error::EditError;
use super::extent::last;
use super::mapping::key_of;
use super::{Edited, lines, write};

/// Carries `splices`, computed for `inner_text`, out to the text of `outer`, whose scalar says
/// `inner_text`. Only the touched lines change if the style of the scalar can carry that; else the scalar is
/// written anew, literal or, inside brackets and beside a comment, double-quoted. The result is read again:
/// the scalar then says exactly what the splices make of `inner_text`.
pub fn lift(outer: &Document, scalar: NodeId, inner_text: &str, splices: &[Splice]) -> Edited {
    let NodeKind::Scalar { value, style } = &outer.node(scalar).kind else { return Err(EditError::NotThere) };
    if value != inner_text {
        return Err(EditError::NotThere);
    }
    let new = apply(inner_text, splices);
    if new == *value {
        return Ok(Vec::new());
    }
    let carried = match style {
        // Nothing is written yet: better start with lines.
        _ if value.is_empty() => None,
        ScalarStyle::Literal => carry_lines(outer, scalar, inner_text, splices),
        ScalarStyle::DoubleQuoted => carry_escaped(outer, scalar, splices, write::double_quoted_content),
        ScalarStyle::SingleQuoted if !splices.iter().any(|splice| splice.text.contains('\n')) => {
            carry_escaped(outer, scalar, splices, |text| text.replace('\'', "''"))
        }
        _ => None,
    };
    let candidates = [carried, as_literal(outer, scalar, &new), Some(as_double_quoted(outer, scalar, &new))];
    let proven = candidates.into_iter().flatten().find(|candidate| says(outer, scalar, candidate, &new));
    proven.ok_or(EditError::Unsupported("a scalar that is written like this"))
}

/// Whether the edited text can be read and its scalar says what it should.
fn says(outer: &Document, scalar: NodeId, splices: &[Splice], new: &str) -> bool {
    let text = apply(outer.text(), splices);
    let limits = Limits { bytes: usize::MAX, ..Limits::default() };
    // What stands behind the document may be as broken as before.
    let (documents, _) = parse_stream(&text, &limits);
    documents.get(outer.index).is_some_and(|edited| {
        edited.nodes.len() == outer.nodes.len() && edited.node(scalar).scalar() == Some(new)
    })
}

/// The touched lines of a literal scalar, each line of the value being one of the text.
fn carry_lines(outer: &Document, scalar: NodeId, inner: &str, splices: &[Splice]) -> Option<Vec<Splice>> {
    let text = outer.text();
    let map = outer.source_map(scalar)?;
    let first = inner.find(|c| c != '\n')?;
    let content = map.outer(Span::at(first)).start;
    let indent = &text[lines::start(text, content)..content];
    let inner_starts = line_starts(inner, 0, inner.len());
    let outer_starts = line_starts(text, lines::next(text, outer.node(scalar).span.start), text.len());
    let carry = |(region, splices): (Span, Vec<Splice>)| {
        let line = |at| inner_starts.partition_point(|start| *start < at);
        let (start, end) = (*outer_starts.get(line(region.start))?, *outer_starts.get(line(region.end))?);
        // The line break behind a value that has none is not the value's.
        let is_open = region.end == inner.len() && !inner.ends_with('\n');
        let kept = if is_open { ending_of(&text[start..end]) } else { 0 };
        let span = Span::new(start, end - kept);
        let edited = apply(region.of(inner), &splices);
        Some(Splice { span, text: indented_lines(&edited, indent, lines::ending(text)) })
    };
    touched_lines(inner, splices).into_iter().map(carry).collect()
}

/// The length of the line break at the end of `lines`.
fn ending_of(lines: &str) -> usize {
    let content = lines.strip_suffix('\n').map_or(lines, |lines| lines.strip_suffix('\r').unwrap_or(lines));
    lines.len() - content.len()
}

fn indented_lines(text: &str, indent: &str, ending: &str) -> String {
    let mut indented = String::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        indented.push_str(if content.is_empty() { "" } else { indent });
        indented.push_str(content);
        indented.push_str(if line.ends_with('\n') { ending } else { "" });
    }
    indented
}

/// Where each line from `at` on begins, and where the last one ends.
fn line_starts(text: &str, at: usize, end: usize) -> Vec<usize> {
    let mut starts = vec![at];
    while let Some(start) = starts.last().copied().filter(|start| *start < end) {
        starts.push(lines::next(text, start));
    }
    starts
}

/// The runs of whole lines that splices touch, each with its splices, counted from its start.
fn touched_lines(inner: &str, splices: &[Splice]) -> Vec<(Span, Vec<Splice>)> {
    let mut touched: Vec<(Span, &Splice)> =
        splices.iter().map(|splice| (whole_lines(inner, splice), splice)).collect();
    touched.sort_by_key(|(region, splice)| (region.start, splice.span.start));
    let mut regions: Vec<(Span, Vec<Splice>)> = Vec::new();
    for (region, splice) in touched {
        match regions.last_mut() {
            Some((previous, _)) if region.start <= previous.end => {
                previous.end = previous.end.max(region.end);
            }
            _ => regions.push((region, Vec::new())),
        }
        if let Some((region, splices)) = regions.last_mut() {
            let Span { start, end } = splice.span;
            splices.push(Splice::replace(start - region.start, end - region.start, splice.text.clone()));
        }
    }
    regions
}

fn whole_lines(inner: &str, splice: &Splice) -> Span {
    let Span { start, end } = splice.span;
    let is_whole = |at: usize| at == 0 || inner[..at].ends_with('\n');
    let text_is_whole = splice.text.is_empty() || splice.text.ends_with('\n');
    if is_whole(start) && is_whole(end) && text_is_whole {
        return splice.span;
    }
    let line_start = inner[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = inner[end..].find('\n').map_or(inner.len(), |at| end + at + 1);
    Span::new(line_start, line_end)
}

/// Each splice where its bytes are written, its text escaped.
fn carry_escaped(
    outer: &Document,
    scalar: NodeId,
    splices: &[Splice],
    escape: impl Fn(&str) -> String,
) -> Option<Vec<Splice>> {
    let map = outer.source_map(scalar)?;
    let carry = |splice: &Splice| Splice { span: map.outer(splice.span), text: escape(&splice.text) };
    Some(splices.iter().map(carry).collect())
}

/// The scalar written anew as a literal one, if its place and its text allow that.
fn as_literal(outer: &Document, scalar: NodeId, new: &str) -> Option<Vec<Splice>> {
    let text = outer.text();
    let node = outer.node(scalar);
    let is_block =
        matches!(node.kind, NodeKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. });
    let header_end = lines::end(text, node.span.start);
    let rest = if is_block { "" } else { &text[node.span.end..lines::end(text, node.span.end)] };
    let sayable = !new.contains(write::needs_escape) && !new.trim_matches('\n').is_empty();
    if node.in_flow || !sayable || !rest.trim().is_empty() {
        return None;
    }
    let parent = parent_column(outer, scalar);
    let depth = existing_depth(outer, scalar, parent).unwrap_or(2);
    let blanks = " ".repeat(parent + depth);
    let ending = lines::ending(text);
    let chomping = match (new.ends_with('\n'), new.ends_with("\n\n")) {
        (false, _) => "-",
        (true, false) => "",
        (true, true) => "+",
    };
    let explicit = new.starts_with([' ', '\t', '\n']);
    let mut written = format!(
        "{}|{}{chomping}",
        gap(outer, scalar),
        if explicit { depth.to_string() } else { String::new() }
    );
    if is_block {
        let header = &text[node.span.start..header_end];
        written.push_str(header.find(' ').map_or("", |at| &header[at..]));
    }
    for line in new.split_inclusive('\n').map(|line| line.trim_end_matches('\n')) {
        written.push_str(ending);
        written.push_str(if line.is_empty() { "" } else { &blanks });
        written.push_str(line);
    }
    let end = if is_block { last(outer, scalar) } else { node.span.end };
    if chomping == "+" && !text[end..].starts_with(['\n', '\r']) {
        written.push_str(ending);
    }
    Some(vec![Splice::replace(node.span.start, end, written)])
}

/// How much deeper than its parent the scalar's lines stand now; between 1 and 9.
fn existing_depth(outer: &Document, scalar: NodeId, parent: usize) -> Option<usize> {
    let node = outer.node(scalar);
    let NodeKind::Scalar { value, style: ScalarStyle::Literal | ScalarStyle::Folded } = &node.kind else {
        return None;
    };
    let first = value.find(|c| c != '\n')?;
    let at = outer.source_map(scalar)?.outer(Span::at(first)).start;
    let depth = lines::column(outer.text(), at).checked_sub(parent)?;
    (1..=9).contains(&depth).then_some(depth)
}

fn as_double_quoted(outer: &Document, scalar: NodeId, new: &str) -> Vec<Splice> {
    let node = outer.node(scalar);
    let written = format!("{}{}", gap(outer, scalar), write::double_quoted(new));
    vec![Splice::replace(node.span.start, last(outer, scalar), written)]
}

/// A scalar that is not written stands right behind its colon, dash or anchor: it wants a blank.
fn gap(outer: &Document, scalar: NodeId) -> &'static str {
    let Span { start, end } = outer.node(scalar).span;
    let touches = !outer.text()[..start].trim_start_matches('\u{feff}').is_empty()
        && !outer.text()[..start].ends_with([' ', '\t', '\n', '\r']);
    if start == end && touches { " " } else { "" }
}

/// The column of the block around a scalar.
fn parent_column(outer: &Document, scalar: NodeId) -> usize {
    let node = outer.node(scalar);
    let key = if node.span.is_empty() { key_of(outer, scalar) } else { None };
    match key {
        Some(key) => lines::column(outer.text(), outer.node(key).start),
        None => usize::try_from(node.indent).unwrap_or(0),
    }
}
