//! What a check found, in one value, from which every voice is made.
//!
//! A secret that was found in a file is masked in here, so that no voice can tell it; findings know to keep quiet.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::excerpt::{Excerpt, SourceLine, excerpt, lines};
use crate::check::masked;
use crate::cluster::fingerprint;
use crate::finding::{Finding, Level};

/// What a check of some files found.
#[derive(Debug, Clone)]
pub struct CheckReport {
    topic: String,
    files: Vec<CheckedFile>,
    fails_at: Level,
}

/// One file with what was found in it.
#[derive(Debug, Clone)]
pub struct CheckedFile {
    file: String,
    /// The lines that findings are about, by their numbers.
    lines: BTreeMap<usize, SourceLine>,
    documents: usize,
    findings: Vec<Finding>,
}

/// How many findings there are of each level; allowed ones are counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of level error.
    pub errors: usize,
    /// Of level warning.
    pub warnings: usize,
    /// Of level note.
    pub notes: usize,
    /// Of any level, and allowed by a comment in the file.
    pub allowed: usize,
    /// Those that `--fix` can mend.
    pub mendable: usize,
}

impl CheckReport {
    /// A report of the command `topic`, refused if a finding has the level `fails_at`, or a worse one, and is
    /// not allowed.
    pub fn new(topic: &str, files: Vec<CheckedFile>, fails_at: Level) -> Self {
        Self { topic: topic.to_string(), files, fails_at }
    }

    /// The command that reports.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The files, in the order in which they were checked.
    pub fn files(&self) -> &[CheckedFile] {
        &self.files
    }

    /// Every finding with its file.
    pub fn findings(&self) -> impl Iterator<Item = (&CheckedFile, &Finding)> {
        self.files.iter().flat_map(|file| file.findings.iter().map(move |finding| (file, finding)))
    }

    /// How many `aws-auth` documents the files hold.
    pub fn documents(&self) -> usize {
        self.files.iter().map(|file| file.documents).sum()
    }

    /// How many findings there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (_, finding) in self.findings() {
            counts.mendable += usize::from(finding.allowed.is_none() && finding.fix.is_some());
            let count = match finding.level {
                _ if finding.allowed.is_some() => &mut counts.allowed,
                Level::Error => &mut counts.errors,
                Level::Warning => &mut counts.warnings,
                Level::Note => &mut counts.notes,
            };
            *count += 1;
        }
        counts
    }

    /// Does this finding refuse the files?
    pub fn fails(&self, finding: &Finding) -> bool {
        finding.allowed.is_none() && finding.level <= self.fails_at
    }

    /// Does any finding refuse the files?
    pub fn is_refused(&self) -> bool {
        self.findings().any(|(_, finding)| self.fails(finding))
    }

    /// The report in one line, such as `1 document in 1 file: 1 error, 2 warnings, 0 notes`.
    pub fn summary(&self) -> String {
        let counts = self.counts();
        let allowed = match counts.allowed {
            0 => String::new(),
            allowed => format!("; {allowed} allowed"),
        };
        format!(
            "{} in {}: {}, {}, {}{allowed}",
            counted(self.documents(), "document"),
            counted(self.files.len(), "file"),
            counted(counts.errors, "error"),
            counted(counts.warnings, "warning"),
            counted(counts.notes, "note"),
        )
    }

    /// Every finding with a digest that stays the same while other lines come and go, and is unique in here.
    pub(super) fn fingerprinted(&self) -> impl Iterator<Item = (&CheckedFile, &Finding, String)> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        self.findings().map(move |(file, finding)| {
            let line = file.line(finding.place.line).map_or("", |line| line.around(finding.place.column));
            let what = format!("{}\0{}\0{line}", finding.code, finding.place.file);
            let times = seen.entry(what.clone()).or_default();
            *times += 1;
            let digest = fingerprint(format!("{what}\0{times}").as_bytes());
            (file, finding, digest.trim_start_matches("sha256:").to_string())
        })
    }
}

impl CheckedFile {
    /// What was found in `file`, whose content is `text`, and how many `aws-auth` documents that holds.
    pub fn new(file: &str, text: &str, documents: usize, findings: Vec<Finding>) -> Self {
        let told: BTreeSet<usize> = findings.iter().map(|finding| finding.place.line).collect();
        let masked = if told.is_empty() { Cow::Borrowed("") } else { masked(text) };
        let lines = (1..).zip(lines(&masked)).filter(|(number, _)| told.contains(number));
        let lines = lines.map(|(number, line)| (number, SourceLine::new(line))).collect();
        Self { file: file.to_string(), lines, documents, findings }
    }

    /// The file as the user named it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What was found in it.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The line that a finding of this file is about; `None` where there is nothing to see.
    pub fn excerpt(&self, finding: &Finding) -> Option<Excerpt> {
        excerpt(&finding.place, self.line(finding.place.line)?)
    }

    fn line(&self, number: usize) -> Option<&SourceLine> {
        self.lines.get(&number)
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
