//! RC004: a section that counts as empty, and the likely mistake.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use rolecall_yaml::{ScalarStyle, Span, Splice, apply};

use super::super::AwsAuthDocument;
use super::super::slip::slip;
use super::super::tabs;
use super::Report;
use crate::effective::{SectionReading, Unreadable};
use crate::finding::{Code, Edit, Fix, Level};
use crate::identity_mapping::{IdentityMapping, Section};

/// With `kubectl apply`, this is how a cluster throws everybody out.
pub(super) fn check(report: &mut Report<'_>, reading: &SectionReading) {
    let section = reading.section();
    let style = report.document.section_style(section);
    let literal = Literal::of(report, section, style);
    let Some(unreadable) = reading.unreadable() else {
        folded_away(report, reading, literal);
        return;
    };
    let is_of_folding = |literal: &Literal| {
        literal.reading.unreadable().is_none_or(|other| {
            let next = likely(&literal.reading, other, Some(ScalarStyle::Literal));
            other.message != unreadable.message || next.is_some_and(|next| next.fix.is_some())
        })
    };
    let likely =
        literal.filter(is_of_folding).map(Literal::mend).or_else(|| likely(reading, unreadable, style));
    let at = likely.as_ref().and_then(|likely| likely.at).unwrap_or(Span::at(unreadable.at));
    let what = likely.as_ref().map(|likely| format!(": {}", likely.what)).unwrap_or_default();
    let message = format!("`{section}` cannot be read: {}{what}", unreadable.message);
    let fix = likely.as_ref().and_then(|likely| likely.fix.clone());
    let locked = "applied as it is, it would count as empty, and everybody in it would be locked out";
    let help = likely.map_or_else(|| locked.into(), |likely| format!("{}; {locked}", likely.help));
    let finding = report.add((Code::UnreadableSection, Level::Error), (section, at), message);
    (finding.help, finding.fix) = (Some(help), fix);
}

/// What the author probably did.
struct Likely {
    what: String,
    help: String,
    /// Where, if that is known better than where the reader gave up.
    at: Option<Span>,
    fix: Option<Fix>,
}

impl Likely {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into(), at: None, fix: None }
    }
}

fn likely(reading: &SectionReading, unreadable: &Unreadable, style: Option<ScalarStyle>) -> Option<Likely> {
    let (section, text) = (reading.section(), reading.text().unwrap_or_default());
    let line = Line::at(text, unreadable.at);
    if let Some(wrong_kind) = wrong_kind(reading, unreadable) {
        return Some(wrong_kind);
    }
    if style == Some(ScalarStyle::Folded) {
        return Some(Likely::new(FOLDED, "write `|` instead"));
    }
    if text.trim_start().starts_with(['[', '{']) {
        let what = "it begins like JSON, and is not";
        return Some(Likely::new(what, "look for a missing comma, quote or bracket before this place"));
    }
    slip(text, unreadable.at)
        .map(|slip| Likely {
            at: Some(slip.at),
            fix: if slip.is_tab(text) { untabbed(section, text) } else { None },
            ..Likely::new(slip.what, slip.help)
        })
        .or_else(|| template(section, text, unreadable.at))
        .or_else(|| start(&line, unreadable))
        .or_else(|| indent(text, &line, unreadable))
}

/// The value is readable, and not a list.
fn wrong_kind(reading: &SectionReading, unreadable: &Unreadable) -> Option<Likely> {
    let (section, text) = (reading.section(), reading.text().unwrap_or_default());
    if section == Section::MapAccounts && reading.sequence().is_some() {
        return Some(Likely::new("an account is a text", "write its twelve digits in quotes after `- `"));
    }
    let entry = if section == Section::MapAccounts { "account" } else { "entry" };
    if unreadable.message.starts_with("it is a mapping") || unreadable.message.contains("unmarshal a map") {
        let help =
            format!("write `- ` before the first key of each {entry}, and indent its other keys below that");
        return Some(Likely::new("the `- ` of the list is missing", help));
    }
    if unreadable.message.starts_with("it is ") || unreadable.message.contains("unmarshal a scalar") {
        let help = format!("write each {entry} after `- `");
        let what =
            if text.trim().contains('\n') { "its lines are one text" } else { "a single value is no list" };
        return Some(Likely::new(what, help));
    }
    None
}

fn untabbed(section: Section, text: &str) -> Option<Fix> {
    let splices = tabs::expanded_in_section(section, text)?;
    Some(Fix::new(tabs::FIX, Edit::Text(section, splices)))
}

/// A line of a section.
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    /// The line that holds the byte `at`, or the last one with content before it.
    fn at(text: &'a str, at: usize) -> Self {
        let mut end = text.floor_char_boundary(at.min(text.len()));
        end += text[end..].find('\n').unwrap_or(text.len() - end);
        loop {
            let start = text[..end].rfind('\n').map_or(0, |at| at + 1);
            let line = Line { start, text: &text[start..end] };
            if start == 0 || !line.text.trim().is_empty() {
                return line;
            }
            end = start - 1;
        }
    }

    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    fn content(&self) -> Span {
        let end = self.start + self.text.trim_end().len();
        Span { start: self.start + self.indent(), end }
    }
}

/// `username: {{SessionName}}` is a mapping in a mapping to YAML.
fn template(section: Section, text: &str, at: usize) -> Option<Likely> {
    let bare = |line: &Line<'_>| {
        let found = line.text.find(": {{").or_else(|| line.text.find("- {{"))? + 2;
        let value = line.text[found..].split(" #").next().unwrap_or_default().trim_end();
        Some(Span { start: line.start + found, end: line.start + found + value.len() })
    };
    let line = Line::at(text, at);
    let above = line.start.checked_sub(1).map(|at| Line::at(text, at));
    let span = bare(&line).or_else(|| bare(&above?))?;
    let value = &text[span.start..span.end];
    let likely = Likely::new(
        "two braces at the start of a value are a mapping to YAML",
        format!("put it in quotes: `\"{value}\"`"),
    );
    let is_sayable = !value.contains(['"', '\\']) && value.ends_with("}}");
    let splice = Splice { span, text: format!("\"{value}\"") };
    let fix = is_sayable.then(|| Fix::new("put it in quotes", Edit::Text(section, vec![splice])));
    Some(Likely { at: Some(span), fix, ..likely })
}

/// A character that no value starts with.
fn start(line: &Line<'_>, unreadable: &Unreadable) -> Option<Likely> {
    if !unreadable.message.contains("cannot start any token") {
        return None;
    }
    let letter = line.text.get(unreadable.at.checked_sub(line.start)?..)?.chars().next()?;
    Some(Likely::new(format!("no value may start with `{letter}`"), "put the value in quotes"))
}

/// A line that stands deeper or less deep than its neighbours.
fn indent(text: &str, line: &Line<'_>, unreadable: &Unreadable) -> Option<Likely> {
    const WORDS: [&str; 3] =
        ["did not find expected", "are not allowed in this context", "could not find expected"];
    if !WORDS.iter().any(|word| unreadable.message.contains(word)) {
        return None;
    }
    let above = line.start.checked_sub(1).map(|at| Line::at(text, at))?;
    if let Some(glued) = glued(line).or_else(|| glued(&above)) {
        return Some(glued);
    }
    let is_item = |line: &Line<'_>| line.text.trim_start().starts_with("- ");
    let (here, there) = match (is_item(line), is_item(&above)) {
        (false, true) => (line.indent(), above.indent() + 2),
        _ => (line.indent(), above.indent()),
    };
    let direction = match here.cmp(&there) {
        core::cmp::Ordering::Less => "less",
        core::cmp::Ordering::Greater => "more",
        core::cmp::Ordering::Equal => return None,
    };
    let by = here.abs_diff(there);
    let what = format!("this line is indented {direction} than the one above it, by {by}");
    let likely = Likely::new(what, "keys of one entry stand below each other");
    Some(Likely { at: Some(line.content()), ..likely })
}

/// `username:dev` is a text to YAML, and no key.
fn glued(line: &Line<'_>) -> Option<Likely> {
    let content = line.text.trim_start_matches([' ', '-']).trim_end();
    let (key, value) = content.split_once(':')?;
    let is_key = key.bytes().all(|byte| byte.is_ascii_alphabetic()) && !value.is_empty();
    if !is_key || content.contains(": ") || content.ends_with(':') {
        return None;
    }
    let likely = Likely::new("there is no blank after the colon", format!("write `{key}: {value}`"));
    Some(Likely { at: Some(line.content()), ..likely })
}

const FOLDED: &str = "it is written after `>`, which joins its lines";

/// A section after `>`, and what it would say after `|`.
struct Literal {
    reading: Arc<SectionReading>,
    fix: Fix,
}

impl Literal {
    /// `None` where the section is not written after `>`.
    fn of(report: &Report<'_>, section: Section, style: Option<ScalarStyle>) -> Option<Self> {
        let node = report.document.section_node(section).filter(|_| style == Some(ScalarStyle::Folded))?;
        let start = report.document.outer().node(node).span.start;
        let splices = vec![Splice { span: Span { start, end: start + 1 }, text: "|".into() }];
        let text = apply(report.document.text(), &splices);
        let document = AwsAuthDocument::judged(report.document.file(), &text, None).0?;
        let reading = document.effective().shared(section);
        Some(Self { reading, fix: Fix::new("write `|`", Edit::File(splices)) })
    }

    /// What its author probably did, where it cannot be read as it is.
    fn mend(self) -> Likely {
        Likely { fix: Some(self.fix), ..Likely::new(FOLDED, "write `|` instead") }
    }

    fn says_the_same(&self, folded: &SectionReading) -> bool {
        let said = |reading: &SectionReading| -> Vec<IdentityMapping> {
            reading.entries().iter().map(|entry| entry.mapping.clone()).collect()
        };
        said(&self.reading) == said(folded) && self.reading.losses().len() == folded.losses().len()
    }
}

/// Lines that were joined with a comment above them, or entries with one another: who is in them is not seen, or
/// gets what is another's.
fn folded_away(report: &mut Report<'_>, reading: &SectionReading, literal: Option<Literal>) {
    let section = reading.section();
    let is_other =
        |literal: &Literal| literal.reading.unreadable().is_none() && !literal.says_the_same(reading);
    let Some(literal) = literal.filter(is_other) else { return };
    let is_nothing = reading.entries().is_empty() && reading.losses().is_empty();
    let what = if is_nothing { "says nothing" } else { "says something else than its lines" };
    let message = format!("`{section}` {what}: {FOLDED}");
    let finding = report.add((Code::UnreadableSection, Level::Error), (section, Span::at(0)), message);
    finding.help = Some("write `|` instead".into());
    finding.fix = Some(literal.fix);
}
