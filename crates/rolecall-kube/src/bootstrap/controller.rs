//! What `rolecall serve` needs, which runs as a ServiceAccount of its own.
//!
//! It may do what a deployer may, read the resources and Secrets of its own namespace, and tell of them.

use serde_json::{Value, json};

use super::{NAMESPACE, binding, grants, metadata, role};

/// What the controller's ServiceAccount, roles and bindings are called.
pub const CONTROLLER: &str = "rolecall-controller";

/// The objects for the controller, in the order in which they can be created. The definition of its resources is
/// not among them.
pub fn controller_objects() -> Vec<Value> {
    let who = json!({ "kind": "ServiceAccount", "namespace": NAMESPACE, "name": CONTROLLER });
    let mut objects = vec![
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata(None, NAMESPACE) }),
        json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(Some(NAMESPACE), CONTROLLER) }),
    ];
    objects.extend(grants(&who, (CONTROLLER, CONTROLLER)));
    objects.push(role("Role", Some(NAMESPACE), RESOURCES, &resources()));
    objects.push(binding("Role", Some(NAMESPACE), RESOURCES, &who));
    objects
}

const RESOURCES: &str = "rolecall-resources";

fn resources() -> Value {
    json!([
        { "apiGroups": ["rolecall.dev"], "resources": ["accesssyncs"], "verbs": ["get", "list", "watch"] },
        { "apiGroups": ["rolecall.dev"], "resources": ["accesssyncs/status"], "verbs": ["patch"] },
        { "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"] },
        { "apiGroups": [""], "resources": ["events"], "verbs": ["create"] },
    ])
}
