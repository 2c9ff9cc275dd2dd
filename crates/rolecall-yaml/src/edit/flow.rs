//! Items and members between brackets: commas, blanks and lines.

use crate::span::Span;
use crate::splice::Splice;

use super::lines;

/// Adds `part` behind the last of `parts`, which stand in the brackets that `brackets` covers.
pub(super) fn append(text: &str, brackets: Span, parts: &[Span], part: &str) -> Splice {
    let inside = Span::new(brackets.start + 1, brackets.end - 1);
    let Some(last) = parts.last() else {
        let is_blank = inside.of(text).trim().is_empty();
        let end = if is_blank { inside.end } else { inside.start };
        return Splice::replace(inside.start, end, part);
    };
    let separator = separator(text, parts);
    match comma(text, Span::new(last.end, inside.end)) {
        Some(comma) => Splice::insert(comma + 1, format!("{separator}{part},")),
        None => Splice::insert(last.end, format!(",{separator}{part}")),
    }
}

/// Removes the parts that `is_gone` names by their index, with the commas that go with them.
pub(super) fn remove(brackets: Span, parts: &[Span], is_gone: impl Fn(usize) -> bool) -> Vec<Splice> {
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
            splices.push(Splice::remove(parts[first].start, next.start));
        } else {
            splices.push(Splice::remove(parts[first - 1].end, parts[index - 1].end));
        }
    }
    splices
}

/// What stands between a comma and the next part: as before the last one.
fn separator(text: &str, parts: &[Span]) -> String {
    let [.., last] = parts else { return " ".to_owned() };
    if let [.., previous, _] = parts {
        let between = &text[previous.end..last.start];
        if let Some(blanks) = between.strip_prefix(',').filter(|rest| rest.trim().is_empty()) {
            return blanks.to_owned();
        }
    }
    if lines::is_first(text, last.start) {
        let line = lines::start(text, last.start);
        return format!("{}{}", lines::ending(text), &text[line..last.start]);
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
