//! `map` on a real cluster: an edit goes the whole line, and speaks of nobody else.

use std::path::Path;

use rolecall_testenv::ClusterOptions;
use rolecall_testenv::story::{Cast, FirstEntry, Told, user};
use serde_json::Value;

use crate::schema::check;

const DEV: &str = "arn:aws:iam::111122223333:role/dev";
const ADMIN: &str = "arn:aws:iam::111122223333:user/admin";

fn ends(told: Told, status: i32) -> Told {
    assert_eq!(told.status, Some(status), "{told}");
    told
}

fn document(told: &Told) -> Value {
    serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// A cluster to which a pipeline has deployed `admin` from its repository.
fn cast() -> Cast {
    let mut cast =
        Cast::assemble(Path::new(env!("CARGO_BIN_EXE_rolecall")), ClusterOptions::default()).unwrap();
    cast.let_the_pipeline_in(FirstEntry::LeastPrivilege).unwrap().succeeded().unwrap();
    cast.commit("", &user("admin", "system:masters")).unwrap();
    cast.pipeline.set("GITHUB_REPOSITORY", "team/doors");
    ends(cast.pipeline.rolecall(&["apply", "--yes"]).unwrap(), 0);
    cast
}

#[test]
fn an_entry_of_a_cluster_is_added_set_and_removed_and_no_other_is_touched() {
    let cast = cast();
    let before = cast.map().unwrap();
    let map = |arguments: &[&str]| {
        let cluster = ["--cluster", cast.cluster.name()];
        cast.pipeline.rolecall(&[&["map"], arguments, &cluster].concat()).unwrap()
    };
    let version = cast.version().unwrap();
    let dry = ends(map(&["add", DEV, "--group", "view", "--dry-run"]), 0);
    assert!(dry.says("+ role arn:aws:iam::111122223333:role/dev"), "{dry}");
    ends(map(&["add", DEV, "--group", "view"]), 64);
    assert_eq!(cast.version().unwrap(), version, "nothing was written so far");

    let added = ends(map(&["add", DEV, "--group", "view", "--yes", "-o", "json"]), 0);
    check("apply-report", &document(&added));
    assert_eq!(document(&added)["outcome"], "verified");
    let entry = format!("- rolearn: {DEV}\n  username: dev:{{{{SessionName}}}}\n  groups:\n    - view\n");
    assert_eq!(cast.map().unwrap(), format!("{before}{entry}"));
    let version = cast.version().unwrap();
    assert!(ends(map(&["add", DEV, "--group", "view", "--yes"]), 0).says("Nothing to do"));
    assert_eq!(cast.version().unwrap(), version);

    let listed = document(&ends(map(&["list", "-o", "json"]), 0));
    check("map-list", &listed);
    let owner_of = |principal: &str| {
        let entries = listed["entries"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["principal"] == principal).unwrap();
        (entry["standing"].clone(), entry["owner"].clone())
    };
    assert_eq!(owner_of(DEV), ("owned".into(), "cli".into()));
    let (standing, owner) = owner_of(ADMIN);
    assert!(standing == "owned" && owner.as_str().unwrap().starts_with("github.com/team/doors//"), "{owner}");

    ends(map(&["set", DEV, "--groups", "edit", "--yes"]), 0);
    assert_eq!(cast.map().unwrap(), format!("{before}{}", entry.replace("view", "edit")));
    // What the repository owns is edited there, and its next plan leaves ours alone.
    let refused = ends(map(&["remove", ADMIN, "--yes"]), 3);
    assert!(refused.says("is owned by `") && refused.says("edit it there"), "{refused}");
    let plan = document(&ends(cast.pipeline.rolecall(&["plan", "-o", "json"]).unwrap(), 0));
    assert_eq!(plan["changes"], serde_json::json!([]));
    ends(map(&["remove", DEV, "--yes"]), 0);
    assert_eq!(cast.map().unwrap(), before);
}

#[test]
fn what_nobody_owns_goes_by_the_users_word() {
    let cast = cast();
    let before = cast.map().unwrap();
    let stray = format!("{before}- rolearn: {DEV}\n  username: dev\n  groups: [view]\n");
    let users = user("admin", "system:masters");
    cast.cluster.write_aws_auth(&[("mapRoles", &stray), ("mapUsers", &users)]).unwrap();
    let remove = ["map", "remove", "--username", "dev", "--yes", "--cluster", cast.cluster.name()];
    ends(cast.pipeline.rolecall(&remove).unwrap(), 0);
    assert_eq!(cast.map().unwrap(), before);
    ends(cast.pipeline.rolecall(&["drift"]).unwrap(), 0);
}

#[test]
fn nothing_to_do_needs_no_lock() {
    // Nobody has bootstrapped this cluster: there is no lock to take.
    let cast = Cast::assemble(Path::new(env!("CARGO_BIN_EXE_rolecall")), ClusterOptions::default()).unwrap();
    let version = cast.version().unwrap();
    let map = |arguments: &[&str]| {
        cast.creator.rolecall(&[&["map"], arguments, &["--yes", "--context", "admin"]].concat()).unwrap()
    };
    let told = ends(map(&["remove", DEV]), 0);
    assert!(told.says("there is no entry for `") && told.says("Nothing to do"), "{told}");
    let told = document(&ends(map(&["remove", DEV, "-o", "json"]), 0));
    check("apply-report", &told);
    assert_eq!((&told["outcome"], &told["record"]), (&Value::Null, &Value::Null));
    assert_eq!(cast.version().unwrap(), version);
}
