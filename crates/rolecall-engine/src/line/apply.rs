//! The write: under a lock, behind an intent, with the observation as precondition.
//!
//! What follows a write is `finish`; what earlier runs left is judged in `intent`.

use std::time::Duration;

use rolecall_core::desired::DesiredAccess;
use rolecall_core::guard::{ApprovedPlan, Circumstances, approve};
use rolecall_core::observed::{Knowledge, ObservedAccess};
use rolecall_core::plan::{self, Action, Change};
use rolecall_core::record::{Outcome, Record, data_fingerprint};

use super::finish::Written;
use super::lock::Turn;
use super::report::{ApplyError, ApplyReport, Event, Watcher};
use super::{Line, Planned, intent, lineage, observe, remarks};
use crate::port::{HoldLock, PortError, PortErrorKind};
use crate::retry;

/// A write that comes too late is planned again, so often.
const ATTEMPTS: u32 = 5;

/// What is asked for.
pub struct ApplyRequest<'a> {
    /// What the files say.
    pub desired: &'a DesiredAccess,
    /// What the guards must know. Its `now` and `lineage` are replaced by those of each attempt.
    pub circumstances: Circumstances,
    /// Who said yes, and to what.
    pub approval: Approval,
    /// How we call ourselves where others look.
    pub holder: String,
    /// How long we wait for somebody else's deploy to end.
    pub lock_wait: Duration,
}

/// Who said yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// The guards alone (`--yes`): what they approve anew may be applied.
    ByGuards,
    /// A person saw these changes, and no others may be applied.
    Seen(Vec<Change>),
}

/// Plans, asks the guards, writes, verifies and records.
pub async fn apply(
    line: Line<'_>,
    request: ApplyRequest<'_>,
    watcher: &dyn Watcher,
) -> Result<ApplyReport, ApplyError> {
    let lock = line.records.map(|_| line.lock as &dyn HoldLock);
    let turn = Turn::new(lock, line.reading.clock, &request.holder);
    let run = Run { line, request, watcher, turn };
    let (observed, approved) = run.approved().await?;
    if run.is_nothing_to_do(&observed, &approved) {
        return Ok(nothing_done(observed, &approved));
    }
    run.check_rights(&observed).await?;
    let had_to_wait = run.turn.take(run.request.lock_wait, watcher).await?; // I/O
    let result = run.locked(observed, approved, had_to_wait).await;
    // Whatever happened, nobody shall have to wait for us.
    let not_released = run.turn.release().await; // I/O
    let mut report = result?;
    report.remarks.extend(not_released);
    Ok(report)
}

/// One apply.
pub(super) struct Run<'a> {
    pub(super) line: Line<'a>,
    pub(super) request: ApplyRequest<'a>,
    pub(super) watcher: &'a dyn Watcher,
    pub(super) turn: Turn<'a>,
}

impl Run<'_> {
    /// Observes and plans; what comes back may be applied.
    async fn approved(&self) -> Result<(ObservedAccess, ApprovedPlan), ApplyError> {
        let observed = observe(self.line.reading).await?; // I/O
        let lineage = lineage(self.line.reading, self.request.desired, &observed).await?; // I/O
        let plan = plan::plan(self.request.desired, &observed);
        let now = self.line.reading.clock.now();
        let circumstances = Circumstances { now, lineage, ..self.request.circumstances.clone() };
        let approved = match approve(plan, self.request.desired, &observed, &circumstances) {
            Ok(approved) => approved,
            Err(refusal) => return Err(ApplyError::Refused(refusal, Box::new(observed))),
        };
        if let Some(objection) = self.objection(&observed, &approved) {
            return Err(objection);
        }
        let planned = Planned {
            observed: observed.clone(),
            plan: approved.plan().clone(),
            judgements: approved.judgements().to_vec(),
        };
        if let Approval::Seen(changes) = &self.request.approval
            && changes != approved.plan().changes()
        {
            return Err(ApplyError::Moved(Box::new(planned)));
        }
        self.watcher.hear(Event::Approved(&planned));
        Ok((observed, approved))
    }

    /// What nobody records is told only by the user, or it is left as it is.
    fn objection(&self, observed: &ObservedAccess, approved: &ApprovedPlan) -> Option<ApplyError> {
        if self.line.records.is_some() || self.request.desired.previous().is_some() {
            return None;
        }
        let plan = approved.plan();
        match &observed.ledger {
            _ if plan.count(Action::Remove) > 0 => Some(ApplyError::CannotRemoveUnrecorded),
            Knowledge::Unknown(why) if plan.count(Action::Update) > 0 => {
                Some(ApplyError::CannotTellWhose(why.clone()))
            }
            _ => None,
        }
    }

    fn is_nothing_to_do(&self, observed: &ObservedAccess, approved: &ApprovedPlan) -> bool {
        let is_recorded = self.line.records.is_none()
            || observed.unfinished.is_empty() && observed.ledger() == Some(approved.plan().ledger());
        approved.plan().calls().is_empty() && is_recorded
    }

    /// Whoever may not record may not change either, unless the user said so.
    async fn check_rights(&self, observed: &ObservedAccess) -> Result<(), ApplyError> {
        let Some(records) = self.line.records else { return Ok(()) };
        let mut missing = records.missing_rights().await?; // I/O
        // What cannot be read cannot be carried on either, and would be found out only after the write.
        if let (true, Knowledge::Unknown(why)) = (missing.is_empty(), &observed.ledger) {
            missing.push(format!("a ledger that can be read ({why})"));
        }
        if missing.is_empty() { Ok(()) } else { Err(ApplyError::MayNotRecord(missing)) }
    }

    async fn locked(
        &self,
        observed: ObservedAccess,
        approved: ApprovedPlan,
        had_to_wait: bool,
    ) -> Result<ApplyReport, ApplyError> {
        // An intent that was unfinished before we had the lock may have been somebody at work.
        let mut next = if had_to_wait || !observed.unfinished.is_empty() {
            self.approved().await?
        } else {
            (observed, approved)
        };
        for _ in 0..ATTEMPTS {
            let (observed, approved) = next;
            if let Some(report) = self.attempt(observed, &approved).await? {
                return Ok(report);
            }
            self.watcher.hear(Event::PlanningAgain);
            next = self.approved().await?;
        }
        Err(ApplyError::Contended(ATTEMPTS))
    }

    /// One attempt; `None` where somebody else's write came first.
    async fn attempt(
        &self,
        observed: ObservedAccess,
        approved: &ApprovedPlan,
    ) -> Result<Option<ApplyReport>, ApplyError> {
        if self.is_nothing_to_do(&observed, approved) {
            return Ok(Some(nothing_done(observed, approved)));
        }
        if self.watcher.is_cancelled() {
            return Err(ApplyError::Cancelled);
        }
        self.watcher.hear(Event::Writing);
        if approved.plan().calls().is_empty() {
            return Ok(Some(self.finish(observed, approved, Written::Nothing).await?));
        }
        let record = intent::record(&observed, approved, &self.request.holder, self.line.reading.clock.now());
        let name = record.intent.name.clone();
        if let Some(records) = self.line.records {
            records.begin(&record).await?; // I/O
        }
        let Some(remarks) = self.write(&observed, approved, &record).await? else { return Ok(None) };
        let written = Written::Map { name: name.clone(), remarks };
        let finished = self.finish(observed, approved, written).await;
        finished.map(Some).map_err(|source| ApplyError::Unfinished { record: name, source })
    }

    /// Sends the calls; says what people should know of that, or `None` where somebody else's write came first.
    async fn write(
        &self,
        observed: &ObservedAccess,
        approved: &ApprovedPlan,
        record: &Record,
    ) -> Result<Option<Vec<String>>, ApplyError> {
        let mut remarks = Vec::new();
        for call in approved.plan().calls() {
            let write = || self.line.change.execute(call);
            let Err(error) = retry::writing(self.line.reading.clock, write).await else { continue }; // I/O
            let fate = match error.kind {
                PortErrorKind::Conflict => Fate::TooLate(None),
                // No answer is no refusal: only the map itself can tell whether it was written.
                PortErrorKind::Unavailable | PortErrorKind::Timeout => {
                    self.look_up(observed, record, &error).await?
                }
                _ => {
                    // The refusal is what people must know; a record that cannot be completed now is settled later.
                    let _ =
                        self.complete(&record.intent.name, Outcome::Failed, vec![error.to_string()]).await;
                    return Err(error.into());
                }
            };
            match fate {
                Fate::Written(remark) => remarks.extend(remark),
                Fate::TooLate(remark) => {
                    let remarks = remark.into_iter().collect();
                    self.complete(&record.intent.name, Outcome::Superseded, remarks).await?;
                    return Ok(None);
                }
            }
        }
        Ok(Some(remarks))
    }

    /// What became of a write whose answer, but for `error`, is missing. As long as the map is as it was before,
    /// the write may still be on its way: the intent stays unfinished, and owns what it adds.
    async fn look_up(
        &self,
        before: &ObservedAccess,
        record: &Record,
        error: &PortError,
    ) -> Result<Fate, ApplyError> {
        let unanswered = |unread| ApplyError::Unanswered {
            record: self.line.records.map(|_| record.intent.name.clone()),
            source: error.clone(),
            unread,
        };
        let version =
            |observed: &ObservedAccess| observed.map.as_ref().map(|map| map.resource_version.clone());
        let now = observe(self.line.reading).await.map_err(|why| unanswered(Some(why)))?; // I/O
        if version(&now) == version(before) {
            return Err(unanswered(None));
        }
        // Somebody wrote, we or others, so that ours is there by now or comes too late.
        Ok(match intent::outcome(&record.intent, &now) {
            Outcome::FoundApplied if data_fingerprint(now.data()) == record.intent.after => {
                Fate::Written(None)
            }
            Outcome::FoundApplied => {
                Fate::Written(Some("somebody else wrote the map right after this apply".to_owned()))
            }
            _ => Fate::TooLate(Some("its write was not answered, and is not what is there now".to_owned())),
        })
    }
}

/// What became of a write.
enum Fate {
    /// It was carried out, and what people should know of that.
    Written(Option<String>),
    /// Somebody else's came first, or undid it, and what the record should say of that.
    TooLate(Option<String>),
}

/// A report of a run that found everything as it should be.
fn nothing_done(observed: ObservedAccess, approved: &ApprovedPlan) -> ApplyReport {
    let remarks = remarks::newcomers(approved.plan(), false);
    let (plan, judgements) = (approved.plan().clone(), approved.judgements().to_vec());
    ApplyReport { remarks, ..ApplyReport::of_nothing(Planned { observed, plan, judgements }) }
}
