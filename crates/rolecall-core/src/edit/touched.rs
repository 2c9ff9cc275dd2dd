//! What an edit touches, and whether all of it can be read: what cannot would be lost without a word.

use alloc::collections::BTreeSet;
use alloc::string::String;

#[cfg(test)]
mod tests;

use super::{EntryEdit, Refusal, RefusalKind};
use crate::document::AwsAuthDocument;
use crate::effective::EffectiveMap;
use crate::identity_mapping::{EntryKey, Section};

/// The sections and entries of which an edit must know everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The sections; an entry that is looked for and not found may stand in any.
    pub sections: BTreeSet<Section>,
    /// The entries, but for those that go.
    pub keys: BTreeSet<EntryKey>,
}

impl Touched {
    /// All of a map.
    pub fn all(map: &EffectiveMap) -> Self {
        Self {
            sections: Section::ALL.into_iter().collect(),
            keys: map.entries().map(|entry| entry.key.clone()).collect(),
        }
    }

    /// These entries, and the sections in which they stand; where there are none, any section.
    pub(super) fn of(keys: impl IntoIterator<Item = EntryKey>) -> Self {
        let keys: BTreeSet<EntryKey> = keys.into_iter().collect();
        let mut sections: BTreeSet<Section> = keys.iter().map(EntryKey::section).collect();
        if sections.is_empty() {
            sections.extend(Section::ALL);
        }
        Self { sections, keys }
    }

    /// The same where the entries go as a whole: of what is in them, nothing is written anew.
    pub(super) fn whole(keys: impl IntoIterator<Item = EntryKey>) -> Self {
        Self { keys: BTreeSet::new(), ..Self::of(keys) }
    }

    /// What `edits` touch.
    pub(super) fn by(edits: &[EntryEdit]) -> Self {
        let is_put = |edit: &&EntryEdit| matches!(edit, EntryEdit::Put { .. });
        Self {
            sections: edits.iter().map(|edit| edit.key().section()).collect(),
            keys: edits.iter().filter(is_put).map(EntryEdit::key).collect(),
        }
    }

    /// Can all of it be read in `document`?
    ///
    /// # Errors
    /// Where something cannot, which is to be mended first.
    pub fn check(&self, document: &AwsAuthDocument) -> Result<(), Refusal> {
        let in_sections = self.sections.iter().find_map(|section| document.hindrance_in(*section));
        let reason = in_sections.or_else(|| self.keys.iter().find_map(|key| document.hindrance_of(key)));
        reason.map_or(Ok(()), |reason| Err(unreadable(reason)))
    }
}

fn unreadable(reason: String) -> Refusal {
    Refusal::new(RefusalKind::Refused, reason, "mend it first: `rolecall check` shows the place")
}
