//! Values against the published schemas, by a validator that is not ours.
//!
//! The binary's own tests hold what no run of it alone can show to the same schemas.

use jsonschema::Registry;
use serde_json::Value;

/// Asserts that `document` is what the schema of this name says, which allows nothing else.
pub(crate) fn check(schema: &str, document: &Value) {
    assert_eq!(problems(schema, document), [""; 0], "{document:#}");
    let mut with_more = document.clone();
    with_more["more"] = Value::Null;
    assert_ne!(problems(schema, &with_more), [""; 0], "a field that nobody knows must be refused");
}

/// What the schema of this name, or one of its `$defs` (`name#def`), says against `document`.
pub(crate) fn problems(schema: &str, document: &Value) -> Vec<String> {
    let (name, part) = schema.split_once('#').map_or((schema, None), |(name, part)| (name, Some(part)));
    let registry =
        Registry::new().add("https://rolecall.dev/schemas/plan.schema.json", read("plan")).unwrap();
    let registry = registry.prepare().unwrap();
    let mut schema = read(name);
    jsonschema::meta::validate(&schema).unwrap();
    if let Some(part) = part {
        schema = schema["$defs"][part].take();
    }
    let validator = jsonschema::options().with_registry(&registry).build(&schema).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn read(name: &str) -> Value {
    let path = format!("{}/../../schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
