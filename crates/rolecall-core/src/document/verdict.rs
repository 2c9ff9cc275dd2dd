//! From what the rules found to what is told: secrets, allow comments, levels, order.

use alloc::vec::Vec;

use rolecall_yaml::LineIndex;

use super::{AwsAuthDocument, MAX_FILE_BYTES, Settings, allow, secrets};
use crate::finding::Finding;

/// Finishes the findings of one file, which is `source`: its name, text and lines.
pub(crate) fn finish(
    source: (&str, &str, &LineIndex),
    documents: &[AwsAuthDocument],
    settings: &Settings,
    mut findings: Vec<Finding>,
) -> Vec<Finding> {
    // A file that is refused for its size is not read through once more.
    if source.1.len() <= MAX_FILE_BYTES {
        secrets::check(source, &mut findings);
        allow::check(source, documents, &mut findings);
        secrets::hide(source.1, &mut findings);
    }
    let mut findings = settings.shown(findings);
    findings.sort_by(|a, b| (&a.place, a.code).cmp(&(&b.place, b.code)));
    findings
}
