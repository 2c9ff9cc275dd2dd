//! A document as yaml.v2 decodes it straight into a list of texts.

use crate::decode::{DecodeError, Walk};
use crate::error::Limits;
use crate::resolve::{Scalar, resolve};
use crate::tree::{Document, NodeId, NodeKind};

#[cfg(test)]
mod tests;

/// Decodes the first document into a list of texts, and says what went wrong on the way. Go keeps what it
/// has: an item that is a list or a mapping is left out; a scalar keeps its text, whatever its type, and
/// null is empty. After a fatal error (the last one) the remaining items are there, but empty.
pub fn to_string_list(document: &Document, limits: &Limits) -> (Vec<(String, NodeId)>, Vec<DecodeError>) {
    let Some(root) = document.root() else { return (Vec::new(), Vec::new()) };
    let mut list = List { items: Vec::new(), errors: Vec::new() };
    let mut walk = Walk::new(document, limits);
    let fatal = walk.enter(root, &mut |walk, node| list.fill(walk, node));
    list.errors.extend(fatal.err());
    (list.items, list.errors)
}

struct List {
    items: Vec<(String, NodeId)>,
    errors: Vec<DecodeError>,
}

impl List {
    fn fill(&mut self, walk: &mut Walk<'_>, node: NodeId) -> Result<(), DecodeError> {
        let document = walk.document;
        match &document.node(node).kind {
            NodeKind::Sequence { items, .. } => {
                for (index, item) in items.iter().enumerate() {
                    let text = walk.enter(*item, &mut |walk, node| text(walk, node));
                    match text {
                        Ok(Ok(found)) => self.items.push(found),
                        Ok(Err(dropped)) => self.errors.push(dropped),
                        Err(fatal) => {
                            let dropped = index - self.items.len();
                            let rest = items.len() - index + dropped;
                            let empty = std::iter::repeat_n((String::new(), *item), rest);
                            self.items.extend(empty);
                            return Err(fatal);
                        }
                    }
                }
            }
            NodeKind::Scalar { value, .. } => {
                let scalar = resolve(document.node(node), value);
                if scalar.map_err(|message| walk.error(node, message))? != Scalar::Null {
                    self.errors.push(walk.error(node, "cannot unmarshal a scalar into a list of texts"));
                }
            }
            _ => self.errors.push(walk.error(node, "cannot unmarshal a map into a list of texts")),
        }
        Ok(())
    }
}

/// The text of an item; the inner error leaves the item out, the outer one is fatal.
fn text(walk: &mut Walk<'_>, node: NodeId) -> Result<Result<(String, NodeId), DecodeError>, DecodeError> {
    let document = walk.document;
    let what = match &document.node(node).kind {
        NodeKind::Scalar { value, .. } => {
            let scalar = resolve(document.node(node), value);
            return Ok(Ok(match scalar.map_err(|message| walk.error(node, message))? {
                Scalar::Null => (String::new(), node),
                Scalar::Text(text) => (text, node),
                Scalar::Bool(_) | Scalar::Number(_) => (value.clone(), node),
            }));
        }
        NodeKind::Sequence { .. } => "a list",
        _ => "a map",
    };
    Ok(Err(walk.error(node, format!("cannot unmarshal {what} into a text"))))
}
