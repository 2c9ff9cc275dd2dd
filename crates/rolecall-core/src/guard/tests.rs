//! The guards that no case folder can show: time, cluster, caller. The others are in `tests/cases/plans`.

use jiff::SignedDuration;

use super::{Circumstances, Guard, Verdict, approve, judge};
use crate::cluster::ClusterIdentity;
use crate::fixtures::{circumstances, desired, observed, role};
use crate::observed::{Caller, Knowledge, ObservedAccess};
use crate::plan::plan;

fn verdict(
    guard: Guard,
    wanted: &str,
    observed: &ObservedAccess,
    circumstances: &Circumstances,
) -> (Verdict, String) {
    let desired = desired(wanted);
    let judgements = judge(&plan(&desired, observed), &desired, observed, circumstances);
    let judgement = judgements.into_iter().find(|judgement| judgement.guard == guard).unwrap();
    (judgement.verdict, judgement.message)
}

fn check_rg07(circumstances: &Circumstances, message: &str) {
    let roles = role("a", &["x"]);
    let found = verdict(Guard::Rg07, &roles, &observed(&roles, None), circumstances);
    assert_eq!(found, (Verdict::Refused, message.to_owned()));
}

#[test]
fn rg07_refuses_what_was_not_planned() {
    let late = Circumstances { now: circumstances().now + SignedDuration::from_secs(301), ..circumstances() };
    check_rg07(&late, "the cluster was observed 301 seconds ago");
    let other =
        ClusterIdentity { name: "prod".into(), endpoint: Some("https://b".into()), ca_fingerprint: None };
    let elsewhere = Circumstances { declared: Some(other), ..circumstances() };
    check_rg07(&elsewhere, "this is cluster `prod`, and the plan is for `prod`");
    let applier = Caller { username: "other".into(), groups: vec![], canonical_arn: None };
    let somebody = Circumstances { applier: Some(applier), ..circumstances() };
    check_rg07(&somebody, "the plan is to be applied by `other`");
}

#[test]
fn rg07_lets_the_same_cluster_and_caller_pass() {
    let roles = role("a", &["x"]);
    let observed = observed(&roles, None);
    let as_planned = Circumstances {
        declared: Some(observed.cluster.clone()),
        applier: observed.caller.known().cloned(),
        ..circumstances()
    };
    assert_eq!(verdict(Guard::Rg07, &roles, &observed, &as_planned).0, Verdict::Passed);
}

#[test]
fn rg01_is_a_pessimist_about_a_caller_that_is_not_known() {
    let mut observed = observed(&role("a", &["x"]), None);
    observed.caller = Knowledge::Unknown("the API server does not say".into());
    let added = format!("{}{}", role("a", &["x"]), role("b", &["x"]));
    assert_eq!(verdict(Guard::Rg01, &added, &observed, &circumstances()).0, Verdict::Passed);
    let altered = role("a", &["y"]);
    assert_eq!(verdict(Guard::Rg01, &altered, &observed, &circumstances()).0, Verdict::Refused);
}

#[test]
fn only_what_is_not_refused_is_approved() {
    let wanted = desired(&role("a", &["x"]));
    let fine = observed(&role("a", &["y"]), None);
    let approved = approve(plan(&wanted, &fine), &wanted, &fine, &circumstances()).unwrap();
    assert_eq!(approved.plan().changes().len(), 1);
    let nodes = observed(&role("a", &["system:nodes"]), None);
    let refusal = approve(plan(&wanted, &nodes), &wanted, &nodes, &circumstances()).unwrap_err();
    assert!(refusal.judgements.iter().any(|judgement| judgement.guard == Guard::Rg03));
}
