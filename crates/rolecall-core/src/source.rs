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
    /// `https://`, `ssh://`, `git@host:` and `codecommit::` forms of one repository give the same source, so
    /// that a second clone does not look like a second owner. Credentials in the URL are dropped.
    pub fn repository(url: &str, path: &str) -> Self {
        let mut id = normalised(url);
        id.push_str("//");
        id.push_str(path.trim_start_matches("./"));
        Self(id)
    }

    /// A source by its name, as plans and ledgers show it.
    pub fn named(name: &str) -> Self {
        Self(name.to_string())
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
    /// When it was committed, where that is known: all that tells two commits apart in a clone without history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<jiff::Timestamp>,
    /// The files differ from that commit.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub modified: bool,
}

/// How a revision stands to an earlier one of its source, by the history that both are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// The earlier one is the same commit, or in its history: it goes on from there.
    Descendant,
    /// It is in the history of the earlier one: it is older.
    Ancestor,
    /// Each has commits that the other lacks.
    Diverged,
    /// The earlier one is in no history that can be seen, and nothing of this revision's own history is hidden.
    Missing,
}

impl SourceRevision {
    /// Files that no repository holds.
    pub fn cli() -> Self {
        Self { source: SourceId::cli(), commit: None, committed_at: None, modified: false }
    }

    /// The same, with the date of `known` where both are of one commit and this one has none: a clone that knows less
    /// makes nothing unknown.
    #[must_use]
    pub fn dated_as(&self, known: Option<&Self>) -> Self {
        let known = known.filter(|known| known.source == self.source && known.commit == self.commit);
        let committed_at = self.committed_at.or_else(|| known.and_then(|known| known.committed_at));
        Self { committed_at, ..self.clone() }
    }

    /// Is it the same state of the same source? A date is no part of that.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.source, &self.commit, self.modified) == (&other.source, &other.commit, other.modified)
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

/// The part of a repository's URL that is the same in all its forms, without any credential.
fn normalised(url: &str) -> String {
    if let Some(repository) = code_commit(url) {
        return repository;
    }
    match url.split_once("://") {
        Some(("file", path)) => bare(path).to_string(),
        Some((scheme, rest)) => {
            let (authority, path) =
                without_userinfo(rest).split_once('/').unwrap_or((without_userinfo(rest), ""));
            joined(&host(authority, scheme), path)
        }
        None => {
            // The form that scp has: `git@host:path`. Anything else is a folder.
            let rest = without_userinfo(url);
            match rest.split_once(':').filter(|(host, _)| host.len() > 1 && !host.contains(['/', '\\'])) {
                Some((host, path)) => joined(&host.to_ascii_lowercase(), path),
                None => bare(rest).to_string(),
            }
        }
    }
}

/// The host of CodeCommit in a region.
pub fn code_commit_host(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    alloc::format!("git-codecommit.{region}.amazonaws.com{suffix}")
}

/// The URLs of AWS' own Git helper: `codecommit::REGION://[PROFILE@]REPOSITORY`, or without the region.
fn code_commit(url: &str) -> Option<String> {
    let (region, rest) = url.strip_prefix("codecommit:")?.split_once("//")?;
    let name = bare(without_userinfo(rest));
    Some(match region.trim_matches(':') {
        "" => alloc::format!("codecommit/{name}"),
        region => alloc::format!("{}/v1/repos/{name}", code_commit_host(region)),
    })
}

/// Whatever stands before the host, passwords with an odd letter included, must never be told.
fn without_userinfo(rest: &str) -> &str {
    let Some((before, after)) = rest.split_once('@') else { return rest };
    match (before.contains(':'), before.contains('/')) {
        (true, _) => rest.rsplit('@').next().unwrap_or(after),
        // Without a password it is in the path, as in `host/@team/repository`.
        (false, true) => rest,
        (false, false) => after,
    }
}

/// The host in lower case; its port, unless it is the one that the scheme stands for.
fn host(authority: &str, scheme: &str) -> String {
    let usual = [("https", "443"), ("http", "80"), ("ssh", "22"), ("git", "9418")];
    match authority.rsplit_once(':') {
        Some((host, port)) if usual.contains(&(scheme, port)) || port.is_empty() => host.to_ascii_lowercase(),
        _ => authority.to_ascii_lowercase(),
    }
}

fn joined(host: &str, path: &str) -> String {
    let path = bare(path.trim_start_matches('/'));
    if path.is_empty() { host.to_string() } else { alloc::format!("{host}/{path}") }
}

fn bare(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git").unwrap_or(path)
}
