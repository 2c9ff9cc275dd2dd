//! A document as sigs.k8s.io/yaml's `YAMLToJSON` makes JSON of it: merges, repeated and odd keys, numbers.
//!
//! It goes the two ways that Go goes: first to Go values, where every scalar must resolve; then to JSON,
//! where every key must be printable. What a repeated key has overwritten is not looked at the second time.

use std::collections::HashMap;

use crate::decode::{DecodeError, Walk};
use crate::error::Limits;
use crate::number::{Number, json_float, key_float};
use crate::resolve::{Scalar, is_merge, resolve};
use crate::tree::{Document, NodeId, NodeKind};

#[cfg(test)]
pub(crate) mod tests;

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valued {
    /// The value.
    pub value: Value,
    /// Where it is written, after aliases and merges: never an alias.
    pub node: NodeId,
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as JSON prints it.
    Number(String),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Valued>),
    /// Members by their keys, in the order of the keys' bytes, as Go prints them; no key twice.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The key as text.
    pub key: String,
    /// Where the key is written; of a repeated key, the last.
    pub key_node: NodeId,
    /// Its value; of a repeated key, the last.
    pub value: Valued,
    /// What Go may take just as well, by chance: values under other keys that print the same, such as
    /// `1` and `"1"`. Nearly always empty.
    pub rivals: Vec<Valued>,
}

/// Converts a document to JSON. An empty stream is null, written nowhere: at an empty node at the end.
///
/// What Go converts by chance only is an error here.
pub fn to_json(document: &Document, limits: &Limits) -> Result<Valued, DecodeError> {
    let (value, by_chance) = to_json_by_chance(document, limits)?;
    by_chance.map_or(Ok(value), Err)
}

/// The same, and the error that Go ends with instead, by chance, if there is one: of keys that print the same
/// it takes one in the order of a hash map, and only the value it takes must be one that JSON can print.
pub fn to_json_by_chance(
    document: &Document,
    limits: &Limits,
) -> Result<(Valued, Option<DecodeError>), DecodeError> {
    let mut walk = Walk::new(document, limits);
    let raw = value(&mut walk, document.root().unwrap_or(NodeId(0)))?;
    check_keys(&walk, &raw)?;
    let mut by_chance = None;
    let value = to_valued(&walk, raw, &mut by_chance)?;
    Ok((value, by_chance))
}

/// A Go value, with the node it is written in.
struct Raw {
    node: NodeId,
    kind: RawKind,
}

enum RawKind {
    Scalar(Scalar),
    Sequence(Vec<Raw>),
    Mapping(RawMapping),
}

/// A Go map: the members in the order of their first appearance.
#[derive(Default)]
struct RawMapping {
    members: Vec<(Scalar, NodeId, Raw)>,
    /// Where each key stands in `members`, once there are more of them than a look at each is worth.
    by_key: Option<HashMap<KeyIdentity, usize>>,
}

/// So many members are looked through one by one.
const FEW: usize = 8;

/// What makes two keys one to Go: type and value. No NaN is any other.
#[derive(PartialEq, Eq, Hash)]
enum KeyIdentity {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(u64),
    Text(String),
}

impl RawMapping {
    fn insert(&mut self, key: Scalar, key_node: NodeId, value: Raw) {
        match self.position(&key) {
            Some(index) => self.members[index] = (key, key_node, value),
            None => self.members.push((key, key_node, value)),
        }
    }

    /// Where the same key stands; a new one is taken for the next to be pushed.
    fn position(&mut self, key: &Scalar) -> Option<usize> {
        let next = self.members.len();
        if next < FEW {
            return self.members.iter().position(|(other, ..)| is_same_key(key, other));
        }
        let by_key = self.by_key.get_or_insert_with(|| {
            let members = self.members.iter().enumerate();
            members.filter_map(|(index, (key, ..))| Some((identity(key)?, index))).collect()
        });
        let index = *by_key.entry(identity(key)?).or_insert(next);
        (index != next).then_some(index)
    }
}

fn is_same_key(one: &Scalar, other: &Scalar) -> bool {
    match (one, other) {
        (Scalar::Text(one), Scalar::Text(other)) => one == other,
        (Scalar::Text(_), _) | (_, Scalar::Text(_)) => false,
        _ => identity(one).is_some_and(|one| Some(one) == identity(other)),
    }
}

fn identity(key: &Scalar) -> Option<KeyIdentity> {
    Some(match key {
        Scalar::Null => KeyIdentity::Null,
        Scalar::Bool(value) => KeyIdentity::Bool(*value),
        Scalar::Number(Number::Int(value)) => KeyIdentity::Int(*value),
        Scalar::Number(Number::Uint(value)) => KeyIdentity::Uint(*value),
        Scalar::Number(Number::Float(value)) if value.is_nan() => return None,
        // Adding zero makes one zero of the two.
        Scalar::Number(Number::Float(value)) => KeyIdentity::Float((value + 0.0).to_bits()),
        Scalar::Text(value) => KeyIdentity::Text(value.clone()),
    })
}

fn value(walk: &mut Walk<'_>, id: NodeId) -> Result<Raw, DecodeError> {
    walk.enter(id, &mut |walk, node| {
        let kind = match &walk.document.node(node).kind {
            NodeKind::Scalar { value, .. } => {
                let scalar = resolve(walk.document.node(node), value);
                RawKind::Scalar(scalar.map_err(|message| walk.error(node, message))?)
            }
            NodeKind::Sequence { items, .. } => {
                let items: Result<_, _> = items.iter().map(|item| value(walk, *item)).collect();
                RawKind::Sequence(items?)
            }
            NodeKind::Mapping { entries, .. } => {
                let mut mapping = RawMapping::default();
                fill(walk, entries, &mut mapping)?;
                RawKind::Mapping(mapping)
            }
            NodeKind::Alias { .. } => unreachable!("the walk has followed the alias"),
        };
        Ok(Raw { node, kind })
    })
}

/// Sets the members in the order of the text; a merge sets its members where it stands.
fn fill(
    walk: &mut Walk<'_>,
    entries: &[(NodeId, NodeId)],
    mapping: &mut RawMapping,
) -> Result<(), DecodeError> {
    for (key_id, value_id) in entries {
        if is_merge(walk.document.node(*key_id)) {
            merge(walk, *value_id, mapping)?;
            continue;
        }
        let key = value(walk, *key_id)?;
        let RawKind::Scalar(scalar) = key.kind else {
            let what = if matches!(key.kind, RawKind::Mapping(_)) { "a map" } else { "a list" };
            return Err(walk.error(*key_id, format!("invalid map key: {what}")));
        };
        let value = value(walk, *value_id)?;
        mapping.insert(scalar, *key_id, value);
    }
    Ok(())
}

/// Merges a mapping, or a list of mappings of which earlier ones win, into one. What is there already is
/// overwritten.
fn merge(walk: &mut Walk<'_>, id: NodeId, mapping: &mut RawMapping) -> Result<(), DecodeError> {
    let document = walk.document;
    match &document.node(id).kind {
        NodeKind::Sequence { items, .. } => {
            items.iter().rev().try_for_each(|item| merge_one(walk, *item, mapping))
        }
        _ => merge_one(walk, id, mapping),
    }
}

fn merge_one(walk: &mut Walk<'_>, id: NodeId, mapping: &mut RawMapping) -> Result<(), DecodeError> {
    let document = walk.document;
    if !matches!(document.node(document.resolve(id)).kind, NodeKind::Mapping { .. }) {
        return Err(walk.error(id, "map merge requires map or sequence of maps as the value"));
    }
    walk.enter(id, &mut |walk, node| match &document.node(node).kind {
        NodeKind::Mapping { entries, .. } => fill(walk, entries, mapping),
        _ => Ok(()),
    })
}

/// Every key must be printable, also where the value is not taken.
fn check_keys(walk: &Walk<'_>, raw: &Raw) -> Result<(), DecodeError> {
    match &raw.kind {
        RawKind::Scalar(_) => Ok(()),
        RawKind::Sequence(items) => items.iter().try_for_each(|item| check_keys(walk, item)),
        RawKind::Mapping(mapping) => mapping.members.iter().try_for_each(|(key, key_node, value)| {
            check_key(key).map_err(|message| walk.error(*key_node, message))?;
            check_keys(walk, value)
        }),
    }
}

fn to_valued(walk: &Walk<'_>, raw: Raw, by_chance: &mut Option<DecodeError>) -> Result<Valued, DecodeError> {
    let node = raw.node;
    let value = match raw.kind {
        RawKind::Scalar(Scalar::Null) => Value::Null,
        RawKind::Scalar(Scalar::Bool(value)) => Value::Bool(value),
        RawKind::Scalar(Scalar::Text(value)) => Value::String(value),
        RawKind::Scalar(Scalar::Number(number)) => {
            let printed = json_number(number);
            Value::Number(printed.map_err(|message| walk.error(node, message))?)
        }
        RawKind::Sequence(items) => {
            let items: Result<_, _> =
                items.into_iter().map(|item| to_valued(walk, item, by_chance)).collect();
            Value::Array(items?)
        }
        RawKind::Mapping(mapping) => Value::Object(to_members(walk, mapping, by_chance)?),
    };
    Ok(Valued { value, node })
}

fn json_number(number: Number) -> Result<String, String> {
    match number {
        Number::Int(value) => Ok(value.to_string()),
        Number::Uint(value) => Ok(value.to_string()),
        Number::Float(value) => json_float(value).ok_or_else(|| {
            let name = if value.is_nan() {
                "NaN"
            } else if value > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            format!("json: unsupported value: {name}")
        }),
    }
}

fn to_members(
    walk: &Walk<'_>,
    mapping: RawMapping,
    by_chance: &mut Option<DecodeError>,
) -> Result<Vec<Member>, DecodeError> {
    let mut printed: Vec<(String, NodeId, Raw)> =
        mapping.members.into_iter().map(|(key, key_node, value)| (key_text(key), key_node, value)).collect();
    printed.sort_by(|one, other| one.0.cmp(&other.0));
    let mut members: Vec<Member> = Vec::with_capacity(printed.len());
    let mut printed = printed.into_iter().peekable();
    while let Some((key, key_node, raw)) = printed.next() {
        let mut values = Vec::new();
        let mut failure = None;
        let mut take = |raw| match to_valued(walk, raw, by_chance) {
            Ok(value) => values.push(value),
            Err(error) => failure = Some(error),
        };
        take(raw);
        while let Some((_, _, rival)) = printed.next_if(|next| next.0 == key) {
            take(rival);
        }
        let mut values = values.into_iter();
        match (values.next(), failure) {
            (Some(value), failure) => {
                *by_chance = by_chance.take().or(failure);
                members.push(Member { key, key_node, value, rivals: values.collect() });
            }
            (None, Some(failure)) => return Err(failure),
            (None, None) => {}
        }
    }
    Ok(members)
}

/// Null and integers above 63 bits cannot be keys.
fn check_key(key: &Scalar) -> Result<(), String> {
    match key {
        Scalar::Number(Number::Uint(value)) => Err(format!("unsupported map key of type: uint64: {value}")),
        Scalar::Null => Err("unsupported map key: null".to_owned()),
        _ => Ok(()),
    }
}

/// A key as text.
fn key_text(key: Scalar) -> String {
    match key {
        Scalar::Text(text) => text,
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(Number::Int(value)) => value.to_string(),
        Scalar::Number(Number::Uint(value)) => value.to_string(),
        Scalar::Number(Number::Float(value)) => key_float(value),
        Scalar::Null => "null".to_owned(),
    }
}
