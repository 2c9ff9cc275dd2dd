//! Where the files come from, as a port: what was read at which commit, and how commits hang together.
//!
//! What is not there, what may not be read and what could not be fetched are three answers: absent is `None`,
//! refused is an [`Entry::Refused`] with its reason, and a fetch that failed is an error without any file.

use std::collections::BTreeMap;
use std::fmt;

use rolecall_core::Timestamp;
use rolecall_core::observed::Knowledge;
use rolecall_core::source::Lineage;

use super::PortFuture;

/// Reads files from a source, at one commit.
pub trait FetchSource: Send + Sync {
    /// Fetches what the source's reference points to now. `known` is the commit whose files the caller holds.
    fn fetch<'a>(&'a self, known: Option<&'a str>) -> PortFuture<'a, Fetched>;

    /// How `commit` stands to `earlier`, which was applied before it.
    fn lineage<'a>(&'a self, commit: &'a str, earlier: &'a str) -> PortFuture<'a, Knowledge<Lineage>>;
}

/// What came of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The reference still points to the commit that the caller knows.
    Unchanged,
    /// It points to this one.
    New(Snapshot),
}

/// The files that matter, at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The commit's id, in full.
    pub commit: String,
    /// When its committer says that it was made.
    pub committed_at: Timestamp,
    /// Whose signature it carries, where signatures are asked for.
    pub signer: Option<String>,
    /// The paths that matter, each with all that is below it; none means all.
    pub paths: Vec<String>,
    /// What stands under them.
    pub entries: BTreeMap<String, Entry>,
}

/// What stands at a path.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file's content.
    File(Vec<u8>),
    /// Something that is not read, and why.
    Refused(String),
}

/// Without the content: nobody can read it that way, and not everybody should.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(bytes) => write!(f, "File({} bytes)", bytes.len()),
            Self::Refused(why) => write!(f, "Refused({why:?})"),
        }
    }
}

impl Snapshot {
    /// The file at `path`; `None` if there is none. What is refused, be it a folder above it, is an error with
    /// the reason, and so is what was not looked at: neither must be taken for a file that is gone.
    pub fn file(&self, path: &str) -> Result<Option<&[u8]>, Refused> {
        if !self.is_looked_at(path) {
            let why = "is not under the paths of the source, and was not looked at".to_owned();
            return Err(Refused { path: path.to_owned(), why });
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for above in ends.filter_map(|end| path.get(..end)) {
            if let Some(Entry::Refused(why)) = self.entries.get(above) {
                return Err(Refused { path: above.to_owned(), why: why.clone() });
            }
        }
        Ok(match self.entries.get(path) {
            Some(Entry::File(bytes)) => Some(bytes),
            _ => None,
        })
    }

    fn is_looked_at(&self, path: &str) -> bool {
        let is_under = |above: &String| {
            path.strip_prefix(above.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths.is_empty() || self.paths.iter().any(is_under)
    }
}

/// Something stands there, and is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {why}")]
pub struct Refused {
    /// What is refused: the path that was asked for, or a folder above it.
    pub path: String,
    /// Why, as the rest of a sentence that begins with the path.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(entries: &[(&str, Entry)]) -> Snapshot {
        Snapshot {
            commit: "c".repeat(40),
            committed_at: Timestamp::UNIX_EPOCH,
            signer: None,
            paths: Vec::new(),
            entries: entries.iter().map(|(path, entry)| ((*path).to_owned(), entry.clone())).collect(),
        }
    }

    #[test]
    fn what_is_refused_is_not_absent() {
        let refused = Entry::Refused("is a symbolic link".to_owned());
        let snapshot =
            snapshot(&[("a/x.yml", Entry::File(vec![1])), ("b", refused.clone()), ("c.yml", refused)]);
        assert_eq!(snapshot.file("a/x.yml"), Ok(Some(&[1][..])));
        assert_eq!(snapshot.file("a/y.yml"), Ok(None));
        assert_eq!(snapshot.file("a"), Ok(None));
        assert_eq!(snapshot.file("b/x/y.yml").unwrap_err().to_string(), "`b` is a symbolic link");
        assert_eq!(snapshot.file("c.yml").unwrap_err().path, "c.yml");
    }

    #[test]
    fn what_was_not_looked_at_is_not_absent() {
        let mut snapshot = snapshot(&[]);
        snapshot.paths = vec!["clusters/prod".to_owned()];
        assert_eq!(snapshot.file("clusters/prod/aws-auth.yml"), Ok(None));
        for path in ["clusters/production", "rolecall.yaml", "clusters"] {
            assert!(snapshot.file(path).is_err(), "{path}");
        }
    }
}
