//! Reading a kubeconfig far enough to change it: JSON values, and the four members that we touch.
//!
//! The rest may say what it likes.

use alloc::format;
use alloc::string::String;

use rolecall_yaml::{Document, Limits, Valued, to_json};
use serde_json::Value;

use super::entries::{CURRENT_CONTEXT, LISTS};

/// The document's value, or what is wrong and at which byte.
pub(super) fn value(document: &Document, limits: &Limits) -> Result<Value, (usize, String)> {
    let root = to_json(document, limits).map_err(|error| (error.at, error.message))?;
    check_shape(document, &root)?;
    Ok(to_value(&root))
}

fn check_shape(document: &Document, root: &Valued) -> Result<(), (usize, String)> {
    use rolecall_yaml::Value as Yaml;
    let refused = |at: &Valued, message: String| Err((document.node(at.node).span.start, message));
    let members = match &root.value {
        Yaml::Null => return Ok(()),
        Yaml::Object(members) => members,
        _ => return refused(root, "this is not a kubeconfig: it is no mapping".into()),
    };
    for member in members {
        let (key, value) = (member.key.as_str(), &member.value);
        let is_good = match &value.value {
            Yaml::Null => true,
            Yaml::Array(_) => key != CURRENT_CONTEXT,
            Yaml::String(_) => !LISTS.contains(&key),
            _ => !LISTS.contains(&key) && key != CURRENT_CONTEXT,
        };
        if !is_good {
            let expected = if key == CURRENT_CONTEXT { "text" } else { "a list" };
            return refused(value, format!("`{key}` is not {expected}"));
        }
    }
    Ok(())
}

fn to_value(valued: &Valued) -> Value {
    use rolecall_yaml::Value as Yaml;
    match &valued.value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(*value),
        // What JSON cannot hold as a number is compared, and never written, as text.
        Yaml::Number(digits) => {
            serde_json::from_str(digits).unwrap_or_else(|_| Value::String(digits.clone()))
        }
        Yaml::String(text) => Value::String(text.clone()),
        Yaml::Array(items) => items.iter().map(to_value).collect(),
        Yaml::Object(members) => Value::Object(
            members.iter().map(|member| (member.key.clone(), to_value(&member.value))).collect(),
        ),
    }
}
