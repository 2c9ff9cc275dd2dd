//! What the files say: a document without errors, where it comes from, and the policy that goes with it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;

use crate::cluster::fingerprint;
use crate::document::AwsAuthDocument;
use crate::finding::{Finding, has_errors};
use crate::identity_mapping::EntryKey;
use crate::ledger::AppliedSource;
use crate::policy::Policy;
use crate::source::{SourceId, SourceRevision};

/// What the files want. It can only be made of a document that the authenticator reads without a loss.
#[derive(Debug, Clone)]
pub struct DesiredAccess {
    document: AwsAuthDocument,
    pub(crate) revision: SourceRevision,
    policy: Policy,
    previous: Option<AwsAuthDocument>,
    takes_over: Option<SourceId>,
    only: Option<BTreeSet<EntryKey>>,
    restores: bool,
    /// Of what the map was made that stands in a record: the files themselves are not at hand.
    applied_digest: Option<String>,
}

impl DesiredAccess {
    /// Takes a parsed document, unless one of its findings is an error.
    pub fn new(
        document: Option<AwsAuthDocument>,
        findings: &[Finding],
        revision: SourceRevision,
        policy: Policy,
    ) -> Option<Self> {
        let document = document.filter(|_| !has_errors(findings))?;
        Some(Self {
            document,
            revision,
            policy,
            previous: None,
            takes_over: None,
            only: None,
            restores: false,
            applied_digest: None,
        })
    }

    /// What was applied, from the map that its record has. It is for defending it, and cannot be applied anew: what
    /// was others' is in it as well.
    pub(crate) fn as_applied(applied: &AppliedSource, data: &BTreeMap<String, String>) -> Option<Self> {
        let (document, findings) = AwsAuthDocument::of_data("the map as it was applied", data);
        let desired = Self::new(document, &findings, applied.revision.clone(), applied.policy.clone())?;
        Some(Self { applied_digest: Some(applied.digest.clone()), ..desired })
    }

    /// The same, with what this source applied before, for a cluster that keeps no ledger.
    #[must_use]
    pub fn after(mut self, previous: AwsAuthDocument) -> Self {
        self.previous = Some(previous);
        self
    }

    /// The same, for a file that has moved: what `source` owned is this source's from now on.
    #[must_use]
    pub fn taking_over(mut self, source: SourceId) -> Self {
        self.takes_over = Some(source);
        self
    }

    /// The same, for an edit by hand: it speaks of these entries and of no others, which stay as they are and
    /// whose they are. Of these, what nobody owns becomes this source's, by the user's word.
    #[must_use]
    pub fn speaking_only_of(mut self, keys: BTreeSet<EntryKey>) -> Self {
        self.only = Some(keys);
        self
    }

    /// What puts these entries back as they were in `document`, whoever they belong to, and does nothing else.
    pub(crate) fn restoring(&self, document: AwsAuthDocument, keys: BTreeSet<EntryKey>) -> Self {
        Self { document, only: Some(keys), restores: true, ..self.clone() }
    }

    /// The map as its author wrote it.
    pub fn document(&self) -> &AwsAuthDocument {
        &self.document
    }

    /// The source and its revision.
    pub fn revision(&self) -> &SourceRevision {
        &self.revision
    }

    /// The same under what both policies demand, where there is another one.
    #[must_use]
    pub fn judged_also_by(mut self, policy: Option<&Policy>) -> Self {
        if let Some(policy) = policy {
            self.policy = self.policy.and(policy);
        }
        self
    }

    /// The proposed policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The digest of what the files say, by which one revision is told from the next where there are no
    /// commits.
    pub fn digest(&self) -> String {
        if let Some(digest) = &self.applied_digest {
            return digest.clone();
        }
        let policy = serde_json::to_string(&self.policy).expect("a policy is always JSON");
        fingerprint(format!("{policy}\n{}", self.document.text()).as_bytes())
    }

    /// What this source applied before, where the user had to say so.
    pub fn previous(&self) -> Option<&AwsAuthDocument> {
        self.previous.as_ref()
    }

    /// The source that gives way to this one, by the user's word.
    pub fn takes_over(&self) -> Option<&SourceId> {
        self.takes_over.as_ref()
    }

    /// Does it only put back what somebody took away? Nobody owns more or less by that, and nothing in it is new.
    pub fn restores(&self) -> bool {
        self.restores
    }

    /// Does it speak of a few entries alone, whatever else the map holds?
    pub fn is_partial(&self) -> bool {
        self.only.is_some()
    }

    /// Does it say what becomes of this entry, if only by leaving it out?
    pub fn speaks_of(&self, key: &EntryKey) -> bool {
        self.only.as_ref().is_none_or(|keys| keys.contains(key))
    }
}
