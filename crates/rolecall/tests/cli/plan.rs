//! `plan --observed`: the plan without a cluster.

use crate::run::{Desk, MAP, OBSERVED};

const OFFLINE: [&str; 3] = ["plan", "--observed", "observed.yaml"];

#[test]
fn reads_like_a_sentence() {
    let desk = Desk::with_map();
    let page = desk.run(&OFFLINE).ends(0).quietly().stdout;
    let expected = "\
Plan for `observed.yaml`, from a file that is in no repository

! becomes cluster-admin: `arn:aws:iam::111122223333:user/admin` (RG06)

+ user arn:aws:iam::111122223333:user/admin
    enters as `admin`
    gains `system:masters`: may do everything in the cluster

Kept, since it is not ours:
  role arn:aws:iam::111122223333:role/other [viewers]

? authentication mode not known: a saved file does not say
? what is ours not known: a saved file does not say

Plan: 1 to add, 0 to update, 0 to remove; 1 unmanaged.
";
    assert_eq!(page, expected);
}

#[test]
fn keeps_to_the_width_that_there_is() {
    for columns in ["40", "80", "120"] {
        let desk = Desk::with_map().set("COLUMNS", columns);
        let page = desk.run(&OFFLINE).ends(0).stdout;
        let width: usize = columns.parse().unwrap();
        let too_wide = |line: &&str| line.chars().count() > width && line.trim().contains(' ');
        // Only a word that is too long by itself may stand out.
        let words = |line: &str| line.split_whitespace().map(str::len).max().unwrap_or(0) + 4 > width;
        assert_eq!(page.lines().filter(too_wide).find(|line| !words(line)), None, "{columns} columns");
    }
}

#[test]
fn colour_is_asked_for_or_absent() {
    let desk = Desk::with_map();
    let plain = desk.run(&OFFLINE).stdout;
    assert!(!plain.contains('\u{1b}'));
    let painted = desk.run(&["plan", "--observed", "observed.yaml", "--color", "always"]).stdout;
    assert!(
        painted.contains("\u{1b}[32m+ user arn:aws:iam::111122223333:user/admin\u{1b}[0m"),
        "{painted:?}"
    );
    let bare: String = strip(&painted);
    assert_eq!(bare, plain, "no meaning is in the colour alone");
    assert_eq!(desk.run(&["plan", "--observed", "observed.yaml", "--color", "never"]).stdout, plain);
}

fn strip(painted: &str) -> String {
    let mut parts = painted.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}

#[test]
fn nobody_writes_lines_of_the_plan_through_a_username() {
    let forged = r#""admin\nPlan: 0 to add, 0 to update, 0 to remove; 0 unmanaged.\e[2J""#;
    let desk = Desk::with_map();
    desk.write("aws-auth.yml", &MAP.replace("username: admin", &format!("username: {forged}")));
    let page = desk.run(&["plan", "--observed", "observed.yaml", "--color", "always"]).ends(0).stdout;
    assert_eq!(page.matches("\u{1b}[1mPlan: ").count(), 1, "{page}");
    assert!(page.contains("enters as `admin\\nPlan: 0 to add"), "{page}");
    assert!(!page.contains("\u{1b}[2J"), "{page:?}");
}

#[test]
fn the_exit_status_tells_of_changes_only_if_asked() {
    let desk = Desk::with_map();
    let detailed = [&OFFLINE[..], &["--detailed-exitcode"]].concat();
    desk.run(&detailed).ends(2);
    desk.write("observed.yaml", MAP);
    desk.run(&detailed).ends(0).prints("No changes; 0 unmanaged.");
}

#[test]
fn the_document_holds_what_scripts_rely_on() {
    let desk = Desk::with_map();
    let document = desk.run(&["plan", "--observed", "observed.yaml", "-o", "json"]).ends(0).quietly().json();
    assert_eq!(document["apiVersion"], "rolecall.dev/v1alpha1");
    assert_eq!(document["kind"], "Plan");
    assert_eq!(document["file"], "aws-auth.yml");
    assert_eq!(document["changes"][0]["action"], "add");
    assert_eq!(document["changes"][0]["principal"], "arn:aws:iam::111122223333:user/admin");
    assert_eq!(
        document["summary"],
        serde_json::json!({ "add": 1, "update": 0, "remove": 0, "unmanaged": 1 })
    );
    let again = desk.run(&["plan", "--observed", "observed.yaml", "-o", "json"]).json();
    assert_eq!(document, again, "equal inputs give an equal plan");
}

#[test]
fn the_observation_may_be_json_or_come_from_a_pipe() {
    let desk = Desk::with_map();
    let piped = desk.run_with(&["plan", "--observed", "-"], OBSERVED).ends(0).stdout;
    assert_eq!(piped.replace("`stdin`", "`observed.yaml`"), desk.run(&OFFLINE).stdout);
    let json = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "aws-auth", "namespace": "kube-system" },
        "data": { "mapUsers": "- userarn: arn:aws:iam::111122223333:user/admin\n  username: admin\n  groups: [system:masters]\n" },
    });
    desk.write("observed.json", &json.to_string());
    desk.run(&["plan", "--observed", "observed.json"])
        .ends(0)
        .prints("Plan: 2 to add, 0 to update, 0 to remove");
}

#[test]
fn what_is_no_observation_is_a_failure() {
    let desk = Desk::with_map();
    desk.write("observed.yaml", "kind: Secret\n");
    desk.run(&OFFLINE)
        .ends(1)
        .says("`observed.yaml` does not hold the ConfigMap")
        .says("kubectl get cm aws-auth");
    desk.run_with(&["plan", "--observed", "-"], "").ends(1).says("`stdin` does not hold the ConfigMap");
}

#[test]
fn an_observed_section_that_cannot_be_read_is_unknown_and_guarded() {
    let desk = Desk::with_map();
    desk.write("observed.yaml", &OBSERVED.replace("      username: codebuild", "     username: codebuild"));
    desk.run(&OFFLINE).ends(3).prints("x RG04 refuses: ").prints("  hint: ");
    let allow = ["--allow", "rg04", "--reason", "the section is broken anyway"];
    let allowed = desk.run(&[&OFFLINE[..], &allow].concat());
    allowed.prints("! RG04 allowed (the section is broken anyway): ");
}

#[test]
fn what_kubectl_apply_left_tells_what_was_ours_and_guards_judge_removals() {
    let desk = Desk::with_map();
    let applied = serde_json::json!({ "data": { "mapRoles":
        "- rolearn: arn:aws:iam::111122223333:role/other\n  username: other\n  groups: [viewers]\n" } });
    let annotations = format!(
        "metadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: {}\n",
        serde_json::json!(applied.to_string())
    );
    desk.write("observed.yaml", &OBSERVED.replace("metadata:\n", &annotations));
    desk.run(&OFFLINE).ends(0).prints("- role arn:aws:iam::111122223333:role/other").prints("1 to remove");
    desk.write(
        "rolecall.yaml",
        "\
apiVersion: rolecall.dev/v1alpha1
kind: Config
policy:
  protect: ['arn:aws:iam::111122223333:role/other']
",
    );
    desk.run(&OFFLINE).ends(3).prints("x RG02 refuses: ");
}

#[test]
fn a_plan_is_stored_as_it_is_printed() {
    let desk = Desk::with_map();
    let out = [&OFFLINE[..], &["-o", "json", "--out", "plan.json"]].concat();
    let printed = desk.run(&out).ends(0).stdout;
    assert_eq!(desk.read("plan.json"), printed);
    desk.run(&[&OFFLINE[..], &["--out", "nowhere/plan.json"]].concat())
        .ends(1)
        .says("write `nowhere/plan.json`");
}

#[test]
fn two_thousand_entries_are_planned_at_once() {
    use std::fmt::Write;
    let desk = Desk::with_map();
    let mut entries = String::new();
    for n in 0..2000 {
        write!(entries, "    - userarn: arn:aws:iam::111122223333:user/u{n}\n      username: u{n}\n")
            .unwrap();
    }
    desk.write("aws-auth.yml", &format!("{MAP}{entries}"));
    let started = std::time::Instant::now();
    desk.run(&OFFLINE)
        .ends(0)
        .prints("Plan: 2001 to add")
        .prints("+ user arn:aws:iam::111122223333:user/u1999");
    assert!(started.elapsed().as_secs() < 20, "it took {:?}", started.elapsed());
}
