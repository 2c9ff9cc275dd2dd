//! The files that matter, read out of one commit's tree; nothing is ever written to a disk as a work tree.
//!
//! What stands in a tree was written by whoever may push. A link is never followed, nothing of another repository
//! is fetched, and a name that plays tricks is shown and not read. Such an entry is refused, not left out: to
//! leave it out would say that the file is gone.

use std::collections::BTreeMap;

use gix::objs::tree::EntryKind;
use gix::{ObjectId, Repository};
use rolecall_core::render::is_harmful;
use rolecall_engine::port::Entry;

use crate::budget::{Budget, Meter};
use crate::problem::{Problem, shown};

#[cfg(test)]
mod tests;

const MAX_DEPTH: usize = 32;
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The paths that matter, each with all that stands below it. None at all means everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths(Vec<String>);

/// How a path of the tree stands to the paths that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relevance {
    Inside,
    OnTheWay,
    Outside,
}

impl Paths {
    /// Checks them: relative, in slashes, without steps upwards. The root is `.`.
    pub(crate) fn new(paths: &[String]) -> Result<Self, Problem> {
        let mut checked = Vec::new();
        for path in paths {
            let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
            if path.is_empty() || path == "." {
                return Ok(Self(Vec::new()));
            }
            if path.split('/').any(|part| name_problem(part.as_bytes()).is_some()) {
                let message = format!("`{}` is not a path inside of a repository", shown(path));
                return Err(Problem::invalid(message));
            }
            checked.push(path.to_owned());
        }
        Ok(Self(checked))
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    fn relevance(&self, path: &str) -> Relevance {
        let is_above = |above: &str, below: &str| {
            below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.0.is_empty() || self.0.iter().any(|wanted| is_above(wanted, path)) {
            Relevance::Inside
        } else if self.0.iter().any(|wanted| is_above(path, wanted)) {
            Relevance::OnTheWay
        } else {
            Relevance::Outside
        }
    }
}

/// What to do with an entry of a tree.
#[derive(Debug, PartialEq, Eq)]
enum Judgement {
    Folder,
    File,
    Refuse(&'static str),
}

/// Judges an entry by its name and its kind.
fn judge(name: &[u8], kind: EntryKind) -> Judgement {
    if let Some(why) = name_problem(name) {
        return Judgement::Refuse(why);
    }
    match kind {
        EntryKind::Tree => Judgement::Folder,
        EntryKind::Blob | EntryKind::BlobExecutable => Judgement::File,
        EntryKind::Link => Judgement::Refuse("is a symbolic link, which is not followed"),
        EntryKind::Commit => Judgement::Refuse("is a submodule: what is in it belongs to another repository"),
    }
}

/// Why a name is not taken, if it is not.
fn name_problem(name: &[u8]) -> Option<&'static str> {
    let Ok(text) = std::str::from_utf8(name) else {
        return Some("has a name that is not UTF-8");
    };
    if text.is_empty() || text == "." || text == ".." || text.contains(['/', '\\', '\0']) {
        return Some("has a name that leads elsewhere");
    }
    if text.eq_ignore_ascii_case(".git") {
        return Some("has the name of Git's own folder");
    }
    let is_odd = text.contains(is_harmful);
    is_odd.then_some("has a name with characters that do not show")
}

/// Reads what matters of `commit`.
pub(crate) fn read(
    repository: &Repository,
    commit: ObjectId,
    paths: &Paths,
    costs: (&Budget, &Meter),
) -> Result<BTreeMap<String, Entry>, Problem> {
    let commit = repository.find_commit(commit).map_err(Problem::unreadable)?;
    let tree = commit.tree_id().map_err(Problem::unreadable)?.detach();
    let (budget, meter) = costs;
    let mut reader = Reader { repository, paths, budget, meter, entries: BTreeMap::new(), seen: 0, bytes: 0 };
    reader.folder(tree, "", 0)?;
    Ok(reader.entries)
}

struct Reader<'a> {
    repository: &'a Repository,
    paths: &'a Paths,
    budget: &'a Budget,
    meter: &'a Meter,
    entries: BTreeMap<String, Entry>,
    /// Files and folders: a few trees can name each other a billion times.
    seen: usize,
    bytes: u64,
}

impl Reader<'_> {
    fn folder(&mut self, tree: ObjectId, above: &str, depth: usize) -> Result<(), Problem> {
        self.meter.in_time()?;
        if depth > MAX_DEPTH {
            return Err(Problem::over_budget(&format!("folders are nested more than {MAX_DEPTH} deep")));
        }
        let tree = self.repository.find_tree(tree).map_err(Problem::unreadable)?;
        for entry in tree.iter() {
            let entry = entry.map_err(Problem::unreadable)?;
            let name: &[u8] = entry.filename();
            let path = format!("{above}{}", shown(&String::from_utf8_lossy(name)));
            let relevance = self.paths.relevance(&path);
            if relevance != Relevance::Outside {
                let judgement = judge(name, entry.kind());
                self.entry(path, relevance, (judgement, entry.object_id()), depth)?;
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        path: String,
        relevance: Relevance,
        (judgement, id): (Judgement, ObjectId),
        depth: usize,
    ) -> Result<(), Problem> {
        self.seen += 1;
        if self.seen > self.budget.files {
            let limit = self.budget.files;
            return Err(Problem::over_budget(&format!(
                "it has more than {limit} files and folders that matter"
            )));
        }
        let read = match judgement {
            Judgement::Folder => return self.folder(id, &format!("{path}/"), depth + 1),
            // A file where a folder would have to be: what is below it is not there.
            Judgement::File if relevance == Relevance::OnTheWay => return Ok(()),
            Judgement::File => self.file(id)?,
            Judgement::Refuse(why) => Entry::Refused(why.to_owned()),
        };
        let twice = self.entries.remove(&path).is_some();
        let entry = if twice { Entry::Refused("is there twice".to_owned()) } else { read };
        self.entries.insert(path, entry);
        Ok(())
    }

    /// The size is asked for before the content.
    fn file(&mut self, id: ObjectId) -> Result<Entry, Problem> {
        let size = self.repository.find_header(id).map_err(Problem::unreadable)?.size();
        if size > self.budget.file_bytes {
            let limit = self.budget.file_bytes;
            return Ok(Entry::Refused(format!(
                "is larger than a file may be: {size} bytes, and {limit} are allowed"
            )));
        }
        self.bytes += size;
        if self.bytes > self.budget.read_bytes {
            return Err(Problem::over_budget(&format!(
                "its files have more than {} bytes",
                self.budget.read_bytes
            )));
        }
        let bytes = self.repository.find_blob(id).map_err(Problem::unreadable)?.take_data();
        if bytes.starts_with(LFS_POINTER) {
            let why = "is a pointer to Git LFS, and its content is not in the repository";
            return Ok(Entry::Refused(why.to_owned()));
        }
        Ok(Entry::File(bytes))
    }
}
