//! Slips of the keyboard that YAML notices lines later, or calls by another name: blanks that are none, a colon of
//! another script, the marks of a merge conflict. What they were meant to be is the author's to say.

use alloc::format;
use alloc::string::String;

use rolecall_yaml::Span;

use super::rules::named;

/// What probably went wrong, where, and the next step.
pub(super) struct Slip {
    pub(super) at: Span,
    pub(super) what: String,
    pub(super) help: &'static str,
}

impl Slip {
    /// Is it a tab that indents?
    pub(super) fn is_tab(&self, text: &str) -> bool {
        self.at.of(text).starts_with('\t')
    }
}

/// The slip behind an error at the byte `at`: on its line, on the two above it, or on the one below it.
pub(super) fn slip(text: &str, at: usize) -> Option<Slip> {
    let line = Line::at(text, at);
    let above = line.above(text);
    let around = [above.as_ref().and_then(|above| above.above(text)), line.below(text)];
    core::iter::once(line).chain(above).chain(around.into_iter().flatten()).find_map(|line| line.slip())
}

/// The first mark of a merge conflict, which stands at the start of its line.
pub(super) fn conflict(text: &str) -> Option<Slip> {
    let is_mark = |line: &&str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    let mut start = 0;
    let mut lines = text.split_inclusive('\n').map(|line| {
        start += line.len();
        (start - line.len(), line)
    });
    let (start, line) = lines.find(|(_, line)| is_mark(line))?;
    Some(Slip {
        at: Span { start, end: start + line.trim_end().len() },
        what: format!("`{}` is the mark of a merge conflict", &line[..7]),
        help: "settle the conflict, and remove its marks",
    })
}

/// A line of a text.
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn at(text: &'a str, at: usize) -> Self {
        let at = text.floor_char_boundary(at.min(text.len()));
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        Self { start, text: &text[start..end] }
    }

    fn above(&self, text: &'a str) -> Option<Self> {
        self.start.checked_sub(1).map(|at| Self::at(text, at))
    }

    fn below(&self, text: &'a str) -> Option<Self> {
        let next = self.start + self.text.len() + 1;
        (next < text.len()).then(|| Self::at(text, next))
    }

    fn slip(&self) -> Option<Slip> {
        self.indent().or_else(|| self.blank()).or_else(|| self.colon())
    }

    /// The indentation has something in it that is no blank to YAML.
    fn indent(&self) -> Option<Slip> {
        let length = self.text.len() - self.text.trim_start_matches(|c| c == ' ' || is_odd(c)).len();
        let (at, letter) = self.text[..length].char_indices().find(|(_, letter)| is_odd(*letter))?;
        let what = match letter {
            '\t' => "this line is indented with a tab".into(),
            _ => format!("this line is indented with {}, which is no blank to YAML", named(letter)),
        };
        let at = Span { start: self.start + at, end: self.start + length };
        Some(Slip { at, what, help: "indent with blanks only" })
    }

    /// What follows the `-` of an entry or the `:` of a key is no blank.
    fn blank(&self) -> Option<Slip> {
        let content = self.text.trim_start();
        let at = match content.strip_prefix('-') {
            Some(rest) if rest.starts_with(is_odd) => self.offset(content) + 1,
            _ => self.offset(content) + content.find(':')? + 1,
        };
        let letter = self.text[at..].chars().next().filter(|letter| is_odd(*letter) && *letter != '\t')?;
        let what = format!("{} stands where a blank belongs", named(letter));
        Some(Slip { at: self.of(at, letter), what, help: "write a blank instead" })
    }

    /// `：` after a key.
    fn colon(&self) -> Option<Slip> {
        const WIDE: char = '\u{ff1a}';
        let content = self.text.trim_start_matches([' ', '-']);
        let (key, _) = content.split_once(WIDE)?;
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let at = self.offset(content) + key.len();
        let what = format!("{} stands where `:` belongs", named(WIDE));
        is_key.then(|| Slip { at: self.of(at, WIDE), what, help: "write `: `, with a blank after it" })
    }

    fn offset(&self, content: &str) -> usize {
        self.text.len() - content.len()
    }

    fn of(&self, at: usize, letter: char) -> Span {
        Span { start: self.start + at, end: self.start + at + letter.len_utf8() }
    }
}

/// A blank to people, or nothing at all, and neither to YAML.
fn is_odd(letter: char) -> bool {
    letter == '\t'
        || (!letter.is_ascii() && letter.is_whitespace())
        || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}')
}
