//! What aws-iam-authenticator would make of a map: who is this principal in this cluster, and why.
//!
//! Same lenience and same losses as upstream 0.7.18 (`pkg/mapper/configmap`), which EKS runs a fork of.
//! A winner that upstream picks at random is reported as ambiguous, never resolved.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

mod answering;
mod decode;
mod explain;
mod lookup;
mod section;
mod template;

pub use answering::Answers;
pub use explain::{
    BeforeTheMap, Candidate, Denial, Explanation, Loser, Note, ObservedExplanation, Verdict, Via, explain,
    explain_gated, explain_observed, reported_as,
};
pub use lookup::{Lookup, arn_like, lookup};
pub use section::{Entry, Loss, LossKind, SectionReading, Sso, Unreadable};
pub(crate) use template::TEMPLATES;
pub use template::{TemplateValues, render_template};

use crate::identity_mapping::{EntryKey, Section};

#[cfg(test)]
mod tests;

/// All three sections as the authenticator reads them. Cloning it copies no text.
#[derive(Debug, Clone)]
pub struct EffectiveMap {
    sections: [Arc<SectionReading>; 3],
    misspelt: Arc<[Misspelt]>,
}

/// A data key that is a section in other letters, which the authenticator does not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misspelt {
    /// The key as it is written.
    pub key: String,
    /// The section that is meant.
    pub section: Section,
    /// Its text.
    pub text: String,
}

impl Default for EffectiveMap {
    /// A map that says nothing.
    fn default() -> Self {
        Self::read(&BTreeMap::new())
    }
}

/// Equal texts are read equally.
impl PartialEq for EffectiveMap {
    fn eq(&self, other: &Self) -> bool {
        Section::ALL.into_iter().all(|section| self.section(section).text() == other.section(section).text())
    }
}

impl Eq for EffectiveMap {}

impl EffectiveMap {
    /// Reads the data of the ConfigMap.
    pub fn read(data: &BTreeMap<String, String>) -> Self {
        let read =
            |section: Section| SectionReading::read(section, data.get(section.key()).map(String::as_str));
        let misspelt = data.iter().filter_map(|(key, text)| Misspelt::of(key, text)).collect();
        Self { sections: Section::ALL.map(|section| Arc::new(read(section))), misspelt }
    }

    /// The data keys that are sections in other letters.
    pub fn misspelt(&self) -> &[Misspelt] {
        &self.misspelt
    }

    /// The same map with another reading of some sections.
    pub(crate) fn with(&self, changed: impl IntoIterator<Item = Arc<SectionReading>>) -> Self {
        let mut map = self.clone();
        for reading in changed {
            let section = reading.section();
            map.sections[section as usize] = reading;
        }
        map
    }

    /// One section, to be kept.
    pub(crate) fn shared(&self, section: Section) -> Arc<SectionReading> {
        self.sections[section as usize].clone()
    }

    /// One section.
    pub fn section(&self, section: Section) -> &SectionReading {
        &self.sections[section as usize]
    }

    /// All three, in the order in which the authenticator consults them.
    pub fn sections(&self) -> impl Iterator<Item = &SectionReading> {
        self.sections.iter().map(AsRef::as_ref)
    }

    /// Every entry that counts, in the order of the text.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.sections().flat_map(SectionReading::entries)
    }

    /// The entry that wins under each key: the last one written.
    pub fn winners(&self) -> BTreeMap<EntryKey, &Entry> {
        self.entries().map(|entry| (entry.key.clone(), entry)).collect()
    }

    /// How many principals are mapped.
    pub fn len(&self) -> usize {
        self.winners().len()
    }

    /// Is nobody mapped?
    pub fn is_empty(&self) -> bool {
        self.sections().all(|section| section.entries().is_empty())
    }
}

impl Misspelt {
    fn of(key: &str, text: &str) -> Option<Self> {
        let meant = |section: &Section| section.key() != key && section.key().eq_ignore_ascii_case(key);
        let section = Section::ALL.into_iter().find(meant)?;
        Some(Self { key: key.into(), section, text: text.into() })
    }
}

impl EffectiveMap {
    /// What upstream may read instead, where only chance lets a section be read: nearly always nothing.
    pub fn other_readings(&self) -> Vec<Self> {
        let mut others: Vec<Self> = Vec::new();
        for (index, section) in self.sections.iter().enumerate() {
            if !section.entries_by_chance().is_empty() {
                let mut read: Vec<Self> = others.iter().chain([self]).cloned().collect();
                for map in &mut read {
                    map.sections[index] = Arc::new(section.as_read_by_chance());
                }
                others.append(&mut read);
            }
        }
        others
    }

    /// The sections that are there and cannot be read: the authenticator takes them for empty.
    pub fn unreadable(&self) -> Vec<&SectionReading> {
        self.sections().filter(|section| section.unreadable().is_some()).collect()
    }
}
