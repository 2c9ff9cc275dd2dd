//! Table tests of the edits; the properties are in `tests/`.

use super::{
    EditError, NewItem, NewValue, append_item, append_to_empty, insert_member, lift, remove_items,
    remove_member, scalar_text, set_value,
};
use crate::tree::{Document, NodeId, NodeKind};
use crate::{Limits, apply, parse_stream};

fn parse(text: &str) -> Document {
    Document::parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// The node at a path of keys and indexes.
fn at(document: &Document, path: &str) -> NodeId {
    let mut id = document.root().unwrap();
    for step in path.split('/').filter(|step| !step.is_empty()) {
        id = match &document.node(id).kind {
            NodeKind::Sequence { items, .. } => items[step.parse::<usize>().unwrap()],
            NodeKind::Mapping { entries, .. } => {
                entries.iter().find(|(key, _)| document.node(*key).scalar() == Some(step)).unwrap().1
            }
            _ => panic!("no way to {path}"),
        };
    }
    id
}

fn key(document: &Document, path: &str, name: &str) -> (NodeId, NodeId) {
    let mapping = at(document, path);
    let NodeKind::Mapping { entries, .. } = &document.node(mapping).kind else { panic!("no mapping") };
    let found = entries.iter().find(|(key, _)| document.node(*key).scalar() == Some(name)).unwrap();
    (mapping, found.0)
}

fn text(text: &str) -> NewValue {
    NewValue::Text(text.to_owned())
}

fn list(items: &[&str]) -> NewValue {
    NewValue::List(items.iter().map(|item| (*item).to_owned()).collect())
}

fn built() -> NewItem<'static> {
    NewItem::Built(vec![("k".to_owned(), text("v")), ("l".to_owned(), list(&["x:y", "1"]))])
}

#[test]
fn an_item_is_appended_in_the_style_of_the_list() {
    let check = |before: &str, path: &str, after: &str| {
        let document = parse(before);
        let splices = append_item(&document, at(&document, path), &built()).unwrap();
        assert_eq!(apply(before, &splices), after, "{before:?}");
        parse(after);
    };
    check("- a: 1\n", "", "- a: 1\n- k: v\n  l:\n    - x:y\n    - \"1\"\n");
    check("- a: 1", "", "- a: 1\n- k: v\n  l:\n    - x:y\n    - \"1\"");
    check("- a: 1\r\n", "", "- a: 1\r\n- k: v\r\n  l:\r\n    - x:y\r\n    - \"1\"\r\n");
    check("\u{feff}- a\n", "", "\u{feff}- a\n- k: v\n  l:\n    - x:y\n    - \"1\"\n");
    check("  -   a:\n      - b\n", "", "  -   a:\n      - b\n  - k: v\n    l:\n    - x:y\n    - \"1\"\n");
    check("m:\n- a\nn: 1\n", "m", "m:\n- a\n- k: v\n  l:\n  - x:y\n  - \"1\"\nn: 1\n");
    check(
        "- a # one\n  # still a\n\n# footer\n",
        "",
        "- a # one\n  # still a\n- k: v\n  l:\n    - x:y\n    - \"1\"\n\n# footer\n",
    );
    check("- |\n  a\n\n# c\n", "", "- |\n  a\n- k: v\n  l:\n    - x:y\n    - \"1\"\n\n# c\n");
    check("- |\n  a", "", "- |-\n  a\n- k: v\n  l:\n    - x:y\n    - \"1\"");
    check("- |+\n  a\n\n", "", "- |+\n  a\n\n- k: v\n  l:\n    - x:y\n    - \"1\"\n");
    check("- a\n---\n- b\n", "", "- a\n- k: v\n  l:\n    - x:y\n    - \"1\"\n---\n- b\n");
    check("[a]", "", "[a, {k: v, l: [x:y, \"1\"]}]");
    check("[{a: 1}]\n", "", "[{a: 1}, {k: v, l: [x:y, \"1\"]}]\n");
    check("[{\"a\":1},{\"b\":2}]", "", "[{\"a\":1},{\"b\":2},{\"k\": \"v\", \"l\": [\"x:y\", \"1\"]}]");
    check(
        "[\n  {a: 1},\n  {b: 2}, # c\n]\n",
        "",
        "[\n  {a: 1},\n  {b: 2},\n  {k: v, l: [x:y, \"1\"]}, # c\n]\n",
    );
    check("m: []\n", "m", "m: [{k: v, l: [x:y, \"1\"]}]\n");
    check("[]\n", "", "- k: v\n  l:\n    - x:y\n    - \"1\"\n");
    check("- - a\n", "0", "- - a\n  - k: v\n    l:\n      - x:y\n      - \"1\"\n");
}

#[test]
fn the_first_item_comes_into_an_empty_document() {
    let check = |before: &str, after: &str| {
        let document = parse(before);
        let splices = append_to_empty(&document, &NewItem::Text("x".to_owned())).unwrap();
        assert_eq!(apply(before, &splices), after, "{before:?}");
        assert_eq!(parse(after).node(at(&parse(after), "0")).scalar(), Some("x"));
    };
    check("", "- x\n");
    check("\n", "\n- x\n");
    check("# c\n", "# c\n- x\n");
    check("# c", "# c\n- x");
    check("\u{feff}", "\u{feff}- x\n");
    check("null\n", "- x\n");
    check("  []\n", "  - x\n");
    check("''", "- x");
    check("[] # none\n", "# none\n- x\n");
    check("---\n", "---\n- x\n");
    check("--- []\n", "--- \n- x\n");
    check("---\n# c\n---\n- y\n", "---\n# c\n- x\n---\n- y\n");
    check("# a\r\n", "# a\r\n- x\r\n");
    let full = parse("- a\n");
    assert_eq!(append_to_empty(&full, &built()), Err(EditError::NotThere));
}

#[test]
fn items_go_with_what_belongs_to_them() {
    let check = |before: &str, path: &str, indexes: &[usize], after: &str| {
        let document = parse(before);
        let splices = remove_items(&document, at(&document, path), indexes).unwrap();
        assert_eq!(apply(before, &splices), after, "{before:?} {indexes:?}");
        parse(after);
    };
    check("- a\n- b\n- c\n", "", &[1], "- a\n- c\n");
    check("- a\n- b\n- c\n", "", &[], "- a\n- b\n- c\n");
    check("- a\n- b\n- c\n", "", &[0, 2], "- b\n");
    check("- a\n- b\n- c\n", "", &[2, 1, 0], "[]\n");
    check("- a\n- b", "", &[1], "- a\n");
    check("# head\n\n# of a\n- a # one\n  # in a\n# of b\n- b\n", "", &[0], "# head\n\n# of b\n- b\n");
    check("# head\n\n# of a\n- a # one\n  # in a\n# of b\n- b\n", "", &[0, 1], "# head\n\n[]\n");
    check("- a:\n    # in\n    b: 1\n\n- c\n", "", &[0], "\n- c\n");
    check("m: # c\n  - a\n  - b\nn: 1\n", "m", &[0, 1], "m: [] # c\nn: 1\n");
    check("- - a\n  - b\n  - c\n", "0", &[0, 1], "- - c\n");
    check("- - a\n  - b\n- d\n", "0", &[0, 1], "- []\n- d\n");
    check("- |\n  a\n\n- b\n", "", &[0], "\n- b\n");
    check("- >+\n  a\n\n- b\n", "", &[0], "- b\n");
    check("-\n- b\n", "", &[0], "- b\n");
    check("-\n  a: 1\n- b\n", "", &[0], "- b\n");
    check("- a\r\n- b\r\n", "", &[0], "- b\r\n");
    check("\u{feff}- a\n- b\n", "", &[0], "\u{feff}- b\n");
    check("[a, b, c]", "", &[1], "[a, c]");
    check("[a, b, c]", "", &[1, 2], "[a]");
    check("[a, b, c]", "", &[0, 1, 2], "[]");
    check("[\n  a,\n  b,\n]", "", &[1], "[\n  a,\n]");
    check("- &x a\n- *x\n- b\n", "", &[1], "- &x a\n- b\n");
    check("- &x a\n- *x\n- b\n", "", &[0, 1], "- b\n");
    let document = parse("- &x a\n- *x\n");
    let refused = remove_items(&document, at(&document, ""), &[0]);
    assert_eq!(refused, Err(EditError::Referenced { anchor: "x".to_owned() }));
    assert_eq!(remove_items(&document, at(&document, ""), &[2]), Err(EditError::NotThere));
}

#[test]
fn an_item_is_copied_as_its_author_wrote_it() {
    let check = |source: &str, index: &str, comments: bool, before: &str, after: Result<&str, EditError>| {
        let (from, document) = (parse(source), parse(before));
        let item = NewItem::Copied { from: &from, item: at(&from, index), with_comments: comments };
        let sequence = at(&document, "");
        let result = append_item(&document, sequence, &item).map(|splices| apply(before, &splices));
        assert_eq!(result.as_deref(), after.as_ref().copied(), "{source:?}");
    };
    let source = "# one\n- a: 'x' # t\n  # in\n  b:\n  - |\n    l\n\n    m\n- c\n";
    check(source, "0", true, "- z\n", Ok("- z\n# one\n- a: 'x' # t\n  # in\n  b:\n  - |\n    l\n\n    m\n"));
    check(
        source,
        "0",
        false,
        "  - z\n",
        Ok("  - z\n  - a: 'x' # t\n    # in\n    b:\n    - |\n      l\n\n      m\n"),
    );
    check("    -  a: 1\n       b: 2\r\n", "0", true, "- z\r\n", Ok("- z\r\n-  a: 1\r\n   b: 2\r\n"));
    check(source, "0", true, "[z]", Ok("[z, {a: 'x', b: [\"l\\n\\nm\\n\"]}]"));
    check("- a: x, y\n  b: 1\n", "0", true, "[{c: d}]", Ok("[{c: d}, {a: \"x, y\", b: 1}]"));
    check("[{\"a\": \"x\", \"b\": [1]}]", "0", true, "- z\n", Ok("- z\n- \"a\": \"x\"\n  \"b\": [1]\n"));
    check("[{a: 1,\n  b: 2}]", "0", true, "- z\n", Ok("- z\n- {a: 1,\n    b: 2}\n"));
    check("- - a\n  - b\n", "0/0", true, "- z\n", Ok("- z\n- a\n"));
    check("- &x a\n", "0", true, "- z\n", Err(EditError::NeedsBuilding));
    check("- &x a\n- *x\n", "1", true, "- z\n", Err(EditError::NeedsBuilding));
    check("- |\n  a", "0", true, "- z\n", Err(EditError::NeedsBuilding));
    check("- a\u{2028} b\n", "0", true, "- z\n", Err(EditError::NeedsBuilding));
}

#[test]
fn a_value_is_set_in_the_style_it_has() {
    let check = |before: &str, path: &str, name: &str, value: &NewValue, after: &str| {
        let document = parse(before);
        let (mapping, key) = key(&document, path, name);
        let splices = set_value(&document, mapping, key, value).unwrap();
        assert_eq!(apply(before, &splices), after, "{before:?}");
        parse(after);
    };
    check("a: x # c\nb: 1\n", "", "a", &text("u"), "a: u # c\nb: 1\n");
    check("a: x # c\n", "", "a", &text("yes"), "a: \"yes\" # c\n");
    check("a: 'x'\n", "", "a", &text("it's"), "a: 'it''s'\n");
    check("a: 'x'\n", "", "a", &text("1\n"), "a: \"1\\n\"\n");
    check("a: \"x\"\n", "", "a", &text("u"), "a: \"u\"\n");
    check("a:\nb: 1\n", "", "a", &text("u"), "a: u\nb: 1\n");
    check("a: # c\nb: 1\n", "", "a", &text("u"), "a: u # c\nb: 1\n");
    check("a: |\n  x\n\nb: 1\n", "", "a", &text("u"), "a: u\n\nb: 1\n");
    check("a:\n- x\n- u\nb: 1\n", "", "a", &text("u"), "a: u\nb: 1\n");
    check("a: # c\n  - x # d\nb: 1\n", "", "a", &text("u"), "a: u # c\nb: 1\n");
    check("{\"a\":1}", "", "a", &text("u"), "{\"a\":\"u\"}");
    check("{a: x}", "", "a", &text("y, z"), "{a: \"y, z\"}");
    check("a: x\n", "", "a", &list(&["p", "q"]), "a: [p, q]\n");
    check("a: [x, 'p' ]\n", "", "a", &list(&["p", "q"]), "a: ['p', q]\n");
    check("a:\n  - x # cx\n  - u # cy\n", "", "a", &list(&["x", "z"]), "a:\n  - x # cx\n  - z # cy\n");
    check("a:\n  - x # cx\n  - u\nb: 1\n", "", "a", &list(&["x"]), "a:\n  - x # cx\nb: 1\n");
    check("a:\n  - x\n  - u\n", "", "a", &list(&["w", "x", "u"]), "a:\n  - w\n  - x\n  - u\n");
    check("a:\n  - x\n  - u\n", "", "a", &list(&["x", "u", "z"]), "a:\n  - x\n  - u\n  - z\n");
    check("a:\n  - x", "", "a", &list(&["x", "z"]), "a:\n  - x\n  - z");
    check("a:\n  - x\n", "", "a", &list(&[]), "a: []\n");
    check("a:\n  - 1\n", "", "a", &list(&["1"]), "a:\n  - \"1\"\n");
    check("- a: &p x\n", "0", "a", &text("u"), "- a: u\n");
    check("a: &p\n  - x\nb: 1\n", "", "a", &text("u"), "a: u\nb: 1\n");
    check("b: &p x\na: *p\n", "", "a", &text("u"), "b: &p x\na: u\n");
    let document = parse("b: &p x\na: *p\n");
    let (mapping, key) = key(&document, "", "b");
    let refused = set_value(&document, mapping, key, &text("u"));
    assert_eq!(refused, Err(EditError::Referenced { anchor: "p".to_owned() }));
}

#[test]
fn members_come_and_go() {
    let insert = |before: &str, path: &str, value: &NewValue, after: &str| {
        let document = parse(before);
        let splices = insert_member(&document, at(&document, path), "m", value).unwrap();
        assert_eq!(apply(before, &splices), after, "{before:?}");
        parse(after);
    };
    insert("a: 1\n", "", &text("v"), "a: 1\nm: v\n");
    insert("a: 1", "", &text("v"), "a: 1\nm: v");
    insert("- a: 1 # c\n- b\n", "0", &list(&["v"]), "- a: 1 # c\n  m:\n    - v\n- b\n");
    insert("- a:\n  - x\n", "0", &list(&["v"]), "- a:\n  - x\n  m:\n  - v\n");
    insert("{}", "", &text("v"), "{\"m\": \"v\"}");
    insert("{a: 1}", "", &text("v"), "{a: 1, m: v}");
    insert("[{\"a\": 1}]", "0", &text("v"), "[{\"a\": 1, \"m\": \"v\"}]");
    insert("a: |\n  x", "", &text("v"), "a: |-\n  x\nm: v");
    let remove = |before: &str, path: &str, name: &str, after: &str| {
        let document = parse(before);
        let (mapping, key) = key(&document, path, name);
        let splices = remove_member(&document, mapping, key).unwrap();
        assert_eq!(apply(before, &splices), after, "{before:?}");
        parse(after);
    };
    remove("a: 1\n# of b\nb: 2\nc: 3\n", "", "b", "a: 1\nc: 3\n");
    remove("- a: 1 # c\n  b: 2\n", "0", "a", "- b: 2\n");
    remove("- a: 1\n  b:\n  - x\n- c\n", "0", "b", "- a: 1\n- c\n");
    remove("- a: 1\n- c\n", "0", "a", "- {}\n- c\n");
    remove("{a: 1, b: 2}", "", "a", "{b: 2}");
    remove("{a: 1, b: 2}", "", "b", "{a: 1}");
    remove("{a: 1}", "", "a", "{}");
}

#[test]
fn edits_inside_a_scalar_are_carried_out() {
    let check = |before: &str, after: &str| {
        let outer = parse(before);
        let scalar = at(&outer, "s");
        let inner_text = outer.node(scalar).scalar().unwrap().to_owned();
        let inner = parse(&inner_text);
        let item = NewItem::Text("z".to_owned());
        let splices = match inner.root() {
            Some(root) if inner.node(root).scalar().is_none() => append_item(&inner, root, &item),
            _ => append_to_empty(&inner, &item),
        };
        let lifted = lift(&outer, scalar, &inner_text, &splices.unwrap()).unwrap();
        assert_eq!(apply(before, &lifted), after, "{before:?}");
    };
    check("s: |\n  - a\nt: 1\n", "s: |\n  - a\n  - z\nt: 1\n");
    check("s: |  # c\n     - a  \n\n     # x\nt: 1\n", "s: |  # c\n     - a  \n     - z\n\n     # x\nt: 1\n");
    check("s: |\r\n  - a\r\nt: 1\r\n", "s: |\r\n  - a\r\n  - z\r\nt: 1\r\n");
    check("s: |\n  - a", "s: |\n  - a\n  - z");
    check("s: |-\n  - a\nt: 1\n", "s: |-\n  - a\n  - z\nt: 1\n");
    check("s: |+\n  - a\n\nt: 1\n", "s: |+\n  - a\n  - z\n\nt: 1\n");
    check("s: |2\n    - a\nt: 1\n", "s: |2\n    - a\n    - z\nt: 1\n");
    check("s: >\n  - a\nt: 1\n", "s: |\n  - a\n  - z\nt: 1\n");
    check("s: \"- a\\n\" # c\n", "s: \"- a\\n- z\\n\" # c\n");
    check("{\"s\": \"- a\\n- \\u00e9\\n\"}", "{\"s\": \"- a\\n- \\u00e9\\n- z\\n\"}");
    check("s: '[a]'\n", "s: '[a, z]'\n");
    check("s: '- a'\n", "s: |-\n  - a\n  - z\n");
    check("s: '- a' # c\n", "s: \"- a\\n- z\" # c\n");
    check("{s: '- a'}\n", "{s: \"- a\\n- z\"}\n");
    check("s: ''\n", "s: |\n  - z\n");
    check("s: \"\"\n", "s: |\n  - z\n");
    check("s: |\n  []\n", "s: |\n  - z\n");
    check("s:\nt: 1\n", "s: |\n  - z\nt: 1\n");
}

#[test]
fn any_document_of_a_stream_can_be_edited() {
    let text = "a: 1\n---\ns: |\n  - a\n---\n- b\n---\n[c\n";
    let (documents, error) = parse_stream(text, &Limits::default());
    assert!(error.is_some());
    let (outer, list) = (&documents[1], &documents[2]);
    let scalar = at(outer, "s");
    let inner = parse("- a\n");
    let item = NewItem::Text("z".to_owned());
    let splices = append_item(&inner, at(&inner, ""), &item).unwrap();
    let mut all = lift(outer, scalar, "- a\n", &splices).unwrap();
    all.extend(append_item(list, at(list, ""), &item).unwrap());
    assert_eq!(apply(text, &all), "a: 1\n---\ns: |\n  - a\n  - z\n---\n- b\n- z\n---\n[c\n");
}

#[test]
fn text_is_quoted_where_it_would_be_read_as_something_else() {
    let plain = ["a", "a b", "arn:x:y::1:role/z", "system:masters", "a#b", "x:y", "ü", "a'b", "-x", "a{b"];
    for text in plain {
        assert_eq!(scalar_text(text), text);
    }
    let quoted = [
        "",
        " a",
        "a ",
        "1",
        "012",
        "1e3",
        "0x1f",
        "12:30",
        "2001-01-01",
        "yes",
        "n",
        "~",
        "null",
        "=",
        "<<",
        ".inf",
        "- a",
        "a: b",
        "a #b",
        "#a",
        "{{a}}",
        "[a",
        "*a",
        "&a",
        "!a",
        "@a",
        "`a",
        "%a",
        "'a",
        "\"a",
        "|",
        ">",
        "?",
        "? a",
        "a:",
        "---",
        "a\nb",
        "a\tb\u{7}",
        "\u{feff}a",
        "a\u{2028}b",
        "-",
        ",a",
    ];
    for text in quoted {
        let written = scalar_text(text);
        assert!(written.starts_with('"') || text == ",a", "{text:?} {written:?}");
        let read = parse(&format!("- k: {written}\n"));
        assert_eq!(read.node(at(&read, "0/k")).scalar(), Some(text));
    }
}
