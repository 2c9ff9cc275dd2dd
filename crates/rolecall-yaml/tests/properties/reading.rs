//! Any text at all.

use proptest::prelude::*;
use rolecall_yaml::{Document, Limits, LineIndex, NodeKind, Span, parse_stream, to_json, to_string_list};

/// Texts of the characters that matter.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[-:?,&*!|>'\"%#\\[\\]{} ab1\n]{1,4}".prop_map(String::from),
        1 => prop::sample::select(vec![
            "\n- ", "\n  - ", "a: ", "\r\n", "\t", "|\n", ">-\n  ", "---\n", "\n...\n", "<<: *a\n", "&a ", "*a",
            "\"\\u00e9\\n\"", "\\", "\u{feff}", "\u{85}", "\u{2028}", "é", "!!int ", "!x!y ", "%TAG !x! y\n", "\0",
            "? ", "[n:]", "{a", "]", "}", "~", ".inf", "1_0", "''",
        ]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) {
    let limits = Limits { depth: 40, nodes: 2_000, ..Limits::default() };
    let lines = LineIndex::new(text);
    let (documents, error) = parse_stream(text, &limits);
    if let Some(error) = error {
        assert!(error.at <= text.len() && text.is_char_boundary(error.at), "{error:?}");
        lines.position(text, error.at);
    }
    for document in &documents {
        check_places(document);
    }
    let Ok(document) = Document::parse(text, &limits) else { return };
    assert!(document.end() <= text.len());
    assert_eq!(document.root().is_some(), !documents.is_empty());
    check_places(&document);
    let first = to_json(&document, &limits);
    assert_eq!(first, to_json(&document, &limits));
    to_string_list(&document, &limits);
}

fn check_places(document: &Document) {
    let text = document.text();
    for (id, node) in document.nodes() {
        let whole = node.whole();
        assert!(
            whole.start <= node.span.start && node.span.start <= node.span.end && whole.end <= text.len()
        );
        for offset in [whole.start, node.span.start, node.span.end] {
            assert!(text.is_char_boundary(offset), "{node:?}");
        }
        match &node.kind {
            NodeKind::Scalar { value, .. } => {
                let map = document.source_map(id).unwrap();
                for (at, c) in value.char_indices() {
                    let inner = Span::new(at, at + c.len_utf8());
                    let place = map.outer(inner);
                    assert!(
                        node.span.start <= place.start && place.end <= node.span.end,
                        "{node:?} {inner:?}"
                    );
                    assert!(!map.is_verbatim(inner) || place.of(text) == c.to_string(), "{node:?} {inner:?}");
                }
            }
            NodeKind::Sequence { items, .. } => {
                assert!(items.iter().all(|item| document.node(*item).span.end <= node.span.end));
            }
            NodeKind::Mapping { entries, .. } => {
                assert!(entries.iter().all(|(_, value)| document.node(*value).span.end <= node.span.end));
            }
            NodeKind::Alias { target, name } => {
                assert_eq!(document.node(*target).anchor.as_deref(), Some(name.as_str()));
            }
        }
    }
}

proptest! {
    #![proptest_config(crate::model::cases(4096))]

    #[test]
    fn yaml_and_its_ruins_are_read_without_panic(text in yamlish()) {
        check(&text);
    }

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&String::from_utf8_lossy(&bytes));
    }
}
