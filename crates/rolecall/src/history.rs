//! How the commit of the files stands to an earlier one: the history of their work tree is asked, with `git`.
//!
//! Nothing is fetched for it, and nobody is asked for a password: what is not in the clone is not known.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rolecall_core::observed::Knowledge;
use rolecall_core::source::{Lineage, SourceRevision};
use rolecall_engine::port::{NoHistory, PortFuture, TellLineage};
use tokio::process::Command;

/// The history of the work tree that the files are in, if they are in one.
pub(crate) struct GitHistory {
    /// The folder of the files, and the commit that they were read at.
    place: Option<(PathBuf, String)>,
}

impl GitHistory {
    /// Of files in a work tree.
    pub(crate) fn of(folder: PathBuf, commit: String) -> Self {
        Self { place: Some((folder, commit)) }
    }

    /// Of files that come without one.
    pub(crate) fn none() -> Self {
        Self { place: None }
    }
}

impl TellLineage for GitHistory {
    fn lineage<'a>(&'a self, earlier: &'a SourceRevision) -> PortFuture<'a, Knowledge<Lineage>> {
        let (Some((folder, commit)), Some(earlier_commit)) = (&self.place, &earlier.commit) else {
            return NoHistory.lineage(earlier);
        };
        Box::pin(async move {
            // It was read from the cluster: nothing but a commit may reach the command line.
            if !is_commit_id(earlier_commit) {
                return Ok(Knowledge::Unknown("what was applied last is no commit of Git".to_owned()));
            }
            Ok(ask(folder, commit, earlier_commit).await.lineage())
        })
    }
}

/// What `git` answered; `None` is no answer.
struct Answers {
    /// Is the earlier commit in the history of ours?
    goes_on: Option<bool>,
    /// Is ours in the history of the earlier one?
    goes_back: Option<bool>,
    /// Is the earlier commit in this clone?
    has_earlier: Option<bool>,
    /// Does the clone lack a part of its history?
    is_shallow: Option<bool>,
}

impl Answers {
    fn lineage(&self) -> Knowledge<Lineage> {
        match self {
            Self { goes_on: Some(true), .. } => Knowledge::Known(Lineage::Descendant),
            Self { goes_back: Some(true), .. } => Knowledge::Known(Lineage::Ancestor),
            // Whatever else was found, there may be a way between the two that was not cloned.
            Self { is_shallow: Some(true), .. } => Knowledge::Unknown(
                "the clone is shallow; `fetch-depth: 0` or `git fetch --unshallow` brings the whole history"
                    .to_owned(),
            ),
            Self { is_shallow: Some(false), has_earlier: Some(false), .. } => {
                Knowledge::Known(Lineage::Missing)
            }
            Self {
                is_shallow: Some(false),
                has_earlier: Some(true),
                goes_on: Some(false),
                goes_back: Some(false),
            } => Knowledge::Known(Lineage::Diverged),
            _ => Knowledge::Unknown(
                "`git` could not be asked; `git log` in the folder of the file says why".to_owned(),
            ),
        }
    }
}

/// All questions at once, since a process costs more than an answer.
async fn ask(folder: &Path, commit: &str, earlier: &str) -> Answers {
    let object = format!("{earlier}^{{commit}}");
    let (goes_on, goes_back, has_earlier, is_shallow) = tokio::join!(
        is_so(git(folder, &["merge-base", "--is-ancestor", earlier, commit])),
        is_so(git(folder, &["merge-base", "--is-ancestor", commit, earlier])),
        is_so(git(folder, &["rev-parse", "--verify", "--quiet", &object])),
        is_shallow(folder),
    );
    Answers { goes_on, goes_back, has_earlier, is_shallow }
}

/// Status 0 is yes, 1 is no, and anything else is no answer.
async fn is_so(mut git: Command) -> Option<bool> {
    let status = git.stdout(Stdio::null()).status().await.ok()?;
    match status.code() {
        Some(0) => Some(true),
        Some(1) => Some(false),
        _ => None,
    }
}

async fn is_shallow(folder: &Path) -> Option<bool> {
    let output = git(folder, &["rev-parse", "--is-shallow-repository"]).output().await.ok()?;
    match output.stdout.trim_ascii() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// A `git` that neither asks anybody nor reaches out, ends with us, and sees the history as it was made.
fn git(folder: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    // Older versions fetch what a partial clone lacks all the same, unless they may speak no protocol.
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0");
    git.env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_OPTIONAL_LOCKS", "0");
    git
}

fn is_commit_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_become_a_lineage() {
        let (yes, no, silence) = (Some(true), Some(false), None);
        let known = |lineage| Knowledge::Known(lineage);
        for (goes_on, goes_back, has_earlier, is_shallow, expect) in [
            (yes, no, yes, no, known(Lineage::Descendant)),
            (yes, no, yes, yes, known(Lineage::Descendant)),
            (no, yes, yes, yes, known(Lineage::Ancestor)),
            (no, no, yes, no, known(Lineage::Diverged)),
            (silence, silence, no, no, known(Lineage::Missing)),
        ] {
            let answers = Answers { goes_on, goes_back, has_earlier, is_shallow };
            assert_eq!(answers.lineage(), expect);
        }
        for (goes_on, goes_back, has_earlier, is_shallow, expect) in [
            (no, no, yes, yes, "shallow"),
            (silence, silence, no, yes, "shallow"),
            (silence, silence, no, silence, "could not be asked"),
            (silence, silence, silence, no, "could not be asked"),
            (no, silence, yes, no, "could not be asked"),
        ] {
            let answers = Answers { goes_on, goes_back, has_earlier, is_shallow };
            let lineage = answers.lineage();
            assert!(matches!(&lineage, Knowledge::Unknown(why) if why.contains(expect)), "{lineage:?}");
        }
    }

    #[test]
    fn nothing_but_a_commit_reaches_the_command_line() {
        for (text, expect) in [
            ("168077546b83edc81da9d636d5dc61eab8cc738b", true),
            (&"a".repeat(64), true),
            ("HEAD", false),
            ("--upload-pack=touch /tmp/x", false),
            ("1680775", false),
            ("", false),
        ] {
            assert_eq!(is_commit_id(text), expect, "{text}");
        }
    }
}
