//! From what the rules found to what is told: secrets, allow comments, levels, order.

use alloc::vec::Vec;

use rolecall_yaml::LineIndex;

use super::{AwsAuthDocument, MAX_FILE_BYTES, Settings, allow, secrets};
use crate::finding::Finding;

/// Finishes the findings of one file, which is `source`: its name, text and lines.
pub(crate) fn finish(
    source: (&str, &str, &LineIndex),
    documents: &[AwsAuthDocument],
    settings: Option<&Settings>,
    mut findings: Vec<Finding>,
) -> Vec<Finding> {
    let Some(settings) = settings else {
        if !findings.is_empty() {
            secrets::hide(source.1, &secrets::find(source.1), &mut findings);
        }
        return findings;
    };
    // A file that is refused for its size is not read through once more.
    if source.1.len() <= MAX_FILE_BYTES {
        let secrets = secrets::find(source.1);
        secrets::check(source, &secrets, &mut findings);
        allow::check(source, documents, &mut findings);
        secrets::hide(source.1, &secrets, &mut findings);
    }
    let mut findings = settings.shown(findings);
    findings.sort_by(|a, b| (&a.place, a.code).cmp(&(&b.place, b.code)));
    findings
}
