//! Is the cluster as the files say, and does the door really open?

use std::time::Duration;

use rolecall_core::desired::DesiredAccess;
use rolecall_core::effective::{EffectiveMap, TemplateValues, Verdict, explain};
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess};
use rolecall_core::plan::{self, Plan};
use rolecall_core::principal::PrincipalArn;

use super::{Reading, observe};
use crate::port::{PortError, PortErrorKind};
use crate::retry;

/// The authenticator sees a write within milliseconds, but there is no signal for it.
const CATCHES_UP_WITHIN: u32 = 20;
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// What was seen.
#[derive(Debug, Clone)]
pub struct Verification {
    /// What is there now.
    pub observed: ObservedAccess,
    /// What would still have to change: nothing, if all is well.
    pub plan: Plan,
    /// Who a fresh token of the caller was taken for.
    pub caller: Result<Caller, PortError>,
    /// Why that is not who the map says it is.
    pub mismatch: Option<String>,
}

impl Verification {
    /// Is the cluster as the files say, and the caller as the map says?
    pub fn is_as_planned(&self) -> bool {
        self.plan.is_empty() && self.mismatch.is_none() && !self.is_locked_out()
    }

    /// Was the knock itself impossible, so that nothing can be said?
    pub fn is_unknown(&self) -> bool {
        self.caller.is_err() && !self.is_locked_out()
    }

    fn is_locked_out(&self) -> bool {
        matches!(&self.caller, Err(error) if error.kind == PortErrorKind::Unauthenticated)
    }
}

/// Observes again, plans again, and knocks with a fresh token on a connection of its own.
pub async fn verify(reading: Reading<'_>, desired: &DesiredAccess) -> Result<Verification, PortError> {
    let observed = observe(reading).await?; // I/O
    let plan = plan::plan(desired, &observed);
    let mut looks = 0;
    loop {
        let caller = retry::reading(reading.clock, || reading.observe.authenticate_afresh()).await; // I/O
        let mismatch = caller.as_ref().ok().and_then(|caller| mismatch(caller, &observed));
        let verification = Verification { observed: observed.clone(), plan: plan.clone(), caller, mismatch };
        let may_catch_up = verification.mismatch.is_some() || verification.is_locked_out();
        looks += 1;
        if !may_catch_up || looks >= CATCHES_UP_WITHIN {
            return Ok(verification);
        }
        reading.clock.sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// Why `caller` is not who the observed map says it is. A caller that does not come by the map is nobody's.
fn mismatch(caller: &Caller, observed: &ObservedAccess) -> Option<String> {
    let arn = PrincipalArn::parse(caller.canonical_arn.as_deref()?).ok()?;
    if let Knowledge::Known(entries) = &observed.access_entries
        && entries.iter().any(|entry| entry.principal_arn.eq_ignore_ascii_case(arn.canonical()))
    {
        return None;
    }
    let values = TemplateValues { session_name: None, ..TemplateValues::default() };
    let explanation = explain(&EffectiveMap::read(observed.data()), &arn, &values);
    let Verdict::Mapped(expected) = explanation.verdict else { return None };
    // What the templates would become depends on the session, which only the authenticator knows.
    let is_plain = |text: &str| !text.contains("{{");
    if is_plain(&expected.username) && expected.username != caller.username {
        return Some(format!("the caller is `{}`, and by the map it is `{}`", caller.username, expected.username));
    }
    let lacking = expected.groups.iter().find(|group| is_plain(group) && !caller.groups.contains(group));
    lacking.map(|group| format!("the caller is not in `{group}`, and by the map it is"))
}
