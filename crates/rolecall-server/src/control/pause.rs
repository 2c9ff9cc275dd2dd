//! How long until the next pass, if nothing happens.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rolecall_engine::reconcile::Standing;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);

/// However often it has failed.
const LONGEST: Duration = Duration::from_mins(5);

/// Until the next pass: in time for what waits, sooner after a failure, and never all clusters at once.
pub(super) fn until_next(
    standing: &Standing,
    failures: u32,
    interval: SignedDuration,
    now: Timestamp,
) -> Duration {
    let usual = in_time(failures, interval);
    let waits = standing.wake_at.map(|at| at.duration_since(now).max(SignedDuration::ZERO).unsigned_abs());
    waits.map_or(usual, |waits| waits.min(usual))
}

/// Until it is time again, for a pass or a fetch.
pub(super) fn in_time(failures: u32, interval: SignedDuration) -> Duration {
    if failures > 0 { after_failures(failures, interval) } else { jittered(of(interval)) }
}

/// Twice as long each time.
pub(super) fn after_failures(failures: u32, interval: SignedDuration) -> Duration {
    let doubled = FIRST.saturating_mul(1_u32 << failures.saturating_sub(1).min(16));
    jittered(doubled.min(LONGEST.max(of(interval))))
}

pub(super) fn of(interval: SignedDuration) -> Duration {
    interval.unsigned_abs()
}

/// Up to a tenth more, by chance.
fn jittered(duration: Duration) -> Duration {
    let chance = RandomState::new().hash_one(()) % 1_000;
    duration + duration.mul_f64(f64::from(u32::try_from(chance).unwrap_or_default()) / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    #[test]
    fn failures_wait_longer_each_time_and_not_for_ever() {
        let about = |failures: u32, seconds: u64| {
            let pause = after_failures(failures, MINUTE);
            let expected = Duration::from_secs(seconds);
            assert!(pause >= expected && pause <= expected.mul_f64(1.1), "{failures}: {pause:?}");
        };
        for (failures, seconds) in
            [(1, 1), (2, 2), (3, 4), (7, 64), (9, 256), (10, 300), (40, 300), (u32::MAX, 300)]
        {
            about(failures, seconds);
        }
        assert!(after_failures(40, SignedDuration::from_hours(1)) >= Duration::from_hours(1));
    }

    #[test]
    fn no_two_pauses_are_alike() {
        let pauses: std::collections::BTreeSet<Duration> =
            (0..50).map(|_| jittered(Duration::from_mins(1))).collect();
        assert!(pauses.len() > 25, "{pauses:?}");
    }
}
