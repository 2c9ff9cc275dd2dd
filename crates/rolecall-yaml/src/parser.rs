//! From tokens to a tree, by libyaml's grammar.
//!
//! It is recursive; the depth limit guards the stack.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Limits, SyntaxError};
use crate::outline::Outline;
use crate::scan::{Scanner, Token, TokenData};
use crate::span::Span;
use crate::tree::{Document, Node, NodeId, NodeKind, ScalarStyle};

mod block;
mod flow;
#[cfg(test)]
mod tests;

/// More `%TAG` lines than this are refused: looking one up takes a walk.
const MOST_TAG_DIRECTIVES: usize = 100;

/// How many bytes yaml.v2 reads at a time; a bad character further on goes unseen.
const CHUNK: usize = 512;

pub(crate) struct Parser<'t> {
    text: &'t str,
    scanner: Scanner<'t>,
    limits: Limits,
    /// The first character that YAML forbids.
    bad_character: Option<usize>,
    /// How far yaml.v2 would have read by now.
    read: usize,
    /// Whether the text gives tags a meaning of its own: found out once, for all of its documents.
    redefines_tags: bool,
    tag_directives: Vec<(String, String)>,
    nodes: Vec<Node>,
    anchors: HashMap<String, NodeId>,
    depth: usize,
}

/// A document without its text.
pub(crate) struct Parsed {
    nodes: Vec<Node>,
    pub(crate) root: Option<NodeId>,
    end: usize,
    redefines_tags: bool,
}

impl Parsed {
    pub(crate) fn into_document(self, text: &Arc<str>) -> Document {
        let Self { nodes, root, end, redefines_tags } = self;
        let outline = Arc::new(Outline::of(&nodes, root, redefines_tags));
        Document { text: Arc::clone(text), nodes, outline, root, end, has_more: false, index: 0 }
    }
}

/// Tag and anchor of a node.
struct Properties {
    tag: Option<String>,
    anchor: Option<String>,
    start: usize,
    end: usize,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(text: &'t str, limits: &Limits) -> Result<Self, SyntaxError> {
        if text.len() > limits.bytes {
            let message = format!("the text has {} bytes, more than {}", text.len(), limits.bytes);
            return Err(SyntaxError::budget(message, 0));
        }
        Ok(Self {
            text,
            scanner: Scanner::new(text),
            limits: *limits,
            read: 0,
            redefines_tags: text.contains("%TAG"),
            bad_character: text.char_indices().find(|(_, c)| !is_allowed(*c)).map(|(at, _)| at),
            tag_directives: Vec::new(),
            nodes: Vec::new(),
            anchors: HashMap::new(),
            depth: 0,
        })
    }

    /// The first document of the stream.
    pub(crate) fn first_document(&mut self) -> Result<Parsed, SyntaxError> {
        let result = self.document(true);
        self.check_characters()?;
        result
    }

    /// The next document; without a root if the stream has ended.
    pub(crate) fn next_document(&mut self) -> Result<Parsed, SyntaxError> {
        let result = self.document(false);
        self.check_characters()?;
        result
    }

    /// Whether anything but comments follows. It is the last thing to ask: it takes what follows.
    pub(crate) fn has_more(&mut self) -> bool {
        loop {
            match self.take().map(|token| token.data) {
                Ok(TokenData::StreamEnd) => return false,
                Ok(TokenData::DocumentEnd) => {}
                _ => return true,
            }
        }
    }

    /// A bad character is an error if it lies in what yaml.v2 would have read by now.
    fn check_characters(&mut self) -> Result<(), SyntaxError> {
        let Some(bad) = self.bad_character else { return Ok(()) };
        while self.read <= self.scanner.pos() && self.read < self.text.len() {
            self.read = self.text.floor_char_boundary(self.read + CHUNK);
        }
        if bad < self.read { Err(SyntaxError::character(bad)) } else { Ok(()) }
    }

    fn document(&mut self, first: bool) -> Result<Parsed, SyntaxError> {
        while !first && matches!(self.peek()?, TokenData::DocumentEnd) {
            self.take()?;
        }
        let explicit = !first
            || matches!(
                self.peek()?,
                TokenData::VersionDirective { .. }
                    | TokenData::TagDirective { .. }
                    | TokenData::DocumentStart
            );
        let root = if matches!(self.peek()?, TokenData::StreamEnd) {
            // A node to speak of all the same: the null that an empty stream reads as.
            self.empty(self.text.len())?;
            None
        } else if explicit {
            Some(self.explicit_document()?)
        } else {
            self.directives()?;
            Some(self.node(true, false)?)
        };
        let next = self.scanner.peek()?;
        let end = match next.data {
            TokenData::DocumentEnd => next.end,
            _ => next.start,
        };
        if matches!(next.data, TokenData::DocumentEnd) {
            self.take()?;
        }
        self.tag_directives.clear();
        self.anchors.clear();
        let redefines_tags = self.redefines_tags;
        Ok(Parsed { nodes: std::mem::take(&mut self.nodes), root, end, redefines_tags })
    }

    fn explicit_document(&mut self) -> Result<NodeId, SyntaxError> {
        self.directives()?;
        let Token { data, start, .. } = self.take()?;
        if !matches!(data, TokenData::DocumentStart) {
            return Err(SyntaxError::grammar("did not find expected <document start>", start));
        }
        match self.peek()? {
            TokenData::VersionDirective { .. }
            | TokenData::TagDirective { .. }
            | TokenData::DocumentStart
            | TokenData::DocumentEnd
            | TokenData::StreamEnd => {
                let here = self.scanner.peek()?.start;
                self.empty(here)
            }
            _ => self.node(true, false),
        }
    }

    /// `%YAML` (only 1.1) and `%TAG` lines, then the handles that are always there.
    fn directives(&mut self) -> Result<(), SyntaxError> {
        let mut versioned = false;
        while let TokenData::VersionDirective { .. } | TokenData::TagDirective { .. } = self.peek()? {
            let Token { data, start, .. } = self.take()?;
            match data {
                TokenData::VersionDirective { .. } if versioned => {
                    return Err(SyntaxError::grammar("found duplicate %YAML directive", start));
                }
                TokenData::VersionDirective { major: 1, minor: 1 } => versioned = true,
                TokenData::TagDirective { handle, prefix } => self.tag_directive(handle, prefix, start)?,
                _ => return Err(SyntaxError::grammar("found incompatible YAML document", start)),
            }
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.tag_directives.iter().any(|(known, _)| known == handle) {
                self.tag_directives.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    fn tag_directive(&mut self, handle: String, prefix: String, at: usize) -> Result<(), SyntaxError> {
        if self.tag_directives.iter().any(|(known, _)| *known == handle) {
            return Err(SyntaxError::grammar("found duplicate %TAG directive", at));
        }
        if self.tag_directives.len() >= MOST_TAG_DIRECTIVES {
            let message = format!("more than {MOST_TAG_DIRECTIVES} %TAG directives");
            return Err(SyntaxError::budget(message, at));
        }
        self.tag_directives.push((handle, prefix));
        Ok(())
    }

    fn peek(&mut self) -> Result<&TokenData, SyntaxError> {
        self.scanner.peek().map(|token| &token.data)
    }

    fn take(&mut self) -> Result<Token, SyntaxError> {
        self.scanner.take()
    }

    /// A node: alias, properties, content. `block` allows block collections, `indentless` a block
    /// sequence at the indentation of the key that it is the value of.
    fn node(&mut self, block: bool, indentless: bool) -> Result<NodeId, SyntaxError> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            let message = format!("nested deeper than {} levels", self.limits.depth);
            let at = self.scanner.peek()?.start;
            return Err(SyntaxError::budget(message, at));
        }
        let id = match self.peek()? {
            TokenData::Alias(_) => self.alias()?,
            _ => self.content(block, indentless)?,
        };
        self.depth -= 1;
        Ok(id)
    }

    fn alias(&mut self) -> Result<NodeId, SyntaxError> {
        let Token { data, start, end } = self.take()?;
        let TokenData::Alias(name) = data else { unreachable!("the caller has seen an alias") };
        let Some(target) = self.anchors.get(&name).copied() else {
            return Err(SyntaxError::unknown_anchor(&name, start));
        };
        let properties = Properties { tag: None, anchor: None, start, end };
        let id = self.open(properties)?;
        self.fill(id, NodeKind::Alias { target, name }, Span::new(start, end));
        Ok(id)
    }

    fn content(&mut self, block: bool, indentless: bool) -> Result<NodeId, SyntaxError> {
        let properties = self.properties()?;
        let (since, after) = (properties.start, properties.end);
        let bare = properties.anchor.is_none() && properties.tag.is_none();
        let Token { data, start, .. } = self.scanner.peek()?;
        let start = *start;
        match data {
            TokenData::BlockEntry if indentless => {
                let id = self.open(properties)?;
                self.indentless_sequence(id, start)?;
                Ok(id)
            }
            TokenData::Scalar { .. } => self.scalar(properties),
            TokenData::FlowSequenceStart => self.collection(properties, start, Self::flow_sequence),
            TokenData::FlowMappingStart => self.collection(properties, start, Self::flow_mapping),
            TokenData::BlockSequenceStart if block => {
                self.collection(properties, start, Self::block_sequence)
            }
            TokenData::BlockMappingStart if block => self.collection(properties, start, Self::block_mapping),
            _ if !bare => {
                let implicit = properties.tag.is_none();
                let id = self.open(properties)?;
                self.nodes[id.0].implicit = implicit;
                let kind = NodeKind::Scalar { value: String::new(), style: ScalarStyle::Plain };
                self.fill(id, kind, Span::at(after));
                Ok(id)
            }
            _ => Err(SyntaxError::within("did not find expected node content", start, since)),
        }
    }

    /// An anchor and a tag, in either order, one of each at most.
    fn properties(&mut self) -> Result<Properties, SyntaxError> {
        let start = self.scanner.peek()?.start;
        let mut found = Properties { tag: None, anchor: None, start, end: start };
        loop {
            match self.peek()? {
                TokenData::Anchor(_) if found.anchor.is_none() => {}
                TokenData::Tag { .. } if found.tag.is_none() => {}
                _ => return Ok(found),
            }
            let token = self.take()?;
            found.end = token.end;
            match token.data {
                TokenData::Anchor(name) => found.anchor = Some(name),
                TokenData::Tag { handle, suffix } => {
                    found.tag = Some(self.resolve_tag(&handle, suffix, token.start)?);
                }
                _ => unreachable!("the match above lets only these through"),
            }
        }
    }

    fn resolve_tag(&self, handle: &str, suffix: String, at: usize) -> Result<String, SyntaxError> {
        if handle.is_empty() {
            return Ok(suffix);
        }
        let known = self.tag_directives.iter().find(|(known, _)| known == handle);
        let (_, prefix) = known.ok_or_else(|| SyntaxError::grammar("found undefined tag handle", at))?;
        Ok(format!("{prefix}{suffix}"))
    }

    /// Makes a node whose kind is not known yet, so that aliases inside it can name it.
    fn open(&mut self, properties: Properties) -> Result<NodeId, SyntaxError> {
        let Properties { tag, anchor, start, end } = properties;
        if self.nodes.len() >= self.limits.nodes {
            let message = format!("more than {} nodes", self.limits.nodes);
            return Err(SyntaxError::budget(message, start));
        }
        let id = NodeId(self.nodes.len());
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), id);
        }
        let kind = NodeKind::Sequence { items: Vec::new(), flow: false };
        let span = Span::at(end);
        self.nodes.push(Node { kind, span, tag, anchor, start, implicit: false, indent: -1, in_flow: false });
        Ok(id)
    }

    fn fill(&mut self, id: NodeId, kind: NodeKind, span: Span) {
        let node = &mut self.nodes[id.0];
        node.kind = kind;
        node.span = span;
    }

    fn end_of(&self, id: NodeId) -> usize {
        self.nodes[id.0].span.end
    }

    /// A value that is not written.
    fn empty(&mut self, at: usize) -> Result<NodeId, SyntaxError> {
        let id = self.open(Properties { tag: None, anchor: None, start: at, end: at })?;
        self.nodes[id.0].implicit = true;
        let kind = NodeKind::Scalar { value: String::new(), style: ScalarStyle::Plain };
        self.fill(id, kind, Span::at(at));
        Ok(id)
    }

    fn scalar(&mut self, properties: Properties) -> Result<NodeId, SyntaxError> {
        let Token { data, start, end } = self.take()?;
        let TokenData::Scalar { value, style, indent, in_flow } = data else {
            unreachable!("the caller has seen a scalar")
        };
        let implicit = match properties.tag.as_deref() {
            None => style == ScalarStyle::Plain,
            Some(tag) => tag == "!",
        };
        let id = self.open(properties)?;
        self.fill(id, NodeKind::Scalar { value, style }, Span::new(start, end));
        let node = &mut self.nodes[id.0];
        (node.implicit, node.indent, node.in_flow) = (implicit, indent, in_flow);
        Ok(id)
    }

    fn collection(
        &mut self,
        properties: Properties,
        start: usize,
        read: fn(&mut Self, NodeId, usize) -> Result<(), SyntaxError>,
    ) -> Result<NodeId, SyntaxError> {
        let id = self.open(properties)?;
        self.take()?;
        read(self, id, start)?;
        Ok(id)
    }
}

/// The characters that YAML 1.1 allows in a stream.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}
