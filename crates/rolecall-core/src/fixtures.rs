//! Values that several unit tests start from. They go through the real parser.

use crate::cluster::ClusterIdentity;
use crate::desired::DesiredAccess;
use crate::document::AwsAuthDocument;
use crate::guard::Circumstances;
use crate::ledger::Ledger;
use crate::observed::{Caller, Knowledge, ObservedAccess, ObservedLedger, ObservedMap};
use crate::plan::plan;
use crate::policy::Policy;
use crate::source::{SourceId, SourceRevision};

const META: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n";

/// An entry of `mapRoles` of account 111122223333.
pub(crate) fn role(name: &str, groups: &[&str]) -> String {
    // Quoted, since `y` alone would be a boolean.
    let groups: Vec<String> = groups.iter().map(|group| format!("\"{group}\"")).collect();
    let groups = groups.join(", ");
    format!("- rolearn: arn:aws:iam::111122223333:role/{name}\n  username: {name}\n  groups: [{groups}]\n")
}

/// The ConfigMap with this text of `mapRoles`.
pub(crate) fn manifest(roles: &str) -> String {
    let indented: String = roles.lines().flat_map(|line| ["    ", line, "\n"]).collect();
    format!("{META}data:\n  mapRoles: |\n{indented}")
}

/// What a file with this text of `mapRoles` wants.
pub(crate) fn desired(roles: &str) -> DesiredAccess {
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", &manifest(roles));
    DesiredAccess::new(document, &findings, SourceRevision::cli(), Policy::default())
        .unwrap_or_else(|| panic!("{findings:?}"))
}

/// A cluster with this text of `mapRoles`, seen at the beginning of time by a client certificate.
pub(crate) fn observed(roles: &str, ledger: Option<Ledger>) -> ObservedAccess {
    ObservedAccess {
        cluster: ClusterIdentity {
            name: "prod".into(),
            endpoint: Some("https://a".into()),
            ca_fingerprint: None,
        },
        observed_at: Some(jiff::Timestamp::UNIX_EPOCH),
        mode: Knowledge::Unknown("not asked".into()),
        access_entries: Knowledge::Unknown("not asked".into()),
        map: Some(ObservedMap::of_data([("mapRoles".into(), roles.into())].into()).at("1")),
        ledger: Knowledge::Known(
            ledger.map(|ledger| ObservedLedger { resource_version: "1".into(), ledger }),
        ),
        unfinished: Vec::new(),
        caller: Knowledge::Known(Caller { username: "admin".into(), groups: vec![], canonical_arn: None }),
    }
}

/// Nothing special, at the moment of the observation.
pub(crate) fn circumstances() -> Circumstances {
    Circumstances {
        now: jiff::Timestamp::UNIX_EPOCH,
        declared: None,
        applier: None,
        lineage: Knowledge::Unknown("not asked".into()),
        allowed: vec![],
    }
}

/// An entry for the principal that `arn` ends with, of account 111122223333: `role/a` or `user/b`.
pub(crate) fn entry(arn: &str, username: &str, groups: &str) -> String {
    let key = if arn.starts_with("user/") { "userarn" } else { "rolearn" };
    format!("- {key}: arn:aws:iam::111122223333:{arn}\n  username: {username}\n  groups: [{groups}]\n")
}

/// What a file of the repository `source` with these sections wants.
pub(crate) fn wanted(sections: &[(&str, &str)], source: &str, policy: Policy) -> DesiredAccess {
    let mut text = format!("{META}data:\n");
    for (key, section) in sections {
        text.extend(["  ", key, ": |\n"]);
        section.lines().for_each(|line| text.extend(["    ", line, "\n"]));
    }
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", &text);
    let source = SourceId::repository("https://git.example.com/doors", source);
    let revision = SourceRevision { source, commit: Some("1a".into()), committed_at: None, modified: false };
    DesiredAccess::new(document, &findings, revision, policy).unwrap_or_else(|| panic!("{findings:?}"))
}

impl DesiredAccess {
    /// The same files at another commit.
    pub(crate) fn at(mut self, commit: &str) -> Self {
        self.revision.commit = Some(commit.into());
        self
    }
}

/// A cluster with these sections, where `wanted` was applied before.
pub(crate) fn applied(sections: &[(&str, &str)], wanted: Option<&DesiredAccess>) -> ObservedAccess {
    let mut cluster = observed("", None);
    let data = sections.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    cluster.map = Some(ObservedMap::of_data(data).at("1"));
    cluster.access_entries = Knowledge::Known(Vec::new());
    let ledger = wanted.map(|wanted| plan(wanted, &cluster).ledger().clone());
    cluster.ledger =
        Knowledge::Known(ledger.map(|ledger| ObservedLedger { resource_version: "1".into(), ledger }));
    cluster
}
