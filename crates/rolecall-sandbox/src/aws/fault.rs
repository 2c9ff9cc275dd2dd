//! Faults on demand: what AWS does on a bad day, service by service.
//! A fault comes before every check of the request, as in front of the service.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Service;

/// What happens instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends without an answer.
    Cut,
    /// 503 `ServiceUnavailable`.
    Unavailable,
    /// `Throttling`, 400, from STS; `ThrottlingException`, 429, from EKS.
    Throttled,
    /// The right answer, after a delay.
    Slow(Duration),
}

/// The faults of a running server; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    active: Arc<Mutex<BTreeMap<Service, Active>>>,
}

#[derive(Clone, Copy, Debug)]
struct Active {
    fault: Fault,
    /// `None` for every request until cleared.
    remaining: Option<u32>,
}

impl Faults {
    /// Lets every request to the service fail from now on, until [`Faults::clear`].
    pub fn inject(&self, service: Service, fault: Fault) {
        self.set(service, Active { fault, remaining: None });
    }

    /// Lets the next `times` requests to the service fail.
    pub fn inject_times(&self, service: Service, fault: Fault, times: u32) {
        self.set(service, Active { fault, remaining: Some(times) });
    }

    /// Lets the service answer again.
    pub fn clear(&self, service: Service) {
        self.lock().remove(&service);
    }

    /// Returns the fault that the request at hand meets, and counts it.
    pub(super) fn next(&self, service: Service) -> Option<Fault> {
        let mut active = self.lock();
        let current = active.get_mut(&service)?;
        match &mut current.remaining {
            None => {}
            Some(0) => return None,
            Some(remaining) => *remaining -= 1,
        }
        Some(current.fault)
    }

    fn set(&self, service: Service, active: Active) {
        self.lock().insert(service, active);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Service, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
