//! From YAML values to entries, as Go's `encoding/json` fills upstream's structs.
//!
//! Upstream turns YAML into JSON and decodes that into `[]RoleMapping` or `[]UserMapping`
//! (`pkg/config/types.go`). The decoder goes on after a wrong kind and keeps what it has; keys match
//! whatever their case, and the last match wins in the order of the JSON, which is sorted. `mapAccounts` is
//! decoded by yaml.v2 straight into `[]string`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{
    Document, Limits, Member, Span, Value, Valued, folds_to, to_json_by_chance, to_string_list,
};

use super::lookup::sso_pattern;
use super::section::{Entry, Loss, LossKind, Sso, Unreadable};
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::principal::{PARTITIONS, is_account_id};

/// What a section's YAML decodes to.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) entries: Vec<Entry>,
    /// Entries instead of those, where only chance decides whether the section can be read.
    pub(super) by_chance: Vec<Entry>,
    pub(super) losses: Vec<Loss>,
    /// The list itself could not be had, in part or whole.
    pub(super) unreadable: Option<Unreadable>,
}

/// Decodes `mapRoles` or `mapUsers`.
pub(super) fn entries(section: Section, document: &Document, limits: &Limits) -> Result<Decoded, Unreadable> {
    let unreadable = |message: String, at| Unreadable { message, at };
    let (root, by_chance) =
        to_json_by_chance(document, limits).map_err(|error| unreadable(error.message, error.at))?;
    let items = match root.value {
        Value::Null => return Ok(Decoded::default()),
        Value::Array(items) => items,
        other => {
            let message = format!("it is {} where a list of entries must be", kind_of(&other));
            return Err(unreadable(message, document.node(root.node).span.start));
        }
    };
    let mut decoded = Decoded::default();
    for (index, item) in items.into_iter().enumerate() {
        decode_item(section, document, index, item, &mut decoded);
    }
    if let Some(error) = by_chance {
        decoded.by_chance = core::mem::take(&mut decoded.entries);
        let message = format!(
            "{} under one of two keys that print the same, of which Go takes one by chance",
            error.message
        );
        decoded.unreadable = Some(unreadable(message, error.at));
    }
    Ok(decoded)
}

/// Decodes `mapAccounts`.
pub(super) fn accounts(document: &Document, limits: &Limits) -> Decoded {
    let (accounts, errors) = to_string_list(document, limits);
    let mut decoded = Decoded::default();
    for (index, (account, node)) in accounts.into_iter().enumerate() {
        let mapping = IdentityMapping { principal: account, username: String::new(), groups: Vec::new() };
        let key = EntryKey::new(Section::MapAccounts, &mapping.principal);
        let span = document.node(node).span;
        decoded.entries.push(Entry { key, mapping, sso: None, index, node, span });
    }
    for error in errors {
        if decoded.entries.is_empty() {
            decoded.unreadable = Some(Unreadable { message: error.message, at: error.at });
            break;
        }
        let span = Span { start: error.at, end: error.at };
        decoded.losses.push(Loss { kind: LossKind::Entry(error.message), span });
    }
    decoded
}

/// What upstream's struct holds after decoding one item.
#[derive(Default)]
struct Raw {
    arn: String,
    username: String,
    groups: GoSlice,
    sso: Option<Sso>,
}

fn decode_item(section: Section, document: &Document, index: usize, item: Valued, into: &mut Decoded) {
    let span = document.node(item.node).span;
    let mut raw = Raw::default();
    let mut losses = Vec::new();
    match item.value {
        Value::Object(members) => fill(section, document, members, &mut raw, &mut losses),
        Value::Null => {}
        other => {
            let message = format!("it is {} where a mapping must be", kind_of(&other));
            into.losses.push(Loss { kind: LossKind::Entry(message), span });
            return;
        }
    }
    if let Err(reason) = validate(section, &raw) {
        into.losses.push(Loss { kind: LossKind::Entry(reason), span });
        return;
    }
    if raw.username.is_empty() && !losses.iter().any(|loss| loss.kind == LossKind::UsernameNotText) {
        losses.push(Loss { kind: LossKind::UsernameMissing, span });
    }
    into.losses.append(&mut losses);
    let principal = raw.sso.as_ref().map_or(raw.arn, sso_pattern);
    let mapping = IdentityMapping { principal, username: raw.username, groups: raw.groups.into_vec() };
    let key = EntryKey::new(section, &mapping.principal);
    into.entries.push(Entry { key, mapping, sso: raw.sso, index, node: item.node, span });
}

fn fill(section: Section, document: &Document, members: Vec<Member>, raw: &mut Raw, losses: &mut Vec<Loss>) {
    let arn_field = if section == Section::MapUsers { "userarn" } else { "rolearn" };
    for member in members {
        let place = document.node(member.value.node).span;
        let is = |field: &str| folds_to(&member.key, field);
        if is(arn_field) {
            set_text(&mut raw.arn, member.value.value);
        } else if is("username") {
            if !set_text(&mut raw.username, member.value.value) {
                losses.push(Loss { kind: LossKind::UsernameNotText, span: place });
            }
        } else if is("groups") {
            fill_groups(document, member.value, &mut raw.groups, losses);
        } else if section == Section::MapRoles && is("sso") {
            fill_sso(member.value.value, &mut raw.sso);
        } else if !is("userid") {
            let nearest = nearest(section, &member.key);
            let kind = LossKind::UnknownKey { key: member.key, nearest };
            losses.push(Loss { kind, span: document.node(member.key_node).span });
        }
    }
}

/// Sets a Go string from a JSON value: `null` leaves it, anything but a string is an error that leaves it too.
fn set_text(field: &mut String, value: Value) -> bool {
    match value {
        Value::String(text) => *field = text,
        Value::Null => {}
        _ => return false,
    }
    true
}

fn fill_groups(document: &Document, value: Valued, groups: &mut GoSlice, losses: &mut Vec<Loss>) {
    let place = document.node(value.node).span;
    match value.value {
        Value::Null => *groups = GoSlice::default(),
        Value::Array(items) => {
            let len = items.len();
            for (index, item) in items.into_iter().enumerate() {
                let is_null = item.value == Value::Null;
                if !set_text(groups.slot(index), item.value) || is_null {
                    losses.push(Loss { kind: LossKind::GroupNotText, span: document.node(item.node).span });
                }
            }
            groups.end_at(len);
        }
        _ => losses.push(Loss { kind: LossKind::GroupsNotList, span: place }),
    }
}

fn fill_sso(value: Value, sso: &mut Option<Sso>) {
    if value == Value::Null {
        *sso = None;
        return;
    }
    // Go allocates the struct before it looks at the kind of the value.
    let sso = sso.get_or_insert_default();
    let Value::Object(members) = value else { return };
    for member in members {
        let field = if folds_to(&member.key, "permissionSetName") {
            &mut sso.permission_set_name
        } else if folds_to(&member.key, "accountID") {
            &mut sso.account_id
        } else if folds_to(&member.key, "partition") {
            &mut sso.partition
        } else {
            continue;
        };
        set_text(field, member.value.value);
    }
}

/// Upstream's `Validate` (`pkg/config/mapper.go`), in words for the author.
fn validate(section: Section, raw: &Raw) -> Result<(), String> {
    match (&raw.sso, section, raw.arn.is_empty()) {
        (None, Section::MapUsers, true) => Err("it has no `userarn`".to_owned()),
        (None, _, true) => Err("it has no `rolearn`".to_owned()),
        (Some(_), _, false) => Err("it has both `rolearn` and `sso`".to_owned()),
        (Some(sso), _, true) => validate_sso(sso),
        (None, _, false) => Ok(()),
    }
}

fn validate_sso(sso: &Sso) -> Result<(), String> {
    if !is_account_id(&sso.account_id) {
        return Err(format!("`accountID` `{}` is not twelve digits in quotes", sso.account_id));
    }
    let is_name = (1..=32).contains(&sso.permission_set_name.len())
        && sso
            .permission_set_name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if !is_name {
        return Err(format!(
            "`permissionSetName` `{}` is not the name of a permission set",
            sso.permission_set_name
        ));
    }
    if !sso.partition.is_empty() && !PARTITIONS.contains(&sso.partition.as_str()) {
        return Err(format!("`partition` `{}` is not a partition of AWS", sso.partition));
    }
    Ok(())
}

/// A Go slice of strings that is decoded into more than once keeps what its array held before: a `null` in
/// the second list leaves the element of the first.
#[derive(Default)]
struct GoSlice {
    array: Vec<String>,
    len: usize,
    capacity: usize,
}

impl GoSlice {
    fn slot(&mut self, index: usize) -> &mut String {
        if index >= self.capacity {
            self.array.truncate(self.len);
            self.capacity = (self.capacity * 2).max(1);
        }
        self.len = self.len.max(index + 1);
        if self.array.len() < self.len {
            self.array.resize(self.len, String::new());
        }
        &mut self.array[index]
    }

    fn end_at(&mut self, len: usize) {
        if len == 0 {
            *self = Self::default();
        }
        self.len = len;
    }

    fn into_vec(mut self) -> Vec<String> {
        self.array.truncate(self.len);
        self.array
    }
}

fn nearest(section: Section, key: &str) -> Option<&'static str> {
    let known: &[&'static str] = match section {
        Section::MapUsers => &["userarn", "username", "groups"],
        _ => &["rolearn", "username", "groups"],
    };
    crate::finding::nearest(key, known)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
