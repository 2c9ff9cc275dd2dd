//! RC036 and RC037: keys that are written twice, and keys of entries in an unusual spelling.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use rolecall_yaml::{NodeId, NodeKind};

use super::Report;
use super::characters::{disguise, without_hidden};
use super::item::Item;
use super::rewrite;
use crate::finding::{Code, Level};
use crate::identity_mapping::Section;

/// The keys of the file around the sections.
pub(super) fn check_file(report: &mut Report<'_>) {
    let document = report.document;
    let outer = document.outer();
    let data = document.data_node();
    let object = outer.node(document.object()).span;
    for (id, node) in outer.nodes().filter(|(_, node)| object.start <= node.span.start) {
        let NodeKind::Mapping { entries, .. } = &node.kind else { continue };
        if node.span.start > object.end {
            break;
        }
        for (key, first) in repeated(entries, |key| outer.node(key).scalar().map(ToOwned::to_owned)) {
            let name = outer.node(key).scalar().unwrap_or_default();
            let is_section = data == Some(id) && Section::from_key(name).is_some();
            let is_data = id == document.object() && name == "data";
            let line = document.place_in_file(outer.node(first).span).line;
            let (level, loss) = if is_section || is_data {
                (Level::Error, "everybody in the first one would be locked out")
            } else {
                (Level::Warning, "only the last one counts")
            };
            let message = format!("`{name}` stands at line {line} already: {loss}");
            let finding = report.add_in_file((Code::RepeatedKey, level), outer.node(key).span, message);
            finding.help = Some("make one of the two".into());
        }
    }
}

/// The keys of one item.
pub(super) fn check_item(report: &mut Report<'_>, item: &Item<'_>) {
    let scalar = |key: NodeId| item.inner.node(key).scalar();
    for (key, first) in repeated(item.members, |key| scalar(key).map(str::to_lowercase)) {
        let name = scalar(key).unwrap_or_default();
        let at = |node: NodeId| (item.section, item.inner.node(node).span);
        let line = report.document.place(item.section, item.inner.node(first).span).line;
        let winner =
            if scalar(first) == Some(name) { "only the last one counts" } else { "only one of them counts" };
        let message = format!("`{name}` stands at line {line} already: {winner}");
        let finding = report.add((Code::RepeatedKey, Level::Warning), at(key), message);
        finding.help = Some("make one of the two".into());
    }
    for (key, _) in item.members {
        spelling(report, item, *key);
    }
}

fn spelling(report: &mut Report<'_>, item: &Item<'_>, key: NodeId) {
    let node = item.inner.node(key);
    let name = node.scalar().unwrap_or_default();
    let known = [item.arn_key(), "username", "groups"];
    if known.contains(&name) || name.is_empty() {
        return;
    }
    if let Some(found) = disguise(name) {
        let seen = without_hidden(name);
        let seen = seen.trim();
        let message = format!("the key `{seen}` has {}", found.describe());
        let finding = report.add((Code::HiddenCharacter, Level::Warning), (item.section, node.span), message);
        finding.help = Some("type the key anew".into());
        let is_free = known.contains(&seen) && item.member(seen).is_none();
        finding.fix = is_free.then(|| rewrite::key(item.section, item.inner, key, seen)).flatten();
        return;
    }
    let Some(usual) = known.into_iter().find(|known| known.eq_ignore_ascii_case(name)) else { return };
    let message = format!("`{name}` is read like `{usual}`, by the authenticator and by few others");
    let finding = report.add((Code::KeySpelling, Level::Note), (item.section, node.span), message);
    finding.help = Some(format!("write `{usual}`: other tools that edit the map would lose the value"));
    let is_alone = item.members.iter().filter(|(other, _)| is_like(item, *other, usual)).count() == 1;
    finding.fix = is_alone.then(|| rewrite::key(item.section, item.inner, key, usual)).flatten();
}

fn is_like(item: &Item<'_>, key: NodeId, usual: &str) -> bool {
    item.inner.node(key).scalar().is_some_and(|name| rolecall_yaml::folds_to(name, usual))
}

/// The keys that are there again, each with the one before it. Merges may be repeated.
fn repeated(
    entries: &[(NodeId, NodeId)],
    name: impl Fn(NodeId) -> Option<String>,
) -> impl Iterator<Item = (NodeId, NodeId)> {
    let mut earlier: BTreeMap<String, NodeId> = BTreeMap::new();
    entries.iter().filter_map(move |(key, _)| {
        let name = name(*key).filter(|name| name != "<<")?;
        earlier.insert(name, *key).map(|first| (*key, first))
    })
}
