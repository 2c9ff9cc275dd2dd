//! The line of a file that a finding is about, and the mark for the line below it.
//!
//! Columns count characters; the mark counts the columns of a terminal, where 日 takes two and an accent none.

use alloc::string::String;
use alloc::vec::Vec;

use unicode_width::UnicodeWidthChar;

use super::printable::{is_command, is_harmful};
use crate::finding::Place;

/// So many characters of a line are shown, around the mark.
const SHOWN: usize = 100;

/// So many characters are shown before the mark, at least.
const BEFORE: usize = 20;

/// A line and its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the line, from 1.
    pub number: usize,
    /// The line, or the part of it around the mark, without anything that a terminal would obey.
    pub line: String,
    /// Blanks and `^`, to be put below the line.
    pub mark: String,
}

impl Excerpt {
    /// Both lines as text, with the number of the first.
    pub fn text(&self) -> String {
        let number = alloc::format!("{}", self.number);
        let gutter = " ".repeat(number.len());
        alloc::format!("{number} | {}\n{gutter} | {}\n", self.line, self.mark)
    }
}

/// A line of a file, in which a character is found at once: a file of JSON may be one long line.
#[derive(Debug, Clone)]
pub(super) struct SourceLine {
    text: String,
    characters: usize,
    /// Where every so many characters begin.
    starts: Vec<usize>,
}

/// How far apart the characters are whose places are kept.
const STRIDE: usize = 256;

impl SourceLine {
    pub(super) fn new(text: &str) -> Self {
        let text = text.trim_end();
        let starts = text.char_indices().step_by(STRIDE).map(|(at, _)| at).collect();
        Self { text: text.into(), characters: text.chars().count(), starts }
    }

    /// What of the line tells a finding at `column`, from 1, from others: all of it, unless it is very long.
    pub(super) fn around(&self, column: usize) -> &str {
        let start = if self.characters > STRIDE { column - 1 } else { 0 };
        self.text[self.offset(start)..self.offset(start + STRIDE)].trim()
    }

    /// Where the `n`th character begins, from 0; the end of the line where there are fewer.
    fn offset(&self, n: usize) -> usize {
        let Some(start) = self.starts.get(n / STRIDE) else { return self.text.len() };
        self.text[*start..].char_indices().nth(n % STRIDE).map_or(self.text.len(), |(at, _)| start + at)
    }
}

/// The first line of `place`, which is `line`; `None` where it is blank.
pub(super) fn excerpt(place: &Place, line: &SourceLine) -> Option<Excerpt> {
    if line.text.trim().is_empty() {
        return None;
    }
    let length = match place.end_line.cmp(&place.line) {
        core::cmp::Ordering::Greater => usize::MAX,
        _ => place.end_column.saturating_sub(place.column),
    };
    let (line, mark) = marked(line, place.column - 1, length);
    Some(Excerpt { number: place.line, line, mark })
}

/// The lines as places count them: they end in `\n`, `\r\n` or a lone `\r`.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// The part of `line` around the mark, and the mark. `column` counts characters from 0.
fn marked(line: &SourceLine, column: usize, length: usize) -> (String, String) {
    let column = column.min(line.characters);
    let start = if column + BEFORE > SHOWN { column - BEFORE } else { 0 };
    let end = line.characters.min(start + SHOWN);
    let first = line.offset(start);
    let shown_as = |(at, c): (usize, char)| match c {
        _ if is_command(&line.text, first + at) => '\u{fffd}',
        '\t' => ' ',
        c if is_harmful(c) => '\u{fffd}',
        c => c,
    };
    let characters: Vec<char> = line.text[first..line.offset(end)].char_indices().map(shown_as).collect();
    let mut shown: String = characters.iter().collect();
    let mut before = width(&characters[..column - start]);
    if start > 0 {
        shown.insert(0, '…');
        before += 1;
    }
    if end < line.characters {
        shown.push('…');
    }
    let under = &characters[column - start..(end - start).min((column - start).saturating_add(length))];
    (shown, " ".repeat(before) + &"^".repeat(width(under).max(1)))
}

fn width(characters: &[char]) -> usize {
    characters.iter().map(|c| c.width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_under_the_place() {
        let check = |line: &str, column, length, shown: &str, mark: &str| {
            assert_eq!(
                marked(&SourceLine::new(line), column, length),
                (shown.into(), mark.into()),
                "{line:?}"
            );
        };
        check("a: b", 3, 1, "a: b", "   ^");
        check("a: bcd", 3, usize::MAX, "a: bcd", "   ^^^");
        check("a: b   ", 3, usize::MAX, "a: b", "   ^");
        check("\ta: b", 1, 1, " a: b", " ^");
        check("## [a] ##[b]", 3, 1, "## [a] #\u{fffd}[b]", "   ^");
        check("a\u{202e}b", 2, 1, "a\u{fffd}b", "  ^");
        check("日本: b", 0, 2, "日本: b", "^^^^");
        check("日本: b", 4, 1, "日本: b", "      ^");
        check("e\u{301}: b", 4, 1, "e\u{301}: b", "   ^");
        check("a", 9, 1, "a", " ^");
        check("", 0, 0, "", "^");
        let wide = "é".repeat(700);
        let shown = alloc::format!("…{}…", "é".repeat(100));
        check(&wide, 600, 2, &shown, &alloc::format!("{}^^", " ".repeat(21)));
        let long = "x".repeat(300);
        let shown = alloc::format!("…{}…", "x".repeat(100));
        check(&long, 150, 2, &shown, &alloc::format!("{}^^", " ".repeat(21)));
    }

    #[test]
    fn the_line_is_the_one_that_the_place_names() {
        let check = |text: &str, line, end_line, expected: Option<(&str, &str)>| {
            let place = Place { file: String::new(), line, column: 2, end_line, end_column: 3 };
            let found = lines(text)
                .nth(line - 1)
                .and_then(|line| excerpt(&place, &SourceLine::new(line)))
                .map(|excerpt| (excerpt.line, excerpt.mark));
            assert_eq!(found, expected.map(|(line, mark)| (line.into(), mark.into())), "{text:?}");
        };
        check("abc\r\ndef\r\n", 2, 2, Some(("def", " ^")));
        check("abc\rdef", 2, 2, Some(("def", " ^")));
        check("abc\ndef\nghi", 1, 3, Some(("abc", " ^^")));
        check("abc\n  \n", 2, 2, None);
        check("abc", 7, 7, None);
    }
}
