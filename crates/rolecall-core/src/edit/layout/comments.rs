//! The comments of a text, and what each is about: the line below, the line it stands on, or the one above.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{Document, Limits, NodeId, NodeKind, ScalarStyle};

use super::lines::Written;

/// The comments of a text by the leaves of its tree that they are about.
#[derive(Default)]
pub(super) struct Comments {
    above: BTreeMap<NodeId, Vec<String>>,
    beside: BTreeMap<NodeId, Vec<String>>,
    below: BTreeMap<NodeId, Vec<String>>,
    end: Vec<String>,
    /// An empty line stands above the comments at the end.
    is_end_apart: bool,
}

/// A scalar, or a collection without anything in it.
#[derive(Clone, Copy)]
struct Leaf {
    node: NodeId,
    start: usize,
    end: usize,
}

/// One comment in its text.
struct Comment {
    at: usize,
    text: String,
}

/// The comments of a text; none where it cannot be read.
pub(in crate::edit) fn of_text(text: &str) -> Vec<String> {
    let Ok(document) = Document::parse(text, &Limits::default()) else { return Vec::new() };
    let leaves = leaves(&document);
    found(&document, &leaves, 0).into_iter().map(|comment| comment.text).collect()
}

impl Comments {
    /// Those that stand behind `from`.
    pub(super) fn of(document: &Document, from: usize) -> Self {
        let leaves = leaves(document);
        let mut comments = Self::default();
        for comment in found(document, &leaves, from) {
            comments.take(document, &leaves, comment);
        }
        comments
    }

    /// Decides what a comment is about: one on a line of its own about what comes next, unless it stands deeper
    /// than that; one beside something about the first thing on its line.
    fn take(&mut self, document: &Document, leaves: &[Leaf], Comment { at, text: comment }: Comment) {
        let text = document.text();
        let behind = leaves.partition_point(|leaf| leaf.start < at);
        let (previous, next) = (behind.checked_sub(1).map(|index| leaves[index]), leaves.get(behind));
        let line = line_start(text, at);
        let before = text[line..at].trim();
        let on_line = leaves[leaves.partition_point(|leaf| leaf.start < line)..behind].first();
        let root = document.root().map_or(0, |root| column(text, document.node(root).span.start));
        let next_column = next.map_or(root, |leaf| indent(&text[line_start(text, leaf.start)..]));
        let is_deeper = column(text, at) > next_column;
        let (map, leaf) = match (before.is_empty(), on_line, previous, next) {
            (true, _, Some(previous), _) if is_deeper => (&mut self.below, previous),
            (false, Some(first), ..) => (&mut self.beside, *first),
            (false, None, Some(previous), _) if !before.ends_with(['-', '[', '{']) => {
                (&mut self.beside, previous)
            }
            (.., Some(next)) => (&mut self.above, *next),
            (.., None) => {
                self.is_end_apart |= self.end.is_empty() && is_apart(text, at);
                self.end.push(comment);
                return;
            }
        };
        map.entry(leaf.node).or_default().push(comment);
    }

    /// The lines with the comments between them, as one text.
    pub(super) fn between(&self, lines: &[Written]) -> String {
        let mut text = String::new();
        for line in lines {
            if line.is_apart && !text.is_empty() {
                text.push('\n');
            }
            self.write(line, &mut text);
        }
        if self.is_end_apart && !text.is_empty() {
            text.push('\n');
        }
        for comment in &self.end {
            push(&mut text, 0, comment);
        }
        text
    }

    fn write(&self, line: &Written, text: &mut String) {
        for comment in of(&self.above, &line.led_by) {
            push(text, line.indent, comment);
        }
        // One comment has room on the line; others that stood on lines now merged go above it.
        let mut beside = of(&self.beside, &line.leaves);
        let last = beside.pop();
        for comment in beside {
            push(text, line.indent, comment);
        }
        let head = last.map_or_else(|| line.text.clone(), |comment| format!("{} {comment}", line.text));
        push(text, line.indent, &head);
        for part in &line.body {
            push(text, 0, part);
        }
        for comment in of(&self.below, &line.leaves) {
            push(text, line.content, comment);
        }
    }
}

fn of<'a>(map: &'a BTreeMap<NodeId, Vec<String>>, leaves: &[NodeId]) -> Vec<&'a String> {
    leaves.iter().filter_map(|leaf| map.get(leaf)).flatten().collect()
}

fn push(text: &mut String, indent: usize, line: &str) {
    text.push_str(&" ".repeat(indent));
    text.push_str(line);
    text.push('\n');
}

/// Does an empty line stand above the line of `at`, or above the comments that stand directly above it?
pub(super) fn is_apart(text: &str, at: usize) -> bool {
    let above = text[..line_start(text, at)].lines().rev().map(str::trim);
    above.into_iter().find(|line| !line.starts_with('#')).is_some_and(str::is_empty)
}

fn leaves(document: &Document) -> Vec<Leaf> {
    let leaf = |(node, found): (NodeId, &rolecall_yaml::Node)| {
        let is_leaf = match &found.kind {
            NodeKind::Scalar { .. } => !found.span.is_empty(),
            NodeKind::Sequence { items, .. } => items.is_empty(),
            NodeKind::Mapping { entries, .. } => entries.is_empty(),
            NodeKind::Alias { .. } => true,
        };
        is_leaf.then_some(Leaf { node, start: found.span.start, end: found.span.end })
    };
    let mut leaves: Vec<Leaf> = document.nodes().filter_map(leaf).collect();
    leaves.sort_by_key(|leaf| leaf.start);
    leaves
}

/// What begins with a `#` outside of all leaves, behind `from`.
fn found(document: &Document, leaves: &[Leaf], from: usize) -> Vec<Comment> {
    let text = document.text();
    let mut comments = Vec::new();
    let mut comment = |at: usize| -> usize {
        let end = text[at..].find(['\n', '\r']).map_or(text.len(), |end| at + end);
        comments.push(Comment { at, text: text[at..end].trim_end().to_owned() });
        end
    };
    let mut at = from;
    for leaf in leaves.iter().filter(|leaf| leaf.start >= from) {
        while let Some(hash) = text.get(at..leaf.start).and_then(|between| between.find('#')) {
            at = comment(at + hash);
        }
        let style = match &document.node(leaf.node).kind {
            NodeKind::Scalar { style, .. } => *style,
            _ => ScalarStyle::Plain,
        };
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            let header = text[leaf.start..].find(['\n', '\r']).map_or(text.len(), |end| leaf.start + end);
            if let Some(hash) = text[leaf.start..header].find('#') {
                comment(leaf.start + hash);
            }
        }
        let is_empty_collection = !matches!(document.node(leaf.node).kind, NodeKind::Scalar { .. });
        at = if is_empty_collection { leaf.start } else { at.max(leaf.end) };
    }
    while let Some(hash) = text[at..].find('#') {
        at = comment(at + hash);
    }
    comments
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].chars().count()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
