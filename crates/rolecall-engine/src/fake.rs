//! A cluster in memory: every port, with the preconditions of the real one, and faults on demand.
//!
//! It is for unit tests and faults, never the only proof of a feature.

mod history;

pub use history::FakeHistory;

use std::collections::BTreeMap;
use std::future::ready;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use rolecall_core::Timestamp;
use rolecall_core::effective::{TemplateValues, Verdict, explain};
use rolecall_core::ledger::Ledger;
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess, ObservedLedger};
use rolecall_core::plan::Call;
use rolecall_core::predict::carry_out;
use rolecall_core::principal::PrincipalArn;
use rolecall_core::record::{Completion, Record};

mod watch;

use watch::Watchers;

use crate::port::{
    ChangeAccess, Clock, HoldLock, KeepRecords, Lock, ObserveAccess, PortError, PortErrorKind, PortFuture,
};

/// A request that reaches the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// [`ObserveAccess::observe`]
    Observe,
    /// [`ObserveAccess::authenticate_afresh`]
    Authenticate,
    /// [`ObserveAccess::rehearse`]
    Rehearse,
    /// [`ChangeAccess::execute`]
    Execute,
    /// [`KeepRecords::missing_rights`]
    MissingRights,
    /// [`KeepRecords::begin`]
    Begin,
    /// [`KeepRecords::complete`]
    Complete,
    /// [`KeepRecords::recall`]
    Recall,
    /// [`KeepRecords::write_ledger`]
    WriteLedger,
    /// [`HoldLock::acquire`]
    Acquire,
    /// [`HoldLock::release`]
    Release,
    /// [`crate::port::WatchAccess::moved`]
    Watch,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The request never arrives.
    Before,
    /// It is carried out, and the answer is lost.
    After,
}

/// Who we are in the map's `managedFields`, as on a real cluster.
const OURS: &str = "rolecall";

/// Who does what [`FakeCluster::before`] was told.
const SOMEBODY: &str = "somebody";

/// A cluster in memory.
pub struct FakeCluster {
    state: Mutex<State>,
}

/// What somebody else does to the cluster.
type Deed = Box<dyn FnOnce(&mut ObservedAccess) + Send>;

struct State {
    observed: ObservedAccess,
    version: u64,
    records: BTreeMap<String, Record>,
    holder: Option<String>,
    missing_rights: Vec<String>,
    now: Timestamp,
    steps: Vec<Step>,
    faults: Vec<(Step, Moment, PortError)>,
    deeds: Vec<(Step, Deed)>,
    watchers: Watchers,
}

impl FakeCluster {
    /// A cluster that is as `observed` says.
    pub fn new(observed: ObservedAccess) -> Self {
        let now = observed.observed_at.unwrap_or(Timestamp::UNIX_EPOCH);
        let state = State {
            observed,
            version: 1,
            records: BTreeMap::new(),
            holder: None,
            missing_rights: Vec::new(),
            now,
            steps: Vec::new(),
            faults: Vec::new(),
            deeds: Vec::new(),
            watchers: Watchers::default(),
        };
        Self { state: Mutex::new(state) }
    }

    /// The next `step` ends with `error`; a watch that is waiting counts as the next one.
    pub fn fail(&self, step: Step, moment: Moment, error: PortError) {
        let mut state = self.state();
        state.faults.push((step, moment, error));
        state.watchers.wake();
    }

    /// Somebody else does something just before the next `step`.
    pub fn before(&self, step: Step, deed: impl FnOnce(&mut ObservedAccess) + Send + 'static) {
        self.state().deeds.push((step, Box::new(deed)));
    }

    /// Somebody has the lock.
    pub fn lock(&self, holder: &str) {
        self.state().holder = Some(holder.to_owned());
    }

    /// The caller lacks these rights.
    pub fn withhold(&self, rights: &[&str]) {
        self.state().missing_rights = rights.iter().map(ToString::to_string).collect();
    }

    /// What is there.
    pub fn observed(&self) -> ObservedAccess {
        self.state().observed.clone()
    }

    /// Every record, by name.
    pub fn records(&self) -> BTreeMap<String, Record> {
        self.state().records.clone()
    }

    /// Who has the lock.
    pub fn holder(&self) -> Option<String> {
        self.state().holder.clone()
    }

    /// The requests so far.
    pub fn steps(&self) -> Vec<Step> {
        self.state().steps.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Carries out one request, with what was ordered for it.
    fn request<'a, T: Send + 'a>(
        &self,
        step: Step,
        carry_out: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> PortFuture<'a, T> {
        let mut state = self.state();
        state.steps.push(step);
        if let Some(at) = state.deeds.iter().position(|(when, _)| *when == step) {
            let (_, deed) = state.deeds.remove(at);
            deed(&mut state.observed);
            state.touch_map(SOMEBODY);
        }
        let result = match state.fault(step) {
            Some((_, Moment::Before, error)) => Err(error),
            Some((_, Moment::After, error)) => carry_out(&mut state).and(Err(error)),
            None => carry_out(&mut state),
        };
        Box::pin(ready(result))
    }
}

impl State {
    /// The map was written, or deleted, by `name`.
    fn touch_map(&mut self, name: &str) {
        self.version += 1;
        if let Some(map) = &mut self.observed.map {
            map.resource_version = Some(self.version.to_string());
        }
        self.watchers.note(name, self.now);
    }

    fn fault(&mut self, step: Step) -> Option<(Step, Moment, PortError)> {
        let at = self.faults.iter().position(|(when, ..)| *when == step)?;
        Some(self.faults.remove(at))
    }

    fn map_version(&self) -> Option<String> {
        self.observed.map.as_ref().and_then(|map| map.resource_version.clone())
    }

    fn caller(&self) -> Result<Caller, PortError> {
        let Knowledge::Known(caller) = &self.observed.caller else {
            return Err(refused(PortErrorKind::Denied, "who is asking is not known"));
        };
        let Some(Ok(arn)) = caller.canonical_arn.as_deref().map(PrincipalArn::parse) else {
            return Ok(caller.clone());
        };
        let map = self.observed.effective();
        match explain(&map, &arn, &TemplateValues::default()).verdict {
            Verdict::Mapped(entry) => {
                Ok(Caller { username: entry.username, groups: entry.groups, ..caller.clone() })
            }
            _ => Err(refused(PortErrorKind::Unauthenticated, "Unauthorized")),
        }
    }

    /// Whether the precondition of `call` is met.
    fn judge(&self, call: &Call) -> Result<(), PortError> {
        let version = self.map_version();
        let is_met = match call {
            Call::CreateMap { .. } => self.observed.map.is_none(),
            Call::PatchMap { resource_version, .. } => version.as_ref() == Some(resource_version),
        };
        if !is_met {
            return Err(refused(PortErrorKind::Conflict, "the object has been modified"));
        }
        Ok(())
    }

    fn execute(&mut self, call: &Call) -> Result<(), PortError> {
        self.judge(call)?;
        carry_out(call, &mut self.observed);
        self.touch_map(OURS);
        Ok(())
    }

    fn write_ledger(&mut self, ledger: &Ledger, precondition: Option<&str>) -> Result<(), PortError> {
        let version = match &self.observed.ledger {
            Knowledge::Known(Some(ledger)) => Some(ledger.resource_version.as_str()),
            _ => None,
        };
        if version != precondition {
            return Err(refused(PortErrorKind::Conflict, "the ledger has been modified"));
        }
        self.version += 1;
        let resource_version = self.version.to_string();
        self.observed.ledger =
            Knowledge::Known(Some(ObservedLedger { resource_version, ledger: ledger.clone() }));
        Ok(())
    }

    fn complete(&mut self, name: &str, completion: &Completion) -> Result<(), PortError> {
        let Some(record) = self.records.get_mut(name) else {
            return Err(refused(PortErrorKind::NotFound, "there is no such record"));
        };
        record.completion = Some(completion.clone());
        self.observed.unfinished.retain(|intent| intent.name != name);
        Ok(())
    }
}

fn refused(kind: PortErrorKind, message: &str) -> PortError {
    PortError::new(kind, "ask", "`the fake cluster`", message)
}

impl ObserveAccess for FakeCluster {
    fn observe(&self) -> PortFuture<'_, ObservedAccess> {
        self.request(Step::Observe, |state| {
            let mut observed = state.observed.clone();
            observed.observed_at = Some(state.now);
            if let Ok(caller) = state.caller() {
                observed.caller = Knowledge::Known(caller);
            }
            Ok(observed)
        })
    }

    fn authenticate_afresh(&self) -> PortFuture<'_, Caller> {
        self.request(Step::Authenticate, |state| state.caller())
    }

    fn rehearse<'a>(&'a self, call: &'a Call) -> PortFuture<'a, ()> {
        self.request(Step::Rehearse, |state| state.judge(call))
    }
}

impl ChangeAccess for FakeCluster {
    fn execute<'a>(&'a self, call: &'a Call) -> PortFuture<'a, ()> {
        self.request(Step::Execute, |state| state.execute(call))
    }
}

impl KeepRecords for FakeCluster {
    fn missing_rights(&self) -> PortFuture<'_, Vec<String>> {
        self.request(Step::MissingRights, |state| Ok(state.missing_rights.clone()))
    }

    fn begin<'a>(&'a self, record: &'a Record) -> PortFuture<'a, ()> {
        self.request(Step::Begin, |state| {
            state.observed.unfinished.push(record.intent.clone());
            state.records.insert(record.intent.name.clone(), record.clone());
            Ok(())
        })
    }

    fn complete<'a>(&'a self, name: &'a str, completion: &'a Completion) -> PortFuture<'a, ()> {
        self.request(Step::Complete, |state| state.complete(name, completion))
    }

    fn recall<'a>(&'a self, name: &'a str) -> PortFuture<'a, Option<Record>> {
        self.request(Step::Recall, |state| Ok(state.records.get(name).cloned()))
    }

    fn write_ledger<'a>(&'a self, ledger: &'a Ledger, precondition: Option<&'a str>) -> PortFuture<'a, ()> {
        self.request(Step::WriteLedger, |state| state.write_ledger(ledger, precondition))
    }
}

impl HoldLock for FakeCluster {
    fn acquire<'a>(&'a self, holder: &'a str, ttl: Duration) -> PortFuture<'a, Lock> {
        self.request(Step::Acquire, |state| match state.holder.clone() {
            Some(other) if other != holder => Ok(Lock::HeldBy { holder: other, remaining: ttl }),
            _ => {
                state.holder = Some(holder.to_owned());
                Ok(Lock::Acquired)
            }
        })
    }

    fn release<'a>(&'a self, holder: &'a str) -> PortFuture<'a, ()> {
        self.request(Step::Release, |state| {
            state.holder = state.holder.take().filter(|present| present != holder);
            Ok(())
        })
    }
}

impl Clock for FakeCluster {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut state = self.state();
        state.now = state.now.checked_add(duration).unwrap_or(state.now);
        Box::pin(ready(()))
    }
}
