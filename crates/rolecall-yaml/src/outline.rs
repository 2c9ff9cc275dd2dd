//! What edits ask about a whole document, found out once: an edit looks at what it touches, not at all of it.

use crate::resolve::is_plain_text;
use crate::span::Span;
use crate::tree::{Node, NodeId, NodeKind, ScalarStyle};

/// Facts about a whole document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// The node that each node stands in; the root stands in itself.
    parents: Vec<NodeId>,
    /// Every alias.
    pub(crate) aliases: Vec<NodeId>,
    /// Where the keys stand that are lists or mappings.
    pub(crate) collection_keys: Vec<Span>,
    /// Whether it is written as JSON: in brackets, and no text without double quotes.
    pub(crate) is_json: bool,
    /// Whether it gives tags a meaning of its own.
    pub(crate) redefines_tags: bool,
}

impl Outline {
    /// Looks through all of a document, once.
    pub(crate) fn of(nodes: &[Node], root: Option<NodeId>, redefines_tags: bool) -> Self {
        let mut outline = Self {
            parents: (0..nodes.len()).map(NodeId).collect(),
            is_json: is_json(nodes, root),
            redefines_tags,
            ..Self::default()
        };
        for (index, node) in nodes.iter().enumerate() {
            outline.look_at(nodes, NodeId(index), node);
        }
        outline
    }

    /// The node that a node stands in; `None` for the root.
    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.parents.get(id.0).copied().filter(|parent| *parent != id)
    }

    fn look_at(&mut self, nodes: &[Node], id: NodeId, node: &Node) {
        match &node.kind {
            NodeKind::Alias { .. } => self.aliases.push(id),
            NodeKind::Sequence { items, .. } => items.iter().for_each(|item| self.parents[item.0] = id),
            NodeKind::Mapping { entries, .. } => {
                for (key, value) in entries {
                    self.parents[key.0] = id;
                    self.parents[value.0] = id;
                    if nodes[key.0].scalar().is_none() {
                        self.collection_keys.push(nodes[key.0].span);
                    }
                }
            }
            NodeKind::Scalar { .. } => {}
        }
    }
}

fn is_json(nodes: &[Node], root: Option<NodeId>) -> bool {
    let root_is_flow = root.is_some_and(|root| match nodes[root.0].kind {
        NodeKind::Sequence { flow, .. } | NodeKind::Mapping { flow, .. } => flow,
        _ => false,
    });
    root_is_flow
        && nodes.iter().all(|node| match &node.kind {
            NodeKind::Scalar { value, style: ScalarStyle::Plain } => !is_plain_text(value),
            NodeKind::Scalar { style, .. } => *style == ScalarStyle::DoubleQuoted,
            _ => true,
        })
}
