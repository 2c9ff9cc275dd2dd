//! Collections in brackets.

use crate::error::SyntaxError;
use crate::scan::{Token, TokenData};
use crate::span::Span;
use crate::tree::{NodeId, NodeKind};

use super::{Parser, Properties};

impl Parser<'_> {
    pub(super) fn flow_sequence(&mut self, id: NodeId, start: usize) -> Result<(), SyntaxError> {
        let mut items = Vec::new();
        while !matches!(self.peek()?, TokenData::FlowSequenceEnd) {
            if !items.is_empty() {
                let Token { data, start: at, .. } = self.take()?;
                if !matches!(data, TokenData::FlowEntry) {
                    return Err(SyntaxError::within("did not find expected ',' or ']'", at, start));
                }
            }
            match self.peek()? {
                TokenData::FlowSequenceEnd => break,
                TokenData::Key => items.push(self.flow_pair()?),
                _ => items.push(self.node(false, false)?),
            }
        }
        let Token { end, .. } = self.take()?;
        self.fill(id, NodeKind::Sequence { items, flow: true }, Span::new(start, end));
        Ok(())
    }

    /// A mapping of one member written as an item: `[key: value]`.
    fn flow_pair(&mut self) -> Result<NodeId, SyntaxError> {
        let Token { start, .. } = self.take()?;
        let id = self.open(Properties { tag: None, anchor: None, start, end: start })?;
        let key = match self.peek()? {
            TokenData::Value | TokenData::FlowEntry | TokenData::FlowSequenceEnd => {
                // libyaml takes the token as well, whichever it is.
                let Token { end, .. } = self.take()?;
                self.empty(end)?
            }
            _ => self.node(false, false)?,
        };
        let value = self.flow_member_value(key)?;
        let end = self.end_of(value).max(self.end_of(key));
        self.fill(id, NodeKind::Mapping { entries: vec![(key, value)], flow: true }, Span::new(start, end));
        Ok(id)
    }

    pub(super) fn flow_mapping(&mut self, id: NodeId, start: usize) -> Result<(), SyntaxError> {
        let mut entries = Vec::new();
        while !matches!(self.peek()?, TokenData::FlowMappingEnd) {
            if !entries.is_empty() {
                let Token { data, start: at, .. } = self.take()?;
                if !matches!(data, TokenData::FlowEntry) {
                    return Err(SyntaxError::within("did not find expected ',' or '}'", at, start));
                }
            }
            match self.peek()? {
                TokenData::FlowMappingEnd => break,
                TokenData::Key => {
                    let Token { end, .. } = self.take()?;
                    let key = match self.peek()? {
                        TokenData::Value | TokenData::FlowEntry | TokenData::FlowMappingEnd => {
                            self.empty(end)?
                        }
                        _ => self.node(false, false)?,
                    };
                    let value = self.flow_member_value(key)?;
                    entries.push((key, value));
                }
                _ => {
                    let key = self.node(false, false)?;
                    let value = self.empty(self.end_of(key))?;
                    entries.push((key, value));
                }
            }
        }
        let Token { end, .. } = self.take()?;
        self.fill(id, NodeKind::Mapping { entries, flow: true }, Span::new(start, end));
        Ok(())
    }

    fn flow_member_value(&mut self, key: NodeId) -> Result<NodeId, SyntaxError> {
        if !matches!(self.peek()?, TokenData::Value) {
            return self.empty(self.end_of(key));
        }
        let Token { end, .. } = self.take()?;
        match self.peek()? {
            TokenData::FlowEntry | TokenData::FlowSequenceEnd | TokenData::FlowMappingEnd => self.empty(end),
            _ => self.node(false, false),
        }
    }
}
