//! What keeps a section from being edited: something stands in the file that is not read, and could be lost.
//!
//! An edit keeps what is read and writes the rest anew; what the rest was to say is for its author to mend.

use alloc::format;
use alloc::string::String;

use rolecall_yaml::{Limits, Member, Value, Valued, to_json};

use super::AwsAuthDocument;
use super::config_map::goes_on;
use crate::effective::{Entry, Loss, LossKind};
use crate::finding::nearest;
use crate::identity_mapping::{EntryKey, Section};

impl AwsAuthDocument {
    /// Why nothing can be edited in this section, as a fragment.
    pub(crate) fn hindrance_in(&self, section: Section) -> Option<String> {
        if goes_on(&self.outer) {
            return Some(
                "the file goes on after the end of its first document, and only that is read".into(),
            );
        }
        if let Some(unreadable) = self.effective.section(section).unreadable() {
            let problem = &unreadable.message;
            return Some(format!("`{section}` cannot be read, so nothing can be edited in it: {problem}"));
        }
        self.not_text(section).or_else(|| self.lost_in(section))
    }

    /// Why this entry cannot be edited, as a fragment.
    pub(crate) fn hindrance_of(&self, key: &EntryKey) -> Option<String> {
        let reading = self.effective.section(key.section());
        let entries = || reading.entries().iter().filter(|entry| entry.key == *key);
        let is_inside = |loss: &Loss, entry: &Entry| {
            entry.span.start <= loss.span.start && loss.span.start <= entry.span.end
        };
        let losses = reading.losses().iter().filter(|loss| entries().any(|entry| is_inside(loss, entry)));
        let what = losses.into_iter().find_map(|loss| match loss.kind {
            LossKind::UsernameNotText => Some("a username that cannot be read"),
            LossKind::UsernameMissing => Some("no username"),
            LossKind::GroupsNotList | LossKind::GroupNotText => Some("groups that cannot be read"),
            _ => None,
        })?;
        Some(format!("an entry of `{}` has {what}", key.principal()))
    }

    /// What stands under the section's name and is no text (RC003), or under a name that is nearly its (RC009).
    fn not_text(&self, section: Section) -> Option<String> {
        let root = to_json(&self.outer, &Limits::default()).ok()?;
        let Value::Object(root) = &root.value else { return None };
        let known = Section::ALL.map(Section::key);
        let is_misspelt =
            |key: &str| Section::from_key(key).is_none() && nearest(key, &known) == Some(section.key());
        if let Some(member) = root.iter().find(|member| nearest(&member.key, &known) == Some(section.key())) {
            return Some(format!("`{}` stands beside `data`, where nobody reads it", member.key));
        }
        let data = root.iter().find(|member| member.key == "data").map(|member| &member.value);
        let data: &[Member] = match data {
            None | Some(Valued { value: Value::Null, .. }) => &[],
            Some(Valued { value: Value::Object(data), .. }) => data,
            Some(_) => return Some("`data` is not a mapping".into()),
        };
        data.iter().find_map(|Member { key, value, .. }| {
            let is_text = matches!(value.value, Value::String(_) | Value::Null);
            if is_misspelt(key) {
                return Some(format!(
                    "the authenticator does not read `{key}`, which may be meant to be `{section}`"
                ));
            }
            (key == section.key() && !is_text).then(|| format!("`{section}` is not a text"))
        })
    }

    /// What is lost of a section, beside what its entries lose (RC005, RC012).
    fn lost_in(&self, section: Section) -> Option<String> {
        self.effective.section(section).losses().iter().find_map(|loss| match &loss.kind {
            LossKind::Entry(reason) => {
                let line = self.place(section, loss.span).line;
                Some(format!("the authenticator would drop an entry of `{section}` (line {line}): {reason}"))
            }
            LossKind::LaterDocument => Some(format!(
                "`{section}` goes on after the end of its first document, and only that is read"
            )),
            _ => None,
        })
    }
}
