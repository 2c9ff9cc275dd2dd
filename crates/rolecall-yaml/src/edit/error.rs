//! Why an edit is refused.

use std::fmt;

/// An edit that is not made. The document stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// There is no such item or member, or the node is not of the kind that the edit is for.
    NotThere,
    /// An anchor in what would go is used elsewhere in the document.
    Referenced {
        /// The anchor's name.
        anchor: String,
    },
    /// The author's own text does not say the same in another document (aliases, anchors, own tags):
    /// build the item from its values instead.
    NeedsBuilding,
    /// The text is written in a way that the editor does not touch.
    Unsupported(&'static str),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => f.write_str("there is nothing to edit at this place"),
            Self::Referenced { anchor } => write!(f, "anchor `{anchor}` is used elsewhere in the document"),
            Self::NeedsBuilding => f.write_str("the item's text depends on the document it stands in"),
            Self::Unsupported(what) => write!(f, "cannot edit {what}"),
        }
    }
}

impl std::error::Error for EditError {}
