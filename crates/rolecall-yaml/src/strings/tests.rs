//! What Go makes of each text, decoded straight into a list: every row was run through yaml.v2 2.4.4.

use super::to_string_list;
use crate::{Document, Limits};

#[test]
fn a_list_of_texts_is_what_go_keeps() {
    let check = |text: &str, expect: &[&str], has_errors: bool| {
        let document = Document::parse(text, &Limits::default()).unwrap();
        let (items, errors) = to_string_list(&document, &Limits::default());
        let texts: Vec<&str> = items.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, expect, "{text:?}");
        assert_eq!(!errors.is_empty(), has_errors, "{text:?} {errors:?}");
    };
    check("", &[], false);
    check("# c", &[], false);
    check("~", &[], false);
    check("[]", &[], false);
    check("x", &[], true);
    check("''", &[], true);
    check("a: 1", &[], true);
    check("- a\n- 'b'\n- \"c\"", &["a", "b", "c"], false);
    check("- 012345678901\n- 0x1F\n- 1.50\n- yes", &["012345678901", "0x1F", "1.50", "yes"], false);
    check("- ~\n- null\n-\n- ''", &["", "", "", ""], false);
    check("- [a]\n- b\n- {c: d}\n- e", &["b", "e"], true);
    check("- &x a\n- *x", &["a", "a"], false);
    check("- &x [a]\n- *x\n- b", &["b"], true);
    check("- !!binary aGk=\n- !!str 1\n- !foo 2\n- 2001-01-01", &["hi", "1", "2", "2001-01-01"], false);
    check("- a\n- !!int b\n- c", &["a", "", ""], true);
    check("- [x]\n- a\n- !!int b\n- c", &["a", "", "", ""], true);
    check("- a\n- .inf", &["a", ".inf"], false);
    check("&x [a, b]", &["a", "b"], false);
    check("- <<", &["<<"], false);
    check("!!int x", &[], true);
    check("- a\n---\n- b", &["a"], false);
    check("- <<: 1\n- a", &["a"], true);
    check("[a, b: c, d]", &["a", "d"], true);
}

#[test]
fn an_item_knows_where_it_is_written() {
    let text = "- &x a\n- [b]\n- *x\n- 'c'\n";
    let document = Document::parse(text, &Limits::default()).unwrap();
    let (items, errors) = to_string_list(&document, &Limits::default());
    let places: Vec<&str> = items.iter().map(|(_, node)| document.node(*node).span.of(text)).collect();
    assert_eq!(places, ["a", "a", "'c'"]);
    assert_eq!(errors.len(), 1);
    assert_eq!(&text[errors[0].at..], "[b]\n- *x\n- 'c'\n");
}
