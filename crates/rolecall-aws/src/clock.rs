//! Time as the SDK, the engine and the core each want it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_async::time::TimeSource;
use jiff::Timestamp;
use rolecall_engine::port::Clock;

/// A clock that both we and the SDK read, so that a test can set both.
#[derive(Clone)]
pub(crate) struct SharedClock(Option<Arc<dyn Clock>>);

impl SharedClock {
    /// The machine's clock, unless there is another.
    pub(crate) fn new(clock: Option<Arc<dyn Clock>>) -> Self {
        Self(clock)
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        match &self.0 {
            Some(clock) => clock.now(),
            None => to_timestamp(SystemTime::now()),
        }
    }
}

impl TimeSource for SharedClock {
    fn now(&self) -> SystemTime {
        to_system_time(self.timestamp())
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedClock")
    }
}

/// A moment of the SDK's; times before 1970 or after the year 9999 become the nearest that can be told.
pub(crate) fn to_timestamp(time: SystemTime) -> Timestamp {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since_epoch.as_nanos())
        .ok()
        .and_then(|nanos| Timestamp::from_nanosecond(nanos).ok())
        .unwrap_or(Timestamp::MAX)
}

/// A moment for the SDK; times before 1970 become 1970.
pub(crate) fn to_system_time(time: Timestamp) -> SystemTime {
    let nanos = u64::try_from(time.as_nanosecond()).unwrap_or(0);
    UNIX_EPOCH + Duration::from_nanos(nanos)
}
