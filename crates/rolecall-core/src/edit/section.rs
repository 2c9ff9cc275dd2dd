//! One section's text, edited: the touched lines only, and proven by reading it again.
//!
//! What is not touched (comments, order, quoting, unknown keys, other writers' entries) stays byte for byte.
//! Plans and edits of files come here with the same [`Work`]; which entries are meant is theirs to say.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use rolecall_yaml::edit::{self, EditError, NewItem, NewValue};
use rolecall_yaml::{Document, Limits, NodeId, NodeKind, Span, Splice, apply, member_for};

use super::layout;
use crate::effective::{Entry, SectionReading};
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};

/// What is to be done in one section.
#[derive(Default)]
pub(crate) struct Work<'a> {
    /// Its text is put aside as a whole.
    pub(crate) is_replaced: bool,
    /// Nobody wrote what is added: it takes the style of the section.
    pub(crate) is_built: bool,
    /// Entries that are new.
    pub(crate) added: Vec<&'a EntryKey>,
    /// Entries whose username or groups become these, every duplicate of them.
    pub(crate) updated: BTreeMap<&'a EntryKey, &'a IdentityMapping>,
    /// Entries that go, with their duplicates.
    pub(crate) removed: BTreeSet<&'a EntryKey>,
}

impl Work<'_> {
    /// Is there nothing to do?
    pub(crate) fn is_nothing(&self) -> bool {
        !self.is_replaced && self.added.is_empty() && self.updated.is_empty() && self.removed.is_empty()
    }
}

/// A section as it will be, and how its text comes to be so: steps, each counted from what the one before left.
pub(crate) struct EditedSection {
    pub(crate) reading: Arc<SectionReading>,
    pub(crate) steps: Vec<Vec<Splice>>,
}

impl EditedSection {
    fn step(&mut self, splices: Vec<Splice>) {
        if splices.is_empty() {
            return;
        }
        let text = apply(self.reading.text().unwrap_or_default(), &splices);
        self.reading = Arc::new(SectionReading::read(self.reading.section(), Some(&text)));
        self.steps.push(splices);
    }
}

/// The text of a section with these entries and no others, as we write it.
pub(crate) fn section_text(section: Section, mappings: &[&IdentityMapping]) -> Result<String, String> {
    let mut text = String::from("[]\n");
    for mapping in mappings {
        let document = Document::parse(&text, &Limits::default()).map_err(|error| error.message)?;
        let root = document.root().ok_or("the text is empty")?;
        let splices = edit::append_item(&document, root, &built(section, mapping))
            .map_err(|error| error.to_string())?;
        text = apply(&text, &splices);
    }
    Ok(text)
}

/// A section anew: first what changes, then what is added, then what goes. `want` holds what is added and
/// what updates come to, as its author wrote it.
pub(crate) fn edited_section(
    work: &Work<'_>,
    want: &SectionReading,
    have: &Arc<SectionReading>,
) -> Result<EditedSection, String> {
    let mut edited = EditedSection { reading: have.clone(), steps: Vec::new() };
    // A text that the authenticator passes over, such as `''`, is no more than none.
    if work.is_replaced || have.document().is_none() {
        let old = have.text().unwrap_or_default();
        let text = want.text().unwrap_or_default().to_string();
        edited.step([Splice { span: Span { start: 0, end: old.len() }, text }].into());
    } else {
        let of_entry = |error: EditError| error.to_string();
        edited.step(update(work, &edited.reading).map_err(of_entry)?);
        add(work, want, &mut edited).map_err(of_entry)?;
        edited.step(remove(work, &edited.reading).map_err(of_entry)?);
    }
    prove(work, want, have, &edited.reading)?;
    Ok(edited)
}

fn update(work: &Work<'_>, have: &SectionReading) -> Result<Vec<Splice>, EditError> {
    let mut splices = Vec::new();
    for entry in have.entries() {
        let (Some(after), Some(document)) = (work.updated.get(&entry.key), have.document()) else { continue };
        if !entry.mapping.grants_the_same(after) {
            let is_rewritten = entry.mapping.group_set() != after.group_set();
            if work.is_built && is_rewritten && holds_comments(document, entry.node) {
                return Err(EditError::Unsupported("groups in brackets that have comments between them"));
            }
            splices.extend(update_entry(document, entry, after)?);
        }
    }
    Ok(splices)
}

fn update_entry(
    document: &Document,
    entry: &Entry,
    after: &IdentityMapping,
) -> Result<Vec<Splice>, EditError> {
    let mut splices = Vec::new();
    if entry.mapping.username != after.username {
        let value = NewValue::Text(after.username.clone());
        splices.extend(set(document, entry.node, "username", &value)?);
    }
    if entry.mapping.group_set() != after.group_set() {
        let value = NewValue::List(after.groups.clone());
        splices.extend(set(document, entry.node, "groups", &value)?);
    }
    Ok(splices)
}

/// Do the groups stand in brackets, with comments that would be lost where they are written anew?
fn holds_comments(document: &Document, mapping: NodeId) -> bool {
    let Some((_, groups)) = spelt(document, mapping, "groups") else { return false };
    let groups = document.node(groups);
    let is_flow = matches!(groups.kind, NodeKind::Sequence { flow: true, .. });
    is_flow && !layout::comments_of(groups.span.of(document.text())).is_empty()
}

/// Sets the value under the key that counts.
fn set(
    document: &Document,
    mapping: NodeId,
    field: &str,
    value: &NewValue,
) -> Result<Vec<Splice>, EditError> {
    match spelt(document, mapping, field) {
        Some((key, _)) => edit::set_value(document, mapping, key, value),
        None => edit::insert_member(document, mapping, field, value),
    }
}

fn spelt(document: &Document, mapping: NodeId, field: &str) -> Option<(NodeId, NodeId)> {
    let NodeKind::Mapping { entries, .. } = &document.node(mapping).kind else { return None };
    member_for(document, entries, field)
}

fn add(work: &Work<'_>, want: &SectionReading, into: &mut EditedSection) -> Result<(), EditError> {
    let (Some(source), winners) = (want.document(), winners(want)) else { return Ok(()) };
    let mut items: Vec<&Entry> = work.added.iter().filter_map(|key| winners.get(key)).copied().collect();
    items.sort_by_key(|entry| entry.index);
    // The first entry of an empty list may rewrite the list itself; the others then go after it, in one step.
    let is_empty = list_len(&into.reading) == 0;
    let first = if is_empty { items.len().min(1) } else { 0 };
    for batch in [&items[..first], &items[first..]] {
        let mut splices: Vec<Splice> = Vec::new();
        for entry in batch {
            let added = if work.is_built {
                append_item(&into.reading, &built(entry.key.section(), &entry.mapping))?
            } else {
                append(&into.reading, source, entry)?
            };
            merge_insertions(&mut splices, added);
        }
        into.step(splices);
    }
    Ok(())
}

fn append(into: &SectionReading, source: &Document, entry: &Entry) -> Result<Vec<Splice>, EditError> {
    let copied = NewItem::Copied { from: source, item: entry.node, with_comments: true };
    match append_item(into, &copied) {
        Err(EditError::NeedsBuilding) => append_item(into, &built(entry.key.section(), &entry.mapping)),
        other => other,
    }
}

fn append_item(into: &SectionReading, item: &NewItem<'_>) -> Result<Vec<Splice>, EditError> {
    let document = into.document().ok_or(EditError::NotThere)?;
    match into.sequence() {
        Some(sequence) => edit::append_item(document, sequence, item),
        None => edit::append_to_empty(document, item),
    }
}

/// An entry as we write it where its author's own lines cannot be taken.
fn built(section: Section, mapping: &IdentityMapping) -> NewItem<'static> {
    if section == Section::MapAccounts {
        return NewItem::Text(mapping.principal.clone());
    }
    let arn = if section == Section::MapUsers { "userarn" } else { "rolearn" };
    NewItem::Built(alloc::vec![
        (arn.to_string(), NewValue::Text(mapping.principal.clone())),
        ("username".to_string(), NewValue::Text(mapping.username.clone())),
        ("groups".to_string(), NewValue::List(mapping.groups.clone())),
    ])
}

/// Insertions at one place become one, in their order.
fn merge_insertions(splices: &mut Vec<Splice>, added: Vec<Splice>) {
    for splice in added {
        match splices.iter_mut().find(|earlier| earlier.span == splice.span) {
            Some(earlier) => earlier.text.push_str(&splice.text),
            None => splices.push(splice),
        }
    }
}

fn remove(work: &Work<'_>, from: &SectionReading) -> Result<Vec<Splice>, EditError> {
    let is_removed = |entry: &&Entry| work.removed.contains(&entry.key);
    let indexes: Vec<usize> = from.entries().iter().filter(is_removed).map(|entry| entry.index).collect();
    removals(from, &indexes)
}

/// What takes the items with these indexes out of a section.
pub(crate) fn removals(from: &SectionReading, indexes: &[usize]) -> Result<Vec<Splice>, EditError> {
    let (Some(document), Some(sequence)) = (from.document(), from.sequence()) else { return Ok(Vec::new()) };
    let mut splices = edit::remove_items(document, sequence, indexes)?;
    without_blank_end(document.text(), &mut splices);
    Ok(splices)
}

/// Looks at the result as the authenticator will: what was wanted is there, what was not touched is unchanged.
fn prove(
    work: &Work<'_>,
    want: &SectionReading,
    have: &SectionReading,
    result: &SectionReading,
) -> Result<(), String> {
    if let Some(unreadable) = result.unreadable() {
        return Err(format!("the edited text could not be read: {}", unreadable.message));
    }
    let (want, had, has) = (winners(want), winners(have), winners(result));
    for key in work.added.iter().chain(work.updated.keys()) {
        let same = matches!((has.get(key), want.get(key)), (Some(a), Some(b)) if a.mapping.grants_the_same(&b.mapping));
        if !same {
            return Err(format!("the edited text would not say what is wanted of `{}`", key.principal()));
        }
    }
    if let Some(key) = work.removed.iter().find(|key| has.contains_key(*key)) {
        return Err(format!("the edited text would still have `{}`", key.principal()));
    }
    let is_asked_for = |key: &&&EntryKey| had.contains_key(**key) || work.added.contains(*key);
    if let Some(key) = has.keys().find(|key| !work.is_replaced && !is_asked_for(key)) {
        return Err(format!("the edited text would let `{}` in, whom nobody asked for", key.principal()));
    }
    let is_touched = |key: &EntryKey| work.updated.contains_key(key) || work.removed.contains(key);
    let lost = had.iter().find(|(key, before)| {
        !is_touched(key) && has.get(*key).is_none_or(|after| after.mapping != before.mapping)
    });
    match lost {
        Some((key, _)) if !work.is_replaced => {
            Err(format!("the edited text would alter `{}`", key.principal()))
        }
        _ => Ok(()),
    }
}

/// Empty lines that stood above what goes do not stay behind as the end of the text, which has a line break
/// there only if it had one (`|-` has none).
fn without_blank_end(text: &str, splices: &mut [Splice]) {
    let Some(last) = splices.last_mut().filter(|last| last.span.end == text.len() && last.text.is_empty())
    else {
        return;
    };
    let kept = text[..last.span.start].trim_end_matches(['\n', '\r']);
    let blank = &text[kept.len()..last.span.start];
    let first = if !text.ends_with(['\n', '\r']) {
        0
    } else if blank.starts_with("\r\n") {
        2
    } else {
        blank.len().min(1)
    };
    last.span.start = kept.len() + first;
}

fn winners(reading: &SectionReading) -> BTreeMap<&EntryKey, &Entry> {
    reading.entries().iter().map(|entry| (&entry.key, entry)).collect()
}

fn list_len(reading: &SectionReading) -> usize {
    let (Some(document), Some(sequence)) = (reading.document(), reading.sequence()) else { return 0 };
    match &document.node(sequence).kind {
        NodeKind::Sequence { items, .. } => items.len(),
        _ => 0,
    }
}
