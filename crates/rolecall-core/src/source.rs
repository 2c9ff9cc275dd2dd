//! Where the files come from: a source, which owns entries, and the revision of it.

use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Who owns entries: a repository and a path in it, `cli` for files that are in no repository, or `bootstrap`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(String);

impl SourceId {
    /// Files that no repository holds.
    pub fn cli() -> Self {
        Self("cli".to_string())
    }

    /// `rolecall bootstrap`, which writes the first entry before there are any files.
    pub fn bootstrap() -> Self {
        Self("bootstrap".to_string())
    }

    /// A repository, by any of its URLs, and the path of the file in it.
    ///
    /// `https://`, `ssh://` and `git@host:` forms of one repository give the same source, credentials in
    /// the URL are dropped, so that a second clone does not look like a second owner.
    pub fn repository(url: &str, path: &str) -> Self {
        let mut id = normalised(url);
        id.push_str("//");
        id.push_str(path.trim_start_matches("./"));
        Self(id)
    }

    /// May `other` claim what this source owns? What was applied by hand gives way to a repository, and what
    /// bootstrapping wrote gives way to anybody.
    pub fn gives_way_to(&self, other: &Self) -> bool {
        *self == Self::bootstrap() || (*self == Self::cli() && *other != Self::bootstrap() && *other != *self)
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The commit that the files were read at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRevision {
    /// Who owns what these files say.
    pub source: SourceId,
    /// The commit id, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The files differ from that commit.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub modified: bool,
}

impl SourceRevision {
    /// Files that no repository holds.
    pub fn cli() -> Self {
        Self { source: SourceId::cli(), commit: None, modified: false }
    }
}

impl fmt::Display for SourceRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.commit {
            Some(commit) => f.write_str(commit.get(..12).unwrap_or(commit))?,
            None => f.write_str("no commit")?,
        }
        if self.modified { f.write_str(" (modified)") } else { Ok(()) }
    }
}

fn normalised(url: &str) -> String {
    let (authority, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        // The form that scp has: `git@host:path`.
        None => url.split_once(':').unwrap_or((url, "")),
    };
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    if path.is_empty() { host } else { alloc::format!("{host}/{path}") }
}
