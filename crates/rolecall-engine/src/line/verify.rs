//! Is the cluster as the files say, and does the door really open?

use std::time::Duration;

use rolecall_core::cluster::AuthenticationMode;
use rolecall_core::desired::DesiredAccess;
use rolecall_core::effective::{Candidate, TemplateValues, Verdict, explain};
use rolecall_core::identity_mapping::CLUSTER_ADMIN_GROUP;
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess};
use rolecall_core::plan::{self, Plan};
use rolecall_core::principal::PrincipalArn;
use rolecall_core::rights::may_become;

use super::{Reading, observe};
use crate::port::{PortError, PortErrorKind};
use crate::retry;

/// The authenticator sees a write within milliseconds, but there is no signal for it.
const CATCHES_UP_WITHIN: u32 = 20;
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// The group that the API server gives to all whom it knows.
const EVERYBODY_KNOWN: &str = "system:authenticated";

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
        self.plan.is_empty() && self.mismatch.is_none() && !self.is_unknown()
    }

    /// Was the knock itself impossible, so that nothing can be said?
    pub fn is_unknown(&self) -> bool {
        matches!(&self.caller, Err(error) if error.kind != PortErrorKind::Unauthenticated)
    }
}

/// What the map says about the caller.
enum Expectation {
    /// Nothing: it comes by an access entry or a certificate, or by one of several entries.
    None,
    /// It is let in like this.
    LetIn(Candidate),
    /// It is not let in.
    Refused,
}

/// Observes again, plans again, and knocks with a fresh token on a connection of its own.
///
/// `caller` is who is expected to knock, if that is known from before.
pub async fn verify(
    reading: Reading<'_>,
    desired: &DesiredAccess,
    caller: Option<&Caller>,
) -> Result<Verification, PortError> {
    let observed = observe(reading).await?; // I/O
    let plan = plan::plan(desired, &observed);
    let expectation = expectation(caller.or(observed.caller.known()), &observed);
    let mut looks = 0;
    loop {
        let caller = retry::reading(reading.clock, || reading.observe.authenticate_afresh()).await; // I/O
        let mismatch = mismatch(&caller, &expectation);
        looks += 1;
        if mismatch.is_none() || looks >= CATCHES_UP_WITHIN {
            return Ok(Verification { observed, plan, caller, mismatch });
        }
        reading.clock.sleep(LOOK_AGAIN_AFTER).await;
    }
}

fn expectation(caller: Option<&Caller>, observed: &ObservedAccess) -> Expectation {
    let arn = caller.and_then(|caller| caller.canonical_arn.as_deref()).map(PrincipalArn::parse);
    let Some(Ok(arn)) = arn else { return Expectation::None };
    if observed.access_entry(arn.canonical()).is_some() {
        return Expectation::None;
    }
    match explain(&observed.effective(), &arn, &TemplateValues::default()).verdict {
        Verdict::Mapped(candidate) => Expectation::LetIn(candidate),
        Verdict::Ambiguous(_) => Expectation::None,
        // Where entries cannot be read, it may be one of them that lets the caller in.
        Verdict::Denied(_) if observed.access_entries.known().is_none() && may_have_entries(observed) => {
            Expectation::None
        }
        Verdict::Denied(_) => Expectation::Refused,
    }
}

fn may_have_entries(observed: &ObservedAccess) -> bool {
    matches!(observed.mode, Knowledge::Known(AuthenticationMode::ApiAndConfigMap))
}

/// Why who knocked is not who the map says it is.
fn mismatch(caller: &Result<Caller, PortError>, expectation: &Expectation) -> Option<String> {
    match (caller, expectation) {
        (Ok(caller), Expectation::LetIn(expected)) => difference(caller, expected),
        (Ok(caller), Expectation::Refused) => {
            Some(format!("`{}` still gets in, and by the map it may not", caller.username))
        }
        (Err(error), Expectation::LetIn(expected)) if error.kind == PortErrorKind::Unauthenticated => {
            Some(format!("the caller is refused, and by the map it is `{}`", expected.username))
        }
        (Err(error), Expectation::None) if error.kind == PortErrorKind::Unauthenticated => {
            Some("the caller is refused".to_owned())
        }
        _ => None,
    }
}

fn difference(caller: &Caller, expected: &Candidate) -> Option<String> {
    // What the templates would become depends on the session, which only the authenticator knows.
    if is_plain(&expected.username) && expected.username != caller.username {
        return Some(format!(
            "the caller is `{}`, and by the map it is `{}`",
            caller.username, expected.username
        ));
    }
    let lacking = expected.groups.iter().find(|group| is_plain(group) && !caller.groups.contains(group));
    let lacking = lacking.map(|group| format!("the caller is not in `{group}`, and by the map it is"));
    lacking.or_else(|| {
        let extra = caller.groups.iter().find(|group| !is_given(group, &expected.groups))?;
        Some(format!("the caller is in `{extra}`, and by the map it is not"))
    })
}

fn is_plain(text: &str) -> bool {
    !text.contains("{{")
}

/// Does the map give `group`, or the API server to everybody? Nobody gets to be cluster-admin by a template
/// without a word about it.
fn is_given(group: &str, expected: &[String]) -> bool {
    let by_template = |template: &String| {
        !is_plain(template) && group != CLUSTER_ADMIN_GROUP && may_become(template, group)
    };
    group == EVERYBODY_KNOWN
        || expected.iter().any(|given| given == group)
        || expected.iter().any(by_template)
}
