//! What is ours in a cluster, and by which source. One object a cluster, exempt from retention.
//!
//! It is not kept in the entries, since other writers of the map drop fields that they do not know.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::identity_mapping::EntryKey;
use crate::policy::Policy;
use crate::source::{SourceId, SourceRevision};

/// What is ours in this cluster, and what was true at the last pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// The owner of each entry that is ours.
    #[serde(default)]
    pub owners: BTreeMap<EntryKey, SourceId>,
    /// What each source applied last.
    #[serde(default)]
    pub applied: BTreeMap<SourceId, AppliedSource>,
    /// Entries that were there at the last pass and not ours: one that is not among them is new.
    #[serde(default)]
    pub unmanaged: BTreeSet<EntryKey>,
}

/// What a source applied last: plans are judged by this policy and by the proposed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedSource {
    /// The revision that was applied.
    pub revision: SourceRevision,
    /// The digest of the files and the policy, see [`crate::desired::DesiredAccess::digest`].
    pub digest: String,
    /// The policy that came with it.
    pub policy: Policy,
    /// The policy that was in force before it: what judges this revision, as often as it is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_before: Option<Policy>,
    /// The name of the record of that apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

impl Ledger {
    /// The owner of an entry, if it is ours.
    pub fn owner(&self, key: &EntryKey) -> Option<&SourceId> {
        self.owners.get(key)
    }
}
