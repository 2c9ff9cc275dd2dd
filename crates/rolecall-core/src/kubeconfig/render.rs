//! Writing a value as YAML: blocks as kubectl writes them, or one line inside brackets.
//!
//! What could be taken for anything but a text is quoted.

use alloc::string::{String, ToString as _};

use rolecall_yaml::edit::scalar_text;
use serde_json::{Map, Value};

/// A mapping in block form, each line indented, without a line break at the end.
pub(super) fn block(members: &Map<String, Value>, indent: usize) -> String {
    let mut out = String::new();
    write_members(members, indent, &mut out);
    out.trim_end().into()
}

/// A list in block form, each dash indented, without a line break at the end.
pub(super) fn list(items: &[Value], indent: usize) -> String {
    let mut out = String::new();
    write_items(items, indent, &mut out);
    out.trim_end().into()
}

fn write_members(members: &Map<String, Value>, indent: usize, out: &mut String) {
    for (key, value) in members {
        pad(indent, out);
        out.push_str(&inline(&Value::String(key.clone())));
        out.push(':');
        write_value(value, indent, out);
    }
}

fn write_value(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push('\n');
            write_members(members, indent + 2, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write_items(items, indent, out);
        }
        other => {
            out.push(' ');
            out.push_str(&inline(other));
            out.push('\n');
        }
    }
}

fn write_items(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        pad(indent, out);
        out.push_str("- ");
        match item {
            Value::Object(members) if !members.is_empty() => {
                let mut lines = String::new();
                write_members(members, indent + 2, &mut lines);
                out.push_str(lines.trim_start());
            }
            // A list in a list is never ours; brackets will do.
            other => {
                out.push_str(&inline(other));
                out.push('\n');
            }
        }
    }
}

/// A value on one line: JSON, which is YAML, but a text without quotes if it needs none.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar_text(text),
        other => other.to_string(),
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(core::iter::repeat_n(' ', indent));
}
