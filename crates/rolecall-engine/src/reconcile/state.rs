//! What a controller keeps of one cluster between passes.

use rolecall_core::Timestamp;
use rolecall_core::desired::DesiredAccess;
use rolecall_core::project::{self, Unusable};
use rolecall_core::reconcile::{Memory, Pass};

use super::Project;
use crate::port::{FetchSource, Fetched, PortError, Snapshot};

/// What is kept.
#[derive(Debug, Default)]
pub struct State {
    /// The newest commit, and what it wants.
    known: Option<(String, Result<DesiredAccess, Unusable>)>,
    /// What was applied last, as far as this process knows.
    pub(super) defended: Option<DesiredAccess>,
    pub(super) memory: Memory,
    /// Who wrote the map last, if that is known.
    pub writer: Option<String>,
}

impl State {
    /// The newest commit that was fetched.
    pub fn commit(&self) -> Option<&str> {
        self.known.as_ref().map(|(commit, _)| commit.as_str())
    }

    pub(super) fn wanted(&self) -> Option<Result<&DesiredAccess, &Unusable>> {
        self.known.as_ref().map(|(_, wanted)| wanted.as_ref())
    }

    pub(super) async fn fetch(&mut self, source: &dyn FetchSource, of: &Project) -> Result<(), PortError> {
        let known = self.commit().map(str::to_owned);
        if let Fetched::New(snapshot) = source.fetch(known.as_deref()).await? {
            let wanted = wanted(&snapshot, of);
            self.known = Some((snapshot.commit, wanted));
        }
        Ok(())
    }

    pub(super) fn remember(&mut self, pass: Pass, is_written: bool, now: Timestamp) {
        self.memory = pass.remembered(is_written, self.writer.as_deref(), now);
    }
}

fn wanted(snapshot: &Snapshot, of: &Project) -> Result<DesiredAccess, Unusable> {
    let file = |path: &str| snapshot.file(path).map_err(|refused| refused.to_string());
    let read = project::desired(file, &of.folder, (&of.url, &snapshot.commit, snapshot.committed_at));
    read.map(|(desired, _)| desired)
}
