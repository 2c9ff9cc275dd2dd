//! The time as the practice AWS sees it: the machine's, shifted as a test likes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp};

/// A clock that can be shifted; clones share the shift.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    shift_secs: Arc<AtomicI64>,
}

impl Clock {
    pub(super) fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now =
            Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::try_from(since_epoch).unwrap_or_default());
        let shift = SignedDuration::from_secs(self.shift_secs.load(Ordering::Relaxed));
        now.and_then(|now| now.saturating_add(shift)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub(super) fn shift(&self, secs: i64) {
        self.shift_secs.store(secs, Ordering::Relaxed);
    }
}
