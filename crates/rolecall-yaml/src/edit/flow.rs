//! Items and members between brackets: commas, blanks and lines.

use crate::span::Span;
use crate::splice::Splice;

use super::lines;

/// An item or a member.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) span: Span,
    /// Whether its value is not written: a colon or a tag must not touch what follows.
    pub(super) is_open: bool,
}

impl Part {
    fn gap(self) -> &'static str {
        if self.is_open { " " } else { "" }
    }
}

/// Adds `part` behind the last of `parts`, which stand in the brackets that `brackets` covers.
pub(super) fn append(text: &str, brackets: Span, parts: &[Part], part: &str) -> Splice {
    let inside = Span::new(brackets.start + 1, brackets.end - 1);
    let Some(last) = parts.last() else {
        let is_blank = inside.of(text).trim().is_empty();
        let end = if is_blank { inside.end } else { inside.start };
        return Splice::replace(inside.start, end, part);
    };
    let separator = separator(text, parts);
    match comma(text, Span::new(last.span.end, inside.end)) {
        Some(comma) => Splice::insert(comma + 1, format!("{separator}{part},")),
        None => Splice::insert(last.span.end, format!("{},{separator}{part}", last.gap())),
    }
}

/// Removes the parts that `is_gone` names by their index, with the commas that go with them.
pub(super) fn remove(brackets: Span, parts: &[Part], is_gone: impl Fn(usize) -> bool) -> Vec<Splice> {
    if (0..parts.len()).all(&is_gone) {
        return vec![Splice::remove(brackets.start + 1, brackets.end - 1)];
    }
    let mut splices = Vec::new();
    let mut index = 0;
    while index < parts.len() {
        let first = index;
        while index < parts.len() && is_gone(index) {
            index += 1;
        }
        if index == first {
            index += 1;
        } else if let Some(next) = parts.get(index) {
            splices.push(Splice::remove(parts[first].span.start, next.span.start));
        } else {
            let kept = parts[first - 1];
            splices.push(Splice::replace(kept.span.end, parts[index - 1].span.end, kept.gap()));
        }
    }
    splices
}

/// What stands between a comma and the next part: as before the last one.
fn separator(text: &str, parts: &[Part]) -> String {
    let [.., last] = parts else { return " ".to_owned() };
    if let [.., previous, _] = parts {
        let between = &text[previous.span.end..last.span.start];
        if let Some(blanks) = between.strip_prefix(',').filter(|rest| rest.trim().is_empty()) {
            return blanks.to_owned();
        }
    }
    if lines::is_first(text, last.span.start) {
        let line = lines::start(text, last.span.start);
        return format!("{}{}", lines::ending(text), &text[line..last.span.start]);
    }
    " ".to_owned()
}

/// The comma in a stretch of blanks and comments.
fn comma(text: &str, between: Span) -> Option<usize> {
    let mut at = between.start;
    while at < between.end {
        match text.as_bytes()[at] {
            b',' => return Some(at),
            b'#' => at = lines::end(text, at),
            _ => at += 1,
        }
    }
    None
}
