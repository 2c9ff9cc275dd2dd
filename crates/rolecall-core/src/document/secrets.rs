//! RC035: secrets in the file, and texts without them.
//!
//! Known by their shape; a password that looks like a word is not found.

use alloc::borrow::{Cow, ToOwned};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{LineIndex, Span};
use serde_json::Value;

use crate::finding::{Code, Finding, Level, Place};

#[cfg(test)]
mod tests;

/// A secret, and what kind it is of.
pub(super) struct Secret {
    kind: &'static str,
    span: Span,
}

/// The kind of what only names a secret.
const KEY_ID: &str = "an AWS access key id";

/// How a private key begins, or a certificate.
const BEGIN: &str = "-----BEGIN";

/// How a text in quotes writes what words stand between.
const ESCAPES: [&str; 3] = ["\\n", "\\r", "\\t"];

/// What is shorter may be a word of any text, also where it stands in a private key.
const SHORTEST_LINE: usize = 16;

/// No key is so long that what names it and what it begins with are further apart.
const LONGEST_HEAD: usize = 160;

/// What hides the secrets of files and maps in all that is told of them.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    /// The secrets that do not show what they are.
    keys: BTreeSet<String>,
    /// The ids of access keys that are told all the same.
    told: BTreeSet<String>,
}

impl Mask {
    /// A mask that knows no file yet. The ids of access keys among what the user typed may be repeated to him.
    pub fn repeating<'a>(typed: impl IntoIterator<Item = &'a str>) -> Self {
        let ids = |text: &'a str| {
            find(text).into_iter().filter(|found| found.kind == KEY_ID).map(|id| id.span.of(text))
        };
        let told = typed.into_iter().flat_map(ids).map(ToOwned::to_owned).collect();
        Self { keys: BTreeSet::new(), told }
    }

    /// The mask for what is told of `text`; `None` where no secret stands in it.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::over_found(text, &find(text))
    }

    fn over_found(text: &str, found: &[Secret]) -> Option<Self> {
        (!found.is_empty()).then(|| Self { keys: keys(text, found), told: BTreeSet::new() })
    }

    /// Hides from now on what is secret in `text`, too.
    pub fn heed(&mut self, text: &str) {
        let told = &self.told;
        self.keys.extend(keys(text, &find(text)).into_iter().filter(|key| !told.contains(key)));
    }

    /// `told` with every character of a secret replaced by `*`.
    pub fn over(&self, told: &str) -> String {
        let mut found = find(told);
        found.retain(|secret| !self.told.contains(secret.span.of(told)));
        self.over_known(&starred(told, found.iter().map(|secret| secret.span))).into_owned()
    }

    /// A text that was put together of masked ones, without what other files hold.
    pub fn over_known<'t>(&self, told: &'t str) -> Cow<'t, str> {
        without(told, &self.keys)
    }

    /// The same for every text in a document for scripts.
    pub fn over_document(&self, document: &mut Value) {
        match document {
            Value::String(text) => *text = self.over(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.over_document(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.over_document(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// What every secret begins with, or what its key is called.
const SIGNS: [&str; 9] =
    ["AKIA", "ASIA", "k8s-aws-v1.", BEGIN, "IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz", "ecret", "ECRET"];

/// `text` with every character of a secret replaced by `*`, wherever else it stands, too; it has as many
/// characters and lines as before.
pub fn masked(text: &str) -> Cow<'_, str> {
    let found = find(text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let masked = starred(text, found.iter().map(|secret| secret.span));
    Cow::Owned(without(&masked, &keys(text, &found)).into_owned())
}

/// Tells every secret of a file by its kind.
pub(super) fn check(
    (file, text, lines): (&str, &str, &LineIndex),
    secrets: &[Secret],
    findings: &mut Vec<Finding>,
) {
    findings.extend(secrets.iter().map(|Secret { kind, span }| {
        let place = Place::of(file, text, lines, *span);
        let help = "remove it, and make it worthless: whoever could read the file or its history has it";
        Finding::new(Code::Secret, Level::Error, place, format!("{kind} stands in the file")).help(help)
    }));
}

/// Takes what is secret in `text` out of all that is told of it, also out of the reasons to allow it.
///
/// Most secrets show what they are; the others, which are base64, are known from the file.
pub(super) fn hide(text: &str, secrets: &[Secret], findings: &mut [Finding]) {
    let Some(mask) = Mask::over_found(text, secrets) else { return };
    for finding in findings {
        let title = finding.fix.as_mut().map(|fix| &mut fix.title);
        let told = [Some(&mut finding.message), finding.help.as_mut(), title, finding.allowed.as_mut()];
        for text in told.into_iter().flatten() {
            *text = mask.over(text);
        }
    }
}

/// The secrets that do not show what they are: keys, ids, and the lines of a private key.
fn keys(text: &str, found: &[Secret]) -> BTreeSet<String> {
    let is_line = |word: &Span| word.len() >= SHORTEST_LINE;
    let words = found.iter().map(|secret| secret.span.of(text)).flat_map(|secret| {
        words(secret)
            .filter(move |word| word.len() == secret.len() || is_line(word))
            .map(|word| word.of(secret))
    });
    words.map(ToOwned::to_owned).collect()
}

/// `text` without the words that are `keys`.
fn without<'a>(text: &'a str, keys: &BTreeSet<String>) -> Cow<'a, str> {
    let is_key = |word: &Span| keys.contains(word.of(text));
    let mut spans = words(text).filter(is_key).peekable();
    if keys.is_empty() || spans.peek().is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(starred(text, spans))
}

/// Everything of base64, the letter of an escape before it left out.
fn words(text: &str) -> impl Iterator<Item = Span> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let start = at + text[at..].find(is_base64)?;
        let word = run(text, start, is_base64);
        at = word.end;
        let is_escape = ESCAPES.iter().any(|escape| text[..=start].ends_with(escape));
        Some(Span::new(if is_escape { start + 1 } else { start }, word.end))
    })
}

fn starred(text: &str, spans: impl Iterator<Item = Span>) -> String {
    let mut starred = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        starred.push_str(&text[done..span.start]);
        let stars = span.of(text).chars().map(|letter| if letter.is_whitespace() { letter } else { '*' });
        starred.extend(stars);
        done = span.end;
    }
    starred.push_str(&text[done..]);
    starred
}

/// All secrets of a text, in their order; none overlaps another.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut found: Vec<Secret> = Vec::new();
    let mut signs: Vec<(usize, &str)> =
        SIGNS.iter().flat_map(|sign| text.match_indices(sign).map(|(at, _)| (at, *sign))).collect();
    signs.sort_unstable();
    for (at, sign) in signs {
        let is_inside = found.last().is_some_and(|last| at < last.span.end);
        if !is_inside && let Some(secret) = secret(text, at, sign) {
            found.push(secret);
        }
    }
    found
}

fn secret(text: &str, at: usize, sign: &str) -> Option<Secret> {
    // What looks on from every sign in the middle of a word reads that word once for each.
    let needs_start = !["k8s-aws-v1.", BEGIN, "ecret", "ECRET"].contains(&sign);
    if needs_start && !is_start(&text[..at]) {
        return None;
    }
    let of = |kind, span: Span, is_it: bool| is_it.then_some(Secret { kind, span });
    match sign {
        "AKIA" | "ASIA" => {
            let span = run(text, at, |letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
            of(KEY_ID, span, span.len() == 20)
        }
        "k8s-aws-v1." => {
            let span = run(text, at, |letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
            of("a token for an EKS cluster", span, span.len() > 40)
        }
        BEGIN => private_key(text, at).map(|span| Secret { kind: "a private key", span }),
        "ecret" | "ECRET" => {
            secret_key(text, at).map(|span| Secret { kind: "an AWS secret access key", span })
        }
        _ => {
            let span = run(text, at, is_base64);
            of("an AWS session token", span, span.len() > 60)
        }
    }
}

/// Does a word start behind `before`? Also behind the line break of a text in quotes, which ends in a letter.
fn is_start(before: &str) -> bool {
    let is_in_word = before.ends_with(|letter: char| letter.is_ascii_alphanumeric());
    !is_in_word || ESCAPES.iter().any(|escape| before.ends_with(escape))
}

/// What stands between the line that begins a private key and the one that ends it. The line breaks may be
/// blanks, or escapes in quotes, so that all of it is one line of the file.
fn private_key(text: &str, at: usize) -> Option<Span> {
    let head = &text[at..text.floor_char_boundary((at + LONGEST_HEAD).min(text.len()))];
    let label = head[BEGIN.len()..].split("-----").next()?;
    let label = match label.len() + BEGIN.len() {
        whole if whole < head.len() => label,
        // It is not closed, and ends with its line.
        _ => label.lines().next()?,
    };
    let key = label.find("PRIVATE").and_then(|private| Some(private + label[private..].find("KEY")? + 3))?;
    let rest = at
        + BEGIN.len()
        + if head[BEGIN.len() + label.len()..].starts_with("-----") { label.len() + 5 } else { key };
    let end = text[rest..].find("-----END").map_or(text.len(), |end| rest + end);
    Some(Span::new(rest, end))
}

/// Forty characters of base64 behind a key that has `secret` in its name, on the same line.
fn secret_key(text: &str, at: usize) -> Option<Span> {
    let end = text.floor_char_boundary((at + LONGEST_HEAD).min(text.len()));
    let line_end = text[at..end].find('\n').map_or(end, |end| at + end);
    let separator = at + text[at..line_end].find([':', '='])?;
    let is_key =
        text[at..separator].chars().all(|letter| letter.is_ascii_alphanumeric() || "_-\"' ".contains(letter));
    let start = separator + 1 + text[separator + 1..line_end].find(is_base64)?;
    let is_near = text[separator + 1..start].chars().all(|letter| " \t\"'\\".contains(letter));
    // One more than it must have is enough to know that it is none.
    let near = text.floor_char_boundary((start + 41).min(text.len()));
    let span = run(&text[..near], start, is_base64);
    (is_key && is_near && span.len() == 40).then_some(span)
}

fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+/=".contains(letter)
}

fn run(text: &str, at: usize, belongs: impl Fn(char) -> bool) -> Span {
    let length = text[at..].find(|letter| !belongs(letter)).unwrap_or(text.len() - at);
    Span::new(at, at + length)
}
