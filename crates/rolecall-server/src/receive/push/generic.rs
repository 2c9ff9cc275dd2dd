//! Whoever has no forge: `{"repositories": ["https://…"], "ref": "refs/heads/main", "commit": "…"}`.

use serde::Deserialize;

use super::{Push, read};
use crate::receive::refusal::Refusal;
use crate::receive::verify::Arrived;

/// Unknown keys are refused: this one is ours, and a misspelt `commit` should be found by whoever wrote it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    repositories: Vec<String>,
    r#ref: String,
    commit: Option<String>,
}

pub(super) fn pushes(Arrived { body, .. }: Arrived<'_>) -> Result<Vec<Push>, Refusal> {
    let Event { repositories, r#ref, commit } = read(body)?;
    Ok(vec![Push::new(repositories.into_iter().map(Some), &r#ref, commit.as_deref())?])
}
