//! What `rolecall serve` needs, which runs as a ServiceAccount of its own.
//!
//! It may do what a deployer may, and watch the map. `watch` with `resourceNames` allows a watch of the
//! collection with the field selector `metadata.name=aws-auth`, and no other; `list` is not needed for it.

use serde_json::{Value, json};

use super::{NAMESPACE, binding, keeping, metadata, on_the_map, reading, role};

/// What the controller's roles and bindings are called.
pub const CONTROLLER: &str = "rolecall-controller";

/// The objects for the controller that runs as this ServiceAccount, in the order in which they can be created.
/// The ServiceAccount is not among them: whoever installs the controller makes it.
pub fn controller_objects(namespace: &str, account: &str) -> Vec<Value> {
    let who = json!({ "kind": "ServiceAccount", "namespace": namespace, "name": account });
    let map = on_the_map(&["get", "create", "patch", "watch"]);
    vec![
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata(None, NAMESPACE) }),
        role("Role", Some("kube-system"), CONTROLLER, &map),
        binding("Role", Some("kube-system"), CONTROLLER, &who),
        role("Role", Some(NAMESPACE), CONTROLLER, &keeping()),
        binding("Role", Some(NAMESPACE), CONTROLLER, &who),
        role("ClusterRole", None, CONTROLLER, &reading()),
        binding("ClusterRole", None, CONTROLLER, &who),
    ]
}
