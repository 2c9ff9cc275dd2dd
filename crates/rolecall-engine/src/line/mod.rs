//! The line: observe, plan, approve, apply, verify, record. Left to right, once.
//!
//! Each step that touches the outside is marked `// I/O`; what lies between is pure and lives in the core.

mod apply;
mod finish;
mod intent;
mod lock;
mod remarks;
mod report;
mod verify;

pub use apply::{ApplyRequest, Approval, apply};
pub use report::{ApplyError, ApplyReport, Event, Settled, Watcher};
pub use verify::{Verification, verify};

use rolecall_core::desired::DesiredAccess;
use rolecall_core::guard::{Circumstances, Judgement, judge, predecessor};
use rolecall_core::observed::{Knowledge, ObservedAccess};
use rolecall_core::plan::{self, Plan};
use rolecall_core::source::Lineage;

use crate::port::{
    ChangeAccess, Clock, HoldLock, KeepRecords, ObserveAccess, PortError, PortErrorKind, TellLineage,
};
use crate::retry;

/// What plans and verifications are given: nothing in it can write.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The cluster.
    pub observe: &'a dyn ObserveAccess,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Where the files come from.
    pub history: &'a dyn TellLineage,
}

/// What an apply is given.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// How it reads.
    pub reading: Reading<'a>,
    /// How it writes the map.
    pub change: &'a dyn ChangeAccess,
    /// How it writes records and the ledger; `None` where the user said that nothing shall be recorded.
    pub records: Option<&'a dyn KeepRecords>,
    /// One deploy at a time; left alone where nothing is recorded.
    pub lock: &'a dyn HoldLock,
}

/// A plan, and what it was made from.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What was there.
    pub observed: ObservedAccess,
    /// What would change.
    pub plan: Plan,
    /// What the guards say.
    pub judgements: Vec<Judgement>,
}

/// What the API server said to the very call, without doing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rehearsal {
    /// There is nothing to send.
    NothingToSend,
    /// It would take it.
    Accepted,
    /// It would refuse it: a webhook, a quota, a validation.
    Refused(PortError),
    /// The caller may not even try.
    NotAllowed,
}

/// Plans against the cluster as it is now, and asks the history: what `circumstances` say of that is replaced.
pub async fn plan(
    reading: Reading<'_>,
    desired: &DesiredAccess,
    circumstances: &Circumstances,
) -> Result<Planned, PortError> {
    let observed = observe(reading).await?; // I/O
    let lineage = lineage(reading, desired, &observed).await?; // I/O
    Ok(planned(observed, desired, &Circumstances { lineage, ..circumstances.clone() }))
}

/// Plans against what was observed; the guards know of the history what `circumstances` say, see [`lineage`].
pub fn planned(observed: ObservedAccess, desired: &DesiredAccess, circumstances: &Circumstances) -> Planned {
    let plan = plan::plan(desired, &observed);
    let judgements = judge(&plan, desired, &observed, circumstances);
    Planned { observed, plan, judgements }
}

/// How the desired revision stands to the one that its source applied last, which only the cluster knows. Without
/// such a one the history is not asked.
pub async fn lineage(
    reading: Reading<'_>,
    desired: &DesiredAccess,
    observed: &ObservedAccess,
) -> Result<Knowledge<Lineage>, PortError> {
    match predecessor(desired, observed) {
        Some(earlier) => retry::reading(reading.clock, || reading.history.lineage(earlier)).await,
        None => Ok(Knowledge::Unknown("there is nothing to compare".to_owned())),
    }
}

/// Asks the API server what it would say to the plan's calls.
pub async fn rehearse(reading: Reading<'_>, plan: &Plan) -> Result<Rehearsal, PortError> {
    for call in plan.calls() {
        match reading.observe.rehearse(call).await {
            Ok(()) => {}
            Err(error) if error.kind == PortErrorKind::Denied => return Ok(Rehearsal::NotAllowed),
            Err(error) if error.kind == PortErrorKind::Invalid => return Ok(Rehearsal::Refused(error)),
            Err(error) => return Err(error),
        }
    }
    Ok(if plan.calls().is_empty() { Rehearsal::NothingToSend } else { Rehearsal::Accepted })
}

/// Observes the cluster, and tries again where a little later may be better.
pub async fn observe(reading: Reading<'_>) -> Result<ObservedAccess, PortError> {
    retry::reading(reading.clock, || reading.observe.observe()).await
}
