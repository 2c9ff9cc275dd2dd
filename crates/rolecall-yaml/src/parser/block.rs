//! Block collections: items behind dashes, members by indentation.

use crate::error::SyntaxError;
use crate::scan::{Token, TokenData};
use crate::span::Span;
use crate::tree::{NodeId, NodeKind};

use super::Parser;

impl Parser<'_> {
    pub(super) fn block_sequence(&mut self, id: NodeId, start: usize) -> Result<(), SyntaxError> {
        let mut items = Vec::new();
        let mut end = start;
        loop {
            let Token { data, start: at, .. } = self.take()?;
            match data {
                TokenData::BlockEntry => {
                    let item = self.entry_value(at + 1, false)?;
                    end = self.end_of(item);
                    items.push(item);
                }
                TokenData::BlockEnd => break,
                _ => return Err(SyntaxError::within("did not find expected '-' indicator", at, start)),
            }
        }
        self.fill(id, NodeKind::Sequence { items, flow: false }, Span::new(start, end));
        Ok(())
    }

    pub(super) fn indentless_sequence(&mut self, id: NodeId, start: usize) -> Result<(), SyntaxError> {
        let mut items = Vec::new();
        let mut end = start;
        while matches!(self.peek()?, TokenData::BlockEntry) {
            let Token { end: after, .. } = self.take()?;
            let item = self.entry_value(after, true)?;
            end = self.end_of(item);
            items.push(item);
        }
        self.fill(id, NodeKind::Sequence { items, flow: false }, Span::new(start, end));
        Ok(())
    }

    /// What stands behind a `-`, which ends at `after`.
    fn entry_value(&mut self, after: usize, indentless: bool) -> Result<NodeId, SyntaxError> {
        match self.peek()? {
            TokenData::BlockEntry | TokenData::BlockEnd => self.empty(after),
            TokenData::Key | TokenData::Value if indentless => self.empty(after),
            _ => self.node(true, false),
        }
    }

    pub(super) fn block_mapping(&mut self, id: NodeId, start: usize) -> Result<(), SyntaxError> {
        let mut entries = Vec::new();
        let mut end = start;
        loop {
            let Token { data, start: at, end: after } = self.take()?;
            match data {
                TokenData::Key => {
                    let key = self.member_part(after)?;
                    let value = self.block_member_value(key)?;
                    end = self.end_of(value);
                    entries.push((key, value));
                }
                TokenData::BlockEnd => break,
                _ => return Err(SyntaxError::within("did not find expected key", at, start)),
            }
        }
        self.fill(id, NodeKind::Mapping { entries, flow: false }, Span::new(start, end));
        Ok(())
    }

    fn block_member_value(&mut self, key: NodeId) -> Result<NodeId, SyntaxError> {
        if matches!(self.peek()?, TokenData::Value) {
            let Token { end, .. } = self.take()?;
            return self.member_part(end);
        }
        self.empty(self.end_of(key))
    }

    /// The key or the value of a block mapping's member, behind an indicator that ends at `after`.
    fn member_part(&mut self, after: usize) -> Result<NodeId, SyntaxError> {
        match self.peek()? {
            TokenData::Key | TokenData::Value | TokenData::BlockEnd => self.empty(after),
            _ => self.node(true, true),
        }
    }
}
