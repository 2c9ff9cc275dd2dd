//! The files that Git knows or would add, read once; the Rust ones parsed.
//!
//! Ignored files are not looked at. A file that a check needs and that is not there is that check's business.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::modules;
use super::rust::RustFile;

/// Everything that the checks look at; paths are relative, with `/`.
pub(super) struct Repository {
    files: BTreeMap<String, Vec<u8>>,
    rust: BTreeMap<String, RustFile>,
}

impl Repository {
    /// Reads the clone at `root`.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        for path in listed_files(root)? {
            // A file that was deleted and not yet committed is still listed.
            if let Ok(bytes) = std::fs::read(root.join(&path)) {
                files.insert(path, bytes);
            }
        }
        Ok(Self::of(files))
    }

    /// A repository made of `files`.
    pub(super) fn of(files: BTreeMap<String, Vec<u8>>) -> Self {
        let mut rust = BTreeMap::new();
        for (path, bytes) in &files {
            if is_rust(path) {
                rust.insert(path.clone(), RustFile::parse(path, &String::from_utf8_lossy(bytes)));
            }
        }
        modules::mark_tests(&mut rust);
        Self { files, rust }
    }

    /// Every Rust file, by path.
    pub(super) fn rust(&self) -> impl Iterator<Item = &RustFile> {
        self.rust.values()
    }

    /// Every Rust file, as the module walk wants it.
    pub(super) fn rust_by_path(&self) -> &BTreeMap<String, RustFile> {
        &self.rust
    }

    /// The size of each file, in bytes.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.len()))
    }

    /// The files that are text, whose path ends with `suffix`.
    pub(super) fn texts<'a>(&'a self, suffix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let matching = self.files.iter().filter(move |(path, _)| path.ends_with(suffix));
        matching.filter_map(|(path, bytes)| Some((path.as_str(), std::str::from_utf8(bytes).ok()?)))
    }

    /// The text of one file, if it is there and is text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    /// Whether `path` is a file, or a folder with files in it.
    pub(super) fn contains(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&folder))
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn listed_files(root: &Path) -> Result<Vec<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("start `git`")?;
    ensure!(listed.status.success(), "`git ls-files`: {}", String::from_utf8_lossy(&listed.stderr).trim());
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}
