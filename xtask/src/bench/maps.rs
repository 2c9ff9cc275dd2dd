//! Commands on maps of many sizes, offline, against only reading the YAML of the same files.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use rolecall_testenv::story;
use rolecall_yaml::{Document, Limits};

use super::measure::{Contestant, Run};
use super::stage::Stage;

/// How many entries the maps have. The last one is as large as Kubernetes takes it.
pub(super) const SIZES: [usize; 3] = [10, 1_000, 10_000];
/// What is measured, and how many of the files it reads.
pub(super) const COMMANDS: [(&str, usize); 3] = [("check", 1), ("explain", 1), ("plan", 2)];
/// One entry in this many is another in the files than in the cluster, and one more is missing there.
const CHANGED: usize = 10;

/// For each command and size: the command, and reading alone. Last: a start that does nothing.
pub(super) fn contestants(stage: &Stage) -> Result<Vec<Contestant>> {
    let mut contestants = Vec::new();
    for (command, reads) in COMMANDS {
        for size in SIZES {
            let folder = stage.folder(&format!("{command}-{size}"))?;
            fs::write(folder.join("aws-auth.yml"), map(size, true)?)?;
            fs::write(folder.join("observed.yml"), map(size, false)?)?;
            let run = stage.rolecall(arguments(command), &folder);
            contestants.push(Contestant::steady(&format!("{command}, {size} entries"), run));
            let read = ["bench", "--read", "aws-auth.yml", "--read", "observed.yml"];
            let read = Run::new(&stage.xtask, &read[..=2 * reads], &folder);
            contestants
                .push(Contestant::steady(&format!("reading alone, {size} entries, for {command}"), read));
        }
    }
    let start = stage.rolecall(&["--version"], stage.cluster.home());
    contestants.push(Contestant::steady("`rolecall --version`", start));
    Ok(contestants)
}

fn arguments(command: &str) -> &'static [&'static str] {
    match command {
        "check" => &["check", "aws-auth.yml"],
        "explain" => &["explain", "arn:aws:iam::111122223333:user/u00005", "--file", "aws-auth.yml"],
        _ => &["plan", "--observed", "observed.yml", "aws-auth.yml"],
    }
}

/// Reads files as the product does, the YAML inside of the YAML too, and makes nothing of it.
pub(super) fn read(paths: &[PathBuf]) -> Result<()> {
    paths.iter().try_for_each(|path| read_one(path))
}

fn read_one(path: &Path) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("read `{}`", path.display()))?;
    let outer = parse(&text)?;
    for (_, node) in outer.nodes() {
        if let Some(inner) = node.scalar().filter(|text| text.contains('\n')) {
            parse(inner)?;
        }
    }
    Ok(())
}

fn parse(text: &str) -> Result<Document> {
    let limits = Limits::default();
    Document::parse(text, &limits).map_err(|error| anyhow!("{error}"))
}

/// A map of `size` users, as the files have it or as the cluster has it.
fn map(size: usize, is_desired: bool) -> Result<String> {
    let mut users = String::new();
    for number in 0..size {
        let group = match number % CHANGED {
            0 if is_desired => "edit",
            1 if is_desired => continue,
            _ => "view",
        };
        writeln!(users, "- userarn: arn:aws:iam::111122223333:user/u{number:05}")?;
        writeln!(users, "  username: u{number:05}\n  groups: [{group}]")?;
    }
    Ok(story::manifest("[]\n", &users))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_differ_from_the_cluster_by_one_entry_in_five() {
        let (desired, observed) = (map(100, true).unwrap(), map(100, false).unwrap());
        let count = |text: &str, what: &str| text.matches(what).count();
        assert_eq!((count(&observed, "userarn"), count(&observed, "[view]")), (100, 100));
        assert_eq!((count(&desired, "userarn"), count(&desired, "[edit]")), (90, 10));
        assert!(parse(&desired).is_ok());
    }
}
