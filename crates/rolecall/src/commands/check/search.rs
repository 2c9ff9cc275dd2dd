//! Which files a check is about: those that were named, and those that a folder holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rolecall_core::project::CONFIG_NAME;

use crate::failure::Failure;
use crate::files;

const ENDINGS: [&str; 3] = ["yml", "yaml", "json"];

/// One text to check.
pub(super) struct Source {
    /// What it is called in findings.
    pub(super) name: String,
    /// Where it is; `None` for stdin.
    pub(super) path: Option<PathBuf>,
    pub(super) text: String,
    /// It was named, and not come across.
    pub(super) is_named: bool,
}

/// What was found.
pub(super) struct Found {
    /// Each source once, in the order in which they are named. Folders are read in theirs.
    pub(super) sources: Vec<Source>,
    /// Files in folders that may hold a map and could not be read.
    pub(super) unread: Vec<Failure>,
}

/// What is at `paths`.
pub(super) fn search(paths: &[PathBuf], stdin: &Path) -> Result<Found, Failure> {
    let mut search = Search { sources: Vec::new(), seen: BTreeSet::new(), unread: Vec::new() };
    for path in paths {
        if path == Path::new("-") {
            if !search.seen.insert(path.clone()) {
                return Err(Failure::usage("`-` is named twice, and there is one stdin"));
            }
            let text = files::read_stdin()?;
            search.sources.push(Source { name: files::shown(stdin), path: None, text, is_named: true });
        } else if path.is_dir() {
            let root = path.canonicalize().map_err(|error| search.failure(path, error))?;
            search.folder(path, &root)?;
        } else if files::is_there(path)? {
            let text = files::read(path)?;
            search.add(path, text, true);
        } else {
            return Err(Failure::new(format!("there is no file or folder `{}`", path.display()))
                .hint("name the file, or a folder to search"));
        }
    }
    Ok(Found { sources: search.sources, unread: search.unread })
}

impl Source {
    /// Where its `rolecall.yaml` is looked for.
    pub(super) fn place(&self) -> PathBuf {
        let path = self.path.clone().unwrap_or_else(|| PathBuf::from(&self.name));
        std::path::absolute(&path).unwrap_or(path)
    }

    /// Is it a `rolecall.yaml` itself?
    pub(super) fn is_configuration(&self) -> bool {
        Path::new(&self.name).file_name().is_some_and(|name| name == CONFIG_NAME)
    }
}

struct Search {
    sources: Vec<Source>,
    seen: BTreeSet<PathBuf>,
    unread: Vec<Failure>,
}

impl Search {
    /// Reads what lies in and below `folder`, without what is hidden, and without links that lead out of `root`.
    fn folder(&mut self, folder: &Path, root: &Path) -> Result<(), Failure> {
        let entries = fs::read_dir(folder).map_err(|error| self.failure(folder, error))?;
        let mut entries: Vec<fs::DirEntry> =
            entries.collect::<Result<_, _>>().map_err(|error| self.failure(folder, error))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| self.failure(&path, error))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // A folder that is a link is found where it really is, if that is in here.
            if kind.is_dir() {
                self.folder(&path, root)?;
            } else if has_ending(&path) && (kind.is_file() || leads_into(&path, root)) {
                self.found(&path);
            }
        }
        Ok(())
    }

    /// A file that may hold something: only one that looks like it must be a text.
    fn found(&mut self, path: &Path) {
        match files::read(path) {
            Ok(text) if is_configuration(path) || is_called_aws_auth(path) || text.contains("aws-auth") => {
                self.add(path, text, false);
            }
            Err(failure) if is_called_aws_auth(path) || may_hold_a_map(path) => self.unread.push(failure),
            _ => {}
        }
    }

    fn add(&mut self, path: &Path, text: String, is_named: bool) {
        if self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            let name = files::shown(&files::from_here(path));
            self.sources.push(Source { name, path: Some(path.to_owned()), text, is_named });
        }
    }

    fn failure(&self, path: &Path, error: std::io::Error) -> Failure {
        let found = self.sources.len();
        Failure::io(format!("search `{}`, after {found} files", path.display()), error)
    }
}

fn is_configuration(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == CONFIG_NAME)
}

fn is_called_aws_auth(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "aws-auth")
}

/// May a file that is no text for us be one for its author? Nobody knows of one that cannot be read at all.
fn may_hold_a_map(path: &Path) -> bool {
    let Ok(mut bytes) = fs::read(path) else { return true };
    // UTF-16 has a zero beside each of these letters.
    bytes.retain(|byte| *byte != 0);
    bytes.windows(8).any(|word| word == b"aws-auth")
}

fn has_ending(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn leads_into(path: &Path, root: &Path) -> bool {
    path.is_file() && path.canonicalize().is_ok_and(|target| target.starts_with(root))
}
