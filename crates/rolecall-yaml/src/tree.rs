//! A document as a tree of nodes, each with its place in the text.
//!
//! It says what is written, not what it means: types, merges and repeated keys are `json`'s.

use std::sync::Arc;

use crate::error::{Limits, SyntaxError};
use crate::outline::Outline;
use crate::parser::Parser;
use crate::scan::cursor::{Cursor, Mark};
use crate::scan::decoded::Decoded;
use crate::scan::scalars;
use crate::source_map::SourceMap;
use crate::span::Span;

/// A node of one [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) usize);

/// Something written in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where its content stands: with quotes, brackets or the `|`, without tag and anchor. A block
    /// collection ends where its last item ends; a literal or folded scalar at the start of the line
    /// after it (trailing empty lines are part of it).
    pub span: Span,
    /// The tag with its handle resolved, such as `tag:yaml.org,2002:str`, or `!`.
    pub tag: Option<String>,
    /// The anchor's name.
    pub anchor: Option<String>,
    /// Where the tag or the anchor begins, or the content if there is neither.
    pub(crate) start: usize,
    /// Whether it is plain without a tag, or has the tag `!`: then `<<` is a merge key.
    pub(crate) implicit: bool,
    /// The indentation of the block around a scalar; -1 outside of all.
    pub(crate) indent: i32,
    /// Whether a scalar stands inside brackets.
    pub(crate) in_flow: bool,
}

impl Node {
    /// Where it stands with its tag and its anchor.
    pub fn whole(&self) -> Span {
        Span::new(self.start, self.span.end)
    }

    /// The text of a scalar, whatever its type.
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// The kinds of node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A single value.
    Scalar {
        /// What it says, escapes and folds undone.
        value: String,
        /// How it is written.
        style: ScalarStyle,
    },
    /// A list.
    Sequence {
        /// The items, in the order of the text.
        items: Vec<NodeId>,
        /// Whether it is written in brackets.
        flow: bool,
    },
    /// Keys and values, in the order of the text, merge keys and repeated keys as they stand.
    Mapping {
        /// The key and the value of each member.
        entries: Vec<(NodeId, NodeId)>,
        /// Whether it is written in brackets (or as `[key: value]`).
        flow: bool,
    },
    /// `*name`.
    Alias {
        /// The node with the anchor; it may be one that the alias itself stands in.
        target: NodeId,
        /// The anchor's name.
        name: String,
    },
}

/// The ways to write a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes. A value that is absent is a plain scalar that says nothing.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// The first document of a stream, which is the only one that Go's reader looks at, or one of several.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) text: Arc<str>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) outline: Arc<Outline>,
    pub(crate) root: Option<NodeId>,
    pub(crate) end: usize,
    pub(crate) has_more: bool,
    /// Which document of the stream it is, from 0.
    pub(crate) index: usize,
}

impl Document {
    /// Reads the first document of `text`. What stands behind it is not looked at, as in Go, except to
    /// answer [`has_more`](Self::has_more).
    pub fn parse(text: &str, limits: &Limits) -> Result<Document, SyntaxError> {
        let text: Arc<str> = Arc::from(text);
        let mut parser = Parser::new(&text, limits)?;
        let parsed = parser.first_document()?;
        let mut document = parsed.into_document(&text);
        document.has_more = parser.has_more();
        Ok(document)
    }

    /// The whole text of the stream.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of the document; `None` if the stream holds no document at all.
    pub fn root(&self) -> Option<NodeId> {
        self.root
    }

    /// A node of this document.
    ///
    /// # Panics
    /// If the id comes from another, larger document.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// A node with aliases followed.
    pub fn resolve(&self, id: NodeId) -> NodeId {
        match self.node(id).kind {
            NodeKind::Alias { target, .. } => target,
            _ => id,
        }
    }

    /// All nodes, in the order in which they begin.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index), node))
    }

    /// Where the document ends: at the next `---`, behind its `...`, or at the end of the text.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Whether text of another document follows (or text that is none).
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// From the decoded text of a scalar to the places in the source, for a document inside a scalar.
    pub fn source_map(&self, scalar: NodeId) -> Option<SourceMap> {
        let node = self.node(scalar);
        let NodeKind::Scalar { value, style } = &node.kind else { return None };
        let text = &*self.text;
        let line = text[..node.span.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let mark = Mark { pos: node.span.start, column: node.span.start - line, ..Mark::default() };
        let mut cursor = Cursor::new(text, mark);
        let mut out = Decoded::with_pieces(text);
        match style {
            ScalarStyle::Plain if value.is_empty() => {}
            ScalarStyle::Plain => {
                scalars::plain(&mut cursor, node.indent, node.in_flow, &mut out).ok()?;
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                scalars::quoted(&mut cursor, &mut out).ok()?;
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                scalars::block(&mut cursor, node.indent, &mut out).ok()?;
            }
        }
        let (decoded, pieces) = out.into_parts();
        debug_assert_eq!(&decoded, value, "a scalar reads the same twice");
        let quote = usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        Some(SourceMap::new(pieces, value.len(), node.span.start + quote))
    }
}

/// Reads every document of a stream up to the first error. All offsets count from the start of `text`.
pub fn parse_stream(text: &str, limits: &Limits) -> (Vec<Document>, Option<SyntaxError>) {
    let text: Arc<str> = Arc::from(text);
    let mut documents = Vec::new();
    let mut parser = match Parser::new(&text, limits) {
        Ok(parser) => parser,
        Err(error) => return (documents, Some(error)),
    };
    let mut next = parser.first_document();
    loop {
        match next {
            Ok(parsed) if parsed.root.is_some() => {
                documents.push(Document { index: documents.len(), ..parsed.into_document(&text) });
            }
            Ok(_) => break,
            Err(error) => return (documents, Some(error)),
        }
        if let [.., previous, _] = documents.as_mut_slice() {
            previous.has_more = true;
        }
        next = parser.next_document();
    }
    (documents, None)
}
