//! Our own entries in a kubeconfig as values: cluster, user, context; and what a file says with them in it.
//!
//! It knows nothing of text.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::{AccessOptions, ClusterFacts};

pub(super) const CURRENT_CONTEXT: &str = "current-context";
/// The lists that we put entries into, in the order in which they are written.
pub(super) const LISTS: [&str; 3] = ["clusters", "users", "contexts"];

/// Ways to trust a server that exclude the CA certificates of EKS.
const OTHER_TRUST: [&str; 2] = ["certificate-authority", "insecure-skip-tls-verify"];

/// What our entries are called.
pub(super) struct Names<'a> {
    pub(super) cluster: &'a str,
    pub(super) user: &'a str,
    pub(super) context: &'a str,
}

impl<'a> Names<'a> {
    pub(super) fn new(facts: &ClusterFacts<'a>, options: &AccessOptions<'a>) -> Self {
        let user = options.user_alias.unwrap_or(facts.arn);
        Self { cluster: facts.arn, user, context: options.alias.unwrap_or(user) }
    }
}

/// One entry that we write: `name`, and under `key` what it says.
pub(super) struct Entry<'a> {
    pub(super) list: &'static str,
    pub(super) name: &'a str,
    pub(super) key: &'static str,
    /// The members that are set; others that are there stay.
    pub(super) members: Map<String, Value>,
    /// Whether what is there must go first, because it contradicts.
    pub(super) replaces: fn(&Value) -> bool,
}

impl Entry<'_> {
    /// What the entry says with our members set in `old`.
    pub(super) fn inner(&self, old: Option<&Value>) -> Value {
        let kept = old.filter(|old| !(self.replaces)(old)).and_then(Value::as_object);
        let mut inner = kept.cloned().unwrap_or_default();
        for (key, value) in &self.members {
            if !says(inner.get(key), value) {
                inner.insert(key.clone(), value.clone());
            }
        }
        Value::Object(inner)
    }

    /// The entry for a list that does not have it.
    pub(super) fn item(&self) -> Value {
        let mut item = Map::new();
        item.insert(self.key.into(), self.inner(None));
        item.insert("name".into(), self.name.into());
        Value::Object(item)
    }
}

/// Whether a value already says what a new one would: kubectl adds members that say nothing (`env: null`).
pub(super) fn says(old: Option<&Value>, new: &Value) -> bool {
    match (old, new) {
        (Some(Value::Object(old)), Value::Object(new)) => {
            let says_nothing = |value: &Value| value.is_null() || value == &Value::Bool(false);
            new.iter().all(|(key, value)| old.get(key) == Some(value))
                && old.iter().all(|(key, value)| new.contains_key(key) || says_nothing(value))
        }
        (old, new) => old == Some(new),
    }
}

/// Our three entries, in the order of [`LISTS`].
pub(super) fn entries<'a>(
    names: &Names<'a>,
    facts: &ClusterFacts<'_>,
    options: &AccessOptions<'_>,
) -> [Entry<'a>; 3] {
    let cluster = Entry {
        list: LISTS[0],
        name: names.cluster,
        key: "cluster",
        members: cluster(facts, options),
        replaces: |old| OTHER_TRUST.iter().any(|key| old.get(key).is_some()),
    };
    // A user with two ways to authenticate is refused by kubectl, so that nothing of an old one is kept.
    let user = Entry {
        list: LISTS[1],
        name: names.user,
        key: "user",
        members: members(json!({ "exec": exec(facts, options) })),
        replaces: |old| old.as_object().is_some_and(|old| old.keys().any(|key| key != "exec")),
    };
    let context = Entry {
        list: LISTS[2],
        name: names.context,
        key: "context",
        members: members(json!({ "cluster": names.cluster, "user": names.user })),
        replaces: |_| false,
    };
    [cluster, user, context]
}

/// What the file says with our entries in it.
pub(super) fn merged(
    old: &Value,
    names: &Names<'_>,
    facts: &ClusterFacts<'_>,
    options: &AccessOptions<'_>,
) -> Value {
    let mut root = old.as_object().cloned().unwrap_or_else(empty);
    for entry in entries(names, facts, options) {
        let mut list = root.get(entry.list).and_then(Value::as_array).cloned().unwrap_or_default();
        match list.iter_mut().find(|item| is_named(item, entry.name)).and_then(Value::as_object_mut) {
            Some(item) => {
                let inner = entry.inner(item.get(entry.key));
                item.insert(entry.key.into(), inner);
            }
            None => list.push(entry.item()),
        }
        root.insert(entry.list.into(), Value::Array(list));
    }
    root.insert(CURRENT_CONTEXT.into(), names.context.into());
    Value::Object(root)
}

/// The item of a list with this name.
pub(super) fn item<'v>(root: &'v Value, list: &str, name: &str) -> Option<&'v Value> {
    root.get(list)?.as_array()?.iter().find(|item| is_named(item, name))
}

/// The file's current context, if it names one.
pub(super) fn current_context(root: &Value) -> Option<&str> {
    root.get(CURRENT_CONTEXT)?.as_str().filter(|context| !context.is_empty())
}

/// What every kubeconfig says.
pub(super) fn empty() -> Map<String, Value> {
    members(json!({ "apiVersion": "v1", "kind": "Config" }))
}

fn is_named(item: &Value, name: &str) -> bool {
    item.get("name").and_then(Value::as_str) == Some(name)
}

fn cluster(facts: &ClusterFacts<'_>, options: &AccessOptions<'_>) -> Map<String, Value> {
    let mut cluster = members(json!({
        "server": facts.endpoint,
        "certificate-authority-data": facts.certificate_authority,
    }));
    if let Some(proxy_url) = options.proxy_url {
        cluster.insert("proxy-url".into(), proxy_url.into());
    }
    cluster
}

/// The plugin: `v1` of the API, and no standard input, since it never asks.
fn exec(facts: &ClusterFacts<'_>, options: &AccessOptions<'_>) -> Value {
    let mut args = vec!["token", "--cluster-name", facts.name, "--region", facts.region];
    args.extend(options.role_arn.iter().flat_map(|role_arn| ["--role-arn", role_arn]));
    let mut exec = members(json!({
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": options.command,
        "args": args,
        "interactiveMode": "Never",
    }));
    if let Some(profile) = options.profile {
        let variables: Vec<Value> = vec![json!({ "name": "AWS_PROFILE", "value": profile })];
        exec.insert("env".into(), variables.into());
    }
    Value::Object(exec)
}

fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
