//! What a source has said last. A fetch that failed takes nothing away of it.

use std::sync::Arc;

use crate::port::{FetchSource, Fetched, PortError, Snapshot};

/// What is known of a source; nothing before the first fetch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// The newest files that were fetched.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Why the last fetch failed, if it did.
    pub error: Option<PortError>,
}

impl News {
    /// What is known after one more fetch.
    pub async fn after_a_fetch(&self, source: &dyn FetchSource) -> Self {
        let before = self.snapshot.as_ref();
        let fetched = source.fetch(before.map(|snapshot| snapshot.commit.as_str())).await; // I/O
        let (snapshot, error) = match fetched {
            Ok(Fetched::New(snapshot)) => (Some(Arc::new(snapshot)), None),
            Ok(Fetched::Unchanged) => (before.cloned(), None),
            Err(error) => (before.cloned(), Some(error)),
        };
        Self { snapshot, error }
    }

    /// Has anything been heard of it at all?
    pub fn is_heard(&self) -> bool {
        self.snapshot.is_some() || self.error.is_some()
    }
}
