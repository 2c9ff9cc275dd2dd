//! Whatever stands in a file, no voice lets it be more than text: no control character, no tag, no command.

use proptest::prelude::*;
use rolecall_core::check::{Settings, check};
use rolecall_core::finding::{Finding, Level};
use rolecall_core::render::{
    CheckReport, CheckedFile, MARKER, MAX_COMMENT, check_suites, findings, github, gitlab, json_text, junit,
    markdown, sarif,
};
use serde_json::{Value, json};

/// Text as somebody would write it who wants to be taken for something else.
fn nasty() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "`",
        "``",
        "```",
        "|",
        "<",
        ">",
        "<img src=x>",
        "</td>",
        "-->",
        "]]>",
        "&amp;",
        "\"",
        "'",
        "\\",
        "%0A",
        "::error::",
        "##[error]",
        "##vso[x]",
        "@team",
        "#1",
        "https://x.example",
        "[a](b)",
        "*",
        "_",
        "~",
        "\u{1b}[2J",
        "\u{9b}",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "\u{fffe}",
        "\r",
        "\n",
        "\t",
        "\u{0}",
        "日本",
        "e\u{301}",
        "😀",
        " ",
        "a",
        " AKIAIOSFODNN8EXAMPLE ",
        "arn:aws:iam::111122223333:role/a",
    ]);
    prop::collection::vec(parts, 0..8).prop_map(|parts| parts.concat())
}

fn report(file: &str, keys: &[String]) -> CheckReport {
    let entry =
        |text: &String| json!({ "rolearn": text, "username": text, "groups": [text], text.clone(): text });
    let roles = Value::Array(keys.iter().map(entry).collect());
    let text = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "aws-auth", "namespace": "kube-system" },
        "data": { "mapRoles": roles.to_string(), keys.concat(): "" },
    });
    let text = format!("{text:#}");
    let checked = check(file, &text, &Settings::default());
    let reason = |mut finding: Finding| {
        if finding.level == Level::Warning {
            finding.allowed = Some(keys.concat().replace("AKIA", ""));
        }
        finding
    };
    let findings = checked.findings.into_iter().map(reason).collect();
    CheckReport::new("check", vec![CheckedFile::new(file, &text, checked.documents, findings)], Level::Error)
}

/// The parts of a text that begin with `<`, without those that we write ourselves.
fn foreign_tags<'a>(text: &'a str, ours: &[&str]) -> Vec<&'a str> {
    let tags = text.match_indices('<').map(|(at, _)| &text[at..]);
    tags.filter(|tag| !ours.iter().any(|name| tag.starts_with(name))).collect()
}

/// A comment without its code blocks, whose fences are longer than any run of backticks in them.
fn outside_of_code(comment: &str) -> String {
    let (mut outside, mut fence) = (String::new(), None);
    for line in comment.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            None => outside.extend([line, "\n"]),
            Some(open) if line == "`".repeat(open) => fence = None,
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "a fence is open in\n{comment}");
    outside
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn text_stays_text(file in nasty(), keys in prop::collection::vec(nasty(), 1..4)) {
        let report = report(&file, &keys);
        let count = report.findings().count();
        let comment = markdown(&report);
        let xml = junit("rolecall check", &check_suites(&report));
        let commands = github(&report);
        let documents = [json_text(&findings(&report)), json_text(&sarif(&report, "1")), json_text(&gitlab(&report))];
        for said in documents.iter().chain([&comment, &xml, &commands]) {
            let is_obeyed = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}\u{feff}\u{fffe}".contains(c));
            prop_assert!(!said.contains(is_obeyed), "{said:?}");
            prop_assert!(!said.contains("##[") && !said.contains("##vso["), "{said}");
            prop_assert!(!said.contains(" AKIAIOSFODNN8EXAMPLE ") || file.contains("AKIA"), "{said}");
        }
        for document in documents {
            prop_assert!(serde_json::from_str::<Value>(&document).is_ok(), "{document}");
        }
        prop_assert_eq!(commands.lines().count(), count);
        let is_ours = |line: &str| ["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start));
        prop_assert!(commands.lines().all(is_ours), "{commands}");
        let elements = ["<?xml", "<testsuite", "</testsuite", "<testcase", "</testcase", "<failure", "</failure",
            "<skipped", "<system-out", "</system-out"];
        prop_assert_eq!(foreign_tags(&xml, &elements), [""; 0]);
        prop_assert!(comment.starts_with(MARKER) && comment.len() <= MAX_COMMENT);
        let outside = outside_of_code(&comment);
        let tags = ["<!-- rolecall", "<code>", "</code>", "<details>", "</details>", "<summary>", "</summary>"];
        prop_assert_eq!(foreign_tags(&outside, &tags), [""; 0]);
        // Code in a line has no backtick in it, nor has the text around it.
        for text in outside.split('`').step_by(2) {
            prop_assert!(!["@team", "https://", "]("].iter().any(|link| text.contains(link)), "{text}");
        }
    }
}
