//! The comments of a text, and what each is about: the line below, the line it stands on, or the one above.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
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
pub(super) fn of_text(text: &str) -> Vec<String> {
    let Ok(document) = Document::parse(text, &Limits::default()) else { return Vec::new() };
    let leaves = leaves(&document);
    found(&document, &leaves, 0).into_iter().map(|comment| comment.text).collect()
}

impl Comments {
    /// Those that stand behind `from`.
    pub(super) fn of(document: &Document, from: usize) -> Self {
        let text = document.text();
        let leaves = leaves(document);
        let mut comments = Self::default();
        let root = document.root().map_or(0, |root| column(text, document.node(root).span.start));
        for comment in found(document, &leaves, from) {
            let behind = leaves.partition_point(|leaf| leaf.start < comment.at);
            let (previous, next) = (behind.checked_sub(1).map(|at| &leaves[at]), leaves.get(behind));
            let line = line_start(text, comment.at);
            let before = text[line..comment.at].trim();
            let at = column(text, comment.at);
            let is_deeper = |leaf: &Leaf| at > indent(&text[line_start(text, leaf.start)..]);
            let on_line = leaves[leaves.partition_point(|leaf| leaf.start < line)..behind].first();
            let opens = before.ends_with(['-', '[', '{']);
            match (before.is_empty(), on_line, previous, next) {
                (true, _, Some(previous), Some(next)) if is_deeper(next) => {
                    comments.below(previous, comment.text)
                }
                (true, _, Some(previous), None) if at > root => comments.below(previous, comment.text),
                (true, _, _, None) => {
                    comments.is_end_apart |= comments.end.is_empty() && is_apart(text, comment.at);
                    comments.end.push(comment.text);
                }
                (false, Some(leaf), ..) => comments.beside.entry(leaf.node).or_default().push(comment.text),
                (false, None, Some(previous), _) if !opens => {
                    comments.beside.entry(previous.node).or_default().push(comment.text);
                }
                (_, _, _, Some(next)) => comments.above.entry(next.node).or_default().push(comment.text),
                (_, _, _, None) => comments.end.push(comment.text),
            }
        }
        comments
    }

    /// The lines with the comments between them, as one text.
    pub(super) fn between(&self, lines: Vec<Written>) -> String {
        let mut text = String::new();
        for line in &lines {
            let indent = " ".repeat(line.indent);
            if line.is_apart && !text.is_empty() {
                text.push('\n');
            }
            let mut push = |part: &str| {
                text.push_str(&indent);
                text.push_str(part);
                text.push('\n');
            };
            let of = |map: &BTreeMap<NodeId, Vec<String>>, nodes: &[NodeId]| -> Vec<String> {
                nodes.iter().filter_map(|node| map.get(node)).flatten().cloned().collect()
            };
            of(&self.above, &line.led_by).iter().for_each(|comment| push(comment));
            // One comment has room on the line; others that stood on lines now merged go above it.
            let mut beside = of(&self.beside, &line.leaves);
            let last = beside.pop();
            beside.iter().for_each(|comment| push(comment));
            let head = last.map_or_else(|| line.text.clone(), |comment| line.text.clone() + " " + &comment);
            push(&head);
            line.body.iter().for_each(|part| {
                text.push_str(part);
                text.push('\n');
            });
            for comment in of(&self.below, &line.leaves) {
                text.push_str(&" ".repeat(line.content));
                text.push_str(&comment);
                text.push('\n');
            }
        }
        if self.is_end_apart && !text.is_empty() {
            text.push('\n');
        }
        self.end.iter().for_each(|comment| {
            text.push_str(comment);
            text.push('\n');
        });
        text
    }

    fn below(&mut self, leaf: &Leaf, comment: String) {
        self.below.entry(leaf.node).or_default().push(comment);
    }
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
