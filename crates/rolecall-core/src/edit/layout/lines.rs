//! The tree of a text as lines of the one layout, each with the leaves that it carries.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rolecall_yaml::edit::scalar_text;
use rolecall_yaml::{Document, NodeId, NodeKind, ScalarStyle};

use super::comments;
use crate::identity_mapping::lower;

/// How much deeper each level stands.
const INDENT: usize = 2;

/// One line, or a literal text with its header.
pub(super) struct Written {
    pub(super) indent: usize,
    /// Where a comment below it stands.
    pub(super) content: usize,
    pub(super) text: String,
    /// The lines of a literal text, indented.
    pub(super) body: Vec<String>,
    /// The leaves on it.
    pub(super) leaves: Vec<NodeId>,
    /// The leaves whose comments stand above it.
    pub(super) led_by: Vec<NodeId>,
    /// An empty line stands above it.
    pub(super) is_apart: bool,
}

/// Where a mapping stands, which decides the order of its keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    File,
    Metadata,
    Data,
    Entry,
    Other,
}

impl Place {
    fn order(self) -> &'static [&'static str] {
        match self {
            Self::File => &["apiversion", "kind", "metadata", "data"],
            Self::Metadata => &["name", "namespace"],
            Self::Data => &["maproles", "mapusers", "mapaccounts"],
            Self::Entry => &["rolearn", "userarn", "sso", "username", "groups"],
            Self::Other => &[],
        }
    }

    fn of_member(self, key: &str) -> Self {
        match (self, key) {
            (Self::File, "metadata") => Self::Metadata,
            (Self::File, "data") => Self::Data,
            _ => Self::Other,
        }
    }
}

/// Writes a tree.
pub(super) struct Writer<'a> {
    pub(super) document: &'a Document,
    pub(super) sections: Option<&'a BTreeMap<&'a str, String>>,
}

impl Writer<'_> {
    /// The lines of the whole text.
    pub(super) fn written(&self, root: NodeId) -> Result<Vec<Written>, String> {
        let place = if self.sections.is_some() { Place::File } else { Place::Entry };
        match &self.document.node(root).kind {
            NodeKind::Mapping { entries, .. } if !entries.is_empty() => self.mapping(entries, 0, place),
            NodeKind::Sequence { items, .. } if !items.is_empty() => self.sequence(items, 0, place),
            _ => Ok(Vec::from([line(0, self.scalar(root), &[root])])),
        }
    }

    fn mapping(
        &self,
        entries: &[(NodeId, NodeId)],
        indent: usize,
        place: Place,
    ) -> Result<Vec<Written>, String> {
        let rank = |(key, _): &&(NodeId, NodeId)| {
            let key = lower(self.document.node(*key).scalar().unwrap_or_default());
            place.order().iter().position(|known| *known == key).unwrap_or(usize::MAX)
        };
        let mut sorted: Vec<&(NodeId, NodeId)> = entries.iter().collect();
        sorted.sort_by_key(rank);
        let mut lines = Vec::new();
        for (key, value) in sorted {
            let mut member = self.member(*key, *value, indent, place)?;
            if matches!(place, Place::File | Place::Data) && !lines.is_empty() {
                self.set_apart(&mut member, *key);
            }
            lines.append(&mut member);
        }
        // What stands above the first key as it was written is about the whole mapping.
        let first =
            entries.first().map(|(key, _)| *key).filter(|_| matches!(place, Place::Entry | Place::File));
        if let Some(first) = first {
            for line in &mut lines {
                line.led_by.retain(|leaf| *leaf != first);
            }
            if let Some(line) = lines.first_mut() {
                line.led_by.insert(0, first);
            }
        }
        Ok(lines)
    }

    fn member(
        &self,
        key: NodeId,
        value: NodeId,
        indent: usize,
        place: Place,
    ) -> Result<Vec<Written>, String> {
        let name = self.document.node(key).scalar().unwrap_or_default();
        let written = self.scalar(key);
        match &self.document.node(value).kind {
            NodeKind::Mapping { entries, .. } if !entries.is_empty() => {
                let below = self.mapping(entries, indent + INDENT, place.of_member(name))?;
                Ok(core::iter::once(line(indent, format!("{written}:"), &[key])).chain(below).collect())
            }
            NodeKind::Sequence { items, .. } if !items.is_empty() => {
                let below = self.sequence(items, indent + INDENT, Place::Other)?;
                Ok(core::iter::once(line(indent, format!("{written}:"), &[key])).chain(below).collect())
            }
            _ => {
                let section = self.sections.filter(|_| place == Place::Data).and_then(|all| all.get(name));
                let text = section.map(String::as_str).or_else(|| self.many_lines(value));
                let literal = text.and_then(|text| literal(text, indent + INDENT));
                let (header, body) = literal.unwrap_or_else(|| {
                    (section.map_or_else(|| self.scalar(value), |text| scalar_text(text)), Vec::new())
                });
                let head = format!("{written}: {header}").trim_end().to_string();
                Ok(Vec::from([Written { body, ..line(indent, head, &[key, value]) }]))
            }
        }
    }

    fn sequence(&self, items: &[NodeId], indent: usize, place: Place) -> Result<Vec<Written>, String> {
        let mut lines = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let mut written = match &self.document.node(*item).kind {
                NodeKind::Mapping { entries, .. } if !entries.is_empty() => {
                    self.mapping(entries, indent + INDENT, place)?
                }
                NodeKind::Sequence { items, .. } if !items.is_empty() => {
                    self.sequence(items, indent + INDENT, Place::Other)?
                }
                _ => Vec::from([line(indent, self.scalar(*item), &[*item])]),
            };
            if let Some(first) = written.first_mut() {
                first.indent = indent;
                let text = format!("- {}", first.text);
                text.trim_end().clone_into(&mut first.text);
            }
            if place == Place::Entry && index > 0 {
                self.set_apart(&mut written, *item);
            }
            lines.append(&mut written);
        }
        Ok(lines)
    }

    fn set_apart(&self, lines: &mut [Written], node: NodeId) {
        if let Some(first) = lines.first_mut() {
            first.is_apart = comments::is_apart(self.document.text(), self.document.node(node).whole().start);
        }
    }

    /// A scalar, or an empty collection, on one line. What is plain stays as it is, whatever it resolves to.
    fn scalar(&self, node: NodeId) -> String {
        let found = self.document.node(node);
        match &found.kind {
            NodeKind::Sequence { .. } => "[]".to_owned(),
            NodeKind::Mapping { .. } => "{}".to_owned(),
            NodeKind::Scalar { value, style: ScalarStyle::Plain } => {
                let written = found.span.of(self.document.text());
                if written.contains(['\n', '\r']) { scalar_text(value) } else { written.to_owned() }
            }
            NodeKind::Scalar { value, .. } => scalar_text(value),
            NodeKind::Alias { name, .. } => format!("*{name}"),
        }
    }

    /// The text of a scalar of a file that has several lines.
    fn many_lines(&self, node: NodeId) -> Option<&str> {
        let text = self.document.node(node).scalar().filter(|text| text.contains('\n'));
        text.filter(|_| self.sections.is_some())
    }
}

fn line(indent: usize, text: String, leaves: &[NodeId]) -> Written {
    let leaves = leaves.to_vec();
    Written {
        indent,
        content: indent,
        text,
        body: Vec::new(),
        led_by: leaves.clone(),
        leaves,
        is_apart: false,
    }
}

/// A text as a literal scalar, if it can be said so: its header, and its lines at this indent.
fn literal(text: &str, indent: usize) -> Option<(String, Vec<String>)> {
    let is_harmless = |c: char| {
        matches!(c, '\n' | '\t') || !(c.is_control() || "\u{85}\u{2028}\u{2029}\u{feff}".contains(c))
    };
    if !text.chars().all(is_harmless) || text.trim_matches('\n').is_empty() {
        return None;
    }
    let chomping = match (text.ends_with('\n'), text.ends_with("\n\n")) {
        (false, _) => "-",
        (true, false) => "",
        (true, true) => "+",
    };
    let explicit = if text.starts_with([' ', '\t', '\n']) { INDENT.to_string() } else { String::new() };
    let blanks = " ".repeat(indent);
    let indented = |line: &str| if line.is_empty() { String::new() } else { format!("{blanks}{line}") };
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n').map(indented).collect();
    Some((format!("|{explicit}{chomping}"), lines))
}
