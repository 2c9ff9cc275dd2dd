use super::{CheckReport, Explained, ExplainedBy, Tone, findings, plan, plan_text};
use crate::finding::Level;
use crate::fixtures::{circumstances, desired, observed, role};
use crate::guard::judge;
use crate::plan;
use crate::principal::PrincipalArn;

fn text(wanted: &str, have: &str, width: usize) -> Vec<super::Line> {
    let (wanted, there) = (desired(wanted), observed(have, None));
    let plan = plan::plan(&wanted, &there);
    let judgements = judge(&plan, &wanted, &there, &circumstances());
    plan_text(&plan, &judgements, &there, width)
}

#[test]
fn no_line_is_wider_than_the_terminal_unless_a_word_is() {
    let wanted = format!("{}{}", role("a", &["system:masters"]), role("b", &["x"]));
    for width in [40, 80] {
        for line in text(&wanted, &role("c", &["y"]), width) {
            let longest = line.text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
            assert!(line.text.chars().count() <= width.max(longest + 8), "{width}: {}", line.text);
        }
    }
}

#[test]
fn growth_comes_first_and_the_summary_last() {
    let lines = text(&role("a", &["system:masters"]), &role("c", &["y"]), 200);
    let spoken: Vec<&super::Line> = lines.iter().filter(|line| !line.text.is_empty()).collect();
    assert_eq!(spoken[1].tone, Tone::Alarm);
    assert!(spoken[1].text.starts_with("! becomes cluster-admin: `arn:aws:iam::111122223333:role/a`"));
    assert_eq!(spoken.last().unwrap().text, "Plan: 1 to add, 0 to update, 0 to remove; 1 unmanaged.");
}

#[test]
fn two_thousand_entries_are_counted_not_listed() {
    let have: String = (0..2000).map(|n| role(&format!("r{n}"), &["x"])).collect();
    let lines = text(&role("a", &["x"]), &have, 80);
    assert!(lines.len() < 30, "{} lines", lines.len());
    assert!(lines.iter().any(|line| line.text.contains("and 1990 more")));
}

#[test]
fn json_has_the_fields_that_scripts_rely_on() {
    let (wanted, there) = (desired(&role("a", &["x"])), observed(&role("c", &["y"]), None));
    let made = plan::plan(&wanted, &there);
    let judgements = judge(&made, &wanted, &there, &circumstances());
    let json = plan(&made, &judgements, &there);
    assert_eq!(json["kind"], "Plan");
    assert_eq!(json["changes"][0]["action"], "add");
    assert_eq!(json["changes"][0]["kind"], "role");
    assert_eq!(json["changes"][0]["after"]["groups"][0], "x");
    assert!(json["changes"][0]["before"].is_null());
    assert_eq!(json["guards"][0]["code"], "RG01");
    assert_eq!(json["guards"][0]["verdict"], "passed");
    assert_eq!(json["summary"], serde_json::json!({ "add": 1, "update": 0, "remove": 0, "unmanaged": 1 }));
}

#[test]
fn an_invalid_arn_is_explained_too() {
    let principal = PrincipalArn::parse("x");
    let json = Explained { input: "x", principal: &principal, by: ExplainedBy::Nothing }.json();
    assert_eq!(json["outcome"], "invalid");
    assert_eq!(json["principal"]["input"], "x");
    let nothing = CheckReport::new("check", Vec::new(), Level::Error);
    assert_eq!(findings(&nothing)["summary"]["errors"], 0);
}
