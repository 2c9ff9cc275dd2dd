//! RC035: secrets in the file, and texts without them.
//!
//! Known by their shape; a password that looks like a word is not found.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{LineIndex, Span};

use crate::finding::{Code, Finding, Level, Place};

/// A secret, and what kind it is of.
pub(super) struct Secret {
    kind: &'static str,
    span: Span,
}

/// The kind of what only names a secret.
const KEY_ID: &str = "an AWS access key id";

/// No key is so long that what names it and what it begins with are further apart.
const LONGEST_HEAD: usize = 160;

/// What hides the secrets of a file in all that is told of it.
pub(crate) struct Mask<'a> {
    keys: BTreeSet<&'a str>,
}

impl<'a> Mask<'a> {
    /// The mask for what is told of `text`; `None` where no secret stands in it.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        Self::over_found(text, &find(text))
    }

    fn over_found(text: &'a str, found: &[Secret]) -> Option<Self> {
        (!found.is_empty()).then(|| Self { keys: keys(text, found) })
    }

    /// `told` with every character of a secret replaced by `*`.
    pub(crate) fn over(&self, told: &str) -> String {
        without(&masked(told), &self.keys).into_owned()
    }
}

/// What every secret begins with, or what its key is called.
const SIGNS: [&str; 9] = [
    "AKIA",
    "ASIA",
    "k8s-aws-v1.",
    "-----BEGIN ",
    "IQoJb3JpZ2lu",
    "FwoGZXIvYXdz",
    "FQoGZXIvYXdz",
    "ecret",
    "ECRET",
];

/// `text` with every character of a secret replaced by `*`, wherever else it stands, too; it has as many
/// characters and lines as before.
pub fn masked(text: &str) -> Cow<'_, str> {
    without_found(text, &find(text))
}

/// The same, but for the ids of access keys: by themselves they open nothing, and people ask by them.
pub(crate) fn masked_but_ids(text: &str) -> Cow<'_, str> {
    let mut found = find(text);
    found.retain(|secret| secret.kind != KEY_ID);
    without_found(text, &found)
}

fn without_found<'a>(text: &'a str, found: &[Secret]) -> Cow<'a, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let masked = starred(text, found.iter().map(|secret| secret.span));
    Cow::Owned(without(&masked, &keys(text, found)).into_owned())
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

/// The secrets that do not show what they are.
fn keys<'a>(text: &'a str, found: &[Secret]) -> BTreeSet<&'a str> {
    found.iter().map(|secret| secret.span.of(text)).filter(|secret| secret.chars().all(is_base64)).collect()
}

/// `text` without the words that are `keys`.
fn without<'a>(text: &'a str, keys: &BTreeSet<&str>) -> Cow<'a, str> {
    let mut spans = Vec::new();
    let mut at = 0;
    for word in text.split(|letter| !is_base64(letter)) {
        let span = Span::new(at, at + word.len());
        at = span.end + text[span.end..].chars().next().map_or(0, char::len_utf8);
        if keys.contains(word) {
            spans.push(span);
        }
    }
    if spans.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(starred(text, spans.into_iter())) }
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
    let is_start = !text[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric());
    let of = |kind, span: Span, is_it: bool| is_it.then_some(Secret { kind, span });
    match sign {
        "AKIA" | "ASIA" => {
            let span = run(text, at, |letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
            of(KEY_ID, span, is_start && span.len() == 20)
        }
        "k8s-aws-v1." => {
            let span = run(text, at, |letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
            of("a token for an EKS cluster", span, span.len() > 40)
        }
        "-----BEGIN " => {
            let head = &text[at..text.floor_char_boundary((at + LONGEST_HEAD).min(text.len()))];
            let head = head.lines().next().unwrap_or_default();
            if !head.contains("PRIVATE KEY") {
                return None;
            }
            let end = text[at..].find("-----END ").map_or(text.len(), |end| at + end);
            of("a private key", Span::new(at + head.len().min(end - at), end), true)
        }
        "ecret" | "ECRET" => {
            secret_key(text, at).map(|span| Secret { kind: "an AWS secret access key", span })
        }
        _ => {
            let span = run(text, at, is_base64);
            of("an AWS session token", span, is_start && span.len() > 60)
        }
    }
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
    let span = run(text, start, is_base64);
    (is_key && is_near && span.len() == 40).then_some(span)
}

fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+/=".contains(letter)
}

fn run(text: &str, at: usize, belongs: impl Fn(char) -> bool) -> Span {
    let length = text[at..].find(|letter| !belongs(letter)).unwrap_or(text.len() - at);
    Span::new(at, at + length)
}
