//! What was done and seen: one record an apply, written before the change and completed after it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::identity_mapping::{EntryKey, IdentityMapping};
use crate::observed::Caller;
use crate::source::SourceRevision;

/// What is about to be done. As long as it is not completed, what it adds is ours if the map has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// The name of the record.
    pub name: String,
    /// When it was written.
    pub started_at: jiff::Timestamp,
    /// The revision that it applies.
    pub revision: SourceRevision,
    /// Who applies it.
    pub caller: Option<Caller>,
    /// What it adds.
    pub adds: BTreeSet<EntryKey>,
    /// What it alters, which was there before, and what it was meant to say.
    pub alters: BTreeMap<EntryKey, IdentityMapping>,
    /// What it removes.
    pub removes: BTreeSet<EntryKey>,
    /// Digest of the map's data before, see [`data_fingerprint`].
    pub before: String,
    /// Digest of the map's data after, see [`data_fingerprint`].
    pub after: String,
}

/// An apply from its intent to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// What was meant.
    pub intent: Intent,
    /// How it ended; `None` as long as it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<Completion>,
    /// The plan that was applied, as `rolecall plan -o json` prints it.
    pub plan: serde_json::Value,
    /// The data of the map before, `None` where there was no map.
    pub data_before: Option<BTreeMap<String, String>>,
    /// The data of the map as it was meant to be.
    pub data_after: BTreeMap<String, String>,
}

/// How an apply ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// When it ended.
    pub finished_at: jiff::Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// What was seen afterwards, in sentences.
    #[serde(default)]
    pub remarks: Vec<String>,
}

/// What came of an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Applied, and seen to be so.
    Verified,
    /// Applied, and what was seen afterwards is not what was meant.
    NotAsPlanned,
    /// Applied; the verification itself could not be made.
    Unverified,
    /// The cluster refused the change.
    Failed,
    /// Somebody else's write came first; planned again under another record.
    Superseded,
    /// The run ended before it could say; a later pass found the change made.
    FoundApplied,
    /// The run ended before it could say; a later pass found the change not made.
    FoundNotApplied,
}

/// The digest of a map's data, by which an unfinished intent is judged.
pub fn data_fingerprint(data: &BTreeMap<String, String>) -> String {
    let text = serde_json::to_string(data).expect("a map of strings is always JSON");
    crate::cluster::fingerprint(text.as_bytes())
}

impl Intent {
    /// What came of an intent that nobody completed, judged by the data that the map has now.
    ///
    /// `None` where the map is neither as it was before nor as it was meant to be: somebody wrote since, and
    /// what was added is judged entry by entry.
    pub fn outcome_by(&self, data: &BTreeMap<String, String>) -> Option<Outcome> {
        let now = data_fingerprint(data);
        if now == self.after {
            Some(Outcome::FoundApplied)
        } else if now == self.before {
            Some(Outcome::FoundNotApplied)
        } else {
            None
        }
    }
}
