//! How plans and findings are told: each voice is a function of the same value.
//!
//! JSON is the contract, text is for people; the others are what CI systems and editors read.

mod check;
mod excerpt;
mod explanation;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod printable;
mod remarks;
mod sarif;
mod text;
mod whoami;

#[cfg(test)]
mod tests;

use crate::finding::Level;

pub use check::{CheckReport, CheckedFile, Counts};
pub use excerpt::Excerpt;
pub use explanation::{Explained, ExplainedBy};
pub use github::{github, github_remarks};
pub use gitlab::gitlab;
pub use json::{API_VERSION, findings, plan};
pub use junit::{Case, CaseOutcome, Suite, check_suites, drift_suite, junit, plan_suite};
pub use markdown::{MARKER, MAX_COMMENT, Page, markdown, markdown_page};
pub use printable::{is_harmful, json_text, printable, printable_line, spelt_out, spelt_out_line};
pub use remarks::{Remark, drift_remarks, plan_remarks, plan_summary};
pub use sarif::sarif;
pub use text::{Line, Tone, plan_text};
pub use whoami::{whoami_json, whoami_page};

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}
