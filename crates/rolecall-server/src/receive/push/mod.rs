//! What a verified delivery tells: which references of which repository moved, and whereto.
//!
//! The forges' documents are read for these fields only. Nobody trusts what is read here further than "go and
//! look": the commit that is applied is the one that is fetched.

mod address;
mod bitbucket;
mod generic;
mod gitea;
mod github;
mod gitlab;

use rolecall_core::config::ReceiverKind;
use serde::de::DeserializeOwned;

use super::refusal::Refusal;
use super::verify::Arrived;

/// One reference that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The repository's addresses as the forge tells them; at least one.
    pub repository_urls: Vec<String>,
    /// In full: `refs/heads/main`, `refs/tags/v1`.
    pub reference: String,
    /// What it points at now; nothing when it was deleted, or nobody said.
    pub commit: Option<String>,
}

/// Longer texts are no URL or reference of ours, and end up in logs.
const MAX_TEXT: usize = 2048;
/// A forge tells four addresses of a repository at most.
const MAX_URLS: usize = 8;
/// What one delivery may move. Bitbucket tells five branches and tags at most.
const MAX_PUSHES: usize = 64;

const NOT_JSON: Refusal =
    Refusal::Malformed("the body is not JSON that tells of a push; is the content type application/json");
const NOT_A_PUSH: Refusal = Refusal::Malformed("the push has no usable repository address or reference");
const TOO_MANY: Refusal = Refusal::Malformed("more references moved than one delivery may tell");

/// The pushes of a delivery; none, when its event is another one.
pub(super) fn pushes(kind: ReceiverKind, arrived: Arrived<'_>) -> Result<Vec<Push>, Refusal> {
    let pushes = match kind {
        ReceiverKind::GitHub => github::pushes(arrived),
        ReceiverKind::GitLab => gitlab::pushes(arrived),
        ReceiverKind::Gitea => gitea::pushes(arrived),
        ReceiverKind::Bitbucket => bitbucket::pushes(arrived),
        ReceiverKind::Generic => generic::pushes(arrived),
    }?;
    if pushes.len() <= MAX_PUSHES { Ok(pushes) } else { Err(TOO_MANY) }
}

/// Whether the repository of one of these addresses is meant by the address of a source, however either is written.
pub fn is_of(repository_urls: &[String], source_url: &str) -> bool {
    repository_urls.iter().any(|url| address::is_same(url, source_url))
}

impl Push {
    fn new<U>(urls: U, reference: &str, commit: Option<&str>) -> Result<Self, Refusal>
    where
        U: IntoIterator<Item = Option<String>>,
    {
        let urls = urls
            .into_iter()
            .flatten()
            .filter(|url| is_plain(url) && !address::has_password(url))
            .take(MAX_URLS);
        let repository_urls: Vec<String> = urls.collect();
        if repository_urls.is_empty() || !is_plain(reference) || !reference.starts_with("refs/") {
            return Err(NOT_A_PUSH);
        }
        let commit = commit.filter(|commit| is_commit(commit)).map(str::to_owned);
        Ok(Self { repository_urls, reference: reference.to_owned(), commit })
    }
}

/// Neither empty nor long, and nothing in it that a terminal or a log would obey.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TEXT && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// A SHA-1 or SHA-256 name; all zeros stand for "there is nothing any more".
fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte != b'0')
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| NOT_JSON)
}
