//! Bitbucket, which is two products with one header: cloud
//! (<https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/#Push>) and data center
//! (<https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html#Eventpayload-Push>).

use serde::Deserialize;

use super::{Push, read};
use crate::receive::header::only;
use crate::receive::refusal::Refusal;
use crate::receive::verify::Arrived;

pub(super) fn pushes(Arrived { headers, body }: Arrived<'_>) -> Result<Vec<Push>, Refusal> {
    match only(headers, "x-event-key") {
        Some("repo:push") => read::<CloudEvent>(body)?.pushes(),
        Some("repo:refs_changed") => read::<ServerEvent>(body)?.pushes(),
        _ => Ok(Vec::new()),
    }
}

#[derive(Deserialize)]
struct CloudEvent {
    push: CloudPush,
    repository: CloudRepository,
}

#[derive(Deserialize)]
struct CloudPush {
    changes: Vec<CloudChange>,
}

/// `new` is absent for what was deleted, `old` for what was made.
#[derive(Deserialize)]
struct CloudChange {
    new: Option<CloudReference>,
    old: Option<CloudReference>,
}

#[derive(Deserialize)]
struct CloudReference {
    r#type: String,
    name: String,
    target: Option<CloudTarget>,
}

#[derive(Deserialize)]
struct CloudTarget {
    hash: String,
}

#[derive(Deserialize)]
struct CloudRepository {
    full_name: String,
}

impl CloudEvent {
    fn pushes(&self) -> Result<Vec<Push>, Refusal> {
        let changes = self.push.changes.iter();
        changes.map(|change| self.repository.push(change)).collect()
    }
}

impl CloudRepository {
    fn push(&self, change: &CloudChange) -> Result<Push, Refusal> {
        let named = change.new.as_ref().or(change.old.as_ref()).ok_or(super::NOT_A_PUSH)?;
        let folder = if named.r#type == "tag" { "refs/tags" } else { "refs/heads" };
        let commit = change.new.as_ref().and_then(|new| new.target.as_ref());
        let reference = format!("{folder}/{}", named.name);
        Push::new(self.urls(), &reference, commit.map(|target| target.hash.as_str()))
    }

    /// The document tells API addresses only; these are where Git finds a repository of that name.
    fn urls(&self) -> [Option<String>; 2] {
        let name = &self.full_name;
        [
            Some(format!("https://bitbucket.org/{name}.git")),
            Some(format!("ssh://git@bitbucket.org/{name}.git")),
        ]
    }
}

#[derive(Deserialize)]
struct ServerEvent {
    changes: Vec<ServerChange>,
    repository: ServerRepository,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerChange {
    r#ref: ServerReference,
    to_hash: Option<String>,
}

#[derive(Deserialize)]
struct ServerReference {
    id: String,
}

#[derive(Deserialize)]
struct ServerRepository {
    links: ServerLinks,
}

#[derive(Deserialize)]
struct ServerLinks {
    clone: Vec<ServerLink>,
}

#[derive(Deserialize)]
struct ServerLink {
    href: String,
}

impl ServerEvent {
    fn pushes(&self) -> Result<Vec<Push>, Refusal> {
        let urls = || self.repository.links.clone.iter().map(|link| Some(link.href.clone()));
        let changes = self.changes.iter();
        changes.map(|change| Push::new(urls(), &change.r#ref.id, change.to_hash.as_deref())).collect()
    }
}
