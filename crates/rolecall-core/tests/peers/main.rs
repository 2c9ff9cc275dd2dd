//! Replays what other tools do with a map: how they read, check, merge and edit it.
//!
//! `../cases/peers.jsonl` holds their own test cases and what was seen of them. Where we do the same, the row
//! is replayed by `every_row_agrees`; where a peer's behaviour is a defect, a test of `defects` says so by its
//! name; what is about something else than a map stands in `ELSEWHERE`, with the reason.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

use std::collections::BTreeSet;

use serde_json::Value;

mod by_hand;
mod defects;
mod editing;
mod reading;
mod stage;

const ROWS: &str = include_str!("../cases/peers.jsonl");

/// Rows that are not about a map, by the beginning of `PEER CASE`, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("ack eks-controller ", "access entries"),
    ("aws-cdk AccessEntry ", "access entries"),
    ("cluster-api-provider-aws ae.", "access entries"),
    ("cluster-api-provider-aws (reported, #6003) ", "access entries"),
    ("eksctl ae.", "access entries"),
    ("eksctl migrate.", "the move to access entries"),
    ("pulumi-eks ", "authentication modes and access entries"),
    ("amartinawi/eks-rbac-audit rule.", "rules about rights: the rules of `rolecall check`, and RBAC"),
    ("amartinawi/eks-rbac-audit parse.own_account", "guesses at the cluster's own account"),
    ("amartinawi/eks-rbac-audit parse.colons", "prose; the differential test has colons in plenty"),
    ("amartinawi/eks-rbac-audit parse.unquoted", "prose; the differential test writes keys plainly"),
    ("0hardik1/kubesplaining awsauth.masters", "rules about rights: `rolecall check` and `who-can`"),
    ("0hardik1/kubesplaining awsauth.group_", "bindings of groups: RBAC"),
    ("aws-cdk AwsAuth imported", "how CDK makes ARNs"),
    ("aws-cdk AwsAuth role_of", "CloudFormation stacks"),
    ("aws-cdk AwsAuth user_of", "CloudFormation stacks"),
    ("cartography-cncf/cartography entry_vanishes", "access entries"),
    ("cartography-cncf/cartography template.session_in_mapUsers", "guesses at RBAC subjects; RBAC"),
    ("cashapp/cmmc ", "many sources of one map: ownership, which the ledger's tests replay"),
    ("cluster-api-provider-aws worker_roles", "objects of another controller"),
    ("eksctl cli.", "the command line of `rolecall map`"),
    ("eksctl cm.existing_with_uid", "how the object is written: `rolecall-kube`"),
    ("eksctl mapping.validate.", "the command line of `rolecall map`"),
    ("eksctl (read from code) mapping.validate.", "the command line of `rolecall map`"),
    ("gp42/aws-auth-operator checksum.", "sums over lines, which we do not make"),
    ("gp42/aws-auth-operator paging", "groups of IAM users"),
    ("gp42/aws-auth-operator user_in_two_groups", "groups of IAM users"),
    ("justinas-b/aws-iam-authenticator-sso-wrapper node_role", "entries made of nothing"),
    ("justinas-b/aws-iam-authenticator-sso-wrapper path", "permission sets found by IAM"),
    ("justinas-b/aws-iam-authenticator-sso-wrapper permission_set", "permission sets found by IAM"),
    ("justinas-b/aws-iam-authenticator-sso-wrapper transform", "permission sets found by IAM"),
    ("keikoproj/aws-auth cli.", "the command line of `rolecall map`"),
    ("keikoproj/aws-auth retry.", "retries: the engine"),
    ("keikoproj/aws-auth types.role_yaml", "rendering an entry anew: `rolecall map`"),
    ("keikoproj/aws-auth (observed) conflict.", "conflicts: the engine"),
    ("keikoproj/aws-auth (read from code) validate.", "the command line of `rolecall map`"),
    ("maruina/aws-auth-manager delete", "items as objects of Kubernetes"),
    ("maruina/aws-auth-manager items_in_two", "items as objects of Kubernetes"),
    ("maruina/aws-auth-manager resume", "items as objects of Kubernetes"),
    ("maruina/aws-auth-manager suspended", "items as objects of Kubernetes"),
    ("maruina/aws-auth-manager update", "items as objects of Kubernetes"),
    ("maruina/aws-auth-manager (read from code) duplicates", "items as objects of Kubernetes"),
    ("maruina/aws-auth-manager (read from code) suspended", "items as objects of Kubernetes"),
    ("polarsquad/eks-auth-sync ", "mappings found by tags of IAM or in SSM"),
    ("redacid/aws-auth-controller webhook.", "items as objects of Kubernetes"),
    ("redacid/aws-auth-controller data.update", "prose; the same as `mapper.user_upsert`"),
    ("skpr/aws-auth-mapper ", "items as objects of Kubernetes"),
    ("Qovery/iam-eks-user-mapper config.", "groups of IAM users"),
    ("Qovery/iam-eks-user-mapper render.", "rendering a map anew, which Rolecall never does"),
    ("Qovery/iam-eks-user-mapper sso.", "permission sets found by IAM"),
    ("Qovery/iam-eks-user-mapper (observed) empty_iam_group", "groups of IAM users"),
    ("Qovery/iam-eks-user-mapper (observed) large_group", "groups of IAM users"),
    ("Qovery/iam-eks-user-mapper (observed) two_iam_groups", "groups of IAM users"),
    ("TierMobility/aws-auth-operator handler.", "items as objects of Kubernetes"),
    ("TierMobility/aws-auth-operator list.contains", "the peer's own list type"),
    ("TierMobility/aws-auth-operator list.usertype", "the peer's own list type"),
    ("TierMobility/aws-auth-operator worker.", "how a write is verified: the engine"),
    ("TierMobility/aws-auth-operator (observed) verify", "how a write is verified: the engine"),
    ("TierMobility/aws-auth-operator (read from code) ", "conflicts: the engine"),
];

#[test]
fn every_row_agrees() {
    let mut replayed = 0;
    let mut elsewhere = BTreeSet::new();
    for (name, row) in rows() {
        let (input, expected) = (&row["input"], &row["expected"]);
        let case = row["case"].as_str().unwrap();
        if defects::SHOWN.contains(&name.as_str()) {
            continue;
        }
        let replays = [reading::replay, editing::replay, by_hand::replay];
        if replays.iter().any(|replay| replay(case, input, expected)) {
            replayed += 1;
            continue;
        }
        let reason = ELSEWHERE.iter().find(|(beginning, _)| name.starts_with(beginning));
        let (beginning, _) = reason.unwrap_or_else(|| panic!("nothing replays `{name}`: {row}"));
        elsewhere.insert(*beginning);
    }
    assert_eq!(replayed, 89, "the rows that are replayed here");
    let idle: Vec<_> = ELSEWHERE.iter().filter(|(beginning, _)| !elsewhere.contains(beginning)).collect();
    assert!(idle.is_empty(), "no row begins so, or all are replayed: {idle:?}");
}

/// All rows, with their names: the peer and the case.
fn rows() -> impl Iterator<Item = (String, Value)> {
    ROWS.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        (format!("{} {}", row["peer"].as_str().unwrap(), row["case"].as_str().unwrap()), row)
    })
}

/// What a row whose name ends so holds.
fn row(name: &str) -> Value {
    rows().find(|(known, _)| known == name).unwrap_or_else(|| panic!("there is no row `{name}`")).1
}
