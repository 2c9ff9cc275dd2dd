//! Edits of the map by hand: what is asked, what it comes to, and the text that says so.
//!
//! Nothing is touched but the lines that must change, and every result is read again. Files and plans are
//! edited by the same functions; whether an edit may be made on a cluster is for plans and guards to say.

use alloc::string::String;

mod file;
mod layout;
pub mod listing;
mod named;
mod outer;
mod request;
mod section;
mod touched;
mod wish;

#[cfg(test)]
mod tests;

pub use file::{edited_text, new_findings};
pub use layout::laid_out;
pub use named::NamedPrincipal;
pub use request::{Add, Answer, Remove, Selected, SetEntry};
pub(crate) use section::{Work, edited_section, removals};
pub use touched::Touched;
pub use wish::wished;

use crate::identity_mapping::{EntryKey, IdentityMapping, Section};

/// One entry, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryEdit {
    /// It says this: where there is one, every duplicate of it is changed, else it is added.
    Put {
        /// The section it stands in.
        section: Section,
        /// What it says.
        mapping: IdentityMapping,
    },
    /// It goes, with every duplicate.
    Remove(EntryKey),
}

impl EntryEdit {
    /// Which entry.
    pub fn key(&self) -> EntryKey {
        match self {
            Self::Put { section, mapping } => EntryKey::new(*section, &mapping.principal),
            Self::Remove(key) => key.clone(),
        }
    }

    /// What the entry will say; `None` for one that goes.
    pub fn mapping(&self) -> Option<&IdentityMapping> {
        match self {
            Self::Put { mapping, .. } => Some(mapping),
            Self::Remove(_) => None,
        }
    }
}

/// Why an edit is not made. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of no it is.
    pub kind: RefusalKind,
    /// Why, as a fragment.
    pub reason: String,
    /// The next step.
    pub hint: String,
}

/// The kinds of no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// What is asked makes no sense.
    Senseless,
    /// There is no such entry.
    NotThere,
    /// The map speaks against it.
    Refused,
}

impl Refusal {
    fn new(kind: RefusalKind, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, reason: reason.into(), hint: hint.into() }
    }
}
