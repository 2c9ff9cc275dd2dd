//! The two calls, their preconditions, and their rehearsals.

use rolecall_core::plan::Call;
use rolecall_engine::port::{ChangeAccess, ObserveAccess, PortErrorKind};
use rolecall_testenv::Cluster;
use serde_json::json;

use crate::stage;

const TEXT: &str = "# all of Unicode: é \u{85}\u{2028}\u{feff}😀 \u{7f}\n- rolearn: \"x\\n\"\t\n";

fn create(text: &str) -> Call {
    Call::CreateMap { data: [("mapRoles".to_owned(), text.to_owned())].into() }
}

fn patch(resource_version: &str, key: &str, text: &str) -> Call {
    let set = [(key.to_owned(), text.to_owned())].into();
    Call::PatchMap { resource_version: resource_version.to_owned(), set }
}

#[tokio::test]
async fn a_patch_touches_the_keys_that_change_and_nothing_else() {
    let cluster = Cluster::shared().unwrap();
    let object = json!({
        "metadata": { "name": "aws-auth", "labels": { "l": "1" }, "annotations": { "a": "2" } },
        "data": { "mapRoles": "old", "mapUsers": "kept", "other": "kept" },
        "binaryData": { "b": "AAE=" },
    });
    cluster.write_aws_auth_object(object).unwrap();
    let admin = stage::admin(&cluster).await;
    admin.execute(&patch(&stage::map_version(&cluster), "mapRoles", TEXT)).await.unwrap();
    let after = cluster.aws_auth().unwrap().unwrap();
    assert_eq!(after["data"], json!({ "mapRoles": TEXT, "mapUsers": "kept", "other": "kept" }));
    assert_eq!(after["metadata"]["labels"], json!({ "l": "1" }));
    assert_eq!(after["metadata"]["annotations"], json!({ "a": "2" }));
    assert_eq!(after["binaryData"], json!({ "b": "AAE=" }));
}

#[tokio::test]
async fn a_patch_of_what_somebody_wrote_since_is_a_conflict() {
    let cluster = Cluster::shared().unwrap();
    cluster.write_aws_auth(&[("mapRoles", "observed")]).unwrap();
    let observed = stage::map_version(&cluster);
    cluster.write_aws_auth(&[("mapRoles", "somebody else's")]).unwrap();
    let admin = stage::admin(&cluster).await;
    let call = patch(&observed, "mapUsers", "ours");
    for error in [admin.rehearse(&call).await.unwrap_err(), admin.execute(&call).await.unwrap_err()] {
        assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
    }
    assert_eq!(cluster.aws_auth().unwrap().unwrap()["data"], json!({ "mapRoles": "somebody else's" }));
}

#[tokio::test]
async fn a_patch_of_a_map_that_is_gone_does_not_bring_it_back() {
    let cluster = Cluster::shared().unwrap();
    cluster.write_aws_auth(&[("mapRoles", "observed")]).unwrap();
    let observed = stage::map_version(&cluster);
    cluster.delete_aws_auth().unwrap();
    let error =
        stage::admin(&cluster).await.execute(&patch(&observed, "mapRoles", "ours")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
    assert_eq!(cluster.aws_auth().unwrap(), None);
}

#[tokio::test]
async fn a_map_is_created_byte_for_byte() {
    let cluster = Cluster::shared().unwrap();
    let admin = stage::admin(&cluster).await;
    admin.execute(&create(TEXT)).await.unwrap();
    let created = cluster.aws_auth().unwrap().unwrap();
    assert_eq!(created["data"], json!({ "mapRoles": TEXT }));
    assert_ne!(created["metadata"]["resourceVersion"], "1");
    assert_eq!(created["metadata"]["managedFields"][0]["manager"], "rolecall");
}

/// Also where the other's keys are others than ours, and where they are the same with the same values: server-side
/// apply alone would merge the one and share the other.
#[tokio::test]
async fn a_map_that_somebody_created_first_is_a_conflict() {
    let cluster = Cluster::shared().unwrap();
    let admin = stage::admin(&cluster).await;
    for theirs in [[("mapUsers", "theirs")], [("mapRoles", "theirs")], [("mapRoles", TEXT)]] {
        cluster.write_aws_auth(&theirs).unwrap();
        let before = cluster.aws_auth().unwrap();
        let call = create(TEXT);
        for error in [admin.rehearse(&call).await.unwrap_err(), admin.execute(&call).await.unwrap_err()] {
            assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
        }
        assert_eq!(cluster.aws_auth().unwrap(), before);
    }
}

/// Even where it is ours, from an attempt whose answer was lost.
#[tokio::test]
async fn of_two_creations_at_once_one_wins() {
    let cluster = Cluster::shared().unwrap();
    let (one, other) = (stage::admin(&cluster).await, stage::admin(&cluster).await);
    let (first, second) = (create("one"), create("other"));
    let (first, second) = tokio::join!(one.execute(&first), other.execute(&second));
    let winner = if first.is_ok() { "one" } else { "other" };
    let kinds: Vec<_> = [first, second].into_iter().filter_map(Result::err).map(|error| error.kind).collect();
    assert_eq!(kinds, [PortErrorKind::Conflict]);
    assert_eq!(cluster.aws_auth().unwrap().unwrap()["data"], json!({ "mapRoles": winner }));
}

#[tokio::test]
async fn a_rehearsal_does_nothing() {
    let cluster = Cluster::shared().unwrap();
    let admin = stage::admin(&cluster).await;
    admin.rehearse(&create("ours")).await.unwrap();
    assert_eq!(cluster.aws_auth().unwrap(), None);
    cluster.write_aws_auth(&[("mapRoles", "theirs")]).unwrap();
    let before = cluster.aws_auth().unwrap();
    admin.rehearse(&patch(&stage::map_version(&cluster), "mapRoles", "ours")).await.unwrap();
    assert_eq!(cluster.aws_auth().unwrap(), before);
}

#[tokio::test]
async fn a_map_over_a_mebibyte_is_invalid() {
    let cluster = Cluster::shared().unwrap();
    cluster.write_aws_auth(&[("mapRoles", "[]")]).unwrap();
    let call = patch(&stage::map_version(&cluster), "mapRoles", &"x".repeat(1024 * 1024 + 1));
    let error = stage::admin(&cluster).await.rehearse(&call).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
}

/// The map as large as it may be, through the whole adapter.
#[tokio::test]
async fn a_map_of_900_kib_is_created_patched_and_observed() {
    let cluster = Cluster::shared().unwrap();
    let admin = stage::admin(&cluster).await;
    let large = |word: &str| format!("# {word}\n").repeat(900 * 1024 / (word.len() + 3));
    admin.execute(&create(&large("one"))).await.unwrap();
    admin.execute(&patch(&stage::map_version(&cluster), "mapRoles", &large("other"))).await.unwrap();
    assert_eq!(admin.observe().await.unwrap().map.unwrap().data()["mapRoles"], large("other"));
}
