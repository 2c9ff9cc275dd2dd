//! GitHub: <https://docs.github.com/webhooks/webhook-events-and-payloads#push>.

use serde::Deserialize;

use super::{Push, read};
use crate::receive::header::only;
use crate::receive::refusal::Refusal;
use crate::receive::verify::Arrived;

#[derive(Deserialize)]
struct Event {
    r#ref: String,
    after: Option<String>,
    repository: Repository,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "as GitHub names them")]
struct Repository {
    clone_url: Option<String>,
    ssh_url: Option<String>,
    git_url: Option<String>,
    html_url: Option<String>,
}

pub(super) fn pushes(Arrived { headers, body }: Arrived<'_>) -> Result<Vec<Push>, Refusal> {
    if only(headers, "x-github-event") != Some("push") {
        return Ok(Vec::new());
    }
    pushes_in(body)
}

/// The pushes in GitHub's document, which others took over.
pub(super) fn pushes_in(body: &[u8]) -> Result<Vec<Push>, Refusal> {
    let Event { r#ref, after, repository } = read(body)?;
    let urls = [repository.clone_url, repository.ssh_url, repository.git_url, repository.html_url];
    Ok(vec![Push::new(urls, &r#ref, after.as_deref())?])
}
