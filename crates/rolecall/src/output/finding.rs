//! A finding for people: what is wrong, the line of the file with a mark under what it is about, the next step.

use anstyle::{AnsiColor, Style};
use rolecall_core::finding::{Finding, Level, Place};
use rolecall_core::render::{CheckReport, CheckedFile, printable};

use super::painted;

/// Every finding of a report, and its summary.
pub(super) fn page(report: &CheckReport) -> String {
    let paragraphs = report.findings().map(|(file, finding)| paragraph(file, finding) + "\n");
    let mut page: String = paragraphs.collect();
    page += &painted(Style::new().bold(), &report.summary());
    page + "\n"
}

/// One finding as a paragraph.
pub(super) fn paragraph(file: &CheckedFile, finding: &Finding) -> String {
    let (label, color) = match finding.level {
        _ if finding.allowed.is_some() => ("allowed", AnsiColor::Green),
        Level::Error => ("error", AnsiColor::Red),
        Level::Warning => ("warning", AnsiColor::Yellow),
        Level::Note => ("note", AnsiColor::Cyan),
    };
    let style = color.on_default().bold();
    let label = painted(style, &format!("{label}[{}]:", finding.code));
    let gutter = " ".repeat(finding.place.line.to_string().len());
    let mut lines = vec![
        format!("{label} {}", printable(&finding.message)),
        format!("{gutter}--> {}", printable(&range(&finding.place))),
    ];
    if let Some(excerpt) = file.excerpt(finding) {
        let bar = |left: &str| painted(Style::new().dimmed(), &format!("{left} |"));
        lines.push(format!("{} {}", bar(&excerpt.number.to_string()), excerpt.line));
        lines.push(format!("{} {}", bar(&gutter), painted(style, &excerpt.mark)));
    }
    lines.extend(finding.help.iter().map(|help| format!("{gutter} = help: {}", printable(help))));
    lines.extend(finding.allowed.iter().map(|reason| format!("{gutter} = allowed: {}", printable(reason))));
    lines.join("\n") + "\n"
}

/// A place with its end, where it has one: `file:4:3-9`, or `file:4:3-6:1` over several lines.
fn range(place: &Place) -> String {
    match (place.end_line == place.line, place.end_column > place.column) {
        (true, true) => format!("{place}-{}", place.end_column),
        (true, false) => place.to_string(),
        (false, _) => format!("{place}-{}:{}", place.end_line, place.end_column),
    }
}
