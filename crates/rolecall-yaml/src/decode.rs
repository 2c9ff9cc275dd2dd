//! What both ways to decode a document share: following aliases, and the guards against too many of them.

use std::fmt;

use crate::error::Limits;
use crate::tree::{Document, NodeId, NodeKind};

/// Why Go makes nothing, or not all, of a document that is well written. Its `Display` is the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong, in Go's words where they are fit to print.
    pub message: String,
    /// The node that is to blame.
    pub node: NodeId,
    /// Where it stands: a byte offset.
    pub at: usize,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// A walk over a document's values as yaml.v2 takes it.
pub(crate) struct Walk<'d> {
    pub(crate) document: &'d Document,
    limits: Limits,
    depth: usize,
    steps: usize,
    alias_steps: usize,
    alias_depth: usize,
    /// The aliases that are being followed.
    open: Vec<NodeId>,
}

impl<'d> Walk<'d> {
    /// Starts at the document itself, which is a step.
    pub(crate) fn new(document: &'d Document, limits: &Limits) -> Self {
        Self {
            document,
            limits: *limits,
            depth: 0,
            steps: 1,
            alias_steps: 0,
            alias_depth: 0,
            open: Vec::new(),
        }
    }

    pub(crate) fn error(&self, node: NodeId, message: impl Into<String>) -> DecodeError {
        let at = self.document.node(node).span.start;
        DecodeError { message: message.into(), node, at }
    }

    /// Enters a value: follows its alias, if it is one, and gives `visit` the node with the content.
    pub(crate) fn enter<T>(
        &mut self,
        id: NodeId,
        visit: &mut dyn FnMut(&mut Self, NodeId) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.step(id)?;
        let NodeKind::Alias { target, name } = &self.document.node(id).kind else {
            return self.descend(id, visit);
        };
        if self.open.contains(&id) {
            return Err(self.error(id, format!("anchor `{name}` value contains itself")));
        }
        self.open.push(id);
        self.alias_depth += 1;
        let result = self.enter(*target, visit);
        self.alias_depth -= 1;
        self.open.pop();
        result
    }

    fn descend<T>(
        &mut self,
        id: NodeId,
        visit: &mut dyn FnMut(&mut Self, NodeId) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.error(id, format!("nested deeper than {} levels", self.limits.depth)));
        }
        let result = visit(self, id);
        self.depth -= 1;
        result
    }

    fn step(&mut self, id: NodeId) -> Result<(), DecodeError> {
        self.steps += 1;
        self.alias_steps += usize::from(self.alias_depth > 0);
        if self.is_excessive() {
            return Err(self.error(id, "document contains excessive aliasing"));
        }
        if self.steps > self.limits.nodes.saturating_add(1) {
            return Err(self.error(id, format!("more than {} nodes, aliases followed", self.limits.nodes)));
        }
        Ok(())
    }

    /// yaml.v2's own guard: the larger the document, the smaller the share that may come from aliases.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn is_excessive(&self) -> bool {
        let steps = self.steps as f64;
        let over_low = (steps - 400_000.0) / (4_000_000.0 - 400_000.0);
        let allowed = 0.99 - 0.89 * over_low.clamp(0.0, 1.0);
        self.alias_steps > 100 && self.steps > 1000 && self.alias_steps as f64 / steps > allowed
    }
}
