//! A cluster in memory, the files that are wanted of it, and a run of the line over both.

use std::sync::Mutex;
use std::time::Duration;

use rolecall_core::Timestamp;
use rolecall_core::cluster::ClusterIdentity;
use rolecall_core::desired::DesiredAccess;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::guard::Circumstances;
use rolecall_core::identity_mapping::{EntryKey, Section};
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess, ObservedMap};
use rolecall_core::policy::Policy;
use rolecall_core::source::SourceRevision;
use rolecall_engine::fake::FakeCluster;
use rolecall_engine::line::{
    ApplyError, ApplyReport, ApplyRequest, Approval, Event, Line, Reading, Watcher, apply,
};
use rolecall_engine::port::{NoHistory, PortError, PortErrorKind};

pub(crate) const DEPLOYER: &str = "arn:aws:iam::111122223333:role/deployer";

/// The pipeline's own entry, which every map here keeps.
pub(crate) const OWN: &str = "- rolearn: arn:aws:iam::111122223333:role/deployer\n  username: deployer\n  groups: [rolecall:deployers]\n";

pub(crate) fn role(name: &str) -> String {
    format!("- rolearn: arn:aws:iam::111122223333:role/{name}\n  username: {name}\n  groups: [ops]\n")
}

pub(crate) fn desired(names: &[&str]) -> DesiredAccess {
    desired_at(names, SourceRevision::cli())
}

pub(crate) fn desired_at(names: &[&str], revision: SourceRevision) -> DesiredAccess {
    let roles: String = names.iter().map(|name| role(name)).collect();
    let indented: String = format!("{OWN}{roles}").lines().flat_map(|line| ["    ", line, "\n"]).collect();
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n{indented}"
    );
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", &text);
    DesiredAccess::new(document, &findings, revision, Policy::default()).unwrap()
}

/// Somebody else's hand on `mapRoles`.
pub(crate) fn alter_roles(observed: &mut ObservedAccess, change: impl FnOnce(&mut String)) {
    observed.map.as_mut().unwrap().alter(|data| change(data.get_mut("mapRoles").unwrap()));
}

pub(crate) fn cluster(names: &[&str]) -> FakeCluster {
    let roles: String = names.iter().map(|name| role(name)).collect();
    FakeCluster::new(ObservedAccess {
        cluster: ClusterIdentity { name: "prod".into(), endpoint: None, ca_fingerprint: None },
        observed_at: Some(Timestamp::UNIX_EPOCH),
        mode: Knowledge::Unknown("not EKS".into()),
        access_entries: Knowledge::Unknown("not EKS".into()),
        map: Some(ObservedMap::of_data([("mapRoles".into(), format!("{OWN}{roles}"))].into()).at("1")),
        ledger: Knowledge::Known(None),
        unfinished: Vec::new(),
        caller: Knowledge::Known(Caller {
            username: "deployer".into(),
            groups: vec!["rolecall:deployers".into()],
            canonical_arn: Some(DEPLOYER.into()),
        }),
    })
}

/// Hears what is going on, and may ask to stop.
#[derive(Default)]
pub(crate) struct Ear {
    pub(crate) heard: Mutex<Vec<&'static str>>,
    pub(crate) is_cancelled: bool,
}

impl Watcher for Ear {
    fn hear(&self, event: Event<'_>) {
        self.heard.lock().unwrap().push(match event {
            Event::Approved(_) => "approved",
            Event::Waiting { .. } => "waiting",
            Event::PlanningAgain => "again",
            Event::Writing => "writing",
            Event::Verifying => "verifying",
        });
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }
}

pub(crate) async fn run(
    cluster: &FakeCluster,
    desired: &DesiredAccess,
    approval: Approval,
) -> Result<ApplyReport, ApplyError> {
    run_heard(cluster, desired, approval, &Ear::default(), true).await
}

pub(crate) async fn run_heard(
    cluster: &FakeCluster,
    desired: &DesiredAccess,
    approval: Approval,
    watcher: &dyn Watcher,
    records: bool,
) -> Result<ApplyReport, ApplyError> {
    let line = Line {
        reading: Reading { observe: cluster, clock: cluster, history: &NoHistory },
        change: cluster,
        records: records.then_some(cluster as _),
        lock: cluster,
    };
    let circumstances = circumstances();
    let holder = "me".to_owned();
    let request =
        ApplyRequest { desired, circumstances, approval, holder, lock_wait: Duration::from_secs(5) };
    apply(line, request, watcher).await
}

/// Nothing special.
pub(crate) fn circumstances() -> Circumstances {
    Circumstances {
        now: Timestamp::UNIX_EPOCH,
        declared: None,
        applier: None,
        lineage: Knowledge::Unknown("nobody was asked".into()),
        allowed: Vec::new(),
    }
}

pub(crate) fn names(cluster: &FakeCluster) -> Vec<String> {
    cluster.observed().effective().entries().map(|entry| entry.mapping.username.clone()).collect()
}

pub(crate) fn owned(cluster: &FakeCluster, name: &str) -> bool {
    let key = EntryKey::new(Section::MapRoles, &format!("arn:aws:iam::111122223333:role/{name}"));
    cluster.observed().ledger().is_some_and(|ledger| ledger.owner(&key).is_some())
}

pub(crate) fn error(kind: PortErrorKind) -> PortError {
    PortError::new(kind, "ask", "`it`", "it is said so")
}
