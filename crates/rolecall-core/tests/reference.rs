//! Every rule and every guard has its line in the reference.
#![expect(clippy::disallowed_methods, reason = "the fence is for what ships; the pages are files")]

use std::fs;
use std::path::Path;

use rolecall_core::finding::Code;
use rolecall_core::guard::Guard;

#[test]
fn every_guard_is_documented() {
    let guards = include_str!("../../../docs/reference/guards.md");
    for guard in Guard::ALL {
        let code = guard.as_str();
        assert!(
            guards.contains(&format!("\n| [{code}](guards/{code}.md) | ")),
            "{code} is not in the guards"
        );
        assert!(guard.page().starts_with(&format!("# {code}: ")), "{code} has another page");
        for part in ["What it refuses", "Why", "Example", "How to go on", "How to allow it"] {
            assert!(guard.page().contains(&format!("\n## {part}\n")), "{code} has no `{part}`");
        }
    }
}

/// `UPDATE=1` writes the table anew from the pages.
#[test]
fn the_table_of_the_rules_is_that_of_their_pages() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/rules.md");
    let written = fs::read_to_string(&path).unwrap();
    let (head, rest) = written.split_once("| Code |").unwrap();
    let tail = rest.split_once("\n\n").map_or("", |(_, tail)| tail);
    let rows = Code::ALL.map(|code| {
        let line = |start: &str| {
            let line = code.page().lines().find(|line| line.starts_with(start));
            line.unwrap_or_else(|| panic!("{code} has no `{start}`"))
                .trim_start_matches(start)
                .trim_end_matches('.')
        };
        let mends = if line("`--fix` ").starts_with("does nothing") { "" } else { "yes" };
        format!("| [{code}](rules/{code}.md) | {} | {} | {mends} |\n", line("Level: "), code.title())
    });
    let table = format!("| Code | Level | What is wrong | `--fix` |\n|---|---|---|---|\n{}", rows.concat());
    let fresh = format!("{head}{table}{}{tail}", if tail.is_empty() { "" } else { "\n" });
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), fresh);
}

#[test]
fn the_policy_in_the_reference_is_understood() {
    let guards = include_str!("../../../docs/reference/guards.md");
    let example = guards.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    let (config, findings) =
        rolecall_core::config::parse("rolecall.yaml", example.expect("there is an example"));
    assert_eq!(findings, []);
    assert_eq!(config.map(|config| config.policy.protect.len()), Some(1));
}
