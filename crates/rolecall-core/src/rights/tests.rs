use super::{Power, power};
use crate::identity_mapping::IdentityMapping;

fn check_as(username: &str, groups: &[&str], expected: Power) {
    let mapping = IdentityMapping {
        principal: "p".into(),
        username: username.into(),
        groups: groups.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(power(&mapping), expected, "{mapping:?}");
}

fn check(groups: &[&str], expected: Power) {
    check_as("system:node:{{EC2PrivateDNSName}}", groups, expected);
}

#[test]
fn what_groups_may_do() {
    check(&["system:masters"], Power::ClusterAdmin);
    check(&["system:bootstrappers", "system:nodes"], Power::Little);
    check(&["system:nodes", "ops"], Power::Unknown);
    check(&["ops"], Power::Unknown);
    check(&[], Power::Unknown);
}

#[test]
fn a_username_may_be_bound_as_well() {
    check_as("system:kube-controller-manager", &["system:nodes"], Power::Unknown);
    check_as("system:node:{{EC2PrivateDNSName}}", &["system:nodes", "eks:kube-proxy-windows"], Power::Little);
    check_as("system:node:{{SessionName}}", &["system:nodes"], Power::Unknown);
    check_as("system:node:{{SessionName}}", &["system:nodes", "system:node-proxier"], Power::Little);
    check_as("system:node:ip-10-0-0-1", &["system:nodes"], Power::Unknown);
}

#[test]
fn whoever_chooses_the_session_name_may_choose_the_group() {
    check(&["system:{{SessionName}}"], Power::ClusterAdmin);
    check(&["system:mas{{SessionNameRaw}}"], Power::ClusterAdmin);
    check(&["system:{{SessionName}}ters"], Power::ClusterAdmin);
    check(&["system:{{SessionName}}s"], Power::ClusterAdmin);
    check(&["system:{{SessionName}}s{{SessionName}}"], Power::ClusterAdmin);
    check(&["{{SessionName}}"], Power::Unknown);
    check(&["team:{{SessionName}}"], Power::Unknown);
    check(&["system:{{SessionName}}x"], Power::Unknown);
    check(&["system:nodes{{SessionName}}"], Power::Unknown);
}
