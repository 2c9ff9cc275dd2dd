//! One reader of YAML as Go's yaml.v2 reads it, with the place of every byte, and lossless edits.
//!
//! [`Document`] is what is written; [`to_json`] and [`to_string_list`] are what Go makes of it; [`edit`]
//! computes [`Splice`]s that change a document and leave the rest of its text alone. The crate knows YAML
//! and Go's lenience, and nothing of what the documents are about.

mod decode;
pub mod edit;
mod error;
mod fold;
mod json;
mod number;
mod outline;
mod parser;
mod resolve;
mod scan;
mod source_map;
mod span;
mod splice;
mod strings;
mod timestamp;
mod tree;

pub use decode::DecodeError;
pub use error::{Limits, SyntaxError, SyntaxErrorKind};
pub use fold::{folds_to, member_for};
pub use json::{Member, Value, Valued, to_json, to_json_by_chance};
pub use resolve::is_null;
pub use source_map::SourceMap;
pub use span::{LineIndex, Position, Span};
pub use splice::{Splice, apply};
pub use strings::to_string_list;
pub use tree::{Document, Node, NodeId, NodeKind, ScalarStyle, parse_stream};
