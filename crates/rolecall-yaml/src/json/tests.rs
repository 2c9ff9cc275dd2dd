//! What Go makes of each text: every row was run through sigs.k8s.io/yaml 1.6.0.

use super::{Member, Value, Valued, to_json, to_json_by_chance};
use crate::{Document, Limits};

/// Reads each text and compares with the JSON, or with the message (ours is Go's without its place).
pub(crate) fn check(rows: &[(&str, Result<&str, &str>)]) {
    for (text, expect) in rows {
        let found = read(text).map(|value| print(&value));
        assert_eq!(found.as_deref().map_err(String::as_str), *expect, "{text:?}");
    }
}

fn read(text: &str) -> Result<Valued, String> {
    let limits = Limits::default();
    let document = Document::parse(text, &limits).map_err(|error| error.to_string())?;
    to_json(&document, &limits).map_err(|error| error.to_string())
}

fn print(value: &Valued) -> String {
    let list = |parts: Vec<String>| parts.join(",");
    match &value.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.clone(),
        Value::String(text) => quote(text),
        Value::Array(items) => format!("[{}]", list(items.iter().map(print).collect())),
        Value::Object(members) => {
            let member = |member: &Member| format!("{}:{}", quote(&member.key), print(&member.value));
            format!("{{{}}}", list(members.iter().map(member).collect()))
        }
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            c if c < ' ' => quoted.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[test]
fn nulls_and_words() {
    check(&[
        ("", Ok("null")),
        ("\n", Ok("null")),
        ("# c\n", Ok("null")),
        ("---\n", Ok("null")),
        ("~", Ok("null")),
        ("null", Ok("null")),
        ("Null", Ok("null")),
        ("nULL", Ok("\"nULL\"")),
        ("''", Ok("\"\"")),
        ("yes", Ok("true")),
        ("Y", Ok("true")),
        ("on", Ok("true")),
        ("oN", Ok("\"oN\"")),
        ("No", Ok("false")),
        ("n", Ok("false")),
        ("TRUE", Ok("true")),
        ("tRUE", Ok("\"tRUE\"")),
        ("=", Ok("\"=\"")),
        ("<<", Ok("\"<<\"")),
        ("- <<", Ok("[\"<<\"]")),
    ]);
}

#[test]
fn numbers() {
    check(&[
        ("0", Ok("0")),
        ("-0", Ok("0")),
        ("+5", Ok("5")),
        ("012", Ok("10")),
        ("08", Ok("8")),
        ("0o12", Ok("10")),
        ("0O17", Ok("15")),
        ("0x1F", Ok("31")),
        ("0X1f", Ok("31")),
        ("-0x1F", Ok("-31")),
        ("0b11", Ok("3")),
        ("0b+1", Ok("1")),
        ("0b-1", Ok("-1")),
        ("-0b11", Ok("-3")),
        ("-0b-1", Ok("\"-0b-1\"")),
        ("1_000", Ok("1000")),
        ("_1", Ok("\"_1\"")),
        ("1__0_", Ok("10")),
        ("-_1", Ok("-1")),
        ("9223372036854775807", Ok("9223372036854775807")),
        ("9223372036854775808", Ok("9223372036854775808")),
        ("-9223372036854775808", Ok("-9223372036854775808")),
        ("-9223372036854775809", Ok("-9223372036854776000")),
        ("18446744073709551615", Ok("18446744073709551615")),
        ("18446744073709551616", Ok("18446744073709552000")),
        ("+9223372036854775808", Ok("9223372036854776000")),
        ("012345678901", Ok("12345678901")),
        ("1e3", Ok("1000")),
        ("1E+3", Ok("1000")),
        ("1.", Ok("1")),
        ("1.5", Ok("1.5")),
        ("-1.5e-7", Ok("-1.5e-7")),
        ("1e21", Ok("1e+21")),
        ("1e20", Ok("100000000000000000000")),
        ("0.000001", Ok("0.000001")),
        ("0.0000001", Ok("1e-7")),
        ("1e400", Ok("\"1e400\"")),
        (".5", Ok("0.5")),
        (".5_0", Ok("0.5")),
        ("._5", Ok("\"._5\"")),
        (".5e3", Ok("500")),
        (".", Ok("\".\"")),
        ("-", Ok("[null]")),
        ("--1", Ok("\"--1\"")),
        ("1e", Ok("\"1e\"")),
        ("1.2.3", Ok("\"1.2.3\"")),
        ("0x", Ok("\"0x\"")),
        ("0o8", Ok("\"0o8\"")),
        ("123456789012345678901234567890", Ok("1.2345678901234568e+29")),
        ("- 1.0\n- 100000000000000000000.0", Ok("[1,100000000000000000000]")),
        ("-.5", Ok("-0.5")),
        ("+.5", Ok("0.5")),
        ("-.0", Ok("-0")),
    ]);
}

#[test]
fn not_numbers() {
    check(&[
        ("12:30:45", Ok("\"12:30:45\"")),
        ("2001-01-01", Ok("\"2001-01-01\"")),
        ("2001-01-01T00:00:00Z", Ok("\"2001-01-01T00:00:00Z\"")),
        ("1 2", Ok("\"1 2\"")),
        ("1,2", Ok("\"1,2\"")),
        ("0x1G", Ok("\"0x1G\"")),
        ("1e5x", Ok("\"1e5x\"")),
        (".inf", Err("json: unsupported value: +Inf")),
        (".Inf", Err("json: unsupported value: +Inf")),
        (".iNf", Ok("\".iNf\"")),
        ("-.inf", Err("json: unsupported value: -Inf")),
        ("+.inf", Err("json: unsupported value: +Inf")),
        (".nan", Err("json: unsupported value: NaN")),
    ]);
}

#[test]
fn tags() {
    check(&[
        ("!!str 1", Ok("\"1\"")),
        ("!!str", Ok("\"\"")),
        ("!!int 5", Ok("5")),
        ("!!int x", Err("cannot decode !!str `x` as a !!int")),
        ("!!int ''", Err("cannot decode !!null `` as a !!int")),
        ("!!int 1.5", Err("cannot decode !!float `1.5` as a !!int")),
        ("!!float 3", Ok("3")),
        ("!!float 0b+1", Ok("1")),
        ("!!float x", Err("cannot decode !!str `x` as a !!float")),
        ("!!float 9223372036854775808", Err("cannot decode !!int `9223372036854775808` as a !!float")),
        ("!!bool yes", Ok("true")),
        ("!!bool 1", Err("cannot decode !!int `1` as a !!bool")),
        ("!!null ~", Ok("null")),
        ("!!null x", Err("cannot decode !!str `x` as a !!null")),
        ("!!null <<", Err("cannot decode !!str `<<` as a !!null")),
        ("!!binary aGk=", Ok("\"hi\"")),
        ("!!binary aGk", Err("!!binary value contains invalid base64 data")),
        ("!!binary /w==", Ok("\"�\"")),
        ("!!binary 'aG\n k='", Err("!!binary value contains invalid base64 data")),
        ("!!timestamp 2001-1-1", Ok("\"2001-1-1\"")),
        ("!!timestamp 2001-2-30", Err("cannot decode !!str `2001-2-30` as a !!timestamp")),
        ("!!timestamp 2000-2-29", Ok("\"2000-2-29\"")),
        ("!!timestamp 1900-2-29", Err("cannot decode !!str `1900-2-29` as a !!timestamp")),
        ("!!timestamp 2001-1-1 1:2:3.5", Ok("\"2001-1-1 1:2:3.5\"")),
        ("!!timestamp 2001-1-1   1:2:3", Ok("\"2001-1-1   1:2:3\"")),
        ("!!timestamp 2001-1-1T1:2:3+01:00", Ok("\"2001-1-1T1:2:3+01:00\"")),
        ("!!timestamp 2001-1-1t1:2:3.Z", Err("cannot decode !!str `2001-1-1t1:2:3.Z` as a !!timestamp")),
        ("!!timestamp x", Err("cannot decode !!str `x` as a !!timestamp")),
        ("!foo 1", Ok("\"1\"")),
        ("!foo", Ok("\"\"")),
        ("! 12", Ok("\"12\"")),
        ("! ''", Ok("\"\"")),
        ("- ! ", Ok("[\"\"]")),
        ("!<tag:yaml.org,2002:str> 1", Ok("\"1\"")),
        ("!<x", Err("did not find the expected '>'")),
        ("!x!y 1", Err("found undefined tag handle")),
        ("%TAG !e! tag:yaml.org,2002:\n--- !e!str 1", Ok("\"1\"")),
        ("!!map [1]", Ok("[1]")),
        ("!!null [1]", Ok("[1]")),
        ("!!str {a: 1}", Ok("{\"a\":1}")),
        ("!!%73tr 1", Ok("\"1\"")),
        ("[!foo, b]", Ok("[\"b\"]")),
        ("[!foo , b]", Ok("[\"\",\"b\"]")),
        ("[!!str]", Err("did not find expected ',' or ']'")),
    ]);
}

#[test]
fn keys() {
    check(&[
        ("1: a", Ok("{\"1\":\"a\"}")),
        ("1.5: a", Ok("{\"1.5\":\"a\"}")),
        ("1e7: a", Ok("{\"1e+07\":\"a\"}")),
        ("100000.0: a", Ok("{\"100000\":\"a\"}")),
        ("1e-5: a", Ok("{\"1e-05\":\"a\"}")),
        ("0.0001: a", Ok("{\"0.0001\":\"a\"}")),
        ("123456789.5: a", Ok("{\"1.2345679e+08\":\"a\"}")),
        ("1e30: a", Ok("{\"1e+30\":\"a\"}")),
        ("16777217.0: a", Ok("{\"1.6777216e+07\":\"a\"}")),
        (".inf: a", Ok("{\".inf\":\"a\"}")),
        ("-.inf: a", Ok("{\"-.inf\":\"a\"}")),
        (".nan: a", Ok("{\".nan\":\"a\"}")),
        ("yes: a", Ok("{\"true\":\"a\"}")),
        ("~: a", Err("unsupported map key: null")),
        (": a", Err("did not find expected key")),
        ("? a", Ok("{\"a\":null}")),
        ("9223372036854775808: a", Err("unsupported map key of type: uint64: 9223372036854775808")),
        ("0x10: a", Ok("{\"16\":\"a\"}")),
        ("2001-01-01: a", Ok("{\"2001-01-01\":\"a\"}")),
        ("!!binary aw==: a", Ok("{\"k\":\"a\"}")),
        ("[1]: a", Err("invalid map key: a list")),
        ("{a: b}: c", Err("invalid map key: a map")),
        ("{{x}}", Err("invalid map key: a map")),
        ("a: {{x}}", Err("invalid map key: a map")),
        ("? [a]\n: b", Err("invalid map key: a list")),
        ("a: 1\na: 2", Ok("{\"a\":2}")),
        ("1: a\n0x1: b", Ok("{\"1\":\"b\"}")),
        ("b: 1\nB: 2\na: 3", Ok("{\"B\":2,\"a\":3,\"b\":1}")),
        ("\"\\u00e9\": 1\nz: 2", Ok("{\"z\":2,\"é\":1}")),
        ("'<<': {a: 1}", Ok("{\"<<\":{\"a\":1}}")),
        ("! <<: {a: 1}", Ok("{\"a\":1}")),
        ("!!merge <<: {a: 1}", Ok("{\"a\":1}")),
        ("!!merge '<<': {a: 1}", Ok("{\"a\":1}")),
    ]);
}

#[test]
fn merges() {
    check(&[
        ("<<: {a: 1}\na: 2", Ok("{\"a\":2}")),
        ("a: 2\n<<: {a: 1}", Ok("{\"a\":1}")),
        ("<<: [{a: 1}, {a: 2, b: 3}]", Ok("{\"a\":1,\"b\":3}")),
        ("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}", Ok("{\"true\":{\"a\":1,\"b\":2},\"x\":{\"a\":1,\"b\":2}}")),
        (
            "x: &x {a: 1}\ny: &y {b: 2}\nz: {<<: [*x, *y]}",
            Ok("{\"true\":{\"b\":2},\"x\":{\"a\":1},\"z\":{\"a\":1,\"b\":2}}"),
        ),
        ("<<: 1", Err("map merge requires map or sequence of maps as the value")),
        ("<<: [1]", Err("map merge requires map or sequence of maps as the value")),
        ("<<: ~", Err("map merge requires map or sequence of maps as the value")),
        ("<<: []", Ok("{}")),
        ("<<: [[{a: 1}]]", Err("map merge requires map or sequence of maps as the value")),
        ("x: &x [1]\n<<: *x", Err("map merge requires map or sequence of maps as the value")),
        ("x: &x\n  <<: *x\n  a: 1", Err("anchor `x` value contains itself")),
        ("x: &x {<<: {<<: {a: 1}}}", Ok("{\"x\":{\"a\":1}}")),
        ("a: 1\n<<: {a: .inf}\na: 2", Ok("{\"a\":2}")),
    ]);
}

#[test]
fn aliases() {
    check(&[
        ("- &a x\n- *a", Ok("[\"x\",\"x\"]")),
        ("- *a", Err("unknown anchor `a` referenced")),
        ("- &a 1\n- &a 2\n- *a", Ok("[1,2,2]")),
        ("- &a [*a]", Err("anchor `a` value contains itself")),
        ("&a {b: *a}", Err("anchor `a` value contains itself")),
        ("&a x\n---\n*a", Ok("\"x\"")),
        ("- &a\n- *a", Ok("[null,null]")),
        ("{? &k x : 1, b: *k}", Ok("{\"b\":\"x\",\"x\":1}")),
        ("- & x", Err("did not find expected alphabetic or numeric character")),
        ("- *", Err("did not find expected alphabetic or numeric character")),
        ("- &a *a", Err("did not find expected '-' indicator")),
        ("- &a&b x", Err("did not find expected alphabetic or numeric character")),
        ("[&a , *a]", Ok("[null,null]")),
        ("a: &a-b_1 x\nb: *a-b_1", Ok("{\"a\":\"x\",\"b\":\"x\"}")),
        ("a: &é x", Err("did not find expected alphabetic or numeric character")),
    ]);
}

#[test]
fn infinity_is_fatal_only_where_it_stays() {
    check(&[
        ("a: .inf", Err("json: unsupported value: +Inf")),
        ("a: .inf\na: 1", Ok("{\"a\":1}")),
        ("- [{x: .nan}]", Err("json: unsupported value: NaN")),
    ]);
}

#[test]
fn a_value_knows_where_it_is_written() {
    let check = |text: &str, key: &str, written_key: &str, written: &str| {
        let document = Document::parse(text, &Limits::default()).unwrap();
        let value = to_json(&document, &Limits::default()).unwrap();
        let Value::Object(members) = &value.value else { panic!("no mapping: {text:?}") };
        let member = members.iter().find(|member| member.key == key).unwrap();
        let place = |node| document.node(node).span.of(text);
        assert_eq!((place(member.key_node), place(member.value.node)), (written_key, written), "{text:?}");
    };
    check("a: 'x'", "a", "a", "'x'");
    check("a: 1\n\"a\": 2", "a", "\"a\"", "2");
    check("b: &x 1\na: *x", "a", "a", "1");
    check("b: &x {a: 1}\nc: 2\n<<: *x", "a", "a", "1");
    check("a: !!str 1", "a", "a", "1");
    check("a: &y |\n  b\n", "a", "a", "|\n  b\n");
}

#[test]
fn keys_that_print_the_same_are_rivals() {
    let rivals = |text: &str| match read(text).unwrap().value {
        Value::Object(members) => members[0].rivals.iter().map(print).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    assert_eq!(rivals("1: a\n\"1\": b"), ["\"b\""]);
    assert_eq!(rivals("yes: a\ntrue: b"), Vec::<String>::new());
    assert_eq!(rivals("yes: a\n'true': b\n!!str true: c"), ["\"c\""]);
    assert_eq!(rivals("1: a\n1.0: b\n'1': c"), ["\"b\"", "\"c\""]);
}

/// Go prints only the value it takes; a key that cannot be one fails wherever it stands.
#[test]
fn a_value_that_cannot_be_printed_may_by_chance_not_be_taken() {
    let check = |text: &str, by_chance: &str, value: &str| {
        let limits = Limits::default();
        let document = Document::parse(text, &limits).unwrap();
        let (read, error) = to_json_by_chance(&document, &limits).unwrap();
        assert_eq!((print(&read).as_str(), error.unwrap().message.as_str()), (value, by_chance), "{text}");
        assert_eq!(to_json(&document, &limits).unwrap_err().message, by_chance, "{text}");
    };
    check("{1: .inf, '1': a}", "json: unsupported value: +Inf", "{\"1\":\"a\"}");
    check("{1: a, '1': [-.inf]}", "json: unsupported value: -Inf", "{\"1\":\"a\"}");
    check("{.nan: .nan, .nan: a}", "json: unsupported value: NaN", "{\".nan\":\"a\"}");
    check(
        "{1: {2: a, '2': .inf}, 3: b}",
        "json: unsupported value: +Inf",
        "{\"1\":{\"2\":\"a\"},\"3\":\"b\"}",
    );
    assert!(read("{1: .inf, '1': .inf}").is_err());
    assert!(read("{1: {~: a}, '1': b}").is_err());
    assert_eq!(read("{1: .inf, 1: a}").map(|value| print(&value)), Ok("{\"1\":\"a\"}".to_owned()));
}

#[test]
fn budgets_are_kept() {
    let check = |text: &str, limits: &Limits, expect: &str| {
        let found = Document::parse(text, limits)
            .map_err(|error| error.to_string())
            .and_then(|document| to_json(&document, limits).map_err(|error| error.to_string()));
        assert_eq!(found.unwrap_err(), expect);
    };
    let limits = Limits { bytes: 50, depth: 3, nodes: 8 };
    check(&"a".repeat(51), &limits, "the text has 51 bytes, more than 50");
    check("[[[a]]]", &limits, "nested deeper than 3 levels");
    check("[1,2,3,4,5,6,7,8]", &limits, "more than 8 nodes");
    check("- &a [1, 2]\n- *a\n- *a\n", &limits, "more than 8 nodes, aliases followed");
    check("&a [[*a]]", &Limits::default(), "anchor `a` value contains itself");
    let wide = |anchor: &str, items: &str| format!("- &{anchor} [{}]\n", vec![items; 30].join(","));
    let bomb = [wide("a", "x"), wide("b", "*a"), wide("c", "*b")].concat();
    check(&bomb, &Limits::default(), "document contains excessive aliasing");
}
