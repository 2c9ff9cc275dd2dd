//! One section of the map, read: its entries, what was lost of them, and why all of it was lost if so.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{Document, Limits, NodeId, NodeKind, Span};

use super::decode;
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};

/// A section as the authenticator reads it, and the text it was read from.
#[derive(Debug, Clone)]
pub struct SectionReading {
    section: Section,
    text: Option<String>,
    document: Option<Document>,
    entries: Vec<Entry>,
    by_chance: Vec<Entry>,
    losses: Vec<Loss>,
    unreadable: Option<Unreadable>,
}

/// An entry that the authenticator keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What tells it from others.
    pub key: EntryKey,
    /// What it says.
    pub mapping: IdentityMapping,
    /// The permission set it matches, instead of an ARN (`sso:`, which EKS ignores).
    pub sso: Option<Sso>,
    /// Its position in the list, counting from 0, also counting entries that were dropped.
    pub index: usize,
    /// The node of the item.
    pub node: NodeId,
    /// Its place in the section's text.
    pub span: Span,
}

/// The `sso:` matcher of an entry (`pkg/config/mapper.go`; off by default, and on EKS).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sso {
    /// `permissionSetName`
    pub permission_set_name: String,
    /// `accountID`
    pub account_id: String,
    /// `partition`
    pub partition: String,
}

/// Something that the author wrote and the authenticator does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What is lost, and why.
    pub kind: LossKind,
    /// Its place in the section's text.
    pub span: Span,
}

/// What the authenticator loses without a word (its log aside).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LossKind {
    /// The whole entry, for this reason.
    Entry(String),
    /// The username, which is not a text: the entry is kept with an empty one.
    UsernameNotText,
    /// There is no username, or it is empty.
    UsernameMissing,
    /// The groups, which are not a list: the entry is kept without any.
    GroupsNotList,
    /// A group that is not a text: it becomes the empty text.
    GroupNotText,
    /// A key that the authenticator does not know, and the one that was probably meant.
    UnknownKey {
        /// As written.
        key: String,
        /// The nearest known one.
        nearest: Option<&'static str>,
    },
    /// Text after the end of the first document.
    LaterDocument,
}

/// Why a whole section counts as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What the reader says.
    pub message: String,
    /// The byte in the section's text at which it gave up.
    pub at: usize,
}

impl SectionReading {
    /// Reads a section's text; `None` for a key that is not there.
    pub fn read(section: Section, text: Option<&str>) -> Self {
        let mut reading = Self {
            section,
            text: text.map(ToOwned::to_owned),
            document: None,
            entries: Vec::new(),
            by_chance: Vec::new(),
            losses: Vec::new(),
            unreadable: None,
        };
        if let Some(text) = text.filter(|text| !is_skippable(text)) {
            reading.read_text(text);
        }
        reading
    }

    /// Which section this is.
    pub fn section(&self) -> Section {
        self.section
    }

    /// Its text; `None` for a key that is not there.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Its YAML, where it is one.
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }

    /// The list that holds the entries, where there is one.
    pub fn sequence(&self) -> Option<NodeId> {
        let document = self.document.as_ref()?;
        let root = document.root()?;
        matches!(document.node(root).kind, NodeKind::Sequence { .. }).then_some(root)
    }

    /// The entries that count, in the order of the text, duplicates too.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The place in the section's text of the entry at this position of the list, kept or dropped.
    pub fn span_of(&self, index: usize) -> Option<Span> {
        if let Some(entry) = self.entries.iter().chain(&self.by_chance).find(|entry| entry.index == index) {
            return Some(entry.span);
        }
        let (document, list) = (self.document()?, self.sequence()?);
        let NodeKind::Sequence { items, .. } = &document.node(list).kind else { return None };
        items.get(index).map(|item| document.node(*item).span)
    }

    /// Entries that upstream keeps in one reading and loses with the whole section in another, by the order of
    /// a Go map: the section is [`unreadable`](Self::unreadable), and nobody may count on either.
    pub fn entries_by_chance(&self) -> &[Entry] {
        &self.by_chance
    }

    /// What was lost.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// Why all of it was lost, if so.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.unreadable.as_ref()
    }

    /// Is all of it lost by how it is written: unreadable, or joined to one comment?
    pub(crate) fn is_lost(&self) -> bool {
        let is_comment = || self.text.as_ref().is_some_and(|text| text.trim_start().starts_with('#'));
        self.unreadable.is_some() || (self.entries.is_empty() && self.losses.is_empty() && is_comment())
    }

    /// The section as it is where chance lets it be read.
    pub(super) fn as_read_by_chance(&self) -> Self {
        let entries = self.by_chance.clone();
        Self { entries, by_chance: Vec::new(), unreadable: None, ..self.clone() }
    }

    fn read_text(&mut self, text: &str) {
        let limits = Limits::default();
        let document = match Document::parse(text, &limits) {
            Ok(document) => document,
            Err(error) => {
                self.unreadable = Some(Unreadable { message: error.message, at: error.at });
                return;
            }
        };
        let decoded = match self.section {
            Section::MapAccounts => Ok(decode::accounts(&document, &limits)),
            section => decode::entries(section, &document, &limits),
        };
        match decoded {
            Ok(decoded) => {
                self.entries = decoded.entries;
                self.by_chance = decoded.by_chance;
                self.losses = decoded.losses;
                self.unreadable = decoded.unreadable;
            }
            Err(unreadable) => self.unreadable = Some(unreadable),
        }
        if document.has_more() {
            let span = Span { start: document.end(), end: text.len() };
            self.losses.push(Loss { kind: LossKind::LaterDocument, span });
        }
        self.document = Some(document);
    }
}

/// Texts that upstream passes over without reading them (`configmap.go`, `isSkippable`).
fn is_skippable(text: &str) -> bool {
    matches!(text.trim(), "" | "``" | "\"\"" | "''")
}
