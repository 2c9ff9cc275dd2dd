//! What libyaml's grammar, as yaml.v2 carries it, makes of each text: every row was run through Go.

use crate::json::tests::check;
use crate::{Document, Limits, NodeKind, SyntaxErrorKind, parse_stream};

#[test]
fn flow_quirks_of_yaml_v2() {
    check(&[
        ("[n:]", Ok("[\"n:\"]")),
        ("[n:,m]", Ok("[\"n:\",\"m\"]")),
        ("{n:}", Ok("{\"n:\":null}")),
        ("[a?b]", Err("did not find expected ',' or ']'")),
        ("[a,?b]", Ok("[\"a\",{\"b\":null}]")),
        ("{a?: b}", Err("did not find expected ',' or '}'")),
        ("[a: b]", Ok("[{\"a\":\"b\"}]")),
        ("[? a]", Ok("[{\"a\":null}]")),
        ("[? , a]", Err("did not find expected ',' or ']'")),
        ("[a, ]", Ok("[\"a\"]")),
        ("[,]", Err("did not find expected node content")),
        ("[a,,b]", Err("did not find expected node content")),
        ("{a, b}", Ok("{\"a\":null,\"b\":null}")),
        ("{a: }", Ok("{\"a\":null}")),
        ("{\"a\":1}", Ok("{\"a\":1}")),
        ("{a:1}", Ok("{\"a:1\":null}")),
        ("[a]b", Ok("[\"a\"]")),
        ("[a] b", Ok("[\"a\"]")),
        ("[] x: y", Ok("[]")),
        ("[]: x", Ok("[]")),
        ("{}: x", Ok("{}")),
        ("- []: x", Err("did not find expected '-' indicator")),
        ("{? a: b}: c", Ok("{\"a\":\"b\"}")),
        ("[[]]: x", Err("invalid map key: a list")),
        ("[a\nb]", Ok("[\"a b\"]")),
        ("[-]", Ok("[\"-\"]")),
        ("[- a]", Err("did not find expected node content")),
        ("[\"a\"b]", Err("did not find expected ',' or ']'")),
        ("[#c\n]", Ok("[]")),
        ("[a #c\n]", Ok("[\"a\"]")),
        ("[|]", Err("found character that cannot start any token")),
        ("[@a]", Err("found character that cannot start any token")),
        ("{a: [}", Err("did not find expected node content")),
    ]);
}

#[test]
fn block_quirks() {
    check(&[
        ("a: b: c", Err("mapping values are not allowed in this context")),
        ("a:b", Ok("\"a:b\"")),
        ("a: - b", Err("block sequence entries are not allowed in this context")),
        ("- a: 1\n b: 2", Err("did not find expected '-' indicator")),
        ("-a", Ok("\"-a\"")),
        ("- -", Ok("[[null]]")),
        ("- - 1", Ok("[[1]]")),
        ("-\n- 1", Ok("[null,1]")),
        ("a:\n- 1\nb: 2", Ok("{\"a\":[1],\"b\":2}")),
        ("a:\n - 1\n- 2", Err("did not find expected key")),
        ("a\nb: c", Err("mapping values are not allowed in this context")),
        ("a: 1\n\tb: 2", Err("found a tab character that violates indentation")),
        ("\ta: 1", Err("found character that cannot start any token")),
        ("a:\t1", Ok("{\"a\":1}")),
        ("-\ta", Err("found character that cannot start any token")),
        ("a: \tb\t", Ok("{\"a\":\"b\"}")),
        ("? a\n: b\n? c", Ok("{\"a\":\"b\",\"c\":null}")),
        ("k: |\n  x\n y", Err("did not find expected key")),
        ("a #b", Ok("\"a\"")),
        ("a#b", Ok("\"a#b\"")),
        ("a: 'b' c", Err("did not find expected key")),
        ("@a", Err("found character that cannot start any token")),
        ("`a", Err("found character that cannot start any token")),
        ("%a", Err("found unknown directive name")),
        ("a: %b", Err("found character that cannot start any token")),
        ("a: @b", Err("found character that cannot start any token")),
        ("&a", Ok("null")),
        ("!!str", Ok("\"\"")),
        ("a: !!str\nb: 1", Ok("{\"a\":\"\",\"b\":1}")),
        ("- \n  a: 1", Ok("[{\"a\":1}]")),
        ("a:\n\n\n  b", Ok("{\"a\":\"b\"}")),
        ("a: b\n  c\n\n  d", Ok("{\"a\":\"b c\\nd\"}")),
    ]);
}

#[test]
fn block_scalars() {
    check(&[
        ("|\n  a", Ok("\"a\"")),
        ("|\n  a\n", Ok("\"a\\n\"")),
        ("|-\n  a\n\n", Ok("\"a\"")),
        ("|+\n  a\n\n", Ok("\"a\\n\\n\"")),
        ("|\n\n  a\n   b\n", Ok("\"\\na\\n b\\n\"")),
        ("|2\n    a\n", Ok("\"  a\\n\"")),
        ("|1-\n a\n", Ok("\"a\"")),
        ("|-1\n a\n", Ok("\"a\"")),
        ("|0\n a", Err("found an indentation indicator equal to 0")),
        ("|a\n", Err("did not find expected comment or line break")),
        ("| # c\n a", Ok("\"a\"")),
        ("|\n\ta", Err("found a tab character where an indentation space is expected")),
        ("|\n   \n  a", Ok("\"\"")),
        (">\n  a\n  b\n\n  c\n   d\n  e\n", Ok("\"a b\\nc\\n d\\ne\\n\"")),
        (">-\n a\n b", Ok("\"a b\"")),
        (">+\n a\n\n", Ok("\"a\\n\\n\"")),
        ("|", Ok("\"\"")),
        ("|\n", Ok("\"\"")),
        ("- |\n a\n- b", Ok("[\"a\\n\",\"b\"]")),
        ("|\n  a\r\n  b\r\n", Ok("\"a\\nb\\n\"")),
        ("|\n  a\u{2028}  b\n", Ok("\"a\u{2028}b\\n\"")),
        ("|\n  a\u{85}  b\n", Ok("\"a\\nb\\n\"")),
    ]);
}

#[test]
fn quotes() {
    check(&[
        ("'it''s'", Ok("\"it's\"")),
        ("'a\n  b'", Ok("\"a b\"")),
        ("'a\n\n b'", Ok("\"a\\nb\"")),
        ("'a", Err("found unexpected end of stream")),
        ("\"a", Err("found unexpected end of stream")),
        ("\"\\n\\t\\x41\\u00e9\\U0001F600\"", Ok("\"\\n\\tAé😀\"")),
        ("\"\\/\"", Err("found unknown escape character")),
        ("\"\\'\"", Ok("\"'\"")),
        (
            "\"\\0\\a\\b\\e\\f\\v\\r\\N\\_\\L\\P\\ \\\"\\\\\"",
            Ok("\"\\u0000\\u0007\\b\\u001b\\f\\u000b\\r\u{85}\u{a0}\u{2028}\u{2029} \\\"\\\\\""),
        ),
        ("\"a\\\n  b\"", Ok("\"ab\"")),
        ("\"a \\\n  b\"", Ok("\"a b\"")),
        ("\"a\n\n  b\"", Ok("\"a\\nb\"")),
        ("\"\\", Err("found unknown escape character")),
        ("\"\\q\"", Err("found unknown escape character")),
        ("\"\\x4\"", Err("did not find expected hexdecimal number")),
        ("\"\\ud800\"", Err("found invalid Unicode character escape code")),
        ("\"\\U00110000\"", Err("found invalid Unicode character escape code")),
        ("'\n---\n'", Err("found unexpected document indicator")),
        ("\"\n... \n\"", Err("found unexpected document indicator")),
        ("\"a\tb\"", Ok("\"a\\tb\"")),
        ("\" a \n b \"", Ok("\" a b \"")),
        ("'a\u{2028}b'", Ok("\"a\u{2028}b\"")),
        ("'a\u{85}b'", Ok("\"a b\"")),
        ("\"\\\tx\"", Ok("\"\\tx\"")),
    ]);
}

#[test]
fn documents() {
    check(&[
        ("a\n---\nb", Ok("\"a\"")),
        ("--- a\n---\nb", Ok("\"a\"")),
        ("---\n---\na", Ok("null")),
        ("a\n...\nb", Ok("\"a\"")),
        ("a\n... b", Ok("\"a\"")),
        ("...\n", Err("did not find expected node content")),
        ("%YAML 1.1\n---\na", Ok("\"a\"")),
        ("%YAML 1.2\n---\na", Err("found incompatible YAML document")),
        ("%YAML 1.1\n%YAML 1.1\n---\na", Err("found duplicate %YAML directive")),
        ("%YAML 111.1\n---\na", Err("found extremely long version number")),
        ("%YAML 1\n---\na", Err("did not find expected digit or '.' character")),
        ("%FOO\n---\na", Err("found unknown directive name")),
        ("%YAML 1.1\na", Err("did not find expected <document start>")),
        ("%TAG ! x\n%TAG ! y\n---\na", Err("found duplicate %TAG directive")),
        ("--- # c\na", Ok("\"a\"")),
        ("--- |\n a", Ok("\"a\"")),
        ("---a", Ok("\"---a\"")),
        ("--- - a", Err("block sequence entries are not allowed in this context")),
        ("a: 1\n---\n@", Ok("{\"a\":1}")),
        ("[a]\n@", Err("found character that cannot start any token")),
        ("a: 1\n--- @", Ok("{\"a\":1}")),
    ]);
}

#[test]
fn characters() {
    check(&[
        ("\u{feff}a: 1", Ok("{\"a\":1}")),
        ("a\0", Err("control characters are not allowed")),
        ("a: \u{7}", Err("control characters are not allowed")),
        ("a\u{7f}", Err("control characters are not allowed")),
        ("\u{a0}", Ok("\"\u{a0}\"")),
        ("a\u{fffe}", Err("control characters are not allowed")),
        ("\r\na: 1\r\n", Ok("{\"a\":1}")),
        ("a: 1\rb: 2", Ok("{\"a\":1,\"b\":2}")),
        ("a: 1\u{2028}b: 2", Ok("{\"a\":1,\"b\":2}")),
        ("a: 1\u{85}b: 2", Ok("{\"a\":1,\"b\":2}")),
        ("# \u{7}\na", Err("control characters are not allowed")),
    ]);
}

#[test]
fn a_stream_has_documents() {
    let check = |text: &str, starts: &[&str], error: Option<&str>| {
        let (documents, found) = parse_stream(text, &Limits::default());
        let begins =
            |document: &Document| document.text()[..document.end()].lines().next_back().map(str::to_owned);
        let ends: Vec<_> = documents.iter().filter_map(begins).collect();
        assert_eq!(ends, starts, "{text:?}");
        assert_eq!(found.map(|error| error.message).as_deref(), error, "{text:?}");
        let more: Vec<bool> = documents.iter().map(Document::has_more).collect();
        let expect: Vec<bool> = (0..documents.len()).map(|index| index + 1 < documents.len()).collect();
        assert!(error.is_some() || more == expect, "{text:?} {more:?}");
    };
    check("", &[], None);
    check("# c\n", &[], None);
    check("a\n", &["a"], None);
    check("a\n---\nb\n", &["a", "b"], None);
    check("a\n...\n---\nb\n...\n", &["...", "..."], None);
    check("a\n---\n@\n", &["a"], Some("found character that cannot start any token"));
    check("a\n---\n[b\n", &["a"], Some("did not find expected ',' or ']'"));
}

#[test]
fn the_end_of_the_first_document_is_known() {
    let check = |text: &str, end: usize, more: bool| {
        let document = Document::parse(text, &Limits::default()).unwrap();
        assert_eq!((document.end(), document.has_more()), (end, more), "{text:?}");
    };
    check("", 0, false);
    check("a\n", 2, false);
    check("a\n# c\n", 6, false);
    check("a\n---\n", 2, true);
    check("a\n...\n", 5, false);
    check("a\n...\n# c\n---\nb", 5, true);
    check("[a] b", 4, true);
}

#[test]
fn an_error_has_a_place_and_a_kind() {
    let check = |text: &str, at: usize, since: Option<usize>, kind: SyntaxErrorKind| {
        let error = Document::parse(text, &Limits::default()).unwrap_err();
        assert_eq!((error.at, error.since, error.kind), (at, since, kind), "{text:?}");
    };
    check("é: \"x", 6, Some(4), SyntaxErrorKind::Grammar);
    check("a: *b", 3, None, SyntaxErrorKind::UnknownAnchor);
    check("a: é\u{7}", 5, None, SyntaxErrorKind::Character);
    check("\u{feff}@", 3, None, SyntaxErrorKind::Grammar);
    check("a:\n  - b\n c: d", 10, Some(0), SyntaxErrorKind::Grammar);
}

#[test]
fn a_character_far_behind_the_document_is_not_seen() {
    let far = format!("a\n---\n{}\u{7}", "b\n".repeat(600));
    assert!(Document::parse(&far, &Limits::default()).is_ok());
    assert!(parse_stream(&far, &Limits::default()).1.is_some());
}

#[test]
fn nodes_stand_where_they_are_written() {
    let text = "# é\n&m a: &x !!str 'b'\nc: [d, {e: |f}]\ng:\n  - h # i\n\nj:\n";
    let text = &text.replace("|f", "f");
    let document = Document::parse(text, &Limits::default()).unwrap();
    let places: Vec<(&str, &str)> =
        document.nodes().map(|(_, node)| (node.whole().of(text), node.span.of(text))).collect();
    let whole = text.trim_start_matches("# é\n").trim_end();
    let expect = [
        (whole, whole),
        ("&m a", "a"),
        ("&x !!str 'b'", "'b'"),
        ("c", "c"),
        ("[d, {e: f}]", "[d, {e: f}]"),
        ("d", "d"),
        ("{e: f}", "{e: f}"),
        ("e", "e"),
        ("f", "f"),
        ("g", "g"),
        ("- h", "- h"),
        ("h", "h"),
        ("j", "j"),
        ("", ""),
    ];
    assert_eq!(places, expect);
    let root = document.node(document.root().unwrap());
    assert!(matches!(&root.kind, NodeKind::Mapping { entries, flow: false } if entries.len() == 4));
}
