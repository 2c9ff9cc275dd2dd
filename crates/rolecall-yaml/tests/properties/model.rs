//! Lists of small mappings, and the many ways to write them.

use proptest::prelude::*;
use rolecall_yaml::{Document, Limits, NodeId, NodeKind, Value, Valued, to_json};

/// So many cases; failures are not kept in files, they become rows of a table.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What an item says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) tags: Vec<String>,
}

/// How a list is written.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
pub(crate) struct Layout {
    pub(crate) flow: bool,
    pub(crate) json: bool,
    pub(crate) indent: usize,
    pub(crate) gap: usize,
    pub(crate) own_line: bool,
    pub(crate) tag_indent: usize,
    pub(crate) flow_tags: bool,
    pub(crate) comments: bool,
    pub(crate) crlf: bool,
    pub(crate) final_break: bool,
    pub(crate) mark: bool,
    pub(crate) second: bool,
    pub(crate) quote: usize,
}

pub(crate) fn item() -> impl Strategy<Value = Item> {
    let word = prop_oneof![
        4 => "[a-z]{1,6}",
        1 => Just("yes".to_owned()),
        1 => Just("012".to_owned()),
        1 => Just("a: b".to_owned()),
        1 => Just("it's \"q\"".to_owned()),
        1 => Just("x # y".to_owned()),
        1 => Just("{{n}}".to_owned()),
        1 => Just("é, ü".to_owned()),
        1 => Just(String::new()),
    ];
    (word.clone(), prop::collection::vec(word, 0..3)).prop_map(|(name, tags)| Item { name, tags })
}

pub(crate) fn layout() -> impl Strategy<Value = Layout> {
    let flags = (any::<[bool; 8]>(), 0usize..3, 0usize..3, 0usize..3, 0usize..3);
    flags.prop_map(
        |([flow, json, own_line, flow_tags, comments, crlf, final_break, rare], a, b, c, quote)| Layout {
            flow,
            json,
            indent: a * 2,
            gap: b + 1,
            own_line,
            tag_indent: c * 2,
            flow_tags,
            comments,
            crlf,
            final_break,
            mark: rare && a == 0,
            second: rare && b == 0,
            quote,
        },
    )
}

/// Writes the items of a non-empty list.
pub(crate) fn write(items: &[Item], layout: &Layout) -> String {
    let mut text = if layout.flow { write_flow(items, layout) } else { write_block(items, layout) };
    if layout.second {
        text.push_str("\n---\nother: [1]\n");
    } else if layout.final_break {
        text.push('\n');
    }
    if layout.mark {
        text.insert(0, '\u{feff}');
    }
    if layout.crlf { text.replace('\n', "\r\n") } else { text }
}

fn write_flow(items: &[Item], layout: &Layout) -> String {
    let (open, separator, close) = if layout.own_line {
        ("[\n  ", ",\n  ", "\n]")
    } else {
        ("[", if layout.comments { "," } else { ", " }, "]")
    };
    let key = |key: &str| if layout.json { format!("\"{key}\"") } else { key.to_owned() };
    let text = |text: &str| quoted(text, if layout.json { 2 } else { layout.quote.max(1) });
    let item = |item: &Item| {
        let tags: Vec<String> = item.tags.iter().map(|tag| text(tag)).collect();
        format!("{{{}: {}, {}: [{}]}}", key("name"), text(&item.name), key("tags"), tags.join(", "))
    };
    let items: Vec<String> = items.iter().map(item).collect();
    format!("{open}{}{close}", items.join(separator))
}

fn write_block(items: &[Item], layout: &Layout) -> String {
    let blanks = " ".repeat(layout.indent);
    let mut lines = Vec::new();
    if layout.comments {
        lines.push("# head".to_owned());
        lines.push(String::new());
    }
    for (index, item) in items.iter().enumerate() {
        if layout.comments {
            lines.push(format!("{blanks}# above {index}"));
        }
        let content = layout.indent + 1 + layout.gap;
        let deep = " ".repeat(content);
        let trailing = if layout.comments { format!(" # beside {index}") } else { String::new() };
        let first = format!("name: {}{trailing}", quoted(&item.name, layout.quote));
        if layout.own_line {
            lines.push(format!("{blanks}-"));
            lines.push(format!("{deep}{first}"));
        } else {
            lines.push(format!("{blanks}-{}{first}", " ".repeat(layout.gap)));
        }
        lines.extend(block_tags(item, layout, &deep));
        if layout.comments {
            lines.push(format!("{deep}# inside {index}"));
        }
    }
    lines.join("\n")
}

fn block_tags(item: &Item, layout: &Layout, deep: &str) -> Vec<String> {
    let tags: Vec<String> = item.tags.iter().map(|tag| quoted(tag, layout.quote.max(1))).collect();
    if layout.flow_tags || tags.is_empty() {
        return vec![format!("{deep}tags: [{}]", tags.join(", "))];
    }
    let blanks = " ".repeat(layout.tag_indent);
    let tags = item.tags.iter().map(|tag| format!("{deep}{blanks}- {}", quoted(tag, layout.quote)));
    std::iter::once(format!("{deep}tags:")).chain(tags).collect()
}

/// 0: as the crate would write it, 1: single quotes, 2: double quotes.
fn quoted(text: &str, quote: usize) -> String {
    match quote {
        0 => rolecall_yaml::edit::scalar_text(text),
        1 => format!("'{}'", text.replace('\'', "''")),
        _ => format!("\"{}\"", text.replace('"', "\\\"")),
    }
}

pub(crate) fn parse(text: &str) -> Document {
    Document::parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

/// What a text says, as items.
pub(crate) fn read(text: &str) -> Vec<Item> {
    let document = parse(text);
    let json = to_json(&document, &Limits::default()).unwrap();
    let Value::Array(items) = json.value else { panic!("no list: {text:?}") };
    items.iter().map(item_of).collect()
}

fn item_of(item: &Valued) -> Item {
    let Value::Object(members) = &item.value else { panic!("no mapping: {item:?}") };
    let mut read = Item { name: String::new(), tags: Vec::new() };
    for member in members {
        match (member.key.as_str(), &member.value.value) {
            ("name", Value::String(name)) => read.name.clone_from(name),
            ("tags", Value::Array(tags)) => {
                read.tags = tags.iter().map(|tag| string_of(&tag.value)).collect();
            }
            _ => panic!("unexpected: {member:?}"),
        }
    }
    read
}

fn string_of(value: &Value) -> String {
    let Value::String(text) = value else { panic!("no text: {value:?}") };
    text.clone()
}

/// The items of the root list.
pub(crate) fn items_of(document: &Document) -> Vec<NodeId> {
    match &document.node(document.root().unwrap()).kind {
        NodeKind::Sequence { items, .. } => items.clone(),
        kind => panic!("no list: {kind:?}"),
    }
}

/// The key node and the value node of a member of an item.
pub(crate) fn member(document: &Document, item: NodeId, name: &str) -> (NodeId, NodeId) {
    let NodeKind::Mapping { entries, .. } = &document.node(item).kind else { panic!("no mapping") };
    *entries.iter().find(|(key, _)| document.node(*key).scalar() == Some(name)).unwrap()
}
