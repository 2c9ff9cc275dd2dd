//! Which deliveries were seen lately.
//!
//! Bounded in number and in time: what is forgotten too early starts one more pass, which finds nothing to do.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::verify::DeliveryId;

/// Twelve times the window of a generic delivery, which is refused for its age afterwards.
const MEMORY: Duration = Duration::from_hours(1);
/// Deliveries of one receiver; 64 KiB.
const MOST: usize = 1024;

/// The deliveries of one receiver, oldest first. Only what was verified comes in here.
#[derive(Debug, Default)]
pub(super) struct Seen {
    order: VecDeque<(Instant, DeliveryId)>,
    known: HashSet<DeliveryId>,
}

impl Seen {
    /// Notes a delivery; whether it is new.
    pub(super) fn note(&mut self, id: DeliveryId, now: Instant) -> bool {
        self.forget_old(now);
        if !self.known.insert(id) {
            return false;
        }
        self.order.push_back((now, id));
        true
    }

    /// Forgets a delivery that came to nothing, so that it may be sent again.
    pub(super) fn forget(&mut self, id: DeliveryId) {
        self.known.remove(&id);
        self.order.retain(|(_, other)| *other != id);
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((at, id)) = self.order.front() {
            let is_old = now.saturating_duration_since(*at) >= MEMORY;
            if !is_old && self.order.len() < MOST {
                break;
            }
            self.known.remove(id);
            self.order.pop_front();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.order.len().max(self.known.len())
    }
}
