//! What a cluster needs before a pipeline's group may deploy to it, and nothing more than that.
//!
//! The group may read, create, patch and watch one ConfigMap by name; keep records, the ledger and the lock in the
//! namespace `rolecall`; and read RBAC, from which guards compute rights. It may not delete: completed records
//! are the history, and clearing it out is not a deployer's right.

use rolecall_engine::port::{PortError, PortErrorKind};
use serde_json::{Value, json};

use crate::cluster::KubeCluster;
use crate::connection::Request;
use crate::wire::{MANAGED_BY_LABEL, MAP_NAME, NAMESPACE, Object};

mod controller;
mod yaml;

pub use controller::{CONTROLLER, controller_objects};

/// The group that a deployer's identity mapping names.
pub const DEPLOYERS: &str = "rolecall:deployers";

const RBAC: &str = "rbac.authorization.k8s.io";

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrapped {
    /// Which, as `kind namespace/name` in lower case.
    pub object: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What applying an object did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there.
    Created,
    /// It was there and is different now.
    Changed,
    /// It was there just so.
    Unchanged,
}

/// The objects, in the order in which they can be created.
///
/// The ledger is not among them: it comes with the first apply. `create` on the map carries its name only by
/// server-side apply, which is how Rolecall creates it; the rule does not allow a plain `POST`.
pub fn objects(group: &str) -> Vec<Value> {
    let who = json!({ "apiGroup": RBAC, "kind": "Group", "name": group });
    let mut objects =
        vec![json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata(None, NAMESPACE) })];
    objects.extend(grants(&who, ("rolecall-deployer", "rolecall-rbac-reader")));
    objects
}

/// What it takes to deploy: the map, records and the lock, and reading RBAC; under these names.
fn grants(who: &Value, (name, reader): (&str, &str)) -> Vec<Value> {
    vec![
        role("Role", Some("kube-system"), name, &on_the_map()),
        binding("Role", Some("kube-system"), name, who),
        role("Role", Some(NAMESPACE), name, &keeping()),
        binding("Role", Some(NAMESPACE), name, who),
        role("ClusterRole", None, reader, &reading()),
        binding("ClusterRole", None, reader, who),
    ]
}

/// The objects as one YAML text, for `kubectl apply -f -` and for a person to read first.
pub fn yaml(objects: &[Value]) -> String {
    objects.iter().map(yaml::document).collect::<Vec<_>>().join("---\n")
}

impl KubeCluster {
    /// Applies the objects one after the other by server-side apply, without force: what somebody else has
    /// changed since is a `Conflict` that names the field.
    pub async fn bootstrap(&self, objects: &[Value]) -> Result<Vec<Bootstrapped>, PortError> {
        let mut done = Vec::new();
        for object in objects {
            let (name, path) = place(object)?;
            let before = self.version(&name, &path).await?;
            let answer = self.connection.send(Request::apply(&name, &path, object)).await?;
            let after = answer.json::<Object>()?.metadata.resource_version;
            let outcome = match before {
                _ if answer.is_created => Outcome::Created,
                Some(before) if before == after => Outcome::Unchanged,
                _ => Outcome::Changed,
            };
            done.push(Bootstrapped { object: name, outcome });
        }
        Ok(done)
    }

    async fn version(&self, name: &str, path: &str) -> Result<Option<String>, PortError> {
        match self.connection.find(Request::read(name, path)).await? {
            Some(answer) => Ok(Some(answer.json::<Object>()?.metadata.resource_version)),
            None => Ok(None),
        }
    }
}

/// `watch` with `resourceNames` allows a watch of the collection with the field selector `metadata.name=aws-auth`,
/// and no other; `list` is not needed for it. It is for `rolecall serve`.
fn on_the_map() -> Value {
    json!([{
        "apiGroups": [""],
        "resources": ["configmaps"],
        "resourceNames": [MAP_NAME],
        "verbs": ["get", "create", "patch", "watch"],
    }])
}

fn keeping() -> Value {
    json!([
        { "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch", "create", "patch"] },
        { "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "patch"] },
    ])
}

fn reading() -> Value {
    json!([{
        "apiGroups": [RBAC],
        "resources": ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
        "verbs": ["get", "list", "watch"],
    }])
}

fn role(kind: &str, namespace: Option<&str>, name: &str, rules: &Value) -> Value {
    json!({
        "apiVersion": format!("{RBAC}/v1"),
        "kind": kind,
        "metadata": metadata(namespace, name),
        "rules": rules,
    })
}

fn binding(role_kind: &str, namespace: Option<&str>, name: &str, who: &Value) -> Value {
    json!({
        "apiVersion": format!("{RBAC}/v1"),
        "kind": format!("{role_kind}Binding"),
        "metadata": metadata(namespace, name),
        "roleRef": { "apiGroup": RBAC, "kind": role_kind, "name": name },
        "subjects": [who],
    })
}

fn metadata(namespace: Option<&str>, name: &str) -> Value {
    let mut metadata = json!({ "name": name, "labels": { MANAGED_BY_LABEL: "rolecall" } });
    if let Some(namespace) = namespace {
        metadata["namespace"] = json!(namespace);
    }
    metadata
}

/// What an object is called, and where the API server has it.
fn place(object: &Value) -> Result<(String, String), PortError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    let namespace = text(&object["metadata"]["namespace"]);
    let plural = match kind.as_str() {
        "Namespace" => "namespaces",
        "ServiceAccount" => "serviceaccounts",
        "CustomResourceDefinition" => "customresourcedefinitions",
        "Role" => "roles",
        "RoleBinding" => "rolebindings",
        "ClusterRole" => "clusterroles",
        "ClusterRoleBinding" => "clusterrolebindings",
        _ => {
            let message = "it is not one of the kinds that are bootstrapped";
            return Err(PortError::new(
                PortErrorKind::Invalid,
                "apply",
                &format!("`{kind} {name}`"),
                message,
            ));
        }
    };
    let root = match object["apiVersion"].as_str() {
        Some("v1") | None => "/api/v1".to_owned(),
        Some(group) => format!("/apis/{group}"),
    };
    let kind = kind.to_lowercase();
    Ok(if namespace.is_empty() {
        (format!("{kind} {name}"), format!("{root}/{plural}/{name}"))
    } else {
        (format!("{kind} {namespace}/{name}"), format!("{root}/namespaces/{namespace}/{plural}/{name}"))
    })
}
