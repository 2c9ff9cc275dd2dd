//! The write: under a lock, behind an intent, with the observation as precondition, and seen to its end.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rolecall_core::Timestamp;
use rolecall_core::desired::DesiredAccess;
use rolecall_core::guard::{ApprovedPlan, Circumstances, approve};
use rolecall_core::observed::{Knowledge, ObservedAccess};
use rolecall_core::plan::{self, Action, Change};
use rolecall_core::record::{Completion, Outcome, Record, data_fingerprint};

use super::report::{ApplyError, ApplyReport, Event, Settled, Watcher};
use super::{Line, Planned, Verification, intent, observe, verify};
use crate::port::{Lock, PortError, PortErrorKind};

/// A write that comes too late is planned again, so often.
const ATTEMPTS: u32 = 5;

/// A lock that nobody renews for so long is free.
const LOCK_TTL: Duration = Duration::from_secs(15);

/// How often we ask again for a lock that somebody holds.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What is asked for.
pub struct ApplyRequest<'a> {
    /// What the files say.
    pub desired: &'a DesiredAccess,
    /// What the guards must know. Its `now` is replaced by the time of each attempt.
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
    let run = Run { line, request, watcher, lock_renewed_at: Mutex::new(line.reading.clock.now()) };
    let (observed, approved) = run.approved().await?;
    if run.is_nothing_to_do(&observed, &approved) {
        return Ok(nothing_done(observed, &approved));
    }
    run.check_rights(&observed, &approved).await?;
    let had_to_wait = run.take_lock().await?; // I/O
    let result = run.locked(observed, approved, had_to_wait).await;
    // Whatever happened, nobody shall have to wait for us.
    let released = line.lock.release(&run.request.holder).await; // I/O
    let mut report = result?;
    if let Err(error) = released {
        report
            .remarks
            .push(format!("the lock could not be released, and is free in {}s: {error}", LOCK_TTL.as_secs()));
    }
    Ok(report)
}

struct Run<'a> {
    line: Line<'a>,
    request: ApplyRequest<'a>,
    watcher: &'a dyn Watcher,
    lock_renewed_at: Mutex<Timestamp>,
}

impl Run<'_> {
    /// Observes and plans; what comes back may be applied.
    async fn approved(&self) -> Result<(ObservedAccess, ApprovedPlan), ApplyError> {
        let observed = observe(self.line.reading).await?; // I/O
        let plan = plan::plan(self.request.desired, &observed);
        let circumstances =
            Circumstances { now: self.line.reading.clock.now(), ..self.request.circumstances.clone() };
        let approved = match approve(plan, self.request.desired, &observed, &circumstances) {
            Ok(approved) => approved,
            Err(refusal) => return Err(ApplyError::Refused(refusal, Box::new(observed))),
        };
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

    fn is_nothing_to_do(&self, observed: &ObservedAccess, approved: &ApprovedPlan) -> bool {
        let is_ledger_right =
            self.line.records.is_none() || observed.ledger() == Some(approved.plan().ledger());
        approved.plan().calls().is_empty() && observed.unfinished.is_empty() && is_ledger_right
    }

    /// Whoever may not record may not change either, unless the user said so.
    async fn check_rights(
        &self,
        observed: &ObservedAccess,
        approved: &ApprovedPlan,
    ) -> Result<(), ApplyError> {
        let Some(records) = self.line.records else {
            let removes = approved.plan().count(Action::Remove) > 0;
            let is_told = self.request.desired.previous().is_some();
            return if removes && !is_told { Err(ApplyError::CannotRemoveUnrecorded) } else { Ok(()) };
        };
        let mut missing = records.missing_rights().await?; // I/O
        // What cannot be read cannot be carried on either, and would be found out only after the write.
        if let (true, Knowledge::Unknown(why)) = (missing.is_empty(), &observed.ledger) {
            missing.push(format!("a ledger that can be read ({why})"));
        }
        if missing.is_empty() { Ok(()) } else { Err(ApplyError::MayNotRecord(missing)) }
    }

    /// Takes the lock; says whether somebody else had it meanwhile.
    async fn take_lock(&self) -> Result<bool, ApplyError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.line.lock.acquire(&self.request.holder, LOCK_TTL).await? {
                Lock::Acquired => {
                    self.note_lock();
                    return Ok(!waited.is_zero());
                }
                Lock::HeldBy { holder, .. } if waited >= self.request.lock_wait => {
                    return Err(ApplyError::Locked { holder });
                }
                Lock::HeldBy { holder, remaining } => {
                    self.watcher.hear(Event::Waiting { holder: &holder, remaining });
                    self.line.reading.clock.sleep(ASK_AGAIN_AFTER).await;
                    waited += ASK_AGAIN_AFTER;
                }
            }
            if self.watcher.is_cancelled() {
                return Err(ApplyError::Cancelled);
            }
        }
    }

    fn note_lock(&self) {
        let mut renewed_at = self.lock_renewed_at.lock().unwrap_or_else(PoisonError::into_inner);
        *renewed_at = self.line.reading.clock.now();
    }

    /// Renews the lock where a good part of its time is gone.
    async fn renew_lock(&self) -> Result<(), PortError> {
        let renewed_at = *self.lock_renewed_at.lock().unwrap_or_else(PoisonError::into_inner);
        let age = self.line.reading.clock.now().duration_since(renewed_at);
        if age.unsigned_abs() * 3 > LOCK_TTL {
            self.line.lock.acquire(&self.request.holder, LOCK_TTL).await?; // I/O
            self.note_lock();
        }
        Ok(())
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
        let record = intent::record(&observed, approved, &self.request.holder, self.line.reading.clock.now());
        let name = record.intent.name.clone();
        let writes_map = !approved.plan().calls().is_empty();
        if let Some(records) = self.line.records.filter(|_| writes_map) {
            records.begin(&record).await?; // I/O
        }
        if !self.write(&observed, approved, &record).await? {
            return Ok(None);
        }
        let finished = self.finish(observed, approved, &name, writes_map).await;
        finished.map(Some).map_err(|source| ApplyError::Unfinished { record: name, source })
    }

    /// Sends the calls; `false` where somebody else's write came first.
    async fn write(
        &self,
        observed: &ObservedAccess,
        approved: &ApprovedPlan,
        record: &Record,
    ) -> Result<bool, ApplyError> {
        for call in approved.plan().calls() {
            let Err(error) = self.line.change.execute(call).await else { continue }; // I/O
            let error = match error.kind {
                PortErrorKind::Conflict => {
                    self.complete(&record.intent.name, Outcome::Superseded, Vec::new()).await?;
                    return Ok(false);
                }
                // No answer is no refusal: only the map itself can tell whether it was written. If it was
                // not, it may still be on its way: the intent stays unfinished, and owns what it adds.
                kind if kind.is_transient() => match self.was_written(observed, record).await? {
                    Some(true) => continue,
                    Some(false) => return Err(error.into()),
                    None => {
                        self.complete(&record.intent.name, Outcome::Superseded, Vec::new()).await?;
                        return Ok(false);
                    }
                },
                _ => error,
            };
            self.complete(&record.intent.name, Outcome::Failed, vec![error.to_string()]).await?;
            return Err(error.into());
        }
        Ok(true)
    }

    /// Was a write whose answer is missing carried out? `None` if the map is neither as before nor as meant.
    async fn was_written(&self, before: &ObservedAccess, record: &Record) -> Result<Option<bool>, PortError> {
        let now = observe(self.line.reading).await?; // I/O
        let version =
            |observed: &ObservedAccess| observed.map.as_ref().map(|map| map.resource_version.clone());
        if version(&now) == version(before) {
            return Ok(Some(false));
        }
        Ok((data_fingerprint(now.data()) == record.intent.after).then_some(true))
    }

    /// Ledger, verification, completion: the map is written, and nothing in here takes that back.
    async fn finish(
        &self,
        observed: ObservedAccess,
        approved: &ApprovedPlan,
        name: &str,
        writes_map: bool,
    ) -> Result<ApplyReport, PortError> {
        self.write_ledger(&observed, approved, name, writes_map).await?;
        self.renew_lock().await?;
        self.watcher.hear(Event::Verifying);
        let verification = if writes_map { Some(self.verify(&observed).await) } else { None };
        let (outcome, remarks) = outcome(verification.as_ref());
        if writes_map {
            self.complete(name, outcome, remarks.clone()).await?;
        }
        let settled = self.settle(&observed).await?;
        Ok(ApplyReport {
            plan: approved.plan().clone(),
            observed,
            judgements: approved.judgements().to_vec(),
            record: self.line.records.filter(|_| writes_map).map(|_| name.to_owned()),
            outcome: writes_map.then_some(outcome),
            verification: verification.and_then(Result::ok),
            settled,
            remarks,
        })
    }

    async fn verify(&self, observed: &ObservedAccess) -> Result<Verification, PortError> {
        verify(self.line.reading, self.request.desired, observed.caller.known()).await
    }

    async fn write_ledger(
        &self,
        observed: &ObservedAccess,
        approved: &ApprovedPlan,
        name: &str,
        writes_map: bool,
    ) -> Result<(), PortError> {
        let Some(records) = self.line.records else { return Ok(()) };
        let mut ledger = approved.plan().ledger().clone();
        // An edit of a few entries is not what the source applied.
        let is_whole = writes_map && !self.request.desired.is_partial();
        if let Some(applied) =
            ledger.applied.get_mut(&self.request.desired.revision().source).filter(|_| is_whole)
        {
            applied.record = Some(name.to_owned());
        }
        let version = match &observed.ledger {
            Knowledge::Known(Some(ledger)) => Some(ledger.resource_version.as_str()),
            _ => None,
        };
        records.write_ledger(&ledger, version).await // I/O
    }

    /// Completes what earlier runs left unfinished. What they added is in the ledger by now.
    async fn settle(&self, observed: &ObservedAccess) -> Result<Vec<Settled>, PortError> {
        let mut settled = Vec::new();
        for unfinished in &observed.unfinished {
            let outcome = intent::outcome(unfinished, observed);
            let remark = format!("settled by `{}`", self.request.holder);
            self.complete(&unfinished.name, outcome, vec![remark]).await?;
            settled.push(Settled { record: unfinished.name.clone(), outcome });
        }
        Ok(settled)
    }

    async fn complete(&self, name: &str, outcome: Outcome, remarks: Vec<String>) -> Result<(), PortError> {
        let Some(records) = self.line.records else { return Ok(()) };
        let completion = Completion { finished_at: self.line.reading.clock.now(), outcome, remarks };
        records.complete(name, &completion).await // I/O
    }
}

/// A report of a run that found everything as it should be.
fn nothing_done(observed: ObservedAccess, approved: &ApprovedPlan) -> ApplyReport {
    ApplyReport {
        plan: approved.plan().clone(),
        observed,
        judgements: approved.judgements().to_vec(),
        record: None,
        outcome: None,
        verification: None,
        settled: Vec::new(),
        remarks: Vec::new(),
    }
}

fn outcome(verification: Option<&Result<Verification, PortError>>) -> (Outcome, Vec<String>) {
    match verification {
        None => (Outcome::Verified, Vec::new()),
        Some(Err(error)) => (Outcome::Unverified, vec![error.to_string()]),
        Some(Ok(seen)) => {
            let mut remarks: Vec<String> = seen.mismatch.iter().cloned().collect();
            if !seen.plan.is_empty() {
                remarks.push(format!("{} changes are missing again", seen.plan.changes().len()));
            }
            remarks.extend(seen.caller.as_ref().err().filter(|_| seen.is_unknown()).map(ToString::to_string));
            let outcome = match seen {
                _ if seen.is_unknown() => Outcome::Unverified,
                _ if seen.is_as_planned() => Outcome::Verified,
                _ => Outcome::NotAsPlanned,
            };
            (outcome, remarks)
        }
    }
}
