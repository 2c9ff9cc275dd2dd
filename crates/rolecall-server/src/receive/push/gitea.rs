//! Gitea and Forgejo, whose documents are GitHub's: <https://docs.gitea.com/usage/repository/webhooks>,
//! <https://forgejo.org/docs/latest/user/webhooks/>.

use super::{Push, github};
use crate::receive::header::only;
use crate::receive::refusal::Refusal;
use crate::receive::verify::Arrived;

pub(super) fn pushes(Arrived { headers, body }: Arrived<'_>) -> Result<Vec<Push>, Refusal> {
    let event = only(headers, "x-forgejo-event").or_else(|| only(headers, "x-gitea-event"));
    if event != Some("push") {
        return Ok(Vec::new());
    }
    github::pushes_in(body)
}
