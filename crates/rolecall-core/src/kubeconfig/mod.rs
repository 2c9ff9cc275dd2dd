//! What `aws eks update-kubeconfig` does, as a value: which file to change, and its new text.
//!
//! Only our own cluster, user, context and `current-context` change; every other byte stays. No file is read or
//! written here, and no kubeconfig is interpreted as a client would: that is the Kubernetes adapter's.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString as _};

use rolecall_yaml::{Document, Limits, LineIndex, Position};
use serde_json::Value;

mod edit;
mod entries;
mod paths;
mod read;
mod render;
#[cfg(test)]
mod tests;

pub use paths::{NoKubeconfigPath, paths};

/// One kubeconfig file as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeconfigFile {
    /// Where it is, as messages name it.
    pub path: String,
    /// What it says; `None` if it is not there. A file that is there and cannot be read is the caller's error.
    pub text: Option<String>,
}

/// What EKS tells about a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterFacts<'a> {
    /// The cluster's ARN, under which it stands in the file.
    pub arn: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its region.
    pub region: &'a str,
    /// The URL of its API server.
    pub endpoint: &'a str,
    /// Its CA certificates, base64 of PEM.
    pub certificate_authority: &'a str,
}

/// How the file shall reach the cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccessOptions<'a> {
    /// The path or name of the program that makes tokens.
    pub command: &'a str,
    /// `--role-arn`: the role that tokens are made as.
    pub role_arn: Option<&'a str>,
    /// `--alias`: the context's name; the user's name if unset.
    pub alias: Option<&'a str>,
    /// `--user-alias`: the user's name; the cluster's ARN if unset.
    pub user_alias: Option<&'a str>,
    /// `--proxy-url`: the proxy on the way to the API server.
    pub proxy_url: Option<&'a str>,
    /// The AWS profile that tokens are made with.
    pub profile: Option<&'a str>,
}

/// What to write, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The file to write.
    pub path: String,
    /// Its whole new text.
    pub text: String,
    /// Whether that differs from what is there.
    pub changed: bool,
    /// Whether there is no such file yet.
    pub is_new: bool,
    /// The context, which is the current one now.
    pub context: String,
    /// The user in it.
    pub user: String,
    /// An earlier file of the list that names another current context, which is the one that counts.
    pub shadowed_by: Option<String>,
}

/// Why nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KubeconfigError {
    /// The file is not YAML, or not a kubeconfig.
    #[error("{path}:{line}:{column}: {message}")]
    Broken {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// It cannot be changed without touching what is not ours (anchors and aliases in our own entries do that).
    #[error("`{path}` is written in a way that cannot be changed without touching the rest of it")]
    NotEditable {
        /// The file.
        path: String,
    },
}

impl KubeconfigError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Broken { .. } => {
                "mend the file, or name another one with `--kubeconfig`; nothing was changed"
            }
            Self::NotEditable { .. } => "write the cluster into a file of its own with `--kubeconfig`",
        }
    }

    fn broken(path: &str, text: &str, at: usize, message: &str) -> Self {
        let Position { line, column } = LineIndex::new(text).position(text, at);
        Self::Broken { path: path.to_owned(), line, column, message: message.to_owned() }
    }
}

/// Puts a cluster into the first file that has it, or else into the first of the list.
///
/// `files` is what [`paths`] names, in its order, and has at least one element. A broken file is an error even if
/// another one would be changed: kubectl would not read the list either.
pub fn update(
    files: &[KubeconfigFile],
    facts: &ClusterFacts<'_>,
    options: &AccessOptions<'_>,
) -> Result<Update, KubeconfigError> {
    let mut values = alloc::vec::Vec::new();
    for file in files {
        values.push(read(&file.path, file.text.as_deref().unwrap_or_default())?);
    }
    let has_cluster = |value: &Value| entries::item(value, "clusters", facts.arn).is_some();
    let chosen = values.iter().position(has_cluster).unwrap_or(0);
    let names = entries::Names::new(facts, options);
    let old = files[chosen].text.as_deref().unwrap_or_default();
    let text = edit::apply(old, &values[chosen], &names, facts, options)
        .filter(|text| {
            read("", text).is_ok_and(|new| new == entries::merged(&values[chosen], &names, facts, options))
        })
        .ok_or_else(|| KubeconfigError::NotEditable { path: files[chosen].path.clone() })?;
    let names_another =
        |value: &&Value| entries::current_context(value).is_some_and(|context| context != names.context);
    let shadow = values[..chosen].iter().position(|value| names_another(&value));
    Ok(Update {
        path: files[chosen].path.clone(),
        changed: files[chosen].text.as_deref() != Some(&text),
        is_new: files[chosen].text.is_none(),
        text,
        context: names.context.to_string(),
        user: names.user.to_string(),
        shadowed_by: shadow.map(|at| files[at].path.clone()),
    })
}

/// The file as JSON, as kubectl would read it; null if it is empty.
fn read(path: &str, text: &str) -> Result<Value, KubeconfigError> {
    let limits = Limits::default();
    let document = Document::parse(text, &limits)
        .map_err(|error| KubeconfigError::broken(path, text, error.at, &error.message))?;
    read::value(&document, &limits).map_err(|(at, message)| KubeconfigError::broken(path, text, at, &message))
}
