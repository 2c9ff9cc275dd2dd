//! The knock on the door: who is taken for whom, and when that is not what the map says.

use rolecall_core::cluster::{AccessEntry, AuthenticationMode};
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess};
use rolecall_core::plan::Call;
use rolecall_engine::fake::{FakeCluster, Moment, Step};
use rolecall_engine::line::{Reading, verify};
use rolecall_engine::port::{NoHistory, ObserveAccess, PortErrorKind, PortFuture};

use crate::stage::{DEPLOYER, alter_roles, cluster, desired, error, role};

#[tokio::test]
async fn verification_sees_who_is_locked_out() {
    let (cluster, wanted) = (cluster(&[]), desired(&[]));
    let reading = Reading { observe: &cluster, clock: &cluster, history: &NoHistory };
    assert!(verify(reading, &wanted, None).await.unwrap().is_as_planned());
    let mut observed = cluster.observed();
    alter_roles(&mut observed, |roles| *roles = role("dev"));
    let shut = FakeCluster::new(observed);
    let seen =
        verify(Reading { observe: &shut, clock: &shut, history: &NoHistory }, &wanted, None).await.unwrap();
    assert!(!seen.is_as_planned() && !seen.is_unknown());
    shut.fail(Step::Authenticate, Moment::Before, error(PortErrorKind::Other));
    assert!(
        verify(Reading { observe: &shut, clock: &shut, history: &NoHistory }, &wanted, None)
            .await
            .unwrap()
            .is_unknown()
    );
}

/// A cluster that takes the caller for somebody whom the map does not make him.
struct Stubborn<'a> {
    cluster: &'a FakeCluster,
    caller: Caller,
}

impl ObserveAccess for Stubborn<'_> {
    fn observe(&self) -> PortFuture<'_, ObservedAccess> {
        self.cluster.observe()
    }

    fn authenticate_afresh(&self) -> PortFuture<'_, Caller> {
        Box::pin(std::future::ready(Ok(self.caller.clone())))
    }

    fn rehearse<'a>(&'a self, call: &'a Call) -> PortFuture<'a, ()> {
        self.cluster.rehearse(call)
    }
}

/// Why a caller with these groups is not who the map says it is.
async fn mismatch(cluster: &FakeCluster, username: &str, groups: &[&str]) -> Option<String> {
    let caller = Caller {
        username: username.into(),
        groups: groups.iter().map(ToString::to_string).collect(),
        canonical_arn: Some(DEPLOYER.into()),
    };
    let stubborn = Stubborn { cluster, caller };
    let reading = Reading { observe: &stubborn, clock: cluster, history: &NoHistory };
    verify(reading, &desired(&[]), None).await.unwrap().mismatch
}

#[tokio::test]
async fn whoever_keeps_a_group_that_the_map_does_not_give_is_found() {
    let cluster = cluster(&[]);
    let plain = ["rolecall:deployers", "system:authenticated"];
    assert_eq!(mismatch(&cluster, "deployer", &plain).await, None);
    for extra in ["system:masters", "ops"] {
        let groups = [&plain[..], &[extra]].concat();
        let mismatch = mismatch(&cluster, "deployer", &groups).await.unwrap();
        assert_eq!(mismatch, format!("the caller is in `{extra}`, and by the map it is not"));
    }
}

#[tokio::test]
async fn a_template_explains_a_group_that_it_may_become_and_no_other() {
    for (template, group, is_explained) in [
        ("{{SessionName}}", "ann", true),
        ("team:{{SessionName}}", "team:ann", true),
        ("team:{{SessionName}}", "ops", false),
        ("{{SessionName}}", "system:masters", false),
        ("system:{{SessionName}}", "system:masters", false),
    ] {
        let mut observed = cluster(&[]).observed();
        alter_roles(&mut observed, |roles| {
            *roles = roles.replace("[rolecall:deployers]", &format!("[rolecall:deployers, '{template}']"));
        });
        let cluster = FakeCluster::new(observed);
        let mismatch = mismatch(&cluster, "deployer", &["rolecall:deployers", group]).await;
        assert_eq!(mismatch.is_none(), is_explained, "{template} {group}: {mismatch:?}");
    }
}

#[tokio::test]
async fn an_access_entry_answers_for_its_role_also_where_it_has_a_path() {
    let mut observed = cluster(&[]).observed();
    observed.mode = Knowledge::Known(AuthenticationMode::ApiAndConfigMap);
    observed.access_entries = Knowledge::Known(vec![AccessEntry {
        principal_arn: DEPLOYER.replace("role/", "role/ci/"),
        entry_type: "STANDARD".into(),
        username: "by-entry".into(),
        groups: Vec::new(),
        cluster_policies: Vec::new(),
    }]);
    let cluster = FakeCluster::new(observed);
    assert_eq!(mismatch(&cluster, "by-entry", &["system:authenticated"]).await, None);
}
