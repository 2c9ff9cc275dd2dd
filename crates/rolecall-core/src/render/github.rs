//! GitHub's workflow commands: what a run shows beside the lines of a change.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::check::CheckReport;
use super::printable::printable;
use super::remarks::Remark;
use crate::finding::{Level, Place};

/// One annotation a finding. An allowed one is a notice, with the reason.
pub fn github(report: &CheckReport) -> String {
    let commands = report.findings().map(|(_, finding)| {
        let (level, allowed) = match &finding.allowed {
            Some(reason) => (Level::Note, format!("\nallowed: {}", printable(reason))),
            None => (finding.level, String::new()),
        };
        let help =
            finding.help.as_ref().map(|help| format!("\nhelp: {}", printable(help))).unwrap_or_default();
        let message = format!("{}{help}{allowed}", printable(&finding.message));
        command(level, Some(&finding.place), finding.code.as_str(), &message)
    });
    commands.collect()
}

/// One annotation a remark, on the first line of `file` if there is one.
pub fn github_remarks(remarks: &[Remark], file: Option<&str>) -> String {
    let place = file.map(Place::start_of);
    let command = |remark: &Remark| {
        let hint =
            remark.hint.as_ref().map(|hint| format!("\nhint: {}", printable(hint))).unwrap_or_default();
        let message = format!("{}{hint}", printable(&remark.message));
        command(remark.level, place.as_ref(), &remark.title, &message)
    };
    remarks.iter().map(command).collect()
}

/// `::error file=…,line=…,title=…::message`. Columns are for ranges within one line.
fn command(level: Level, place: Option<&Place>, title: &str, message: &str) -> String {
    let name = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = place {
        properties.push(("file", place.file.clone()));
        properties.push(("line", place.line.to_string()));
        properties.push(("endLine", place.end_line.to_string()));
        if place.line == place.end_line {
            properties.push(("col", place.column.to_string()));
            properties.push(("endColumn", place.end_column.to_string()));
        }
    }
    properties.push(("title", title.to_string()));
    let properties: Vec<String> =
        properties.into_iter().map(|(key, value)| format!("{key}={}", property(&value))).collect();
    format!("::{name} {}::{}\n", properties.join(","), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_command() {
        let place = Place { file: "a,b:c%.yml".into(), line: 2, column: 3, end_line: 2, end_column: 5 };
        let line = command(Level::Error, Some(&place), "RC001", "50%\r\n::set-output name=x::y");
        let expected = "::error file=a%2Cb%3Ac%25.yml,line=2,endLine=2,col=3,endColumn=5,title=RC001::\
                        50%25%0D%0A::set-output name=x::y\n";
        assert_eq!(line, expected);
        let lines = Place { end_line: 4, ..place };
        assert!(!command(Level::Note, Some(&lines), "RC001", "m").contains("col="));
    }
}
