//! Stands in for `rolecall_yaml`'s edits until they land.
use alloc::string::String;
use alloc::vec::Vec;
pub use rolecall_yaml::Span;
#[derive(Debug, Clone)]
pub struct Splice { pub span: Span, pub text: String }
pub fn apply(text: &str, _splices: &[Splice]) -> String { text.into() }
pub mod edit {
    use super::*;
    use rolecall_yaml::{Document, NodeId};
    #[derive(Debug, thiserror::Error)]
    pub enum EditError { #[error("building")] NeedsBuilding }
    pub enum NewValue { Text(String), List(Vec<String>) }
    pub enum NewItem<'a> { Copied { from: &'a Document, item: NodeId, with_comments: bool }, Built(Vec<(String, NewValue)>) }
    pub fn append_item(_: &Document, _: NodeId, _: &NewItem) -> Result<Vec<Splice>, EditError> { Err(EditError::NeedsBuilding) }
    pub fn append_to_empty(_: &str, _: &NewItem) -> Result<Vec<Splice>, EditError> { Err(EditError::NeedsBuilding) }
    pub fn remove_items(_: &Document, _: NodeId, _: &[usize]) -> Result<Vec<Splice>, EditError> { Err(EditError::NeedsBuilding) }
    pub fn set_value(_: &Document, _: NodeId, _: NodeId, _: &NewValue) -> Result<Vec<Splice>, EditError> { Err(EditError::NeedsBuilding) }
    pub fn insert_member(_: &Document, _: NodeId, _: &str, _: &NewValue) -> Result<Vec<Splice>, EditError> { Err(EditError::NeedsBuilding) }
    pub fn lift(_: &Document, _: NodeId, _: &str, _: &[Splice]) -> Result<Vec<Splice>, EditError> { Err(EditError::NeedsBuilding) }
}
