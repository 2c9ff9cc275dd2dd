//! A line of the map: which principal becomes which Kubernetes user, in which groups.
//!
//! This is the value that plans compare. Where it stands in a text is [`crate::effective`]'s business.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The group that Kubernetes lets do everything, without any RBAC object.
pub const CLUSTER_ADMIN_GROUP: &str = "system:masters";

/// The group that makes a principal a node.
pub const NODE_GROUP: &str = "system:nodes";

/// The group that nodes are in beside [`NODE_GROUP`], while they join.
pub const BOOTSTRAPPERS_GROUP: &str = "system:bootstrappers";

/// The group of Fargate's pods beside these two; only Fargate assumes their role.
pub const FARGATE_GROUP: &str = "system:node-proxier";

/// The group that lets Windows nodes run kube-proxy, beside the first two.
pub const WINDOWS_GROUP: &str = "eks:kube-proxy-windows";

/// The three data keys of `aws-auth` that the authenticator reads, spelt exactly so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Section {
    /// `mapRoles`
    MapRoles,
    /// `mapUsers`
    MapUsers,
    /// `mapAccounts`
    MapAccounts,
}

impl Section {
    /// All three, in the order in which the authenticator consults them.
    pub const ALL: [Self; 3] = [Self::MapRoles, Self::MapUsers, Self::MapAccounts];

    /// The data key.
    pub fn key(self) -> &'static str {
        match self {
            Self::MapRoles => "mapRoles",
            Self::MapUsers => "mapUsers",
            Self::MapAccounts => "mapAccounts",
        }
    }

    /// The section with this data key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.key() == key)
    }

    /// What its entries map, as plans show it: `role`, `user` or `account`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::MapRoles => "role",
            Self::MapUsers => "user",
            Self::MapAccounts => "account",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// What makes two entries the same one: the section and the principal, whatever the case of its letters.
///
/// Written as `mapRoles/arn:aws:iam::…` in ledgers and records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EntryKey {
    section: Section,
    principal: String,
}

impl EntryKey {
    /// The key of `principal`, written in any case, in `section`.
    pub fn new(section: Section, principal: &str) -> Self {
        Self { section, principal: lower(principal) }
    }

    /// The section the entry stands in.
    pub fn section(&self) -> Section {
        self.section
    }

    /// The key of the same principal in the other one of `mapRoles` and `mapUsers`: either may name anybody,
    /// and `mapRoles` is asked first.
    pub fn twin(&self) -> Option<Self> {
        let section = match self.section {
            Section::MapRoles => Section::MapUsers,
            Section::MapUsers => Section::MapRoles,
            Section::MapAccounts => return None,
        };
        Some(Self { section, principal: self.principal.clone() })
    }

    /// The principal in lower case.
    pub fn principal(&self) -> &str {
        &self.principal
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.section, self.principal)
    }
}

impl From<EntryKey> for String {
    fn from(key: EntryKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for EntryKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(section, rest)| Some((Section::from_key(section)?, rest)));
        let (section, principal) =
            parts.ok_or_else(|| format!("`{text}` does not name an entry of the map"))?;
        Ok(Self::new(section, principal))
    }
}

/// One entry as the authenticator would act on it.
///
/// An account (`mapAccounts`) has neither username nor groups: its principals enter under their own ARN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdentityMapping {
    /// The ARN or account id as written.
    pub principal: String,
    /// The username, with its templates unfilled; may be empty.
    pub username: String,
    /// The groups in the order in which they are written, with their templates unfilled.
    pub groups: Vec<String>,
}

impl IdentityMapping {
    /// Would the authenticator answer the same for both? The order of groups and repeated ones do not count.
    pub fn grants_the_same(&self, other: &Self) -> bool {
        self.username == other.username && self.group_set() == other.group_set()
    }

    /// The groups without order and repetition.
    pub fn group_set(&self) -> BTreeSet<&str> {
        self.groups.iter().map(String::as_str).collect()
    }

    /// Does it give cluster-admin rights by itself, whatever RBAC says?
    pub fn is_cluster_admin(&self) -> bool {
        self.groups.iter().any(|group| group == CLUSTER_ADMIN_GROUP)
    }

    /// Does it give a node its access?
    pub fn is_node(&self) -> bool {
        self.groups.iter().any(|group| group == NODE_GROUP)
    }
}

/// Lower-cases as Go's `strings.ToLower` does: letter by letter, never one letter into two.
pub(crate) fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(lower_letter).collect() }
}

/// Are two texts equal as Go's `strings.EqualFold` sees them?
pub(crate) fn equal_fold(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(fold_letter).eq(b.chars().map(fold_letter))
}

/// What two texts that are equal by [`equal_fold`] have in common.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(fold_letter).collect() }
}

fn lower_letter(letter: char) -> char {
    match letter {
        // Go folds the dotted capital to a plain `i`; Rust makes two characters of it.
        '\u{130}' => 'i',
        _ => single(letter.to_lowercase()).unwrap_or(letter),
    }
}

fn fold_letter(letter: char) -> char {
    match letter {
        // These two have no simple folding in Unicode, and so none in Go.
        '\u{130}' | '\u{131}' => letter,
        _ => lower_letter(single(letter.to_uppercase()).unwrap_or(letter)),
    }
}

fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let first = letters.next()?;
    letters.next().is_none().then_some(first)
}
