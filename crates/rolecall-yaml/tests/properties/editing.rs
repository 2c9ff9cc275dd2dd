//! Every edit, in every style.

use proptest::prelude::*;
use rolecall_yaml::edit::{self, NewItem, NewValue};
use rolecall_yaml::{Document, Limits, NodeId, NodeKind, Splice, apply};

use crate::model::{Item, item, items_of, layout, member, parse, read, write};

fn built(item: &Item) -> NewItem<'static> {
    NewItem::Built(vec![
        ("name".to_owned(), NewValue::Text(item.name.clone())),
        ("tags".to_owned(), NewValue::List(item.tags.clone())),
    ])
}

/// Applies splices and checks that they are sorted out, within the text, and do not overlap.
fn edited(text: &str, splices: &[Splice]) -> String {
    let mut sorted: Vec<_> = splices.iter().map(|splice| splice.span).collect();
    sorted.sort();
    assert!(sorted.windows(2).all(|pair| pair[0].end <= pair[1].start), "overlap: {splices:?} in {text:?}");
    let result = apply(text, splices);
    let crlf = text.contains("\r\n");
    let lone = result.replace("\r\n", "").contains('\n');
    assert!(!crlf || !lone, "mixed line endings: {result:?}");
    result
}

/// The comments of the items that stay must stay, each once.
fn comments_stay(before: &str, after: &str, stays: impl Fn(usize) -> bool) {
    for index in 0..8 {
        for kind in ["above", "beside", "inside"] {
            let comment = format!("# {kind} {index}");
            if before.contains(&comment) {
                assert_eq!(after.matches(&comment).count(), usize::from(stays(index)), "{comment} {after:?}");
            }
        }
    }
    assert_eq!(before.contains("# head"), after.contains("# head"));
    assert_eq!(before.contains("other: [1]"), after.contains("other: [1]"));
}

/// What a node says, without how it is written.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Scalar(String),
    Alias(String),
    Sequence(Vec<Said>),
    Mapping(Vec<(Said, Said)>),
}

/// What the document says, with `change` applied to what the sequence `at` says.
fn said(document: &Document, id: NodeId, at: NodeId, change: &dyn Fn(&mut Vec<Said>)) -> Said {
    let inner = |id: &NodeId| said(document, *id, at, change);
    match &document.node(id).kind {
        NodeKind::Scalar { value, .. } => Said::Scalar(value.clone()),
        NodeKind::Alias { name, .. } => Said::Alias(name.clone()),
        NodeKind::Sequence { items, .. } => {
            let mut items = items.iter().map(inner).collect();
            if id == at {
                change(&mut items);
            }
            Said::Sequence(items)
        }
        NodeKind::Mapping { entries, .. } => {
            Said::Mapping(entries.iter().map(|(key, value)| (inner(key), inner(value))).collect())
        }
    }
}

/// Lists with odd neighbours.
fn odd_list() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "- a\n",
        "-\n",
        "- - b\n",
        "  - c\n",
        "- |\n  d\n",
        "- >+\n  e\n\n",
        "- k: v\n",
        "- k:\n  - w\n",
        "  l: m\n",
        "- [f, g]\n",
        "- {h: i}\n",
        "- 'j' # j\n",
        "# k\n",
        "  # l\n",
        "\n",
        "- &x n\n",
        "- *x\n",
        "- !!str\n",
        "- \"o\"",
        "-   p\n",
        "- q\r\n",
        "- {r: }\n",
        "- [s: t]\n",
        "    - u\n",
        "- []\n",
        "---\n",
        "- |-\n    v\n  \n",
        "x:\n",
    ]);
    prop::collection::vec(piece, 1..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(crate::model::cases(512))]

    #[test]
    fn an_appended_item_reads_back_and_can_be_removed(
        items in prop::collection::vec(item(), 1..4), new in item(), layout in layout(),
    ) {
        let text = write(&items, &layout);
        prop_assert_eq!(read(&text), items.clone());
        let document = parse(&text);
        let splices = edit::append_item(&document, document.root().unwrap(), &built(&new)).unwrap();
        let after = edited(&text, &splices);
        let mut expect = items.clone();
        expect.push(new);
        prop_assert_eq!(read(&after), expect, "{}", after);
        comments_stay(&text, &after, |_| true);
        let document = parse(&after);
        let undo = edit::remove_items(&document, document.root().unwrap(), &[items.len()]).unwrap();
        let undone = edited(&after, &undo);
        let open = !layout.flow && !layout.final_break && !layout.second;
        prop_assert_eq!(if open { undone.trim_end().to_owned() } else { undone }, text);
    }

    #[test]
    fn a_copied_item_reads_back(
        items in prop::collection::vec(item(), 1..3), layout in layout(),
        others in prop::collection::vec(item(), 1..3), style in layout(), comments in any::<bool>(),
    ) {
        let (text, source) = (write(&items, &layout), write(&others, &style));
        let (document, from) = (parse(&text), parse(&source));
        let copied = NewItem::Copied { from: &from, item: items_of(&from)[others.len() - 1], with_comments: comments };
        let splices = edit::append_item(&document, document.root().unwrap(), &copied).unwrap();
        let after = edited(&text, &splices);
        let mut expect = items;
        expect.push(others[others.len() - 1].clone());
        prop_assert_eq!(read(&after), expect, "{}", after);
    }

    #[test]
    fn removed_items_go_and_the_others_stay(
        items in prop::collection::vec(item(), 1..5), layout in layout(), gone in any::<[bool; 5]>(),
    ) {
        let text = write(&items, &layout);
        let document = parse(&text);
        let indexes: Vec<usize> = (0..items.len()).filter(|index| gone[*index]).collect();
        let splices = edit::remove_items(&document, document.root().unwrap(), &indexes).unwrap();
        let after = edited(&text, &splices);
        let expect: Vec<Item> = (0..items.len()).filter(|index| !gone[*index]).map(|index| items[index].clone()).collect();
        prop_assert_eq!(read(&after), expect, "{}", after);
        comments_stay(&text, &after, |index| !gone[index]);
    }

    #[test]
    fn a_set_value_reads_back(
        items in prop::collection::vec(item(), 1..4), layout in layout(), pick in any::<prop::sample::Index>(), new in item(),
    ) {
        let text = write(&items, &layout);
        let document = parse(&text);
        let index = pick.index(items.len());
        let item = items_of(&document)[index];
        let (name, _) = member(&document, item, "name");
        let (tags, _) = member(&document, item, "tags");
        let mut splices = edit::set_value(&document, item, name, &NewValue::Text(new.name.clone())).unwrap();
        splices.extend(edit::set_value(&document, item, tags, &NewValue::List(new.tags.clone())).unwrap());
        let after = edited(&text, &splices);
        let mut expect = items.clone();
        expect[index] = new;
        prop_assert_eq!(read(&after), expect, "{}", after);
        comments_stay(&text, &after, |_| true);
    }

    #[test]
    fn members_are_removed_and_inserted(
        items in prop::collection::vec(item(), 1..4), layout in layout(), pick in any::<prop::sample::Index>(), first in any::<bool>(),
    ) {
        let text = write(&items, &layout);
        let document = parse(&text);
        let index = pick.index(items.len());
        let mapping = items_of(&document)[index];
        let name = if first { "name" } else { "tags" };
        let (key, _) = member(&document, mapping, name);
        let splices = edit::remove_member(&document, mapping, key).unwrap();
        let without = edited(&text, &splices);
        let mut expect = items.clone();
        if first { expect[index].name.clear() } else { expect[index].tags.clear() }
        prop_assert_eq!(read(&without), expect, "{}", without);
        let document = parse(&without);
        let value = if first { NewValue::Text(items[index].name.clone()) } else { NewValue::List(items[index].tags.clone()) };
        let splices = edit::insert_member(&document, items_of(&document)[index], name, &value).unwrap();
        let again = edited(&without, &splices);
        prop_assert_eq!(read(&again), items, "{}", again);
    }

    #[test]
    fn a_written_text_reads_back(text in any::<String>()) {
        let written = format!("- k: {}\n", edit::scalar_text(&text));
        let document = parse(&written);
        let (_, value) = member(&document, items_of(&document)[0], "k");
        prop_assert_eq!(document.node(value).scalar(), Some(text.as_str()));
    }

    #[test]
    fn any_list_takes_an_item_and_gives_one_up(text in odd_list(), pick in any::<prop::sample::Index>()) {
        let limits = Limits::default();
        let Ok(document) = Document::parse(&text, &limits) else { return Ok(()) };
        let lists: Vec<NodeId> = document.nodes().filter(|(_, node)| matches!(node.kind, NodeKind::Sequence { .. })).map(|(id, _)| id).collect();
        let Some(root) = document.root() else { return Ok(()) };
        for list in lists {
            let NodeKind::Sequence { items, .. } = &document.node(list).kind else { continue };
            if let Ok(splices) = edit::append_item(&document, list, &NewItem::Text("z".to_owned())) {
                let after = apply(&text, &splices);
                let expect = said(&document, root, list, &|items| items.push(Said::Scalar("z".to_owned())));
                let again = parse(&after);
                prop_assert_eq!(said(&again, again.root().unwrap(), root, &|_| ()), expect, "{:?}", after);
            }
            if items.is_empty() { continue }
            let index = pick.index(items.len());
            if let Ok(splices) = edit::remove_items(&document, list, &[index]) {
                let after = apply(&text, &splices);
                let expect = said(&document, root, list, &|items| { items.remove(index); });
                let again = parse(&after);
                prop_assert_eq!(said(&again, again.root().unwrap(), root, &|_| ()), expect, "{:?}", after);
            }
        }
    }
}
