//! From changes to the new text of each section: the touched lines only, and proven by reading it again.
//!
//! Entries that are added are the author's own lines. What is in the observed text and is not touched by a
//! change (comments, order, quoting, unknown keys, other writers' entries) stays byte for byte.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use rolecall_yaml::edit::{self, EditError, NewItem, NewValue};
use rolecall_yaml::{Document, NodeId, NodeKind, Splice, apply, folds_to};

use super::{Action, Blocked, Change, Subject};
use crate::desired::DesiredAccess;
use crate::effective::{EffectiveMap, Entry, SectionReading};
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};

/// What the map says once `changes` are made in it, as a text and as the authenticator will read it.
pub(super) struct Edited {
    pub(super) data: BTreeMap<String, String>,
    pub(super) reading: EffectiveMap,
}

/// Makes `changes` in the map.
pub(super) fn edited(
    desired: &DesiredAccess,
    observed: &BTreeMap<String, String>,
    have: &EffectiveMap,
    changes: &[Change],
) -> Result<Edited, Blocked> {
    let mut data = observed.clone();
    let mut readings = Vec::new();
    for section in Section::ALL {
        let work = Work::of(section, changes);
        if work.is_nothing() {
            continue;
        }
        let want = desired.document().effective().section(section);
        let reading = edited_section(&work, want, &have.shared(section))
            .map_err(|problem| blocked(section, &problem))?;
        data.insert(section.key().to_string(), reading.text().unwrap_or_default().to_string());
        readings.push(reading);
    }
    Ok(Edited { data, reading: have.with(readings) })
}

/// What is to be done in one section.
struct Work<'a> {
    section: Section,
    is_replaced: bool,
    added: Vec<&'a EntryKey>,
    updated: BTreeMap<&'a EntryKey, &'a IdentityMapping>,
    removed: BTreeSet<&'a EntryKey>,
}

impl<'a> Work<'a> {
    fn of(section: Section, changes: &'a [Change]) -> Self {
        let mut work = Self {
            section,
            is_replaced: false,
            added: Vec::new(),
            updated: BTreeMap::new(),
            removed: BTreeSet::new(),
        };
        for change in changes {
            match (&change.subject, change.action, &change.after) {
                (Subject::Section(which), ..) if *which == section => work.is_replaced = true,
                (Subject::Entry(key), ..) if key.section() != section => {}
                (Subject::Entry(key), Action::Add, _) => work.added.push(key),
                (Subject::Entry(key), Action::Update, Some(after)) => {
                    work.updated.insert(key, after);
                }
                (Subject::Entry(key), Action::Remove, _) => {
                    work.removed.insert(key);
                }
                _ => {}
            }
        }
        work
    }

    fn is_nothing(&self) -> bool {
        !self.is_replaced && self.added.is_empty() && self.updated.is_empty() && self.removed.is_empty()
    }
}

/// A section anew: first what changes, then what is added, then what goes.
fn edited_section(
    work: &Work<'_>,
    want: &SectionReading,
    have: &Arc<SectionReading>,
) -> Result<Arc<SectionReading>, String> {
    // A text that the authenticator passes over, such as `''`, is no more than none.
    let result = if work.is_replaced || have.document().is_none() {
        read(work.section, want.text().unwrap_or_default())
    } else {
        let updated = update(work, have)?;
        let added = add(work, want, updated)?;
        remove(work, added)?
    };
    prove(work, want, have, &result)?;
    Ok(result)
}

fn update(work: &Work<'_>, have: &Arc<SectionReading>) -> Result<Arc<SectionReading>, String> {
    let mut splices = Vec::new();
    for entry in have.entries() {
        let (Some(after), Some(document)) = (work.updated.get(&entry.key), have.document()) else { continue };
        if !entry.mapping.grants_the_same(after) {
            splices.extend(update_entry(document, entry, after).map_err(|error| error.to_string())?);
        }
    }
    Ok(spliced(have.clone(), &splices))
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

/// Sets the value under the key that counts: of several spellings the last in byte order, as Go sorts them.
fn set(
    document: &Document,
    mapping: NodeId,
    field: &str,
    value: &NewValue,
) -> Result<Vec<Splice>, EditError> {
    let NodeKind::Mapping { entries, .. } = &document.node(mapping).kind else {
        return edit::insert_member(document, mapping, field, value);
    };
    let spelt = entries.iter().filter_map(|(key, _)| match &document.node(*key).kind {
        NodeKind::Scalar { value: text, .. } if folds_to(text, field) => Some((text.as_str(), *key)),
        _ => None,
    });
    match spelt.max_by_key(|(text, _)| *text) {
        Some((_, key)) => edit::set_value(document, mapping, key, value),
        None => edit::insert_member(document, mapping, field, value),
    }
}

fn add(
    work: &Work<'_>,
    want: &SectionReading,
    into: Arc<SectionReading>,
) -> Result<Arc<SectionReading>, String> {
    let (Some(source), winners) = (want.document(), winners(want)) else { return Ok(into) };
    let mut items = work
        .added
        .iter()
        .filter_map(|key| winners.get(key))
        .map(|entry| (source, *entry))
        .collect::<Vec<_>>();
    items.sort_by_key(|(_, entry)| entry.index);
    let mut reading = into;
    // The first entry of an empty list may rewrite the list itself; the others then go after it, in one step.
    let is_empty = list_len(&reading) == 0;
    let first = if is_empty { items.len().min(1) } else { 0 };
    for batch in [&items[..first], &items[first..]] {
        let mut splices: Vec<Splice> = Vec::new();
        for (source, entry) in batch {
            let added = append(&reading, source, entry).map_err(|error| error.to_string())?;
            merge_insertions(&mut splices, added);
        }
        reading = spliced(reading, &splices);
    }
    Ok(reading)
}

fn append(into: &SectionReading, source: &Document, entry: &Entry) -> Result<Vec<Splice>, EditError> {
    let copied = NewItem::Copied { from: source, item: entry.node, with_comments: true };
    match append_item(into, &copied) {
        Err(EditError::NeedsBuilding) => append_item(into, &built(entry)),
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

fn built(entry: &Entry) -> NewItem<'static> {
    if entry.key.section() == Section::MapAccounts {
        return NewItem::Text(entry.mapping.principal.clone());
    }
    let arn = if entry.key.section() == Section::MapUsers { "userarn" } else { "rolearn" };
    NewItem::Built(alloc::vec![
        (arn.to_string(), NewValue::Text(entry.mapping.principal.clone())),
        ("username".to_string(), NewValue::Text(entry.mapping.username.clone())),
        ("groups".to_string(), NewValue::List(entry.mapping.groups.clone())),
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

fn remove(work: &Work<'_>, from: Arc<SectionReading>) -> Result<Arc<SectionReading>, String> {
    let (Some(document), Some(sequence)) = (from.document(), from.sequence()) else { return Ok(from) };
    let is_removed = |entry: &&Entry| work.removed.contains(&entry.key);
    let indexes: Vec<usize> = from.entries().iter().filter(is_removed).map(|entry| entry.index).collect();
    if indexes.is_empty() {
        return Ok(from);
    }
    let splices = edit::remove_items(document, sequence, &indexes).map_err(|error| error.to_string())?;
    Ok(spliced(from, &splices))
}

fn spliced(reading: Arc<SectionReading>, splices: &[Splice]) -> Arc<SectionReading> {
    if splices.is_empty() {
        return reading;
    }
    read(reading.section(), &apply(reading.text().unwrap_or_default(), splices))
}

fn read(section: Section, text: &str) -> Arc<SectionReading> {
    Arc::new(SectionReading::read(section, Some(text)))
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

fn blocked(section: Section, problem: &str) -> Blocked {
    Blocked {
        reason: format!("`{section}` cannot be edited without losing something: {problem}"),
        hint: format!(
            "tidy `{section}` in the cluster by hand (anchors and merges are the usual cause), then plan again"
        ),
    }
}
