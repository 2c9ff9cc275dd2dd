//! What follows a write: the ledger, the verification, the end of its record.
//!
//! The map is written, and nothing in here takes that back.

use rolecall_core::guard::ApprovedPlan;
use rolecall_core::observed::{Knowledge, ObservedAccess};
use rolecall_core::record::{Completion, Outcome};

use super::apply::Run;
use super::report::{ApplyReport, Event, Settled};
use super::{Verification, intent, remarks, verify};
use crate::port::PortError;

/// What was written.
pub(super) enum Written {
    /// Nothing but the ledger has to be.
    Nothing,
    /// The map, and what people should know of that.
    Map {
        /// The name of the intent.
        name: String,
        /// In sentences.
        remarks: Vec<String>,
    },
}

impl Run<'_> {
    /// Ledger, verification, completion. `observed` is what was planned against, also where somebody wrote the
    /// map since: the ledger's precondition is the version that the plan's ledger was made from, and earlier
    /// intents are judged by the map before this apply touched it.
    pub(super) async fn finish(
        &self,
        observed: ObservedAccess,
        approved: &ApprovedPlan,
        written: Written,
    ) -> Result<ApplyReport, PortError> {
        let plan = approved.plan();
        let (name, told) = match written {
            Written::Nothing => (None, Vec::new()),
            Written::Map { name, remarks } => (Some(name), remarks),
        };
        let is_ledger_written = self.write_ledger(&observed, approved, name.as_deref()).await?;
        self.turn.renew().await?;
        self.watcher.hear(Event::Verifying);
        let verification = if name.is_some() { Some(self.verify(&observed).await) } else { None };
        let (outcome, seen) = remarks::outcome(verification.as_ref());
        let verification = verification.and_then(Result::ok);
        let mut remarks = [told, seen, remarks::newcomers(plan, is_ledger_written)].concat();
        remarks.extend(verification.iter().flat_map(|seen| remarks::came_meanwhile(plan, &seen.plan)));
        if let Some(name) = &name {
            self.complete(name, outcome, remarks.clone()).await?;
        }
        let settled = self.settle(&observed).await?;
        Ok(ApplyReport {
            plan: plan.clone(),
            observed,
            judgements: approved.judgements().to_vec(),
            outcome: name.as_ref().map(|_| outcome),
            record: name.filter(|_| self.line.records.is_some()),
            verification,
            is_ledger_written,
            settled,
            remarks,
        })
    }

    async fn verify(&self, observed: &ObservedAccess) -> Result<Verification, PortError> {
        verify(self.line.reading, self.request.desired, observed.caller.known()).await
    }

    /// Writes the ledger, with the name of the record if there is one; says whether that is wanted at all.
    async fn write_ledger(
        &self,
        observed: &ObservedAccess,
        approved: &ApprovedPlan,
        name: Option<&str>,
    ) -> Result<bool, PortError> {
        let Some(records) = self.line.records else { return Ok(false) };
        let mut ledger = approved.plan().ledger().clone();
        // An edit of a few entries is not what the source applied last.
        let is_whole = !self.request.desired.is_partial();
        let applied = ledger.applied.get_mut(&self.request.desired.revision().source).filter(|_| is_whole);
        if let (Some(applied), Some(name)) = (applied, name) {
            applied.record = Some(name.to_owned());
        }
        let version = match &observed.ledger {
            Knowledge::Known(Some(ledger)) => Some(ledger.resource_version.as_str()),
            _ => None,
        };
        records.write_ledger(&ledger, version).await?; // I/O
        Ok(true)
    }

    /// Completes what earlier runs left unfinished. What they added is in the ledger by now.
    async fn settle(&self, observed: &ObservedAccess) -> Result<Vec<Settled>, PortError> {
        let mut settled = Vec::new();
        for unfinished in observed.unfinished.iter().filter(|_| self.line.records.is_some()) {
            let outcome = intent::outcome(unfinished, observed);
            let remark = format!("settled by `{}`", self.request.holder);
            self.complete(&unfinished.name, outcome, vec![remark]).await?;
            settled.push(Settled { record: unfinished.name.clone(), outcome });
        }
        Ok(settled)
    }

    pub(super) async fn complete(
        &self,
        name: &str,
        outcome: Outcome,
        remarks: Vec<String>,
    ) -> Result<(), PortError> {
        let Some(records) = self.line.records else { return Ok(()) };
        let completion = Completion { finished_at: self.line.reading.clock.now(), outcome, remarks };
        records.complete(name, &completion).await // I/O
    }
}
