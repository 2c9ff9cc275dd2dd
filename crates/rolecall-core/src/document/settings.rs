//! What a repository says about the rules: which are off, how bad the others are, which accounts are its own.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::finding::{Code, Finding, Level};

/// How files are checked. The default is that of a repository without `rolecall.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The AWS accounts whose principals may be in the map; empty where nothing is said.
    pub accounts: Vec<String>,
    /// Rules that have another level than their own; `None` turns a rule off.
    pub levels: BTreeMap<Code, Option<Level>>,
    /// Rules whose warnings and notes are not shown, and whose errors are.
    pub quiet: BTreeSet<Code>,
}

impl Settings {
    /// The findings that are shown, at the level that they have here.
    pub(super) fn shown(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain(|finding| {
            let is_off = self.levels.get(&finding.code) == Some(&None);
            let is_quiet = self.quiet.contains(&finding.code) && finding.level != Level::Error;
            finding.is_final() || !(is_off || is_quiet)
        });
        for finding in findings.iter_mut().filter(|finding| !finding.is_final()) {
            if let Some(Some(level)) = self.levels.get(&finding.code) {
                finding.level = *level;
            }
        }
        findings
    }
}
