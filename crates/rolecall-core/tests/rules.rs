//! Walks `cases/rules`: what is found in a file, where, and what `--fix` makes of it.
//!
//! Each folder begins with the code that it is about, which `bad.yml` has and `good.yml` has not; with a
//! `rolecall.yaml` where that matters. A line `#@ N times` repeats what is below it, with a number for
//! `nnnn`: large files are not kept in Git. What must come out stands in `expected.txt`;
//! `UPDATE=1 cargo test -p rolecall-core --test rules` writes it anew, to be reviewed.
#![expect(clippy::unwrap_used, reason = "everything here is a test")]
#![expect(clippy::disallowed_methods, reason = "the fence is for what ships; the cases are files")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rolecall_core::check::{Checked, Settings, check, fixed, masked};
use rolecall_core::config;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::finding::{Code, Finding, Level};

mod expected;
use expected::{cases, differs};

fn name(case: &Path) -> &str {
    case.file_name().unwrap().to_str().unwrap()
}

#[test]
fn every_case_is_found_as_expected() {
    let failures: Vec<String> = cases("rules").iter().filter_map(|case| differs(case, &tell(case))).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_rule_has_a_case() {
    let cases = cases("rules");
    for code in Code::ALL {
        let has_case = cases.iter().any(|case| name(case).starts_with(&format!("{code}-")));
        assert!(has_case, "there is no case for {code}");
    }
}

fn tell(case: &Path) -> String {
    let code = name(case).get(..5).and_then(Code::from_text).unwrap();
    let settings = fs::read_to_string(case.join("rolecall.yaml"))
        .map(|text| config::parse("rolecall.yaml", &text).0.unwrap().checks)
        .unwrap_or_default();
    let (bad, good) = (read(case, "bad.yml"), read(case, "good.yml"));
    let findings = findings(code, &bad, &settings);
    let has = |findings: &[Finding]| {
        findings.iter().any(|f| f.code == code && (f.allowed.is_none() || code == Code::Allowance))
    };
    assert!(has(&findings), "{}: `bad.yml` does not have it: {findings:#?}", case.display());
    let of_good = self::findings(code, &good, &settings);
    assert!(!has(&of_good), "{}: `good.yml` has it: {of_good:#?}", case.display());
    let mut told: String = findings.iter().map(shown).collect();
    if let Some(better) = fixed("aws-auth.yml", &bad, &settings) {
        assert_eq!(fixed("aws-auth.yml", &better, &settings), None, "{}", case.display());
        told.push_str("---- fixed\n");
        told.push_str(&difference(&bad, &better));
    }
    told
}

fn read(case: &Path, name: &str) -> String {
    let text = fs::read_to_string(case.join(name)).unwrap();
    let Some((head, rest)) = text.split_once("    #@ ") else { return text };
    let (times, body) = rest.split_once(" times\n").unwrap();
    let repeated = (0..times.parse().unwrap()).map(|n: u32| body.replace("nnnn", &n.to_string()));
    head.to_owned() + &repeated.collect::<String>()
}

/// The findings of a file. A file of one document is read alike by `check` and by plans.
fn findings(code: Code, text: &str, settings: &Settings) -> Vec<Finding> {
    if code == Code::Configuration {
        return config::parse("rolecall.yaml", text).1;
    }
    let Checked { findings, documents } = check("aws-auth.yml", text, settings);
    if documents == 1 && !text.contains("kind: List") && !text.contains("\n---\n") {
        assert_eq!(AwsAuthDocument::checked("aws-auth.yml", text, settings).1, findings);
    }
    findings
}

fn shown(finding: &Finding) -> String {
    let Finding { code, level, place, message, .. } = finding;
    let (end_line, end_column) = (place.end_line, place.end_column);
    let mut shown = format!("{place}-{end_line}:{end_column} {level}[{code}] {message}\n");
    let more = [
        ("help", finding.help.as_ref()),
        ("fix", finding.fix.as_ref().map(|fix| &fix.title)),
        ("allowed", finding.allowed.as_ref()),
    ];
    for (what, text) in more {
        if let Some(text) = text {
            writeln!(shown, "    {what}: {text}").unwrap();
        }
    }
    shown
}

/// The lines that go and come between the first and the last that stay.
fn difference(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let rest = before[same..].iter().rev().zip(after[same..].iter().rev());
    let end = rest.take_while(|(one, other)| one == other).count();
    let gone = before[same..before.len() - end].iter().map(|line| format!("-{line}\n"));
    let come = after[same..after.len() - end].iter().map(|line| format!("+{line}\n"));
    gone.chain(come).collect()
}

#[test]
fn the_pages_say_what_is_so() {
    const HEAD: &str =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n";
    let settings = |code| match code {
        Code::OtherAccount => Settings { accounts: vec!["111122223333".into()], ..Settings::default() },
        _ => Settings::default(),
    };
    for code in Code::ALL {
        let page = code.page();
        assert!(page.starts_with(&format!("# {code}: ")), "{code} has another page");
        let mut after = 0;
        for part in [
            "Level: ",
            "`--fix` ",
            "## What it finds",
            "## Why",
            "## Bad",
            "## Good",
            "## How to mend it",
            "## How to allow it",
        ] {
            let at = page[after..].find(&format!("\n{part}"));
            after += at.unwrap_or_else(|| panic!("{code} has no `{part}` at its place")) + 1;
        }
        let example = |part: &str| {
            let example = page.split(&format!("\n## {part}\n\n```yaml\n")).nth(1)?.split("```").next()?;
            if example.starts_with("apiVersion") {
                return Some(example.to_owned());
            }
            Some(HEAD.to_owned() + &example.lines().flat_map(|line| ["  ", line, "\n"]).collect::<String>())
        };
        if let Some(bad) = example("Bad") {
            let found = findings(code, &bad, &settings(code));
            assert!(found.iter().any(|finding| finding.code == code), "{code}: {found:?}");
        }
        let found = findings(code, &example("Good").unwrap(), &settings(code));
        let is_clean = found.iter().all(|finding| finding.level == Level::Note || finding.allowed.is_some());
        assert!(is_clean, "{code}: {found:?}");
    }
}

#[test]
fn no_secret_is_told() {
    let mut secrets = 0;
    for case in cases("rules").iter().filter(|case| name(case).starts_with("RC035")) {
        let text = read(case, "bad.yml");
        for finding in check("f", &text, &Settings::default()).findings {
            secrets += usize::from(finding.code.hides_excerpt());
            assert!(!shown(&finding).contains("EXAMPLE"), "{finding:?}");
        }
        let masked = masked(&text);
        assert!(!masked.contains("EXAMPLE"), "{masked}");
        assert_eq!(masked.chars().count(), text.chars().count());
    }
    assert!(secrets > 4, "only {secrets}");
}

/// What tools of the field find in a map, by the names of their cases; `roleARN` is one that peers do not see.
#[test]
fn what_peers_find_is_found() {
    let find = |section: &str| {
        let head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n";
        let body: String = section.lines().flat_map(|line| ["    ", line, "\n"]).collect();
        let text = format!("{head}data:\n  mapRoles: |\n{body}");
        let found = check("f", &text, &Settings::default()).findings;
        found.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>().join(" ")
    };
    let entry = |key: &str, name: &str, username: &str, groups: &str| {
        format!(
            "- {key}: arn:aws:iam::111122223333:role/{name}\n  username: {username}\n  groups: [{groups}]\n"
        )
    };
    let node = "system:node:{{EC2PrivateDNSName}}";
    let cases = [
        ("awsauth.masters", entry("rolearn", "Admin", "admin", "system:masters"), "RC029"),
        ("awsauth.malformed", "a bare sentence with { and [".to_owned(), "RC004"),
        ("awsauth.roleARN_spelling", entry("roleARN", "Admin", "a", "system:masters"), "RC037 RC029"),
        ("rule.R5.node_role_masters", entry("rolearn", "node", node, "system:masters"), "RC028 RC029"),
        ("rule.R6.person_in_nodes", entry("rolearn", "BuildPipeline", "builder", "system:nodes"), "RC028"),
        ("parse.colons", entry("rolearn", "a", "\"a:b:c\"", "\"d:e\""), ""),
    ];
    for (name, section, expected) in cases {
        assert_eq!(find(&section), expected, "{name}");
    }
}

#[test]
fn the_examples_of_the_docs_have_no_warning() {
    let examples = [
        include_str!("../../../docs/example/aws-auth.yml"),
        include_str!("../../../docs/example/observed.yaml"),
    ];
    for example in examples {
        let found = check("f", example, &Settings::default()).findings;
        assert!(found.iter().all(|finding| finding.level == Level::Note), "{found:?}");
    }
}
