//! `rolecall rule [CODE]`: the page of a rule, or what a guard refuses.

use clap::Args;
use clap::builder::PossibleValuesParser;
use rolecall_core::finding::Code;
use rolecall_core::guard::Guard;
use rolecall_core::render::{API_VERSION, Line, Tone};
use serde_json::json;

use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Where what guards refuse is written down; a test of the core holds it to be complete.
const GUARDS: &str = include_str!("../../../../docs/reference/guards.md");

/// Explain a rule or a guard: what it finds, why that matters, how to go on; without a code, list them
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The code of a rule or guard, such as `RC004` or `RG04`
    #[arg(value_name = "CODE", ignore_case = true, hide_possible_values = true, value_parser = codes())]
    code: Option<String>,
}

struct Entry {
    code: &'static str,
    title: String,
    page: String,
}

fn codes() -> PossibleValuesParser {
    let (rules, guards) = (Code::ALL.map(Code::as_str), Guard::ALL.map(Guard::as_str));
    rules.into_iter().chain(guards).into()
}

pub(crate) fn run(args: &RuleArgs, screen: &Screen) -> Result<Status, Failure> {
    let is_asked =
        |entry: &Entry| args.code.as_ref().is_none_or(|code| code.eq_ignore_ascii_case(entry.code));
    let all = Code::ALL.map(rule).into_iter().chain(Guard::ALL.map(guard));
    let entries: Vec<Entry> = all.filter(is_asked).collect();
    if screen.is_json() {
        let document =
            |entry: &Entry| json!({ "code": entry.code, "title": entry.title, "page": entry.page });
        let rules: Vec<_> = entries.iter().map(document).collect();
        screen.json(&json!({ "apiVersion": API_VERSION, "kind": "Rules", "rules": rules }))?;
    } else if let (Some(_), [entry]) = (&args.code, entries.as_slice()) {
        screen.data(&format!("{}\n", entry.page.trim_end()))?;
    } else {
        let line =
            |entry: &Entry| Line { tone: Tone::Plain, text: format!("{:<5}  {}", entry.code, entry.title) };
        screen.lines(&entries.iter().map(line).collect::<Vec<_>>())?;
        screen.hint("`rolecall rule CODE` says more about one");
    }
    Ok(Status::Done)
}

fn rule(code: Code) -> Entry {
    Entry { code: code.as_str(), title: code.title().to_owned(), page: code.page().to_owned() }
}

/// A guard has a row of a table where a rule has a page.
fn guard(guard: Guard) -> Entry {
    let code = guard.as_str();
    let row = GUARDS.lines().find_map(|line| line.strip_prefix(&format!("| {code} | ")));
    let (refuses, how) = row.and_then(|row| row.trim_end_matches(" |").split_once(" | ")).unwrap_or_default();
    let how_to_allow = format!("`--allow {code} --reason \"…\"` lets it pass, once.");
    let page =
        format!("# {code}: a guard\n\nIt refuses: {refuses}.\n\nHow to go on: {how}.\n\n{how_to_allow}\n");
    Entry { code, title: refuses.to_owned(), page }
}
