//! What a machine can check about this repository that no compiler or linter does.
//!
//! Each check is a function from the repository's files to what is wrong with them, with a test that shows it
//! failing. Adding one is ten lines here and a sentence in CONTRIBUTING.md. What clippy, rustfmt and
//! cargo-deny can say is left to them.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

mod attributes;
mod documents;
mod fences;
mod files;
mod modules;
mod names;
mod problem;
mod repository;
mod rust;
mod sizes;

#[cfg(test)]
mod tests;

use problem::Problem;
use repository::Repository;

/// A check: what is wrong with a repository; empty when nothing is.
type Check = fn(&Repository) -> Vec<Problem>;

/// Every check, by the name under which it is reported.
const CHECKS: &[(&str, Check)] = &[
    ("core is pure", fences::core_is_pure),
    ("core's dependencies are the listed ones", fences::core_dependencies),
    ("the YAML reader knows nothing of its users", fences::yaml_words),
    ("foreign crates stay in their crate", fences::sdk_paths),
    ("no foreign crate is re-exported", fences::re_exports),
    ("files and functions are small", sizes::ratchet),
    ("every Rust file is part of a crate", modules::reachable),
    ("lints are not silenced", attributes::lints),
    ("one word an idea", names::banned_words),
    ("few packages", files::package_count),
    ("no large files", files::large_files),
    ("nothing of one machine", files::machine_words),
    ("the changelog is ready", documents::changelog),
    ("ARCHITECTURE.md is short", documents::architecture_length),
    ("invariants are proven", documents::proofs),
    ("links lead somewhere", documents::links),
    ("README.ja.md mirrors README.md", documents::mirror),
];

/// Runs every check over the repository at `root`, prints a line a check, and fails if anything is wrong.
pub(crate) fn run(root: &Path) -> Result<()> {
    let repository = Repository::read(root)?;
    let mut talk = std::io::stderr();
    let mut wrong = 0;
    for (name, check) in CHECKS {
        let problems = check(&repository);
        writeln!(talk, "{} {name}", if problems.is_empty() { "ok  " } else { "FAIL" })?;
        for problem in &problems {
            writeln!(talk, "     {problem}")?;
        }
        wrong += problems.len();
    }
    if wrong > 0 {
        bail!("{wrong} untidy");
    }
    Ok(())
}

/// The clone that this program was built from.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
