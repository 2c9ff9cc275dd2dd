//! Reads mappings field by field, and reports what is wrong or left over.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::SignedDuration;
use rolecall_yaml::{Document, LineIndex, Member, NodeId, Value, Valued};

use super::finding;
use super::serve::parsed_duration;
use crate::finding::{Finding, Level, Place, nearest};

/// Reads values and collects findings.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) lines: &'a LineIndex,
    pub(super) document: &'a Document,
    pub(super) findings: Vec<Finding>,
}

/// The members of one mapping, and which of them were asked for.
pub(super) struct Fields<'a> {
    members: &'a [Member],
    node: NodeId,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn node(&self) -> NodeId {
        self.node
    }

    /// Is the key there at all, whatever its value?
    pub(super) fn has(&self, key: &str) -> bool {
        self.members.iter().any(|member| member.key == key)
    }

    /// Is it there with nothing behind it?
    pub(super) fn is_empty(&self, key: &str) -> bool {
        self.members.iter().any(|member| member.key == key && matches!(member.value.value, Value::Null))
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Valued> {
        self.asked.push(key);
        let member = self.members.iter().find(|member| member.key == key)?;
        (!matches!(member.value.value, Value::Null)).then_some(&member.value)
    }
}

impl Reader<'_> {
    pub(super) fn fields<'v>(&mut self, valued: &'v Valued, what: &str) -> Option<Fields<'v>> {
        if let Value::Object(members) = &valued.value {
            return Some(Fields { members, node: valued.node, asked: Vec::new() });
        }
        self.error(valued.node, format!("{what} must be a mapping of keys and values"), None);
        None
    }

    pub(super) fn mapping<'v>(&mut self, fields: &mut Fields<'v>, key: &'static str) -> Option<Fields<'v>> {
        let valued = fields.take(key)?;
        self.fields(valued, &format!("`{key}`"))
    }

    pub(super) fn list<'v>(&mut self, fields: &mut Fields<'v>, key: &'static str) -> &'v [Valued] {
        match fields.take(key) {
            None => &[],
            Some(Valued { value: Value::Array(items), .. }) => items,
            Some(other) => {
                self.error(other.node, format!("`{key}` must be a list"), None);
                &[]
            }
        }
    }

    pub(super) fn text(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<String> {
        self.text_at(fields, key).map(|(text, _)| text)
    }

    pub(super) fn text_at(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<(String, NodeId)> {
        let valued = fields.take(key)?;
        self.as_text(valued, &format!("`{key}`"))
    }

    pub(super) fn texts_at(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Vec<(String, NodeId)> {
        let what = format!("each of `{key}`");
        self.list(fields, key).iter().filter_map(|item| self.as_text(item, &what)).collect()
    }

    /// A whole number from 0 to `most`.
    pub(super) fn number(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        most: usize,
    ) -> Option<usize> {
        let valued = fields.take(key)?;
        let number = match &valued.value {
            Value::Number(text) => text.parse().ok().filter(|number| *number <= most),
            _ => None,
        };
        if number.is_none() {
            self.error(valued.node, format!("`{key}` must be a whole number from 0 to {most}"), None);
        }
        number
    }

    /// A span of time, such as `15m`.
    pub(super) fn duration(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        (least, most): (SignedDuration, SignedDuration),
    ) -> Option<SignedDuration> {
        let (text, node) = self.text_at(fields, key)?;
        let duration = parsed_duration(&text).filter(|duration| (least..=most).contains(duration));
        if duration.is_none() {
            let message = format!("`{key}` is `{text}`, and must be a time from {least:#} to {most:#}");
            self.error(node, message, Some("write it like `90s`, `15m` or `1h`".to_owned()));
        }
        duration
    }

    /// A rule's level; the inner `None` is `off`, which YAML reads as false.
    pub(super) fn level(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
    ) -> Option<(Option<Level>, NodeId)> {
        let valued = fields.take(key)?;
        let level = match &valued.value {
            Value::Bool(false) => None,
            Value::String(text) => match text.as_str() {
                "off" => None,
                "note" => Some(Level::Note),
                "warning" => Some(Level::Warning),
                "error" => Some(Level::Error),
                _ => return self.no_level(key, valued.node),
            },
            _ => return self.no_level(key, valued.node),
        };
        Some((level, valued.node))
    }

    fn no_level<T>(&mut self, key: &str, node: NodeId) -> Option<T> {
        self.error(node, format!("`{key}` must be one of `off`, `note`, `warning`, `error`"), None);
        None
    }

    /// Account ids, as they are written: without quotes they would be numbers.
    pub(super) fn accounts(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Vec<String> {
        let mut accounts = Vec::new();
        for item in self.list(fields, key) {
            let written = self.document.node(item.node).scalar().unwrap_or_default();
            if written.len() == 12 && written.bytes().all(|byte| byte.is_ascii_digit()) {
                accounts.push(written.to_owned());
            } else {
                let help = Some("an account id has twelve digits".to_owned());
                self.error(item.node, format!("each of `{key}` must be the id of an AWS account"), help);
            }
        }
        accounts
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let (text, node) = self.text_at(fields, key)?;
        let choice = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if choice.is_none() {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("`{key}` is `{text}`, and must be one of {}", names.join(", "));
            self.error(node, message, None);
        }
        choice
    }

    pub(super) fn expect_text(&mut self, fields: &mut Fields<'_>, key: &'static str, wanted: &str) {
        let holder = fields.node;
        match self.text_at(fields, key) {
            Some((text, _)) if text == wanted => {}
            Some((text, node)) => {
                self.error(node, format!("`{key}` is `{text}`, and must be `{wanted}`"), None);
            }
            None => self.error(holder, format!("`{key}: {wanted}` is missing"), None),
        }
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(&mut self, fields: &Fields<'_>) {
        for member in fields.members.iter().filter(|member| !fields.asked.contains(&member.key.as_str())) {
            let help = nearest(&member.key, &fields.asked).map(|meant| format!("did you mean `{meant}`?"));
            self.error(member.key_node, format!("unknown key `{}`", member.key), help);
        }
    }

    pub(super) fn error(&mut self, node: NodeId, message: String, help: Option<String>) {
        let place = Place::of(self.file, self.text, self.lines, self.document.node(node).span);
        self.findings.push(finding(place, message, help));
    }

    fn as_text(&mut self, valued: &Valued, what: &str) -> Option<(String, NodeId)> {
        if let Value::String(text) = &valued.value {
            return Some((text.clone(), valued.node));
        }
        self.error(valued.node, format!("{what} must be a text"), Some("put it in quotes".to_owned()));
        None
    }
}
