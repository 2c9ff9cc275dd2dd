//! `rolecall rule [CODE]`: the page of a rule or a guard.

use clap::Args;
use clap::builder::PossibleValuesParser;
use rolecall_core::finding::Code;
use rolecall_core::guard::Guard;
use rolecall_core::render::{API_VERSION, Line, Tone};
use serde_json::json;

use crate::failure::{Failure, Status};
use crate::output::Screen;

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

fn guard(guard: Guard) -> Entry {
    Entry { code: guard.as_str(), title: guard.title().to_owned(), page: guard.page().to_owned() }
}
