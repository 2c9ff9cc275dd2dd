//! Markdown for a comment on a pull request: short, collapsible, and found again by its first line.
//!
//! Nothing that stands in a file or a cluster becomes markup in here.

mod escape;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::check::{CheckReport, CheckedFile};
use super::level_word;
use super::printable::{printable, printable_line};
use super::remarks::Remark;
use super::text::Line;
use crate::finding::Finding;
use escape::{code, fenced, message};

/// The first line of every comment: whoever updates one in place looks for it.
pub const MARKER: &str = "<!-- rolecall -->";

/// What GitHub takes as one comment. It is counted in bytes here, which is never too long.
pub const MAX_COMMENT: usize = 65_536;

/// So many findings are shown; the others are counted.
const SHOWN: usize = 20;

/// A text with a headline: what a command would print, as a comment.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// What the comment is about, such as `plan prod`, for whoever has several.
    pub topic: String,
    /// The headline.
    pub title: String,
    /// What must not be missed.
    pub remarks: &'a [Remark],
    /// All of it, folded away.
    pub lines: &'a [Line],
}

/// The report as a comment.
pub fn markdown(report: &CheckReport) -> String {
    fitting(|shown| comment(report, shown))
}

/// A page as a comment.
pub fn markdown_page(page: &Page<'_>) -> String {
    fitting(|shown| {
        let mut comment = start(&page.topic, &message(&page.title));
        let told = || page.remarks.iter().filter(|remark| remark.message != page.title);
        told().take(shown).for_each(|remark| comment += &item(remark));
        comment += &more(told().count().saturating_sub(shown), "remark");
        let lines = page.lines.iter().map(|line| printable_line(&line.text).into_owned());
        comment + &details("All of it", "diff", lines)
    })
}

/// The longest of the comments that is not too long.
fn fitting(comment: impl Fn(usize) -> String) -> String {
    let mut shown = SHOWN;
    loop {
        let text = comment(shown);
        if text.len() <= MAX_COMMENT || shown == 0 {
            return text;
        }
        shown /= 2;
    }
}

fn comment(report: &CheckReport, shown: usize) -> String {
    let is_refused = report.is_refused();
    let verdict = if is_refused { "Refused" } else { "Fine" };
    let title = format!("{verdict}: {}", report.summary());
    let mut comment = start(report.topic(), &title);
    let mut findings: Vec<(&CheckedFile, &Finding)> = report.findings().collect();
    // What refuses a file must not be cut off behind notes.
    findings.sort_by_key(|(_, finding)| (finding.allowed.is_some(), finding.level));
    if findings.is_empty() {
        return comment;
    }
    if shown > 0 {
        comment += "| Level | Where | What | What to do |\n|---|---|---|---|\n";
        findings.iter().take(shown).for_each(|(_, finding)| comment += &row(finding));
    }
    comment += &more(findings.len().saturating_sub(shown), "finding");
    let lines = findings.iter().take(shown).filter_map(|(file, finding)| {
        let excerpt = file.excerpt(finding)?;
        Some(format!("{} {}\n{}", finding.code, printable(&finding.place.to_string()), excerpt.text()))
    });
    comment + &details("The lines", "text", lines)
}

fn start(topic: &str, title: &str) -> String {
    let topic: String =
        topic.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).take(200).collect();
    let topic: Vec<&str> = topic.split_whitespace().collect();
    format!("{MARKER}\n<!-- rolecall: {} -->\n**Rolecall** {title}\n\n", topic.join(" "))
}

fn row(finding: &Finding) -> String {
    let level = match &finding.allowed {
        Some(_) => "allowed",
        None => level_word(finding.level),
    };
    let reason = finding.allowed.as_ref().map(|reason| format!("allowed: {}", message(reason)));
    let help = reason.or_else(|| finding.help.as_deref().map(message)).unwrap_or_default();
    let (place, what) = (code(&finding.place.to_string()), message(&finding.message));
    format!("| {level} `{}` | {place} | {what} | {help} |\n", finding.code)
}

fn item(remark: &Remark) -> String {
    let hint = remark.hint.as_ref().map(|hint| format!(" → {}", message(hint))).unwrap_or_default();
    let (level, title) = (level_word(remark.level), code(&remark.title));
    format!("- **{level}** {title}: {}{hint}\n", message(&remark.message))
}

fn more(count: usize, what: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!("\n1 more {what}: see the output of the job.\n"),
        _ => format!("\n{count} more {what}s: see the output of the job.\n"),
    }
}

/// A block that is folded away, of as many of its parts as there is room for.
fn details(summary: &str, language: &str, parts: impl Iterator<Item = String>) -> String {
    let (mut text, mut is_whole) = (String::new(), true);
    for part in parts {
        if text.len() + part.len() < MAX_COMMENT / 2 {
            text += &part;
            text.push('\n');
        } else {
            is_whole = false;
        }
    }
    if !is_whole {
        text += "… and more: see the output of the job";
    }
    if text.trim().is_empty() {
        return String::new();
    }
    format!("\n<details><summary>{summary}</summary>\n\n{}\n</details>\n", fenced(language, &text))
}
