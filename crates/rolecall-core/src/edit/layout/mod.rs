//! One layout for every map: keys in one order, two blanks of indent, lists and texts on lines of their own.
//!
//! Comments stay with what they are about, and what is read stays the same; both are proven. A file with
//! anchors, aliases or tags is left alone, since its author has laid it out in a way of his own; so is JSON.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rolecall_yaml::{Document, Limits, NodeId, NodeKind};

use super::{Refusal, RefusalKind, Touched};
use crate::document::AwsAuthDocument;
use crate::effective::SectionReading;
use crate::identity_mapping::{IdentityMapping, Section};

mod comments;
mod lines;

pub(super) use comments::of_text as comments_of;

/// The text of `document` in the one layout; the same text where it has it already.
///
/// # Errors
/// Where something cannot be read, or cannot be laid out without losing something.
pub fn laid_out(document: &AwsAuthDocument) -> Result<String, Refusal> {
    let mut text = laid_out_once(document)?;
    // A section that says nothing but markers has another layout once it is a text of its own.
    for _ in 0..ROUNDS {
        let Some(laid_out) = AwsAuthDocument::judged(document.file(), &text, None).0 else { break };
        let again = laid_out_once(&laid_out)?;
        if again == text {
            break;
        }
        text = again;
    }
    Ok(text)
}

/// More have never been needed.
const ROUNDS: usize = 3;

fn laid_out_once(document: &AwsAuthDocument) -> Result<String, Refusal> {
    let refused = |what: &str, problem: &str| {
        let reason = format!("{what} cannot be laid out: {problem}");
        Refusal::new(RefusalKind::Refused, reason, "nothing was changed; lay it out by hand")
    };
    Touched::all(document.effective()).check(document)?;
    if is_json(document.text()) {
        let hint = "nothing was changed; write it as YAML first, such as with `kubectl create --dry-run=client -o yaml -f FILE`";
        return Err(Refusal::new(
            RefusalKind::Refused,
            "the file is JSON, and the layout is one of YAML",
            hint,
        ));
    }
    let mut sections = BTreeMap::new();
    for section in Section::ALL {
        if let Some(text) = section_laid_out(document.effective().section(section)) {
            let text = text.map_err(|problem| refused(&format!("`{section}`"), &problem))?;
            sections.insert(section.key(), text);
        }
    }
    let text =
        laid_out_text(document.text(), Some(&sections)).map_err(|problem| refused("the file", &problem))?;
    let (after, _) = AwsAuthDocument::parse(document.file(), &text);
    let is_proven = after.is_some_and(|after| is_the_same(document, &after));
    if is_proven { Ok(text) } else { Err(refused("the file", "it would not say the same afterwards")) }
}

/// Is the text JSON? What is in brackets, and is none, is YAML and becomes lines.
fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
        && serde_json::from_str::<serde::de::IgnoredAny>(text.trim_start_matches('\u{feff}')).is_ok()
}

/// The text of a section; `None` where there is none to lay out.
fn section_laid_out(reading: &SectionReading) -> Option<Result<String, String>> {
    reading.document()?.root()?;
    Some(laid_out_text(reading.text()?, None))
}

/// A text anew. `sections` are what stands in the members of `data`, where the text is a whole file.
fn laid_out_text(text: &str, sections: Option<&BTreeMap<&str, String>>) -> Result<String, String> {
    let document = Document::parse(text, &Limits::default()).map_err(|error| error.message)?;
    let Some(root) = document.root() else { return Ok(text.to_owned()) };
    refuse_unless_plain(&document)?;
    let head = head(&document, root);
    let comments = comments::Comments::of(&document, head.len());
    let written = lines::Writer { document: &document, sections }.written(root)?;
    let body = comments.between(&written);
    let ending = if text.find('\n').is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" };
    Ok(head.replace("\r\n", "\n").replace('\n', ending) + &body.replace('\n', ending))
}

/// What stands before the content up to a `---`, with it.
fn head(document: &Document, root: NodeId) -> String {
    let text = document.text();
    let before = &text[..document.node(root).whole().start];
    let marker = before.lines().rev().find(|line| line.starts_with("---"));
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let end = marker
        .and_then(|_| before.rfind("---"))
        .map_or(bom, |at| before[at..].find('\n').map_or(before.len(), |end| at + end + 1));
    before[..end].to_owned()
}

fn refuse_unless_plain(document: &Document) -> Result<(), String> {
    let behind = document.text()[document.end()..].trim();
    let is_ended = document.text()[..document.end()].trim_end().ends_with("...");
    if document.has_more() || !behind.is_empty() || is_ended {
        return Err("something stands behind its end".to_owned());
    }
    for (_, node) in document.nodes() {
        let is_named = node.anchor.is_some() || matches!(node.kind, NodeKind::Alias { .. });
        if is_named || node.tag.is_some() {
            return Err("it has anchors, aliases or tags".to_owned());
        }
        let NodeKind::Mapping { entries, .. } = &node.kind else { continue };
        if entries.iter().any(|(key, _)| document.node(*key).scalar().is_none_or(|key| key == "<<")) {
            return Err("it has merged or compound keys".to_owned());
        }
    }
    Ok(())
}

/// Do both say the same, comments and all?
fn is_the_same(before: &AwsAuthDocument, after: &AwsAuthDocument) -> bool {
    let others = |document: &AwsAuthDocument| -> BTreeMap<String, String> {
        let is_other = |key: &String| Section::from_key(key).is_none();
        let data = document.data().iter().filter(|(key, _)| is_other(key));
        data.map(|(key, text)| (key.clone(), text.clone())).collect()
    };
    let said = |document: &AwsAuthDocument| -> Vec<(Section, IdentityMapping)> {
        let entries = document.effective().entries();
        entries.map(|entry| (entry.key.section(), entry.mapping.clone())).collect()
    };
    let losses = |document: &AwsAuthDocument| -> Vec<usize> {
        document.effective().sections().map(|section| section.losses().len()).collect()
    };
    others(before) == others(after)
        && said(before) == said(after)
        && losses(before) == losses(after)
        && before.annotations() == after.annotations()
        && all_comments(before) == all_comments(after)
}

/// Every comment of the file and of its sections, sorted.
fn all_comments(document: &AwsAuthDocument) -> Vec<String> {
    let sections = document.effective().sections().filter_map(|section| Some(section.text()?.to_string()));
    let texts = core::iter::once(document.text().to_string()).chain(sections);
    let mut comments: Vec<String> = texts.flat_map(|text| comments::of_text(&text)).collect();
    comments.sort();
    comments
}
