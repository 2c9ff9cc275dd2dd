//! Secrets that were found in a file, so that nothing that is shown of it tells them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::agreed::is_secret;
use crate::finding::{Finding, Place};

/// What is shorter is no secret, and would hide half of the file.
const SHORTEST: usize = 8;

/// The secrets of one file.
#[derive(Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The parts of `text` that findings call secrets.
    pub fn of(findings: &[Finding], text: &str) -> Self {
        let secret = findings.iter().filter(|finding| is_secret(finding));
        let mut parts: Vec<String> = secret.flat_map(|finding| parts(&finding.place, text)).collect();
        // A part of another one must not break it up.
        parts.sort_by_key(|part| core::cmp::Reverse(part.len()));
        Self(parts)
    }

    /// The text with a `*` for each character of them: everything else stays where it is.
    pub fn masked(&self, text: &str) -> String {
        self.0.iter().fold(text.to_string(), |text, part| {
            if text.contains(part.as_str()) {
                text.replace(part, &"*".repeat(part.chars().count()))
            } else {
                text
            }
        })
    }
}

/// The part of each line that lies in `place`.
fn parts(place: &Place, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate().skip(place.line - 1).take(place.end_line + 1 - place.line);
    let part = |(number, line): (usize, &str)| {
        let skipped = if number + 1 == place.line { place.column - 1 } else { 0 };
        let end = if number + 1 == place.end_line { place.end_column - 1 } else { usize::MAX };
        let part: String = line.chars().take(end).skip(skipped).collect();
        part.trim().to_string()
    };
    lines.map(part).filter(|part| part.len() >= SHORTEST).collect()
}
