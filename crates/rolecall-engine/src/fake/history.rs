//! A history in memory: one line of commits, of which one is the revision of the files.

use std::future::ready;
use std::sync::{Mutex, PoisonError};

use rolecall_core::observed::Knowledge;
use rolecall_core::source::{Lineage, SourceRevision};

use crate::port::{PortError, PortFuture, TellLineage};

/// A history in memory.
pub struct FakeHistory {
    commits: Vec<String>,
    head: usize,
    faults: Mutex<Vec<PortError>>,
    asked: Mutex<Vec<String>>,
}

impl FakeHistory {
    /// These commits, the oldest first, and the files at `head`, which is one of them.
    pub fn of(commits: &[&str], head: &str) -> Self {
        let at = commits.iter().position(|commit| *commit == head);
        Self {
            commits: commits.iter().map(ToString::to_string).collect(),
            head: at.expect("the files are at one of the commits"),
            faults: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// The next question ends with `error`.
    pub fn fail(&self, error: PortError) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }

    /// The commits that were asked about so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self, earlier: &SourceRevision) -> Lineage {
        let position = self.commits.iter().position(|commit| Some(commit) == earlier.commit.as_ref());
        match position {
            None => Lineage::Missing,
            Some(at) if at > self.head => Lineage::Ancestor,
            Some(_) => Lineage::Descendant,
        }
    }
}

impl TellLineage for FakeHistory {
    fn lineage<'a>(&'a self, earlier: &'a SourceRevision) -> PortFuture<'a, Knowledge<Lineage>> {
        let asked = earlier.commit.clone().unwrap_or_default();
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Box::pin(ready(fault.map_or_else(|| Ok(Knowledge::Known(self.answer(earlier))), Err)))
    }
}
