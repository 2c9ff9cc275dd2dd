//! Where the files come from: the Git work tree they are in, or what the CI says, or nobody (`cli`).
//!
//! Git is asked, not read: the `git` program knows worktrees, submodules and ownership rules better than we do.
//! How URLs become a source is the core's business.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rolecall_core::Timestamp;
use rolecall_core::source::{SourceId, SourceRevision};

use crate::history::GitHistory;
use crate::output::Screen;
use crate::target::variable;

/// The revision of `file`, the root of the work tree that it is in, and what that knows of earlier revisions.
pub(crate) struct Provenance {
    pub(crate) revision: SourceRevision,
    pub(crate) root: Option<PathBuf>,
    pub(crate) history: GitHistory,
}

/// Finds out where `file` comes from.
pub(crate) fn provenance(file: &Path, screen: &Screen) -> Provenance {
    if let Some((root, revision)) = work_tree(file, screen) {
        let history = revision.commit.clone().map(|commit| GitHistory::of(root.clone(), commit));
        return Provenance { root: Some(root), revision, history: history.unwrap_or_else(GitHistory::none) };
    }
    let revision = ci(file, variable).unwrap_or_else(SourceRevision::cli);
    Provenance { root: None, revision, history: GitHistory::none() }
}

/// The work tree around `file`. Its three questions are asked at once, since a process costs more than an answer.
fn work_tree(file: &Path, screen: &Screen) -> Option<(PathBuf, SourceRevision)> {
    let file = std::path::absolute(file).ok()?;
    let (folder, name) = (file.parent()?, file.file_name()?);
    if !folder.ancestors().any(|ancestor| ancestor.join(".git").exists()) {
        return None;
    }
    let place = ask(folder, &["rev-parse", "--show-toplevel", "--show-prefix"]);
    let commit = ask(folder, &["rev-list", "--max-count=1", "--timestamp", "HEAD"]);
    let url = ask(folder, &["config", "--get", "remote.origin.url"]);
    let changes = Command::new("git")
        .args(["-c", "core.fsmonitor=false", "status", "--porcelain", "--ignored", "--"])
        .arg(name)
        .current_dir(folder)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let place = answer(place);
    let (commit, url, changes) = (answer(commit), answer(url), answer(changes.ok()));
    let Some(place) = place else {
        screen.warning(
            "`git` is missing or refuses this work tree, so the source of the files is not known by it",
        );
        screen.hint("`git status` in the folder of the file says why");
        return None;
    };
    let (root, prefix) = place.split_once('\n').unwrap_or((&place, ""));
    let root = PathBuf::from(root);
    let path = format!("{prefix}{}", name.to_string_lossy());
    let commit = commit.as_deref().and_then(|line| line.split_once(' '));
    // The name of a folder tells no repository from another.
    let by_url = url.filter(|url| !url.is_empty()).map(|url| SourceId::repository(&url, &path));
    let revision = SourceRevision {
        source: by_url.unwrap_or_else(SourceId::cli),
        commit: commit.map(|(_, id)| id.to_owned()),
        committed_at: commit.and_then(|(seconds, _)| Timestamp::from_second(seconds.parse().ok()?).ok()),
        modified: changes.is_some_and(|changes| !changes.is_empty()),
    };
    Some((root, revision))
}

fn ask(folder: &Path, arguments: &[&str]) -> Option<Child> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    git.spawn().ok()
}

fn answer(child: Option<Child>) -> Option<String> {
    let output = child?.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end_matches(['\n', '\r']).to_owned())
}

/// What a CI says of the files that it handed over without their repository.
fn ci(file: &Path, told: impl Fn(&str) -> Option<String>) -> Option<SourceRevision> {
    let code_build = || {
        // A build that a pipeline started is not told of a repository, but it is of the pipeline.
        let url = told("CODEBUILD_SOURCE_REPO_URL").or_else(|| {
            told("CODEBUILD_INITIATOR").filter(|initiator| initiator.starts_with("codepipeline/"))
        })?;
        Some((url, told("CODEBUILD_RESOLVED_SOURCE_VERSION"), told("CODEBUILD_SRC_DIR")))
    };
    let github = || {
        let server = told("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned());
        let url = format!("{server}/{}", told("GITHUB_REPOSITORY")?);
        Some((url, told("GITHUB_SHA"), told("GITHUB_WORKSPACE")))
    };
    let gitlab = || Some((told("CI_PROJECT_URL")?, told("CI_COMMIT_SHA"), told("CI_PROJECT_DIR")));
    let (url, commit, folder) = code_build().or_else(github).or_else(gitlab)?;
    let folder = folder.map(PathBuf::from).or_else(|| env::current_dir().ok())?;
    let absolute = std::path::absolute(file).ok()?;
    let path = absolute.strip_prefix(&folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
    Some(SourceRevision {
        source: SourceId::repository(&url, &path),
        commit,
        committed_at: None,
        modified: false,
    })
}

#[cfg(test)]
mod tests {
    use super::ci;
    use std::path::Path;

    #[test]
    fn a_ci_tells_repository_and_commit() {
        let check = |variables: &[(&str, &str)], expected: Option<(&str, Option<&str>)>| {
            let lookup = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            let revision = ci(Path::new("/src/a/aws-auth.yml"), lookup);
            let found = revision.map(|revision| (revision.source.to_string(), revision.commit));
            assert_eq!(
                found,
                expected.map(|(source, commit)| (source.to_owned(), commit.map(str::to_owned)))
            );
        };
        check(&[], None);
        check(
            &[
                (
                    "CODEBUILD_SOURCE_REPO_URL",
                    "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/doors",
                ),
                ("CODEBUILD_RESOLVED_SOURCE_VERSION", "abc"),
                ("CODEBUILD_SRC_DIR", "/src"),
            ],
            Some(("git-codecommit.eu-west-1.amazonaws.com/v1/repos/doors//a/aws-auth.yml", Some("abc"))),
        );
        check(
            &[("CODEBUILD_INITIATOR", "codepipeline/doors"), ("CODEBUILD_SRC_DIR", "/src")],
            Some(("codepipeline/doors//a/aws-auth.yml", None)),
        );
        check(&[("CODEBUILD_INITIATOR", "GitHub-Hookshot/1"), ("CODEBUILD_SRC_DIR", "/src")], None);
        check(
            &[("GITHUB_REPOSITORY", "o/r"), ("GITHUB_SHA", "abc"), ("GITHUB_WORKSPACE", "/src/a")],
            Some(("github.com/o/r//aws-auth.yml", Some("abc"))),
        );
        check(
            &[("CI_PROJECT_URL", "https://gitlab.example/g/p"), ("CI_PROJECT_DIR", "/src")],
            Some(("gitlab.example/g/p//a/aws-auth.yml", None)),
        );
    }
}
