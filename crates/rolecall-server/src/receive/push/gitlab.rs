//! GitLab: <https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events>, and the same from
//! the hooks of a whole instance, <https://docs.gitlab.com/administration/system_hooks/>.

use serde::Deserialize;

use super::{Push, read};
use crate::receive::header::only;
use crate::receive::refusal::Refusal;
use crate::receive::verify::Arrived;

#[derive(Deserialize)]
struct Event {
    r#ref: String,
    after: Option<String>,
    project: Project,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "as GitLab names them")]
struct Project {
    git_http_url: Option<String>,
    git_ssh_url: Option<String>,
    web_url: Option<String>,
}

/// What a system hook says that it is about.
#[derive(Deserialize)]
struct Kind {
    event_name: Option<String>,
}

pub(super) fn pushes(Arrived { headers, body }: Arrived<'_>) -> Result<Vec<Push>, Refusal> {
    if !is_push(only(headers, "x-gitlab-event"), body)? {
        return Ok(Vec::new());
    }
    let Event { r#ref, after, project } = read(body)?;
    let urls = [project.git_http_url, project.git_ssh_url, project.web_url];
    Ok(vec![Push::new(urls, &r#ref, after.as_deref())?])
}

fn is_push(event: Option<&str>, body: &[u8]) -> Result<bool, Refusal> {
    match event {
        Some("Push Hook" | "Tag Push Hook") => Ok(true),
        Some("System Hook") => {
            let kind: Kind = read(body)?;
            Ok(matches!(kind.event_name.as_deref(), Some("push" | "tag_push")))
        }
        _ => Ok(false),
    }
}
