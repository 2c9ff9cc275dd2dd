//! Changing a kubeconfig's text: one member or one item at a time, the rest byte for byte as it is.
//!
//! Each change reads the text anew. Whether the outcome says what it should is proven by the caller, so that an
//! unusual way of writing (explicit keys, aliases) may simply come out wrong or as `None` here.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{Document, Limits, NodeId, NodeKind};
use serde_json::Value;

use super::entries::{self, CURRENT_CONTEXT, Entry, Names};
use super::{AccessOptions, ClusterFacts, render};

/// The text with our entries in it; `None` if it cannot be done.
pub(super) fn apply(
    old: &str,
    old_value: &Value,
    names: &Names<'_>,
    facts: &ClusterFacts<'_>,
    options: &AccessOptions<'_>,
) -> Option<String> {
    if old_value.is_null() {
        return Some(whole(old, &entries::merged(old_value, names, facts, options)));
    }
    let mut text = old.to_owned();
    for entry in entries::entries(names, facts, options) {
        text = put(text, old_value, &entry)?;
    }
    if old_value.get(CURRENT_CONTEXT).and_then(Value::as_str) == Some(names.context) {
        return Some(text);
    }
    Layout::new(&text)?.set(&[], CURRENT_CONTEXT, &names.context.into())
}

/// A file that said nothing: what was there (comments) and the whole of ours.
fn whole(old: &str, value: &Value) -> String {
    let gap = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
    let members = value.as_object().cloned().unwrap_or_default();
    format!("{old}{gap}{}\n", render::block(&members, 0))
}

/// Puts one entry into its list, changing only the members that differ.
fn put(text: String, old_value: &Value, entry: &Entry<'_>) -> Option<String> {
    let Some(item) = entries::item(old_value, entry.list, entry.name) else {
        return Layout::new(&text)?.append(entry.list, entry.item());
    };
    let at = |key| -> [Step<'_>; 2] { [Step::Item(entry.list, entry.name), Step::Key(key)] };
    let old = item.get(entry.key);
    match old {
        Some(Value::Object(members)) if !(entry.replaces)(item.get(entry.key)?) => {
            let mut text = text;
            for (key, value) in
                entry.members.iter().filter(|(key, value)| !entries::says(members.get(*key), value))
            {
                text = Layout::new(&text)?.set(&at(entry.key), key, value)?;
            }
            Some(text)
        }
        _ => Layout::new(&text)?.set(&at(entry.key)[..1], entry.key, &entry.inner(old)),
    }
}

/// A step from the root to a mapping.
enum Step<'a> {
    /// The item of this name in the list of this key.
    Item(&'a str, &'a str),
    /// The value of this key.
    Key(&'a str),
}

/// A text and where in it things stand.
struct Layout<'t> {
    text: &'t str,
    document: Document,
    line_break: &'static str,
}

impl<'t> Layout<'t> {
    fn new(text: &'t str) -> Option<Self> {
        let document = Document::parse(text, &Limits::default()).ok()?;
        let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Some(Self { text, document, line_break })
    }

    /// Sets a member of the mapping at the end of `path`.
    fn set(&self, path: &[Step<'_>], key: &str, value: &Value) -> Option<String> {
        let mapping = self.find(path)?;
        let (entries, flow) = self.mapping(mapping)?;
        let existing = entries.iter().rev().find(|(name, _)| self.is(*name, key)).copied();
        match (existing, flow) {
            (Some((name, value_node)), false) => self.replace_in_block(name, value_node, value),
            (Some((_, value_node)), true) => {
                let span = self.document.node(value_node).whole();
                Some(self.splice(span.start, span.end, &value_in_brackets(value)))
            }
            (None, false) => {
                let indent = self.column(self.document.node(entries.first()?.0).whole().start);
                let members = core::iter::once((key.to_owned(), value.clone())).collect();
                Some(self.insert_lines(mapping, &render::block(&members, indent)))
            }
            (None, true) => {
                let member = format!("{}: {}", Value::from(key), value_in_brackets(value));
                self.insert_in_brackets(mapping, &member)
            }
        }
    }

    /// Appends an item to a list of the root, which may be absent or empty.
    fn append(&self, list: &str, item: Value) -> Option<String> {
        let node = self.member(self.find(&[])?, list);
        match node.map(|node| (node, &self.document.node(node).kind)) {
            Some((node, NodeKind::Sequence { items, flow: false })) if !items.is_empty() => {
                let indent = self.column(self.document.node(node).span.start);
                Some(self.insert_lines(node, &render::list(&[item], indent)))
            }
            Some((node, NodeKind::Sequence { items, flow: true })) if !items.is_empty() => {
                self.insert_in_brackets(node, &value_in_brackets(&item))
            }
            Some((_, NodeKind::Alias { .. })) => None,
            _ => self.set(&[], list, &Value::Array(Vec::from([item]))),
        }
    }

    fn find(&self, path: &[Step<'_>]) -> Option<NodeId> {
        let mut node = self.document.root()?;
        for step in path {
            node = match step {
                Step::Key(key) => self.member(node, key)?,
                Step::Item(list, name) => self.item(self.member(node, list)?, name)?,
            };
        }
        Some(node)
    }

    /// The value of a key; the last one if there are several, as Go has it.
    fn member(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        let (entries, _) = self.mapping(mapping)?;
        entries.iter().rev().find(|(name, _)| self.is(*name, key)).map(|(_, value)| *value)
    }

    fn item(&self, list: NodeId, name: &str) -> Option<NodeId> {
        let NodeKind::Sequence { items, .. } = &self.document.node(list).kind else { return None };
        let is_named = |item: &&NodeId| self.member(**item, "name").is_some_and(|node| self.is(node, name));
        items.iter().find(is_named).copied()
    }

    fn mapping(&self, node: NodeId) -> Option<(&[(NodeId, NodeId)], bool)> {
        match &self.document.node(node).kind {
            NodeKind::Mapping { entries, flow } => Some((entries, *flow)),
            _ => None,
        }
    }

    fn is(&self, node: NodeId, text: &str) -> bool {
        self.document.node(node).scalar() == Some(text)
    }

    /// Replaces everything between a key's colon and the end of its value.
    fn replace_in_block(&self, key: NodeId, old: NodeId, value: &Value) -> Option<String> {
        let key_span = self.document.node(key).whole();
        let colon = key_span.end + self.text[key_span.end..].find(':')?;
        if !self.text[key_span.end..colon].trim().is_empty() {
            return None;
        }
        let end = self.document.node(old).span.end.max(colon + 1);
        let members = core::iter::once((String::from("x"), value.clone())).collect();
        let rendered = render::block(&members, self.column(key_span.start));
        let rendered = rendered.split_once(':')?.1;
        // A literal text ends behind its line break, which must not go with it.
        let line_break = if self.text[..end].ends_with('\n') { "\n" } else { "" };
        Some(self.splice(colon + 1, end, &format!("{rendered}{line_break}")))
    }

    /// Inserts whole lines behind the last line of a block collection.
    fn insert_lines(&self, behind: NodeId, lines: &str) -> String {
        let end = self.document.node(behind).span.end;
        if end > 0 && self.text[..end].ends_with('\n') {
            return self.splice(end, end, &format!("{lines}\n"));
        }
        match self.text[end..].find('\n') {
            Some(line_end) => {
                let at = end + line_end + 1;
                self.splice(at, at, &format!("{lines}\n"))
            }
            None => self.splice(self.text.len(), self.text.len(), &format!("\n{lines}\n")),
        }
    }

    /// Inserts one more element before a flow collection's closing bracket.
    fn insert_in_brackets(&self, collection: NodeId, element: &str) -> Option<String> {
        let span = self.document.node(collection).span;
        let inside = self.text[..span.end].strip_suffix(['}', ']'])?.trim_end();
        let comma = if inside.ends_with(['{', '[', ',']) { "" } else { ", " };
        Some(self.splice(inside.len(), inside.len(), &format!("{comma}{element}")))
    }

    /// Replaces a range of the text; line breaks become those of the file.
    fn splice(&self, start: usize, end: usize, replacement: &str) -> String {
        let replacement = replacement.replace('\n', self.line_break);
        format!("{}{replacement}{}", &self.text[..start], &self.text[end..])
    }

    fn column(&self, at: usize) -> usize {
        at - self.text[..at].rfind('\n').map_or(0, |line_break| line_break + 1)
    }
}

/// A value between brackets, where a text without quotes could hold a comma: so it is JSON.
fn value_in_brackets(value: &Value) -> String {
    format!("{value}")
}
