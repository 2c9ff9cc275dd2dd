//! Kubeconfigs for tests, as JSON, which every reader of kubeconfigs accepts.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::Cluster;
use crate::certificates::Identity;

/// How the user of a kubeconfig proves who it is.
pub struct KubeconfigUser(Value);

impl KubeconfigUser {
    /// A bearer token, sent as it is.
    pub fn token(token: &str) -> Self {
        Self(json!({"token": token}))
    }

    /// An exec plugin, such as `rolecall token` or `aws eks get-token`.
    pub fn exec(command: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let environment: Vec<Value> =
            environment.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        Self(json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": command,
            "args": arguments,
            "env": environment,
            "interactiveMode": "Never",
        }}))
    }

    pub(super) fn certificate(identity: &Identity) -> Self {
        Self(json!({
            "client-certificate-data": BASE64_STANDARD.encode(&identity.certificate),
            "client-key-data": BASE64_STANDARD.encode(&identity.key),
        }))
    }
}

impl Cluster {
    /// Writes `NAME.kubeconfig` into the cluster's folder, for this cluster's
    /// authority at `endpoint` (its own or a fault proxy's).
    pub fn write_kubeconfig(&self, name: &str, endpoint: &str, user: &KubeconfigUser) -> Result<PathBuf> {
        let cluster = json!({"server": endpoint, "certificate-authority-data": self.ca_base64()});
        let document = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.name(), "cluster": cluster}],
            "users": [{"name": name, "user": user.0}],
            "contexts": [{"name": name, "context": {"cluster": self.name(), "user": name}}],
            "current-context": name,
        });
        let path = self.home().join(format!("{name}.kubeconfig"));
        fs::write(&path, document.to_string()).with_context(|| format!("write `{}`", path.display()))?;
        Ok(path)
    }
}
