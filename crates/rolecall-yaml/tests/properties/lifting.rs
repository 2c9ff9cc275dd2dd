//! A list inside a scalar, in every way to write the scalar.

use proptest::prelude::*;
use rolecall_yaml::edit::{self, NewItem, NewValue};
use rolecall_yaml::{Document, NodeId, Span, apply};

use crate::model::{Layout, item, items_of, layout, parse, read, write};

/// Writes `inner` as the value of `s` between two other members.
fn hold(inner: &str, style: usize, indent: usize, crlf: bool) -> String {
    let blanks = " ".repeat(indent + 1);
    let lines = |text: &str| -> String {
        let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{blanks}{line}\n") };
        text.lines().map(line).collect()
    };
    let chomping = if inner.ends_with('\n') { "" } else { "-" };
    let explicit = if inner.starts_with([' ', '\n']) { (indent + 1).to_string() } else { String::new() };
    let escaped =
        inner.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\u{feff}', "\\ufeff");
    let text = match style {
        0 => format!("a: 1\ns: |{explicit}{chomping} # note\n{}\nz: 2\n", lines(inner)),
        1 => format!("a: 1\ns: |{chomping}{explicit}\n{}# end\nz: 2\n", lines(inner)),
        2 => format!("a: 1\ns: \"{escaped}\" # note\nz: 2\n"),
        3 => format!("{{\"a\": 1, \"s\": \"{escaped}\", \"z\": 2}}"),
        4 => format!("a: 1\ns: '{}'\nz: 2\n", inner.replace('\'', "''").replace('\n', "\n\n")),
        _ => format!("a: 1\ns: >{explicit}{chomping}\n{}z: 2\n", lines(&inner.replace('\n', "\n\n"))),
    };
    if crlf { text.replace('\n', "\r\n") } else { text }
}

/// A layout that the style of the scalar can hold: folding takes indentation away, so there brackets.
fn holdable(layout: Layout, style: usize) -> Layout {
    let folds = style >= 4;
    let (flow, second) = (layout.flow || folds, layout.second && !folds);
    Layout { crlf: false, mark: false, flow, second, ..layout }
}

fn scalar(document: &Document) -> NodeId {
    crate::model::member(document, document.root().unwrap(), "s").1
}

proptest! {
    #![proptest_config(crate::model::cases(1024))]

    #[test]
    fn an_edit_inside_is_the_same_edit_outside(
        items in prop::collection::vec(item(), 1..4), mut layout in layout(), new in item(),
        style in 0usize..6, indent in 0usize..5, crlf in any::<bool>(), gone in any::<[bool; 4]>(), append in any::<bool>(),
    ) {
        layout = holdable(layout, style);
        let written = write(&items, &layout);
        let outer_text = hold(&written, style, indent, crlf);
        let outer = parse(&outer_text);
        let scalar = scalar(&outer);
        // Folding and quoting on several lines may say it a little differently; what it says is what counts.
        let inner_text = outer.node(scalar).scalar().unwrap().to_owned();
        prop_assume!(Document::parse(&inner_text, &rolecall_yaml::Limits::default()).is_ok());
        let inner = parse(&inner_text);
        prop_assume!(read(&inner_text) == items);
        let root = inner.root().unwrap();
        let splices = if append {
            let members = vec![("name".to_owned(), NewValue::Text(new.name.clone())), ("tags".to_owned(), NewValue::List(new.tags))];
            edit::append_item(&inner, root, &NewItem::Built(members)).unwrap()
        } else {
            let indexes: Vec<usize> = (0..items_of(&inner).len()).filter(|index| gone[*index]).collect();
            edit::remove_items(&inner, root, &indexes).unwrap()
        };
        let lifted = edit::lift(&outer, scalar, &inner_text, &splices).unwrap();
        let after = apply(&outer_text, &lifted);
        let again = parse(&after);
        let expect = apply(&inner_text, &splices);
        prop_assert_eq!(again.node(scalar).scalar(), Some(expect.as_str()), "{}", after);
        let note = outer_text.contains("# note");
        prop_assert_eq!(after.contains("# note"), note);
        prop_assert_eq!(after.contains("# end"), outer_text.contains("# end"));
        if style < 2 {
            // In a literal scalar only the touched lines change.
            let lines: Vec<&str> = outer_text.split('\n').collect();
            let kept = after.split('\n').filter(|line| lines.contains(line)).count();
            let changed = expect.lines().filter(|line| !inner_text.lines().any(|old| old == *line)).count();
            prop_assert!(kept + changed + 2 >= after.split('\n').count(), "{}", after);
        }
        if crlf {
            prop_assert!(!after.replace("\r\n", "").contains('\n'), "{:?}", after);
        }
    }

    #[test]
    fn places_inside_a_scalar_are_places_outside(
        items in prop::collection::vec(item(), 1..4), mut layout in layout(),
        style in 0usize..6, indent in 0usize..5, crlf in any::<bool>(),
    ) {
        layout = holdable(layout, style);
        let outer_text = hold(&write(&items, &layout), style, indent, crlf);
        let outer = parse(&outer_text);
        let scalar = scalar(&outer);
        let value = outer.node(scalar).scalar().unwrap();
        let map = outer.source_map(scalar).unwrap();
        let mut before = 0;
        for (at, c) in value.char_indices() {
            let inner = Span::new(at, at + c.len_utf8());
            let place = map.outer(inner);
            prop_assert!(before <= place.start && place.start < place.end, "{} {:?}", c, place);
            before = place.end;
            let written = place.of(&outer_text);
            if c.is_alphanumeric() {
                prop_assert!(map.is_verbatim(inner));
                prop_assert_eq!(written, c.to_string());
            }
        }
    }
}
