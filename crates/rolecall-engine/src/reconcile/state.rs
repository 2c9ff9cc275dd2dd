//! What a controller keeps of one cluster between passes.

use std::sync::Arc;

use rolecall_core::Timestamp;
use rolecall_core::desired::DesiredAccess;
use rolecall_core::project::{self, Unusable};
use rolecall_core::reconcile::{Memory, Pass};

use super::{News, Project};
use crate::port::Snapshot;

/// What is kept.
#[derive(Debug, Default)]
pub struct State {
    /// The newest commit, and what it wants.
    known: Option<(String, Result<Arc<DesiredAccess>, Unusable>)>,
    /// What was applied last, as far as this process knows.
    pub(super) defended: Option<Arc<DesiredAccess>>,
    pub(super) memory: Memory,
    /// Who wrote the map last, if that is known.
    pub writer: Option<String>,
}

impl State {
    /// The newest commit that was looked at.
    pub fn commit(&self) -> Option<&str> {
        self.known.as_ref().map(|(commit, _)| commit.as_str())
    }

    pub(super) fn applied(&self) -> Option<String> {
        self.defended.as_ref().and_then(|defended| defended.revision().commit.clone())
    }

    pub(super) fn wanted(&self) -> Option<&Result<Arc<DesiredAccess>, Unusable>> {
        self.known.as_ref().map(|(_, wanted)| wanted)
    }

    /// Reads the files of a commit that it does not know yet.
    pub(super) fn learn(&mut self, news: &News, of: &Project) {
        let Some(snapshot) = &news.snapshot else { return };
        if self.commit() != Some(&snapshot.commit) {
            self.known = Some((snapshot.commit.clone(), wanted(snapshot, of)));
        }
    }

    pub(super) fn remember(&mut self, pass: Pass, is_written: bool, now: Timestamp) {
        self.memory = pass.remembered(is_written, self.writer.as_deref(), now);
    }
}

fn wanted(snapshot: &Snapshot, of: &Project) -> Result<Arc<DesiredAccess>, Unusable> {
    let file = |path: &str| snapshot.file(path).map_err(|refused| refused.to_string());
    let read = project::desired(file, &of.folder, (&of.url, &snapshot.commit, snapshot.committed_at));
    read.map(|(desired, _)| Arc::new(desired.judged_also_by(of.policy.as_ref())))
}
