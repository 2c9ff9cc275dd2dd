//! A map before and after, by way of a file, a plan and what comes of it.

use std::collections::BTreeMap;

use rolecall_core::cluster::ClusterIdentity;
use rolecall_core::desired::DesiredAccess;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::EffectiveMap;
use rolecall_core::identity_mapping::Section;
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess, ObservedLedger, ObservedMap};
use rolecall_core::plan::{Plan, plan};
use rolecall_core::policy::Policy;
use rolecall_core::predict::predict;
use rolecall_core::source::{SourceId, SourceRevision};
use serde_json::{Value, json};

/// Data keys and their texts.
pub(crate) type Data = BTreeMap<String, String>;

/// A cluster, and the source that applies to it.
pub(crate) struct Stage(ObservedAccess);

impl Stage {
    /// A cluster with this map, of which nothing is ours.
    pub(crate) fn new(map: Option<Data>) -> Self {
        let identity = ClusterIdentity { name: "prod".into(), endpoint: None, ca_fingerprint: None };
        let caller = Caller { username: "admin".into(), groups: Vec::new(), canonical_arn: None };
        Self(ObservedAccess {
            map: map.map(ObservedMap::of_data),
            ledger: Knowledge::Known(None),
            caller: Knowledge::Known(caller),
            ..ObservedAccess::unseen(identity, "not asked")
        })
    }

    /// Applies a file with these entries, and says how; `Err` with what is wrong with the file.
    pub(crate) fn apply(&mut self, entries: &[Value]) -> Result<Plan, String> {
        let desired = desired(&manifest(entries))?;
        let plan = plan(&desired, &self.0);
        if plan.blocked().is_empty() {
            self.0 = predict(&plan, &self.0);
        }
        Ok(plan)
    }

    /// Takes what stands there for ours, as if an earlier file had put it there.
    pub(crate) fn owned(mut self) -> Self {
        let all = Section::ALL.iter().flat_map(|section| self.entries(*section)).collect::<Vec<_>>();
        let desired = desired(&manifest(&all)).unwrap();
        let ledger = plan(&desired, &self.0).ledger().clone();
        self.0.ledger = Knowledge::Known(Some(ObservedLedger { resource_version: "1".into(), ledger }));
        self
    }

    pub(crate) fn data(&self) -> &Data {
        self.0.data()
    }

    /// The entries of a section as the authenticator keeps them.
    pub(crate) fn entries(&self, section: Section) -> Vec<Value> {
        entries(self.data(), section)
    }
}

/// What a file wants, or what is wrong with it.
pub(crate) fn desired(manifest: &str) -> Result<DesiredAccess, String> {
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", manifest);
    let source = SourceId::repository("https://git.example.com/doors", "aws-auth.yml");
    let revision = SourceRevision { source, commit: Some("1a".into()), committed_at: None, modified: false };
    DesiredAccess::new(document, &findings, revision, Policy::default())
        .ok_or_else(|| format!("{findings:?}"))
}

/// A file with these entries, each in the section that its key says.
pub(crate) fn manifest(entries: &[Value]) -> String {
    let mut text =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n"
            .to_owned();
    for (section, key) in [("mapRoles", "rolearn"), ("mapUsers", "userarn"), ("mapAccounts", "account")] {
        let own = entries.iter().filter(|entry| entry.get(key).is_some());
        let own: Vec<Value> =
            own.map(|entry| if key == "account" { entry[key].clone() } else { entry.clone() }).collect();
        let quoted = json!(own).to_string().replace('\'', "''");
        text.extend(["  ", section, ": '", &quoted, "'\n"]);
    }
    text
}

/// The data of a map: lists as JSON, `…_raw` and all else as it is.
pub(crate) fn data(before: &Value) -> Option<Data> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members = before.as_object()?.iter();
    Some(members.map(|(key, value)| (key.trim_end_matches("_raw").to_owned(), text(value))).collect())
}

/// The entries of a section as the authenticator keeps them.
pub(crate) fn entries(data: &Data, section: Section) -> Vec<Value> {
    let map = EffectiveMap::read(data);
    let entries = map.section(section).entries().iter().map(|entry| {
        let mapping = &entry.mapping;
        match section {
            Section::MapAccounts => json!({ "account": mapping.principal }),
            _ => json!({
                (if section == Section::MapRoles { "rolearn" } else { "userarn" }): mapping.principal,
                "username": mapping.username,
                "groups": mapping.groups,
            }),
        }
    });
    entries.collect()
}
