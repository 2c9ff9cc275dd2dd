//! Where the files are, and what is known of where they come from: folders, `rolecall.yaml`, Git, a CI.

use crate::run::{Desk, MAP, OBSERVED};

fn offline<'a>(path: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["plan", path, "--observed", "observed.yaml", "-o", "json"][..], more].concat()
}

#[test]
fn a_folder_stands_for_the_file_in_it() {
    let desk = Desk::new();
    desk.write("observed.yaml", OBSERVED).write("doors/aws-auth.yaml", MAP);
    assert_eq!(desk.run(&offline("doors", &[])).ends(0).json()["file"], "doors/aws-auth.yaml");
    desk.write("doors/aws-auth.yml", MAP);
    assert_eq!(desk.run(&offline("./doors", &[])).ends(0).json()["file"], "doors/aws-auth.yml");
}

#[test]
fn the_nearest_rolecall_yaml_has_the_cluster_of_this_path() {
    let desk = Desk::new();
    desk.write("observed.yaml", OBSERVED)
        .write("clusters/a/aws-auth.yml", MAP)
        .write("clusters/b/aws-auth.yml", MAP);
    desk.write(
        "rolecall.yaml",
        "\
apiVersion: rolecall.dev/v1alpha1
kind: Config
clusters:
  - { name: a, region: eu-west-1, path: clusters/a }
  - { name: b, region: eu-west-1, path: clusters/b }
  - { context: b2, path: clusters/b }
",
    );
    let name = |arguments: &[&str]| desk.run(arguments).ends(0).json()["cluster"]["name"].clone();
    assert_eq!(name(&offline("clusters/a", &[])), "a");
    assert_eq!(name(&offline("clusters/b", &["--cluster", "b"])), "b");
    assert_eq!(name(&offline("clusters/b", &["--context", "b2"])), "b2");
    let by_name = desk.run(&offline(".", &["--cluster", "a"])).ends(0).json();
    assert_eq!(by_name["file"], "clusters/a/aws-auth.yml");
    desk.run(&offline("clusters/b", &[]))
        .ends(64)
        .says("`rolecall.yaml` has several clusters for this path: `b`, `b2`");
    desk.run(&offline(".", &[])).ends(64).says("`a`, `b`, `b2`");
    // In the article's build container the cluster is named by the environment.
    let desk = desk.set("EKS_CLUSTER_NAME", "a");
    let found = desk.run(&offline(".", &[])).ends(0).json();
    assert_eq!(found["cluster"]["name"], "a");
}

#[test]
fn what_is_wrong_in_rolecall_yaml_is_found_with_its_place() {
    let desk = Desk::with_map();
    desk.write(
        "rolecall.yaml",
        "apiVersion: rolecall.dev/v1alpha1\nkind: Config\npolicy:\n  unmanagd: keep\n",
    );
    desk.run(&["plan", "--observed", "observed.yaml"])
        .ends(3)
        .says("error[RC014]: unknown key `unmanagd`")
        .says("--> rolecall.yaml:4:3")
        .says("did you mean `unmanaged`?");
}

#[test]
fn a_work_tree_tells_source_and_revision() {
    let desk = Desk::new();
    desk.write("observed.yaml", OBSERVED).write("doors/aws-auth.yml", MAP);
    desk.git(&["init", "-q"]);
    let revision = || desk.run(&offline("doors", &[])).ends(0).json()["revision"].clone();
    assert_eq!(revision()["source"], "cli", "a folder's name tells no repository from another");
    assert_eq!(revision().get("commit"), None);
    desk.git(&["remote", "add", "origin", "https://user:secret@git.example.com/team/doors.git"]);
    desk.git(&["add", "doors"]);
    desk.git(&["commit", "-q", "-m", "doors"]);
    let committed = revision();
    assert_eq!(committed["source"], "git.example.com/team/doors//doors/aws-auth.yml");
    assert_eq!(committed["commit"].as_str().unwrap().len(), 40);
    assert!(committed["committedAt"].as_str().unwrap().ends_with('Z'), "{committed}");
    assert_eq!(committed.get("modified"), None);
    desk.write("doors/aws-auth.yml", &format!("# changed\n{MAP}"));
    assert_eq!(revision()["modified"], true);
}

#[test]
fn without_a_work_tree_a_ci_tells_them() {
    let desk = Desk::with_map();
    let folder = desk.path("").canonicalize().unwrap().to_string_lossy().trim_end_matches('/').to_owned();
    let desk = desk
        .set("CODEBUILD_SOURCE_REPO_URL", "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/doors")
        .set("CODEBUILD_RESOLVED_SOURCE_VERSION", "0123456789abcdef")
        .set("CODEBUILD_SRC_DIR", &folder);
    let revision = desk.run(&offline(".", &[])).ends(0).json()["revision"].clone();
    let source = "git-codecommit.eu-west-1.amazonaws.com/v1/repos/doors//aws-auth.yml";
    assert_eq!(revision, serde_json::json!({ "source": source, "commit": "0123456789abcdef" }));
}
