//! Files that must change nothing: each with its place, and its exit status.

use crate::run::{Desk, MAP, Outcome};

fn plan(map: &str) -> Outcome {
    let desk = Desk::with_map();
    desk.write("aws-auth.yml", map);
    let document = desk.run(&["plan", "--observed", "observed.yaml", "-o", "json"]);
    if document.status == 3 {
        assert_eq!(document.json()["kind"], "Findings");
        assert_ne!(document.json()["summary"]["errors"], 0);
    }
    desk.run(&["plan", "--observed", "observed.yaml"])
}

#[test]
fn a_wrong_indent_in_the_list_is_refused_with_its_place() {
    let outcome = plan(&MAP.replace("      username: codebuild", "     username: codebuild")).ends(3);
    let expected = "\
error[RC004]: `mapRoles` cannot be read: did not find expected '-' indicator: this line is indented less than the one above it, by 1
  --> aws-auth.yml:15:6-25
15 |      username: codebuild
   |      ^^^^^^^^^^^^^^^^^^^
   = help: ";
    assert!(outcome.stderr.starts_with(expected), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "");
}

#[test]
fn every_file_that_is_not_the_map_is_refused() {
    let check = |map: &str, place: &str, code: &str| {
        plan(map).ends(3).says(&format!("--> aws-auth.yml:{place}\n")).says(&format!("error[{code}]"));
    };
    check("", "1:1", "RC001");
    check("\n", "1:1", "RC001");
    check("# nothing\n", "1:1", "RC001");
    check(&MAP.replace("namespace: kube-system", "namespace: default"), "5:14-21", "RC002");
    check(&MAP.replace("name: aws-auth", "name: aws-auht"), "4:9-17", "RC002");
    check(&MAP.replace("kind: ConfigMap", "kind: Secret"), "2:7-13", "RC002");
    check(&MAP.replace("mapRoles: |", "mapRoles:"), "9:5-16:31", "RC003");
    check(&format!("{MAP}---\n{MAP}"), "22:1-44:1", "RC012");
    check(&MAP.replace("apiVersion: v1", "apiVersion: v1\n  x: y"), "2:4", "RC001");
}

#[test]
fn a_map_over_the_limit_of_kubernetes_is_refused() {
    let filler = "    # ".to_owned() + &"x".repeat(1020) + "\n";
    let large = MAP.replace("    # the nodes\n", &filler.repeat(1100));
    plan(&large).ends(3).says("error[RC013]").says("--> aws-auth.yml:");
}

#[test]
fn all_findings_are_shown_and_warnings_stop_nothing() {
    let two = MAP
        .replace("      username: codebuild", "     username: codebuild")
        .replace("      username: admin", "     username: admin");
    plan(&two).ends(3).says("aws-auth.yml:15:6").says("aws-auth.yml:19:6");
    let warned =
        plan(&MAP.replace("      username: admin", "      usrname: x\n      username: admin")).ends(0);
    warned.says("warning[RC008]").says("aws-auth.yml:19:7").prints("Plan: 1 to add");
}

#[test]
fn a_file_that_is_not_there_or_no_text_is_a_failure() {
    let desk = Desk::new();
    desk.write("observed.yaml", crate::run::OBSERVED);
    let plan = |path: &str| desk.run(&["plan", path, "--observed", "observed.yaml"]).ends(1);
    plan("nope.yml").says("there is no file or folder `nope.yml`").says("hint: ");
    plan(".").says("there is no `aws-auth.yml` or `aws-auth.yaml` in ");
    std::fs::write(desk.path("bytes.yml"), b"a: \xff").unwrap();
    plan("bytes.yml").says("`bytes.yml` is not UTF-8: byte 3 cannot be read");
}
