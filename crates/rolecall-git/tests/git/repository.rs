//! A bare repository to fetch from, and a work tree that pushes into it.

use std::fs;
use std::path::PathBuf;

use rolecall_testenv::git::{command, git};
use tempfile::TempDir;

pub(crate) struct Repository {
    /// Holds everything, and goes away with it.
    pub(crate) root: TempDir,
}

impl Repository {
    /// With one commit on `main`, which has `aws-auth.yml`.
    pub(crate) fn new() -> Self {
        let repository = Self { root: tempfile::tempdir().unwrap() };
        let root = repository.root.path().to_owned();
        git(&root, &["init", "--quiet", "--bare", "--initial-branch=main", "access.git"]);
        git(&root, &["init", "--quiet", "--initial-branch=main", "work"]);
        repository.git(&["remote", "add", "origin", "../access.git"]);
        repository.write("aws-auth.yml", b"first\n");
        repository.push("first");
        repository
    }

    pub(crate) fn bare(&self) -> PathBuf {
        self.root.path().join("access.git")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.work(), arguments)
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Commits everything, and pushes it to `main`; gives the commit's id.
    pub(crate) fn push(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(&["push", "--quiet", "--force", "origin", "HEAD:refs/heads/main"]);
        self.head()
    }

    /// Makes a tree of these lines, as `git ls-tree` prints them.
    pub(crate) fn tree(&self, lines: &str) -> String {
        let list = self.root.path().join("tree");
        fs::write(&list, lines).unwrap();
        let output =
            command(&self.work()).arg("mktree").stdin(fs::File::open(list).unwrap()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// `count` commits on top, of which the last is pushed.
    pub(crate) fn push_many(&self, count: usize) -> String {
        let list = self.root.path().join("commits");
        let commits = (1..count).map(|number| {
            let from = if number == 1 { "from refs/heads/main^0\n" } else { "" };
            format!(
                "commit refs/heads/many\ncommitter Ann <ann@example.com> {number} +0000\ndata 1\n.\n{from}\n"
            )
        });
        fs::write(&list, commits.collect::<String>()).unwrap();
        let input = fs::File::open(list).unwrap();
        let status = command(&self.work()).args(["fast-import", "--quiet"]).stdin(input).status().unwrap();
        assert!(status.success());
        self.git(&["merge", "--quiet", "--ff-only", "many"]);
        self.push("last")
    }
}
