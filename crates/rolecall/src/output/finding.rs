//! A finding with its place: the line of the file, and a mark under what it is about.

use anstyle::{AnsiColor, Style};
use rolecall_core::finding::{Finding, Level};

use super::painted;
use super::printable::{is_harmful, printable};

/// So many characters of a line are shown, around the mark.
const SHOWN: usize = 100;

/// The finding as a paragraph. `text` is the content of the file.
pub(super) fn excerpt(finding: &Finding, text: &str) -> String {
    let (label, color) = match finding.level {
        Level::Error => ("error", AnsiColor::Red),
        Level::Warning => ("warning", AnsiColor::Yellow),
        Level::Note => ("note", AnsiColor::Cyan),
    };
    let style = color.on_default().bold();
    let label = painted(style, &format!("{label}[{}]:", finding.code));
    let place = &finding.place;
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let mut lines = vec![
        format!("{label} {}", printable(&finding.message)),
        format!("{gutter}--> {}", printable(&place.to_string())),
    ];
    if let Some(line) = text.lines().nth(place.line - 1).filter(|line| !line.trim().is_empty()) {
        let is_one_line = place.end_line == place.line;
        let length = if is_one_line { place.end_column.saturating_sub(place.column) } else { usize::MAX };
        let (shown, mark) = marked(line, place.column - 1, length);
        let bar = |left: &str| painted(Style::new().dimmed(), &format!("{left} |"));
        lines.push(format!("{} {shown}", bar(&number)));
        lines.push(format!("{} {}", bar(&gutter), painted(style, &mark)));
    }
    lines.extend(finding.help.iter().map(|help| format!("{gutter} = help: {}", printable(help))));
    lines.join("\n") + "\n"
}

/// The part of `line` around the mark, and the mark for the line below it. Columns count characters from 0.
fn marked(line: &str, column: usize, length: usize) -> (String, String) {
    let shown_as = |c: char| match c {
        '\t' => ' ',
        c if is_harmful(c) => '\u{fffd}',
        c => c,
    };
    let characters: Vec<char> = line.chars().map(shown_as).collect();
    let column = column.min(characters.len());
    let start = if column + 20 > SHOWN { column - 20 } else { 0 };
    let end = characters.len().min(start + SHOWN);
    let mut shown: String = characters[start..end].iter().collect();
    let mut before = column - start;
    if start > 0 {
        shown.insert(0, '…');
        before += 1;
    }
    if end < characters.len() {
        shown.push('…');
    }
    let marks = length.min(end.saturating_sub(column)).max(1);
    (shown, " ".repeat(before) + &"^".repeat(marks))
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn the_mark_stands_under_the_place() {
        let check = |line: &str, column, length, shown: &str, mark: &str| {
            assert_eq!(marked(line, column, length), (shown.to_owned(), mark.to_owned()));
        };
        check("a: b", 3, 1, "a: b", "   ^");
        check("a: bcd", 3, usize::MAX, "a: bcd", "   ^^^");
        check("\ta: b", 1, 1, " a: b", " ^");
        check("a\u{202e}b", 2, 1, "a\u{fffd}b", "  ^");
        check("日本: b", 0, 2, "日本: b", "^^");
        check("a", 9, 1, "a", " ^");
        check("", 0, 0, "", "^");
        let long = "x".repeat(300);
        let shown = format!("…{}…", "x".repeat(100));
        check(&long, 150, 2, &shown, &format!("{}^^", " ".repeat(21)));
    }
}
