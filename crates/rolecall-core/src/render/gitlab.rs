//! GitLab's code quality report: what a merge request shows beside the lines.

use alloc::format;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::check::CheckReport;
use super::printable::printable;
use crate::finding::{Finding, Level};

/// The report as GitLab's `codequality` artifact. Allowed findings are left out: it has no word for them.
pub fn gitlab(report: &CheckReport) -> Value {
    let spoken = report.fingerprinted().filter(|(_, finding, _)| finding.allowed.is_none());
    spoken.map(|(_, finding, digest)| issue(finding, &digest)).collect::<Vec<_>>().into()
}

fn issue(finding: &Finding, digest: &str) -> Value {
    let place = &finding.place;
    let help = finding.help.as_ref().map(|help| format!("; {}", printable(help))).unwrap_or_default();
    json!({
        "type": "issue",
        "check_name": finding.code,
        "description": format!("{}{help}", printable(&finding.message)),
        "categories": ["Security"],
        "severity": match finding.level {
            Level::Error => "critical",
            Level::Warning => "minor",
            Level::Note => "info",
        },
        "fingerprint": digest,
        "location": { "path": place.file, "lines": { "begin": place.line, "end": place.end_line } },
    })
}
