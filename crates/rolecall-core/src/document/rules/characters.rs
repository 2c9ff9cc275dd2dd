//! Characters that nobody sees, and letters that look like others.

use alloc::format;
use alloc::string::String;

/// A character that is not what it seems.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Disguise {
    /// Nobody sees it.
    Hidden(char),
    /// It looks like another one.
    LooksLike(char),
    /// No name in IAM has it.
    Foreign(char),
}

impl Disguise {
    /// Its code point, and its name where it is common: printing the character itself would help nobody.
    pub(super) fn describe(self) -> String {
        let (letter, what) = match self {
            Self::Hidden(letter) => (letter, "which nobody sees"),
            Self::LooksLike(letter) => (letter, "which looks like another letter"),
            Self::Foreign(letter) => (letter, "which no name in IAM has"),
        };
        format!("{}, {what}", named(letter))
    }
}

/// Its code point, and its name where it is common.
pub(in super::super) fn named(letter: char) -> String {
    let name = match letter {
        '\u{a0}' => " (no-break space)",
        '\u{3000}' => " (ideographic space)",
        '\u{ad}' => " (soft hyphen)",
        '\u{200b}' => " (zero width space)",
        '\u{200c}' | '\u{200d}' => " (zero width joiner)",
        '\u{feff}' => " (byte order mark)",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => " (changes the direction of the text)",
        '\u{370}'..='\u{3ff}' => " (a Greek letter)",
        '\u{400}'..='\u{52f}' => " (a Cyrillic letter)",
        '\u{ff01}'..='\u{ff5e}' => " (full width)",
        _ => "",
    };
    format!("U+{:04X}{name}", u32::from(letter))
}

/// The first character of a username, group or key that is not what it seems. A word that is all Greek or
/// Cyrillic is what it seems.
pub(super) fn disguise(text: &str) -> Option<Disguise> {
    if text.is_ascii() {
        return None;
    }
    text.chars().find_map(hidden).or_else(|| {
        let words = text.split(|letter: char| !letter.is_alphabetic());
        words.filter(|word| is_mixed(word)).flat_map(str::chars).find_map(look_alike)
    })
}

/// The first character that cannot be in an ARN: the names in IAM are ASCII.
pub(super) fn disguise_in_arn(text: &str) -> Option<Disguise> {
    let foreign = text.chars().find(|letter| !letter.is_ascii())?;
    Some(hidden(foreign).or_else(|| look_alike(foreign)).unwrap_or(Disguise::Foreign(foreign)))
}

/// The text without what nobody sees.
pub(crate) fn without_hidden(text: &str) -> String {
    text.chars().filter(|letter| hidden(*letter).is_none()).collect()
}

fn hidden(letter: char) -> Option<Disguise> {
    let is_hidden = matches!(letter,
        '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}');
    is_hidden.then_some(Disguise::Hidden(letter))
}

fn look_alike(letter: char) -> Option<Disguise> {
    let looks = matches!(letter, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{ff01}'..='\u{ff5e}');
    looks.then_some(Disguise::LooksLike(letter))
}

/// Does a word mix letters of ours with letters that look like them? Full-width letters always do.
fn is_mixed(word: &str) -> bool {
    let has = |range: fn(char) -> bool| word.chars().any(range);
    let is_full_width = |letter: char| matches!(letter, '\u{ff01}'..='\u{ff5e}');
    has(is_full_width) || has(|letter| letter.is_ascii_alphabetic())
}
