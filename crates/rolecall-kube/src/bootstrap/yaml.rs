//! Prints an object as YAML: maps and lists in block style, strings quoted where they might be taken for
//! something else. Reading YAML is not in here.

use std::fmt::Write;

use serde_json::Value;

/// One object as a document, with `apiVersion` and `kind` first.
pub(super) fn document(object: &Value) -> String {
    let mut text = String::new();
    let Some(fields) = object.as_object() else { return text };
    for first in ["apiVersion", "kind", "metadata"] {
        if let Some(value) = fields.get(first) {
            field(&mut text, 0, first, value);
        }
    }
    for (key, value) in
        fields.iter().filter(|(key, _)| !["apiVersion", "kind", "metadata"].contains(&key.as_str()))
    {
        field(&mut text, 0, key, value);
    }
    text
}

fn field(text: &mut String, indent: usize, key: &str, value: &Value) {
    write_to(text, format_args!("{:indent$}{}:", "", scalar(key)));
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('\n');
            for (key, value) in fields {
                field(text, indent + 2, key, value);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            for item in items {
                list_item(text, indent, item);
            }
        }
        other => write_to(text, format_args!(" {}\n", flow(other))),
    }
}

fn list_item(text: &mut String, indent: usize, item: &Value) {
    let start = text.len();
    match item {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                field(text, indent + 2, key, value);
            }
        }
        other => write_to(text, format_args!("{:indent$}  {}\n", "", flow(other))),
    }
    // The dash stands in the indentation of the item's first line.
    text.replace_range(start + indent..=start + indent, "-");
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// JSON's quoting is YAML's too. Bare is only what no YAML reader takes for a number, a boolean or a sign.
fn scalar(text: &str) -> String {
    let starts_plain = text.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_plain = text.chars().all(|one| one.is_ascii_alphanumeric() || "./-_".contains(one));
    let is_word = !["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        .contains(&text.to_ascii_lowercase().as_str());
    if starts_plain && is_plain && is_word { text.to_owned() } else { Value::from(text).to_string() }
}

fn write_to(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::document;
    use serde_json::json;

    #[test]
    fn maps_lists_and_strings_that_look_like_something_else() {
        let object = json!({
            "kind": "Role",
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "metadata": { "name": "a", "labels": {} },
            "rules": [
                { "apiGroups": [""], "verbs": ["get", "*"], "resourceNames": ["yes", "1e3", "a:b"] },
                [],
                true,
            ],
        });
        let expect = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  labels: {}
  name: a
rules:
- apiGroups:
  - \"\"
  resourceNames:
  - \"yes\"
  - \"1e3\"
  - \"a:b\"
  verbs:
  - get
  - \"*\"
- []
- true
";
        assert_eq!(document(&object), expect);
    }
}
