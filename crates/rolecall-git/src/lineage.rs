//! How two commits hang together, as far as our copy of the history reaches.

use std::collections::{BTreeSet, VecDeque};

use gix::{ObjectId, Repository};

use crate::budget::Meter;
use crate::problem::Problem;

/// What a walk through the history found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    /// The older commit is an ancestor.
    Found,
    /// It is not, and all of the history was seen.
    Ended,
    /// The copy ends before the history does.
    CutOff,
    /// There is more history than is looked at.
    TooLong,
}

/// Walks from `commit` back to `from`, nearest commits first.
pub(crate) fn walk(
    repository: &Repository,
    (commit, from): (ObjectId, ObjectId),
    limit: usize,
    meter: &Meter,
) -> Result<Walk, Problem> {
    let shallow = repository.shallow_commits().map_err(Problem::unreadable)?;
    let is_cut = |id: &ObjectId| shallow.as_ref().is_some_and(|commits| commits.binary_search(id).is_ok());
    let mut seen = BTreeSet::from([commit]);
    let mut next = VecDeque::from([commit]);
    let mut was_cut = false;
    while let Some(id) = next.pop_front() {
        if id == from {
            return Ok(Walk::Found);
        }
        if seen.len() > limit {
            return Ok(Walk::TooLong);
        }
        meter.in_time()?;
        if is_cut(&id) {
            was_cut = true;
            continue;
        }
        let commit = repository.find_commit(id).map_err(Problem::unreadable)?;
        for parent in commit.parent_ids().map(gix::Id::detach) {
            if seen.insert(parent) {
                next.push_back(parent);
            }
        }
    }
    Ok(if was_cut { Walk::CutOff } else { Walk::Ended })
}
