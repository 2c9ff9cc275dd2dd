//! `explain`, with the authenticator's own facts about ARNs.

use serde_json::Value;

use crate::run::{Desk, MAP};
use crate::schema::check;

const CASES: &str = include_str!("../../../rolecall-core/tests/cases/authenticator.jsonl");

#[test]
fn canonicalises_as_the_authenticator_does() {
    let desk = Desk::new();
    let cases = CASES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_about_arns = |case: &Value| {
        ["arn.canonicalize", "observed.arn.canonicalize"].contains(&case["area"].as_str().unwrap())
    };
    let mut n = 0;
    for case in cases.filter(is_about_arns) {
        let arn = case["input"]["arn"].as_str().unwrap();
        // A word that begins with a dash is a flag to every program.
        let outcome = desk.run(&["explain", "-o", "json", "--", arn]);
        let document = outcome.json();
        if let Some(canonical) = case["expected"]["canonical"].as_str() {
            assert_eq!(document["principal"]["canonicalArn"], canonical, "{arn}");
            assert_eq!(outcome.status, 0);
            assert_eq!(document.get("outcome"), None);
        } else {
            assert_eq!(document["outcome"], "invalid", "{arn}");
            assert_eq!(outcome.status, 1);
        }
        n += 1;
    }
    assert_eq!(n, 24);
}

#[test]
fn tells_the_mapping_that_wins_and_its_place() {
    let desk = Desk::with_map();
    let arn = "arn:aws:sts::111122223333:assumed-role/codebuild/build1";
    let document =
        desk.run(&["explain", arn, "--file", "aws-auth.yml", "-o", "json"]).ends(0).quietly().json();
    assert_eq!(document["outcome"], "mapped");
    assert_eq!(document["username"], "codebuild");
    assert_eq!(document["groups"], serde_json::json!(["system:masters"]));
    let place = serde_json::json!({ "file": "aws-auth.yml", "line": 14, "column": 7 });
    let mut via = serde_json::json!({ "section": "mapRoles", "index": 1 });
    via.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
    assert_eq!(document["via"], via);
    let page = desk.run(&["explain", arn, "-f", "aws-auth.yml"]).ends(0).stdout;
    let expected = "\
arn:aws:iam::111122223333:role/codebuild (assumed-role)
  is mapped
    username  codebuild
    groups    system:masters
    via       mapRoles[1], aws-auth.yml:14:7
";
    assert_eq!(page, expected);
}

#[test]
fn fills_templates_with_what_is_given() {
    let map = MAP.replace("username: codebuild", "username: 'b:{{SessionNameRaw}}:{{AccessKeyID}}'");
    let desk = Desk::new();
    desk.write("aws-auth.yml", &map);
    let arn = "arn:aws:iam::111122223333:role/codebuild";
    let mut arguments = vec!["explain", arn, "-f", "aws-auth.yml", "-o", "json"];
    assert_eq!(desk.run(&arguments).json()["username"], "b:{{SessionNameRaw}}:{{AccessKeyID}}");
    arguments.extend(["--session-name", "a@b", "--access-key-id", "AKIA1"]);
    assert_eq!(desk.run(&arguments).json()["username"], "b:a@b:AKIA1");
    let node = "arn:aws:sts::111122223333:assumed-role/node/i-0123456789abcdef0";
    let filled = desk.run(&[
        "explain",
        node,
        "-f",
        "aws-auth.yml",
        "-o",
        "json",
        "--ec2-private-dns",
        "ip-1.internal",
    ]);
    assert_eq!(filled.json()["username"], "system:node:ip-1.internal");
}

#[test]
fn tells_why_somebody_is_denied() {
    let desk = Desk::with_map();
    let arn = "arn:aws:iam::111122223333:user/team/admin";
    let outcome = desk.run(&["explain", arn, "-f", "aws-auth.yml", "-o", "json"]).ends(0);
    assert_eq!(outcome.json()["outcome"], "denied");
    assert_eq!(outcome.json()["reason"]["code"], "userPath");
    desk.run(&["explain", arn, "-f", "aws-auth.yml"]).ends(0).prints("  is denied: ").prints("  hint: ");
}

#[test]
fn a_broken_section_is_explained_and_its_findings_are_talk() {
    let desk = Desk::new();
    desk.write("aws-auth.yml", &MAP.replace("      username: admin", "     username: admin"));
    let arn = "arn:aws:iam::111122223333:user/admin";
    let outcome =
        desk.run(&["explain", arn, "-f", "aws-auth.yml", "-o", "json"]).ends(0).says("aws-auth.yml:19:6");
    assert_eq!(outcome.json()["reason"]["code"], "sectionUnreadable");
    desk.write("other.yml", "kind: Secret\n");
    desk.run(&["explain", arn, "-f", "other.yml"]).ends(3).says("error[RC002]");
    desk.run(&["explain", arn, "-f", "none.yml"]).ends(1).says("there is no file `none.yml`");
}

/// Of two keys that print the same the authenticator takes one by chance, and only one of them can be read.
#[test]
fn what_chance_decides_is_told_as_such() {
    let desk = Desk::new();
    desk.write("aws-auth.yml", &format!("{MAP}      1: .inf\n      '1': x\n"));
    desk.run(&["explain", "arn:aws:iam::111122223333:user/admin", "-f", "aws-auth.yml"])
        .ends(0)
        .prints("  is ambiguous: one of these is picked at random")
        .prints("    username  admin")
        .prints("    denied    `mapUsers` cannot be read, so all of it counts as empty");
}

#[test]
fn what_is_no_arn_is_told_with_an_example() {
    let outcome =
        Desk::new().run(&["explain", "admin"]).ends(1).says("error: `admin` is not the ARN of a principal");
    assert_eq!(outcome.says("hint: ").stdout, "");
}

/// As `kubectl get cm aws-auth -n kube-system -o json` prints it, and piped.
#[test]
fn a_saved_config_map_is_explained_from_stdin() {
    let roles = "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups: [\"g\"]\n";
    let object = serde_json::json!({
        "apiVersion": "v1",
        "data": { "mapRoles": roles },
        "kind": "ConfigMap",
        "metadata": { "name": "aws-auth", "namespace": "kube-system", "resourceVersion": "7" },
    });
    let arguments = ["explain", "arn:aws:iam::111122223333:role/dev", "-f", "-", "-o", "json"];
    let desk = Desk::new();
    let document = desk.run_with(&arguments, &format!("{object:#}")).ends(0).quietly().json();
    assert_eq!((&document["username"], &document["via"]["file"]), (&"dev".into(), &"stdin".into()));
    assert_eq!(document["via"]["line"], 4, "{document:#}");
}

#[test]
fn losers_and_notes_stand_below_the_answer() {
    let desk = Desk::new();
    let twice = "    - rolearn: arn:aws:iam::111122223333:role/CodeBuild
      username: 'b:{{SessionName}}'
  mapUsers: |
";
    desk.write("aws-auth.yml", &MAP.replace("  mapUsers: |\n", twice));
    let arn = "arn:aws:iam::111122223333:role/codebuild";
    let page = desk.run(&["explain", arn, "-f", "aws-auth.yml"]).ends(0).stdout;
    let expected = "\
arn:aws:iam::111122223333:role/codebuild (role)
  is mapped
    username  b:{{SessionName}}
    groups    (none)
    via       mapRoles[2], aws-auth.yml:17:7
    note: `{{SessionName}}` is filled by the authenticator, with the name of the role's session
      hint: `--session-name` fills it here
  does not answer:
    mapRoles[1], aws-auth.yml:14:7: the third entry is for the same principal, and replaces it
";
    assert_eq!(page, expected);
}

#[test]
fn a_dropped_entry_is_the_reason_and_has_its_place() {
    let desk = Desk::new();
    desk.write("aws-auth.yml", &MAP.replace("- userarn:", "- rolearn:"));
    let arn = "arn:aws:iam::111122223333:user/admin";
    let document = desk.run(&["explain", arn, "-f", "aws-auth.yml", "-o", "json"]).ends(0).json();
    assert_eq!(document["reason"]["code"], "dropped");
    let message = "the first entry of `mapUsers` is dropped: it has no `userarn`";
    assert_eq!(document["reason"]["message"], message);
    assert_eq!(document["losers"][0]["via"]["line"], 18, "{document:#}");
    check("explanation", &document);
}

#[test]
fn says_what_is_missing_and_claims_no_change() {
    let desk = Desk::new();
    let arn = "arn:aws:iam::111122223333:role/dev";
    desk.run(&["explain", arn]).ends(0).says("hint: `--file FILE` or `--cluster NAME`");
    desk.write("other.yml", "kind: ConfigMap\n");
    let outcome = desk
        .run(&["explain", arn, "-f", "other.yml"])
        .ends(3)
        .says("nothing can be explained by `other.yml`");
    assert!(!outcome.stderr.contains("nothing was changed"), "{}", outcome.stderr);
}

#[test]
fn takes_the_map_out_of_what_kubectl_printed() {
    let desk = Desk::new();
    let item = format!("  - {}\n", MAP.trim_end().replace('\n', "\n    "));
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: kube-system}\n";
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{item}");
    let arn = "arn:aws:sts::111122223333:assumed-role/codebuild/build1";
    for (text, line) in
        [(list.clone(), "17:11"), (format!("{other}---\n{MAP}"), "18:7"), (format!("{MAP}---\n"), "14:7")]
    {
        desk.run_with(&["explain", arn, "-f", "-"], &text)
            .ends(0)
            .quietly()
            .prints(&format!("stdin:{line}\n"));
    }
    desk.run_with(&["explain", arn, "-f", "-"], &format!("{MAP}---\n{MAP}"))
        .ends(3)
        .says("the map is in the file already");
    // What may read it says so, what may not says so beforehand.
    desk.write("list.yml", &list).write("open.yml", &format!("{MAP}---\n")).write("aws-auth.yml", MAP);
    desk.run(&["plan", "aws-auth.yml", "--observed", "list.yml"]).ends(0);
    desk.run(&["plan", "open.yml", "--observed", "list.yml"]).ends(0);
    desk.run(&["check", "list.yml"]).ends(0).prints("warning[RC012]").prints("only from a file of its own");
    desk.run(&["plan", "list.yml", "--observed", "list.yml"]).ends(3);
}

/// What the user names himself is told; only a map must not tell what stands in it.
#[test]
fn the_access_key_that_was_given_fills_its_template() {
    let desk = Desk::new();
    desk.write("aws-auth.yml", &MAP.replace("username: admin", "username: \"by-{{AccessKeyID}}\""));
    let arn = "arn:aws:iam::111122223333:user/admin";
    let id = "AKIAIOSFODNN7EXAMPLE";
    desk.run(&["explain", arn, "--file", "aws-auth.yml", "--access-key-id", id])
        .ends(0)
        .prints(&format!("by-{id}"));
}
