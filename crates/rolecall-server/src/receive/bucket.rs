//! A token bucket: so many at once, so many a second.

use std::time::{Duration, Instant};

/// How many deliveries a receiver takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// So many at once.
    pub burst: u32,
    /// So many a second for ever; more than nothing.
    pub per_second: f64,
}

impl Default for Rate {
    /// More than a busy organisation sends, and less than a core notices.
    fn default() -> Self {
        Self { burst: 60, per_second: 10.0 }
    }
}

/// What is left of a rate.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, tokens: f64::from(rate.burst), filled_at: now }
    }

    /// Takes a token, or says how long until there is one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let since = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + since * self.rate.per_second).min(f64::from(self.rate.burst));
        self.filled_at = self.filled_at.max(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.tokens) / self.rate.per_second;
        Err(Duration::try_from_secs_f64(wait).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT))
    }
}

/// What is said when a rate is nothing at all.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_millis(seconds);
        let mut bucket = Bucket::new(Rate { burst: 2, per_second: 2.0 }, start);
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(0)), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(at(250)), Err(Duration::from_millis(250)));
        assert_eq!(bucket.take(at(500)), Ok(()));
        // Nothing is saved beyond the burst, and a clock that goes back gives nothing.
        assert_eq!(bucket.take(at(60_000)), Ok(()));
        assert_eq!(bucket.take(at(60_000)), Ok(()));
        assert!(bucket.take(at(60_000)).is_err());
        assert!(bucket.take(at(0)).is_err());
    }

    #[test]
    fn a_rate_of_nothing_is_told_as_an_hour() {
        let now = Instant::now();
        let mut bucket = Bucket::new(Rate { burst: 0, per_second: 0.0 }, now);
        assert_eq!(bucket.take(now), Err(LONGEST_WAIT));
    }
}
