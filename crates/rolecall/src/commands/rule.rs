//! `rolecall rule [CODE]`: the page of a rule.

use clap::Args;
use clap::builder::PossibleValuesParser;
use rolecall_core::finding::Code;
use rolecall_core::render::{API_VERSION, Line, Tone};
use serde_json::{Value, json};

use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Explain a rule: what it finds, why that matters, how to mend it; without a code, list all rules
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The code of a rule, such as `RC004`
    #[arg(value_name = "CODE", ignore_case = true, hide_possible_values = true, value_parser = codes())]
    code: Option<String>,
}

fn codes() -> PossibleValuesParser {
    Code::ALL.map(Code::as_str).into()
}

pub(crate) fn run(args: &RuleArgs, screen: &Screen) -> Result<Status, Failure> {
    let is_asked =
        |code: &Code| args.code.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(code.as_str()));
    let codes: Vec<Code> = Code::ALL.into_iter().filter(is_asked).collect();
    if screen.is_json() {
        let rules: Vec<Value> = codes.iter().map(|code| document(*code)).collect();
        screen.json(&json!({ "apiVersion": API_VERSION, "kind": "Rules", "rules": rules }))?;
    } else if let (Some(_), [code]) = (&args.code, codes.as_slice()) {
        screen.data(&format!("{}\n", code.page().trim_end()))?;
    } else {
        let line = |code: &Code| Line { tone: Tone::Plain, text: format!("{code}  {}", title(*code)) };
        screen.lines(&codes.iter().map(line).collect::<Vec<_>>())?;
        screen.hint("`rolecall rule CODE` says more about one");
    }
    Ok(Status::Done)
}

fn document(code: Code) -> Value {
    json!({ "code": code, "title": title(code), "page": code.page() })
}

/// The heading of the page, without the code.
fn title(code: Code) -> &'static str {
    let heading = code.page().lines().next().unwrap_or_default().trim_start_matches("# ");
    heading.strip_prefix(code.as_str()).unwrap_or(heading).trim_start_matches([':', ' '])
}
