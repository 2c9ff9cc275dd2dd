//! What is worth knowing about the entry that answers: templates that nobody has filled yet, and what was lost.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::effective::lookup::Lookup;
use crate::effective::{EffectiveMap, Entry, Loss, LossKind, TemplateValues};
use crate::finding::nearest;
use crate::identity_mapping::Section;

/// Something worth knowing about an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// A stable word for it.
    pub code: &'static str,
    /// What is the case.
    pub message: String,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The placeholders, who fills them, and which option fills them here.
const TEMPLATES: [(&str, &str, &str); 5] = [
    ("{{AccountID}}", "the authenticator, with the account that STS reports", ""),
    ("{{SessionName}}", "the authenticator, with the name of the role's session", "--session-name"),
    ("{{SessionNameRaw}}", "the authenticator, with the name of the role's session", "--session-name"),
    ("{{AccessKeyID}}", "the authenticator, with the id of the access key", "--access-key-id"),
    ("{{EC2PrivateDNSName}}", "the authenticator, which asks EC2 about the instance", "--ec2-private-dns"),
];

/// The notes on the entries that a lookup has found.
pub(super) fn of_found(map: &EffectiveMap, found: &Lookup<'_>, values: &TemplateValues) -> Vec<Note> {
    let entries: &[&Entry] = match found {
        Lookup::Entry(entry) => core::slice::from_ref(entry),
        Lookup::Ambiguous(entries) => entries,
        Lookup::Account(_) | Lookup::Nothing => &[],
    };
    let mut notes = Vec::new();
    let losses = losses_of(map, entries);
    for entry in entries {
        of_losses(&losses, entry, &mut notes);
        let texts = core::iter::once(&entry.mapping.username).chain(&entry.mapping.groups);
        of_templates(texts.map(String::as_str), values, &mut notes);
    }
    if let (Lookup::Account(_), Some(reading)) = (found, map.unreadable().first()) {
        let message = format!("`{}` cannot be read, so that no entry of it can answer", reading.section());
        add(&mut notes, "sectionUnreadable", message, None);
    }
    once(&mut notes);
    notes
}

/// The notes on placeholders in these texts.
pub(super) fn of_templates<'a>(
    texts: impl Iterator<Item = &'a str>,
    values: &TemplateValues,
    notes: &mut Vec<Note>,
) {
    for placeholder in texts.flat_map(placeholders) {
        match TEMPLATES.iter().find(|(known, _, _)| *known == placeholder) {
            None => unknown(placeholder, notes),
            Some((known, by, option)) => known_template(known, by, option, values, notes),
        }
    }
}

fn known_template(known: &str, by: &str, option: &str, values: &TemplateValues, notes: &mut Vec<Note>) {
    let value = match known {
        "{{AccountID}}" => &values.account_id,
        "{{AccessKeyID}}" => &values.access_key_id,
        "{{EC2PrivateDNSName}}" => &values.ec2_private_dns,
        _ => &values.session_name,
    };
    match value.as_deref() {
        None => {
            let hint = format!("`{option}` fills it here");
            add(notes, "templateUnfilled", format!("`{known}` is filled by {by}"), Some(hint));
        }
        Some("") => {
            let message = format!("`{known}` becomes nothing: only a role has sessions");
            add(notes, "templateEmpty", message, None);
        }
        Some(_) => {}
    }
}

fn unknown(placeholder: &str, notes: &mut Vec<Note>) {
    let hint = nearest(placeholder, &TEMPLATES.map(|(known, _, _)| known))
        .map(|meant| format!("did you mean `{meant}`?"));
    let message = format!("`{placeholder}` is no template that the authenticator knows, and stays as it is");
    add(notes, "templateUnknown", message, hint);
}

/// Every `{{…}}` of a text, as it stands.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let begun = &rest[rest.find("{{")?..];
        let (placeholder, after) = begun.split_at(begun.find("}}")? + 2);
        rest = after;
        Some(placeholder)
    })
}

/// What was lost, by the section and the byte at which it stands.
type Losses<'a> = BTreeMap<(Section, usize), Vec<&'a Loss>>;

/// What was lost of the sections of these entries.
fn losses_of<'a>(map: &'a EffectiveMap, entries: &[&Entry]) -> Losses<'a> {
    let sections: BTreeSet<Section> = entries.iter().map(|entry| entry.key.section()).collect();
    let mut losses = Losses::new();
    for section in sections {
        for loss in map.section(section).losses() {
            losses.entry((section, loss.span.start)).or_default().push(loss);
        }
    }
    losses
}

/// What the authenticator lost of an entry that it kept.
fn of_losses(losses: &Losses<'_>, entry: &Entry, notes: &mut Vec<Note>) {
    let section = entry.key.section();
    let begun = losses.range((section, entry.span.start)..=(section, entry.span.end));
    let is_within = |loss: &&&Loss| loss.span.end <= entry.span.end;
    for loss in begun.flat_map(|(_, losses)| losses).filter(is_within) {
        let (code, message) = match &loss.kind {
            LossKind::UsernameNotText => ("usernameLost", "its username is not a text, and counts as empty"),
            LossKind::UsernameMissing => ("usernameLost", "it has no username, and enters with an empty one"),
            LossKind::GroupsNotList => ("groupsLost", "its groups are not a list, and count as none"),
            LossKind::GroupNotText => ("groupsLost", "a group that is not a text counts as the empty one"),
            LossKind::UnknownKey { key, .. } => {
                add(notes, "unknownKey", format!("its key `{key}` is not read"), None);
                continue;
            }
            LossKind::Entry(_) | LossKind::LaterDocument => continue,
        };
        add(notes, code, message.to_string(), None);
    }
}

fn add(notes: &mut Vec<Note>, code: &'static str, message: String, hint: Option<String>) {
    notes.push(Note { code, message, hint });
}

/// Says everything once.
pub(super) fn once(notes: &mut Vec<Note>) {
    let mut told = BTreeSet::new();
    notes.retain(|note| told.insert(note.clone()));
}
