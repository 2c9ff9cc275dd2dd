//! SARIF 2.1.0, which GitHub code scanning, Azure DevOps and editors read.
//!
//! Paths are relative to the root of the repository where the command runs there.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::check::{CheckReport, CheckedFile};
use super::level_word;
use super::printable::printable;
use crate::finding::{Code, Finding, Place};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The report as a SARIF log with one run. `version` is the program's.
pub fn sarif(report: &CheckReport, version: &str) -> Value {
    let spoken: BTreeSet<Code> = report.findings().map(|(_, finding)| finding.code).collect();
    let codes: Vec<Code> = spoken.into_iter().collect();
    let results =
        report.fingerprinted().map(|(file, finding, digest)| result(file, finding, &digest, &codes));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rolecall",
                "version": version,
                "semanticVersion": version,
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": true }],
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(code: Code) -> Value {
    let page = code.page();
    json!({
        "id": code.as_str(),
        "name": format!("{code:?}"),
        "shortDescription": { "text": code.title() },
        "help": { "text": page, "markdown": page },
        "properties": { "tags": ["aws-auth", "eks", "security"] },
    })
}

fn result(file: &CheckedFile, finding: &Finding, digest: &str, codes: &[Code]) -> Value {
    let place = &finding.place;
    let mut region = region(place);
    if let Some(excerpt) = file.excerpt(finding) {
        region["snippet"] = json!({ "text": excerpt.line });
    }
    let mut text = printable(&finding.message).into_owned();
    if let Some(help) = &finding.help {
        text.push_str("; ");
        text.push_str(&printable(help));
    }
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": codes.iter().position(|code| *code == finding.code),
        "level": level_word(finding.level),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.file) },
            "region": region,
        }}],
        "partialFingerprints": { "rolecallFinding/v1": digest },
    });
    if let Some(reason) = &finding.allowed {
        result["suppressions"] = json!([{ "kind": "inSource", "justification": printable(reason) }]);
    }
    result
}

/// The end of a region is exclusive, as that of a place is.
fn region(place: &Place) -> Value {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

/// A path as a reference (RFC 3986): relative, or `file:` for an absolute one.
fn uri(path: &str) -> String {
    let has_drive =
        path.as_bytes().get(1) == Some(&b':') && path.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut uri = String::from(match (has_drive, path.starts_with('/')) {
        (true, _) => "file:///",
        (false, true) => "file://",
        (false, false) => "",
    });
    uri.extend(path.bytes().enumerate().map(|(at, byte)| {
        let is_plain = byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if is_plain || (has_drive && at == 1) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    }));
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_references() {
        let check = |path: &str, expected: &str| assert_eq!(uri(path), expected);
        check("clusters/prod/aws-auth.yml", "clusters/prod/aws-auth.yml");
        check("a b/日%:x.yml", "a%20b/%E6%97%A5%25%3Ax.yml");
        check("/tmp/aws-auth.yml", "file:///tmp/aws-auth.yml");
        check("C:/doors/aws-auth.yml", "file:///C:/doors/aws-auth.yml");
        check("a\nb", "a%0Ab");
    }
}
