//! From changes to the new text of each section.
//!
//! Entries that are added are the author's own lines; how a text is edited is [`crate::edit`]'s business.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Action, Blocked, Change, Subject};
use crate::desired::DesiredAccess;
use crate::edit::{Work, edited_section};
use crate::effective::EffectiveMap;
use crate::identity_mapping::Section;

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
        let work = work(section, changes);
        if work.is_nothing() {
            continue;
        }
        let want = desired.document().effective().section(section);
        let reading = edited_section(&work, want, &have.shared(section))
            .map_err(|problem| blocked(section, &problem))?
            .reading;
        data.insert(section.key().to_string(), reading.text().unwrap_or_default().to_string());
        readings.push(reading);
    }
    Ok(Edited { data, reading: have.with(readings) })
}

/// What `changes` come to in one section.
fn work(section: Section, changes: &[Change]) -> Work<'_> {
    let mut work = Work::default();
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

fn blocked(section: Section, problem: &str) -> Blocked {
    Blocked {
        reason: format!("`{section}` cannot be edited without losing something: {problem}"),
        hint: format!(
            "tidy `{section}` in the cluster by hand (anchors and merges are the usual cause), then plan again"
        ),
    }
}
