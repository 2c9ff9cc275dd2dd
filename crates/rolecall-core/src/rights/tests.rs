use super::{Power, may_become, power};
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
    check(&["system:*"], Power::Unknown);
}

#[test]
fn a_template_becomes_what_its_placeholders_allow() {
    for (template, text, expect) in [
        ("{{SessionName}}", "ann", true),
        ("{{SessionName}}", "system:masters", false),
        ("team-{{SessionName}}", "team-ann", true),
        ("team-{{SessionName}}", "ann", false),
        ("{{AccountID}}-{{SessionName}}-x", "1-ann-b-x", true),
        ("{{AccountID}}-{{SessionName}}-x", "1-ann-b", false),
        ("a:{{SessionName}}", "a:b", true),
        ("a:{{SessionName}}", "a:b:c", false),
        ("{{", "ann", false),
        ("plain", "plain", true),
    ] {
        assert_eq!(may_become(template, text), expect, "{template} {text}");
    }
    // As many ways to fill them as there are do not have to be tried.
    assert!(!may_become(&format!("{}z", "{{SessionName}}".repeat(5_000)), &"a".repeat(5_000)));
}
