use super::{Power, power};
use crate::identity_mapping::IdentityMapping;

fn check(groups: &[&str], expected: Power) {
    let groups = groups.iter().map(ToString::to_string).collect();
    assert_eq!(power(&IdentityMapping { principal: "p".into(), username: "u".into(), groups }), expected);
}

#[test]
fn what_groups_may_do() {
    check(&["system:masters"], Power::ClusterAdmin);
    check(&["system:bootstrappers", "system:nodes"], Power::Little);
    check(&["system:nodes", "ops"], Power::Unknown);
    check(&["ops"], Power::Unknown);
    check(&[], Power::Unknown);
}
