//! A cluster where the article's `kubectl apply` was used so far, and clusters in other modes.

use rolecall_sandbox::aws::{AccessEntry, AuthenticationMode};
use rolecall_testenv::story::{NODES, manifest, user};

use crate::{cast, with_admin, without_admin};

#[test]
fn kubectl_apply_tells_what_was_ours() {
    let cast = cast();
    let map = cast.map().unwrap();
    let own = map.strip_prefix(NODES).unwrap();
    let gone = "- rolearn: arn:aws:iam::111122223333:role/gone\n  username: gone\n  groups: [view]\n";
    cast.write(&manifest(&format!("{own}{gone}"), &without_admin())).unwrap();
    // As the article does it, by whoever may: this replaces the whole map.
    cast.creator.kubectl(&["apply", "-f", "aws-auth.yml"]).unwrap().succeeded().unwrap();
    // Since then EKS and somebody else have written, too.
    cast.cluster
        .kubectl()
        .args(["-n", "rolecall", "delete", "configmap", "rolecall-ledger", "--ignore-not-found"])
        .status()
        .unwrap();
    let theirs = "- rolearn: arn:aws:iam::111122223333:role/theirs\n  username: theirs\n  groups: [view]\n";
    let patch =
        serde_json::json!({ "data": { "mapRoles": format!("{}{theirs}{NODES}", cast.map().unwrap()) } });
    let mut kubectl = cast.cluster.kubectl();
    kubectl.args(["-n", "kube-system", "patch", "configmap", "aws-auth", "-p", &patch.to_string()]);
    assert!(kubectl.status().unwrap().success());

    cast.write(&manifest(own, &without_admin())).unwrap();
    cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
    let map = cast.map().unwrap();
    assert!(!map.contains("role/gone"), "it was ours: {map}");
    assert!(map.contains("role/theirs") && map.contains("role/nodes"), "they were not: {map}");
}

#[test]
fn a_cluster_that_does_not_read_the_map_is_refused() {
    let cast = cast();
    let mut record = cast.cluster.eks_record();
    record.authentication_mode = Some(AuthenticationMode::Api);
    cast.cluster.announce(record);
    cast.commit("", &with_admin()).unwrap();
    let version = cast.version().unwrap();
    let refused = cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().refused().unwrap();
    assert!(refused.says("`API`"), "{refused}");
    assert_eq!(cast.version().unwrap(), version);
}

#[test]
fn a_cluster_in_dual_mode_shows_what_is_shadowed() {
    let cast = cast();
    let mut record = cast.cluster.eks_record();
    record.authentication_mode = Some(AuthenticationMode::ApiAndConfigMap);
    record.access_entries.push(AccessEntry::new("arn:aws:iam::111122223333:user/admin"));
    cast.cluster.announce(record);
    cast.commit("", &format!("{}{}", with_admin(), user("other", "view"))).unwrap();
    let planned = cast.pipeline.rolecall(&["plan"]).unwrap().succeeded().unwrap();
    assert_eq!(planned.stdout.matches("has no effect").count(), 1, "{planned}");
}
