//! What CI systems and editors read, against schemas and a validator that are not ours.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{Desk, MAP, OBSERVED};

/// A desk whose map has an error and a warning, with text in it that would like to be something else.
fn troubled() -> Desk {
    let desk = Desk::new();
    let map = MAP
        .replace("system:masters", "viewers")
        .replace("      username: codebuild", "     username: codebuild");
    let bad = "    - userarn: arn:aws:iam::111122223333:user/b\n      username: b\n      groups: [x]\n      \
               \"a|b</td>`%\\u001b@team]]>\": &x 1\n";
    desk.write("aws-auth.yml", &format!("{map}{bad}"));
    desk
}

fn validates(schema: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata").join(schema);
    // The published schema has a bracket too many in the patterns of languages, which this validator refuses.
    let text = fs::read_to_string(path).unwrap().replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let problems: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{problems:#?}\n{document:#}");
}

#[test]
fn sarif_is_what_its_schema_says() {
    let desk = troubled();
    let log = desk.run(&["check", "-o", "sarif"]).ends(3).json();
    validates("sarif-schema-2.1.0.json", &log);
    let run = &log["runs"][0];
    let (results, rules) =
        (run["results"].as_array().unwrap(), run["tool"]["driver"]["rules"].as_array().unwrap());
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "aws-auth.yml");
    }
    let finding = &desk.run(&["check", "-o", "json"]).json()["findings"][1];
    let last = &results[1]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&last["endLine"], &last["endColumn"]), (&finding["endLine"], &finding["endColumn"]));
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&15.into(), &6.into()));
    desk.write("aws-auth.yml", &MAP.replace("system:masters", "viewers"));
    let nothing = desk.run(&["check", "-o", "sarif"]).ends(0).json();
    validates("sarif-schema-2.1.0.json", &nothing);
    assert_eq!(nothing["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn fingerprints_outlive_other_lines_and_are_unique() {
    let desk = Desk::new();
    let twice = MAP.replace("      username: ", "      usrname: x\n      username: ");
    let prints = |map: &str| -> Vec<Value> {
        desk.write("aws-auth.yml", map);
        let issues = desk.run(&["check", "-o", "gitlab"]).json();
        issues.as_array().unwrap().iter().map(|issue| issue["fingerprint"].clone()).collect()
    };
    let before = prints(&twice);
    assert!(before.len() >= 2);
    assert_eq!(before.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), before.len());
    assert_eq!(prints(&format!("# another line\n{twice}")), before);
}

#[test]
fn gitlab_has_what_it_needs_of_each_issue() {
    let issues = troubled().run(&["check", "-o", "gitlab"]).ends(3).json();
    let severities: Vec<&Value> = issues.as_array().unwrap().iter().map(|issue| &issue["severity"]).collect();
    assert_eq!(severities, ["critical", "minor"]);
    for issue in issues.as_array().unwrap() {
        assert_eq!(issue["location"]["path"], "aws-auth.yml");
        assert!(issue["location"]["lines"]["begin"].is_u64());
        assert_eq!(issue["fingerprint"].as_str().unwrap().len(), 64);
        assert!(issue["description"].is_string() && issue["check_name"].is_string());
    }
}

#[test]
fn github_gets_one_command_a_finding_and_a_summary() {
    let desk = troubled();
    let summary = desk.path("summary.md").to_string_lossy().into_owned();
    let desk = desk.set("GITHUB_STEP_SUMMARY", &summary);
    desk.write("summary.md", "before\n");
    let outcome = desk.run(&["check", "-o", "github"]).ends(3).says("error[RC004]");
    let commands: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(commands.len(), 2);
    let start =
        "::error file=aws-auth.yml,line=15,endLine=15,col=6,endColumn=25,title=RC004::`mapRoles` cannot";
    assert!(commands[0].starts_with(start), "{}", commands[0]);
    assert!(commands[1].contains("a|b</td>`%25\\u{1b}@team"), "{}", commands[1]);
    assert!(desk.read("summary.md").starts_with("before\n<!-- rolecall -->\n"));
    desk.write("observed.yaml", OBSERVED);
    // What a plan says of a file that is refused is said in the same voice.
    let plan = desk.run(&["plan", "--observed", "observed.yaml", "-o", "github"]).ends(3);
    assert!(plan.stdout.starts_with(start), "{}", plan.stdout);
    let comment = desk.run(&["plan", "--observed", "observed.yaml", "-o", "markdown"]).ends(3).stdout;
    assert!(comment.starts_with("<!-- rolecall -->\n<!-- rolecall: plan -->\n"), "{comment}");
}

#[test]
fn markdown_is_found_again_and_holds_no_markup_of_the_file() {
    let comment = troubled().run(&["check", "-o", "markdown"]).ends(3).stdout;
    assert!(comment.starts_with("<!-- rolecall -->\n"));
    assert!(comment.contains("<code>a&#124;b&#60;&#47;td&#62;</code>"), "{comment}");
    assert!(!comment.split("<details>").next().unwrap().contains("@team"), "{comment}");
}

#[test]
fn plans_speak_too() {
    let desk = Desk::with_map();
    let plan = |voice: &str| desk.run(&["plan", "--observed", "observed.yaml", "-o", voice]).ends(0).stdout;
    let comment = plan("markdown");
    assert!(comment.starts_with("<!-- rolecall -->\n<!-- rolecall: plan observed yaml -->\n"), "{comment}");
    assert!(comment.contains("**Rolecall** Plan: 1 to add"), "{comment}");
    assert!(comment.contains("\n+ user arn:aws:iam::111122223333:user/admin\n"), "{comment}");
    assert!(plan("github").contains("::warning file=aws-auth.yml,line=1,"));
    assert!(plan("junit").contains("classname=\"guard\" name=\"RG06\""));
    let nobody = MAP.split("  mapUsers").next().unwrap().replace("system:masters", "viewers");
    desk.write("aws-auth.yml", &nobody);
    let refused = desk.run(&["plan", "--observed", "observed.yaml", "-o", "junit"]).ends(3).stdout;
    assert!(refused.contains("<failure type=\"guard\""), "{refused}");
}

#[test]
fn a_voice_that_a_command_lacks_is_a_usage_error() {
    let desk = Desk::with_map();
    desk.run(&["plan", "--observed", "observed.yaml", "-o", "sarif"])
        .ends(64)
        .says("`rolecall plan` has no `--output sarif`")
        .says("hint: it has text, json, markdown, junit, github");
    desk.run(&["explain", "x", "-o", "junit"]).ends(64);
}

/// Control characters of a file reach no voice; a machine's own line ends may.
#[test]
fn no_voice_carries_what_a_terminal_would_obey() {
    let desk = Desk::new();
    let map = MAP.replace(
        "      username: admin",
        "      \"a##[stop-commands]\\u001b[2J\\u009b\\u202e\": 1\n      username: admin",
    );
    desk.write("aws-auth.yml", &map).write("observed.yaml", OBSERVED);
    for voice in ["text", "json", "markdown", "sarif", "junit", "github", "gitlab"] {
        let said = desk.run(&["check", "-o", voice]).stdout;
        assert!(said.contains("RC008"), "{voice}: {said}");
        let harmful = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!said.contains(harmful) && !said.contains("##["), "{voice}: {said:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn junit_is_what_its_schema_says() {
    let desk = troubled();
    let validates = |arguments: &[&str]| {
        let xml = desk.run(arguments).stdout;
        desk.write("report.xml", &xml);
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata/junit-10.xsd");
        let script = "import sys, xmlschema; xmlschema.XMLSchema(sys.argv[1]).validate(sys.argv[2])";
        let output = std::process::Command::new(rolecall_testenv::Assets::ready().unwrap().python())
            .args(["-c", script])
            .arg(schema)
            .arg(desk.path("report.xml"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}\n{xml}", String::from_utf8_lossy(&output.stderr));
        xml
    };
    let xml = validates(&["check", "-o", "junit"]);
    assert!(xml.contains("tests=\"2\" failures=\"1\""), "{xml}");
    assert!(xml.contains("a|b&lt;/td&gt;`%\\u{1b}@team]]&gt;"), "{xml}");
    assert!(validates(&["check", "--deny", "warnings", "-o", "junit"]).contains("failures=\"2\""));
    desk.write("aws-auth.yml", MAP).write("observed.yaml", OBSERVED);
    validates(&["check", "-o", "junit"]);
    validates(&["plan", "--observed", "observed.yaml", "-o", "junit"]);
}
