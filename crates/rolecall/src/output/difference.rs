//! What an edit changes in a text, as a unified diff.

use rolecall_core::render::{Line, Tone};
use similar::{ChangeTag, TextDiff};

/// The diff with its tones; nothing where nothing changes. `patch` takes it.
pub(crate) fn difference(name: &str, before: &str, after: &str) -> Vec<Line> {
    if before == after {
        return Vec::new();
    }
    let diff = TextDiff::from_lines(before, after);
    let line = |tone, text: String| Line { tone, text };
    let mut lines = vec![line(Tone::Title, format!("--- {name}")), line(Tone::Title, format!("+++ {name}"))];
    for hunk in diff.unified_diff().iter_hunks() {
        lines.push(line(Tone::Quiet, hunk.header().to_string()));
        for change in hunk.iter_changes() {
            let (tone, mark) = match change.tag() {
                ChangeTag::Delete => (Tone::Removed, '-'),
                ChangeTag::Insert => (Tone::Added, '+'),
                ChangeTag::Equal => (Tone::Plain, ' '),
            };
            let text = change.value().trim_end_matches(['\n', '\r']);
            lines.push(line(tone, format!("{mark}{text}")));
        }
    }
    lines
}
