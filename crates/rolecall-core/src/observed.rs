//! What is there: one whole cluster, observed at one moment.
//!
//! "Known empty" and "unknown" are different types here, so that a read that failed can never be taken for
//! an empty one. Adapters fill this in; nothing in here reads anything.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::cluster::{AccessEntry, AuthenticationMode, ClusterIdentity, fingerprint};
use crate::document::AwsAuthDocument;
use crate::effective::{EffectiveMap, Lookup, lookup};
use crate::identity_mapping::fold;
use crate::ledger::Ledger;
use crate::principal::{PrincipalArn, strip_path};
use crate::record::Intent;

/// The annotation in which `kubectl apply` keeps what it applied last.
pub const LAST_APPLIED_ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Something that was read, or the reason why it could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Knowledge<T> {
    /// It was read, and this is all of it.
    Known(T),
    /// It could not be read, and why: never a thing that a guard may count on.
    Unknown(String),
}

impl<T> Knowledge<T> {
    /// The value, where there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// One cluster at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedAccess {
    /// Which cluster this is.
    pub cluster: ClusterIdentity,
    /// When it was observed; `None` for a saved file, which has no moment.
    pub observed_at: Option<jiff::Timestamp>,
    /// How it authenticates.
    pub mode: Knowledge<AuthenticationMode>,
    /// The access entries, which outrank the map.
    pub access_entries: Knowledge<Vec<AccessEntry>>,
    /// The `aws-auth` ConfigMap; `None` where there is none.
    pub map: Option<ObservedMap>,
    /// What is ours; `Known(None)` where Rolecall has never applied anything.
    pub ledger: Knowledge<Option<ObservedLedger>>,
    /// Applies that began and did not end.
    pub unfinished: Vec<Intent>,
    /// Who is asking.
    pub caller: Knowledge<Caller>,
}

/// The `aws-auth` ConfigMap as the API server has it, read once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObservedMap {
    /// The precondition of a write. `None` for a saved file that does not say.
    pub resource_version: Option<String>,
    /// All annotations.
    pub annotations: BTreeMap<String, String>,
    data: BTreeMap<String, String>,
    effective: EffectiveMap,
}

impl ObservedMap {
    /// A map with these data and no annotations, of which nobody knows the version.
    pub fn of_data(data: BTreeMap<String, String>) -> Self {
        Self { effective: EffectiveMap::read(&data), data, ..Self::default() }
    }

    /// The map that a saved file holds.
    pub fn of_document(document: &AwsAuthDocument) -> Self {
        Self {
            resource_version: document.resource_version().map(ToString::to_string),
            annotations: document.annotations().clone(),
            data: document.data().clone(),
            effective: document.effective().clone(),
        }
    }

    /// The same at this version.
    #[must_use]
    pub fn at(self, resource_version: &str) -> Self {
        Self { resource_version: Some(resource_version.to_string()), ..self }
    }

    /// All data keys, also those that the authenticator does not read.
    pub fn data(&self) -> &BTreeMap<String, String> {
        &self.data
    }

    /// Changes the data, and reads what they say then.
    pub fn alter(&mut self, change: impl FnOnce(&mut BTreeMap<String, String>)) {
        change(&mut self.data);
        self.effective = EffectiveMap::read(&self.data);
    }
}

/// The ledger, and the precondition of the next write of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedLedger {
    /// The precondition of a write.
    pub resource_version: String,
    /// What it says.
    pub ledger: Ledger,
}

/// Who the API server takes us for (SelfSubjectReview).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// The Kubernetes username.
    pub username: String,
    /// The Kubernetes groups.
    pub groups: Vec<String>,
    /// The canonical ARN that the authenticator looked up (`extra.canonicalArn`); `None` for a caller that
    /// did not come through IAM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_arn: Option<String>,
}

/// The access entries of a cluster by their principals.
#[derive(Debug)]
pub struct Outranking<'a>(BTreeMap<String, &'a AccessEntry>);

impl<'a> Outranking<'a> {
    /// The access entry of a principal.
    pub fn entry(&self, principal: &str) -> Option<&'a AccessEntry> {
        if self.0.is_empty() { None } else { self.0.get(&pathless(principal)).copied() }
    }

    /// All of them.
    pub fn entries(&self) -> impl Iterator<Item = &'a AccessEntry> {
        self.0.values().copied()
    }
}

impl ObservedAccess {
    /// A cluster of which nothing is known, for this reason.
    pub fn unseen(cluster: ClusterIdentity, why: &str) -> Self {
        let why = || why.to_string();
        Self {
            cluster,
            observed_at: None,
            mode: Knowledge::Unknown(why()),
            access_entries: Knowledge::Unknown(why()),
            map: None,
            ledger: Knowledge::Unknown(why()),
            unfinished: Vec::new(),
            caller: Knowledge::Unknown(why()),
        }
    }

    /// The data of the map, empty where there is no map.
    pub fn data(&self) -> &BTreeMap<String, String> {
        static NOTHING: BTreeMap<String, String> = BTreeMap::new();
        self.map.as_ref().map_or(&NOTHING, |map| &map.data)
    }

    /// The map as the authenticator reads it, which says nothing where there is none.
    pub fn effective(&self) -> EffectiveMap {
        self.map.as_ref().map(|map| map.effective.clone()).unwrap_or_default()
    }

    /// The ledger's content, empty where nothing was ever applied or where it cannot be read.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.ledger.known()?.as_ref().map(|observed| &observed.ledger)
    }

    /// Is there no ledger yet, but what `kubectl apply` left? Its annotation tells what was ours, and a ledger would
    /// end that: it has to wait for the first apply of the files.
    pub fn awaits_first_apply(&self) -> bool {
        let has_annotation =
            self.map.as_ref().is_some_and(|map| map.annotations.contains_key(LAST_APPLIED_ANNOTATION));
        matches!(self.ledger, Knowledge::Known(None)) && has_annotation
    }

    /// The access entry of a principal, where access entries are known: it outranks the map.
    ///
    /// EKS keeps a role's ARN with its path, and STS reports it without: both name the same principal here.
    pub fn access_entry(&self, principal: &str) -> Option<&AccessEntry> {
        let wanted = pathless(principal);
        self.access_entries.known()?.iter().find(|entry| pathless(&entry.principal_arn) == wanted)
    }

    /// The same for many principals at once.
    pub fn outranking(&self) -> Outranking<'_> {
        let known = self.access_entries.known().into_iter().flatten();
        Outranking(known.map(|entry| (pathless(&entry.principal_arn), entry)).collect())
    }

    /// The same as `applier` would observe it: who asks is another one, who enters as the map says, or an access
    /// entry.
    #[must_use]
    pub fn as_seen_by(&self, applier: &PrincipalArn) -> Self {
        let arn = applier.canonical();
        let map = self.effective();
        let (username, groups) = match (self.access_entry(arn), lookup(&map, applier, false)) {
            (Some(entry), _) => (entry.username.clone(), entry.groups.clone()),
            (None, Lookup::Entry(entry)) => (entry.mapping.username.clone(), entry.mapping.groups.clone()),
            _ => (arn.to_string(), Vec::new()),
        };
        let caller = Caller { username, groups, canonical_arn: Some(arn.to_string()) };
        Self { caller: Knowledge::Known(caller), ..self.clone() }
    }

    /// The digest of what plans and guards read, and of nothing else: a new `resourceVersion` alone, or a
    /// later hour, does not change it.
    pub fn fingerprint(&self) -> String {
        let last_applied = self.map.as_ref().and_then(|map| map.annotations.get(LAST_APPLIED_ANNOTATION));
        let read = serde_json::json!({
            "cluster": self.cluster,
            "mode": self.mode,
            "accessEntries": self.access_entries,
            "map": self.map.as_ref().map(|map| &map.data),
            "lastApplied": last_applied,
            "ledger": match &self.ledger {
                Knowledge::Known(ledger) => Knowledge::Known(ledger.as_ref().map(|observed| &observed.ledger)),
                Knowledge::Unknown(why) => Knowledge::Unknown(why.clone()),
            },
            "unfinished": self.unfinished,
            "caller": self.caller,
        });
        fingerprint(read.to_string().as_bytes())
    }
}

/// What two spellings of one principal have in common.
fn pathless(arn: &str) -> String {
    let folded = fold(arn);
    strip_path(&folded).unwrap_or(folded)
}
