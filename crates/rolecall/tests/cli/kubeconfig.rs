//! `kubeconfig`: merges, keeps, protects.

use crate::run::{Desk, Outcome};
use crate::schema::check;
use crate::token::{ACCOUNT, REGION, World};

const THEIRS: &str = "\
apiVersion: v1
kind: Config
# theirs
clusters:
- name: theirs
  cluster: {server: https://example.com}
contexts:
- {name: theirs, context: {cluster: theirs, user: theirs}}
current-context: theirs
users:
- name: theirs
  user: {token: secret}
";

fn arn() -> String {
    format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod")
}

#[test]
fn a_new_file_is_for_its_owner_alone() {
    let world = World::start();
    let desk = world.user_desk();
    let outcome = desk.run(&["kubeconfig", "--name", "prod"]).ends(0).quietly();
    let path = desk.path(".kube/config");
    assert_eq!(outcome.stdout, format!("Added new context {} in {}\n", arn(), path.display()));
    let text = desk.read(".kube/config");
    for part in ["server: https://127.0.0.1:6443", "certificate-authority-data: cGVt", "- token\n", &arn()] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    assert!(text.contains(env!("CARGO_BIN_EXE_rolecall")), "not on the PATH, it is named by its path");
    assert_eq!(mode(&desk, ".kube/config"), 0o600);
    desk.run(&["kubeconfig", "--name", &arn()]).ends(0).prints("Nothing to change for context");
    assert_eq!(desk.read(".kube/config"), text);
}

#[test]
fn what_others_wrote_stays() {
    let world = World::start();
    let desk = world.user_desk();
    desk.write("config", THEIRS);
    let arguments =
        ["kubeconfig", "--name", "prod", "--kubeconfig", "config", "--alias", "p", "--user-alias", "me"];
    let role = format!("arn:aws:iam::{ACCOUNT}:role/deployer");
    let more = [&arguments[..], &["--role-arn", &role, "--proxy-url", "http://127.0.0.1:1"]].concat();
    let dry = desk.run(&[&more[..], &["--dry-run"]].concat()).ends(0).quietly().stdout;
    assert_eq!(desk.read("config"), THEIRS, "a dry run writes nothing");
    desk.run(&more).ends(0).prints("Updated context p in config");
    let text = desk.read("config");
    assert_eq!(text, dry);
    for part in [
        "# theirs",
        "{token: secret}",
        "name: me",
        "current-context: p",
        &role,
        "proxy-url: http://127.0.0.1:1",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn of_several_files_the_right_one_is_written() {
    let world = World::start();
    let desk = world.user_desk();
    desk.write("first", THEIRS).write("second", "");
    let both = format!("{}:{}", desk.path("first").display(), desk.path("second").display());
    desk.run(&["kubeconfig", "--name", "prod", "--kubeconfig", "second"]).ends(0);
    let desk = desk.set("KUBECONFIG", &both);
    desk.run(&["kubeconfig", "--name", "prod", "--alias", "p"])
        .ends(0)
        .says("names another current context")
        .says("hint: `kubectl config use-context p`");
    assert_eq!(desk.read("first"), THEIRS);
    assert!(desk.read("second").contains("current-context: p"));
}

#[cfg(unix)]
#[test]
fn links_and_stricter_modes_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let world = World::start();
    let desk = world.user_desk();
    desk.write("real/config", THEIRS);
    let set =
        |mode| std::fs::set_permissions(desk.path("real/config"), PermissionsExt::from_mode(mode)).unwrap();
    symlink(desk.path("real/config"), desk.path("link")).unwrap();
    set(0o400);
    let add = |alias: &str| {
        desk.run(&["kubeconfig", "--name", "prod", "--kubeconfig", "link", "--alias", alias]).ends(0)
    };
    add("a");
    assert!(desk.path("link").is_symlink());
    assert_eq!(mode(&desk, "real/config"), 0o400);
    set(0o644);
    add("b");
    assert_eq!(mode(&desk, "real/config"), 0o600);
    let left: Vec<_> = std::fs::read_dir(desk.path("real")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file is left");
}

#[test]
fn what_goes_wrong_changes_nothing() {
    let world = World::start();
    let desk = world.user_desk();
    let run = |name: &str| -> Outcome {
        desk.run(&["kubeconfig", "--name", name, "--kubeconfig", "config"]).ends(1)
    };
    desk.write("config", "clusters: [\n");
    run("prod").says("error: config:2:1: ").says("hint: mend the file");
    assert_eq!(desk.read("config"), "clusters: [\n");
    desk.write("config", THEIRS);
    run("nope")
        .says("there is no cluster `nope` in region `ap-northeast-1` of account `111122223333`")
        .says("hint: ");
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/creator");
    world.directory().deny(&arn, "eks:DescribeCluster");
    run("prod").says("error: describe cluster `prod`").says("hint: ");
    assert_eq!(desk.read("config"), THEIRS);
}

#[test]
fn scripts_get_a_document() {
    let world = World::start();
    let desk = world.user_desk();
    let document = desk.run(&["kubeconfig", "--name", "prod", "-o", "json"]).ends(0).quietly().json();
    check("kubeconfig-update", &document);
    assert_eq!((&document["changed"], &document["cluster"]), (&true.into(), &arn().into()));
}

#[cfg(unix)]
fn mode(desk: &Desk, name: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Desk, _: &str) -> u32 {
    0o600
}
