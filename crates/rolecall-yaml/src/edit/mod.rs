//! Lossless edits: splices that change what they must and leave every other byte alone.
//!
//! Each function reads a parsed document and computes [`Splice`]s for its text; the caller applies them with
//! [`apply`](crate::apply) and parses again to prove the result. New lines take the text's own line ending,
//! indentation and style.

mod copy;
mod error;
mod extent;
mod flow;
mod lift;
mod lines;
mod mapping;
mod sequence;
#[cfg(test)]
mod tests;
mod write;

pub use error::EditError;
pub use lift::lift;
pub use mapping::{insert_member, remove_member, set_value};
pub use sequence::{append_item, append_to_empty, remove_items};
pub use write::scalar_text;

use crate::splice::Splice;
use crate::tree::{Document, NodeId};

/// A value to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewValue {
    /// A text; quoted where it would otherwise read as something else.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

/// An item to append.
#[derive(Clone, Debug)]
pub enum NewItem<'a> {
    /// The author's own lines of an item of a sequence in another document, re-indented.
    Copied {
        /// The document that holds the item.
        from: &'a Document,
        /// The item.
        item: NodeId,
        /// Whether the comment lines directly above it come along.
        with_comments: bool,
    },
    /// A mapping, its keys in this order.
    Built(Vec<(String, NewValue)>),
    /// A single text.
    Text(String),
}

/// What every edit gives.
type Edited = Result<Vec<Splice>, EditError>;
