//! All that the authenticator does with a token, in its order: its own checks, then the question to STS.
//!
//! Nothing is asked here: [`sts_request`] is what to ask, [`judge_answer`] what the answer means. For which cluster
//! a token was made, and whether anybody altered it, only STS can tell, since both are in the signature alone.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

mod answer;
#[cfg(test)]
mod tests;

pub use answer::judge_answer;

use super::inspect::{Check, InspectContext, Inspection, Remark, decode, inspect};
use super::{CLUSTER_HEADER, CallerIdentity, url};

/// The checks that an authenticator makes by itself, in its order.
const OWN_CHECKS: [Check; 16] = [
    Check::Length,
    Check::Prefix,
    Check::Encoding,
    Check::Url,
    Check::Scheme,
    Check::Host,
    Check::Path,
    Check::Query,
    Check::DuplicateParameter,
    Check::UnknownParameter,
    Check::RepeatedParameter,
    Check::Action,
    Check::SignedHeaders,
    Check::Expires,
    Check::Date,
    Check::Expired,
];

/// What came of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How it ended.
    pub outcome: Outcome,
    /// Every check in the server's order, the question to STS last.
    pub steps: Vec<Step>,
    /// The check that failed.
    pub failure: Option<Remark>,
    /// What the server lets pass, and is odd.
    pub warnings: Vec<Remark>,
    /// What the token tells about itself.
    pub inspection: Inspection,
    /// Who it is, if STS was asked and said so.
    pub identity: Option<CallerIdentity>,
}

/// How a verification ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Every check passed, and STS said who it is.
    Valid,
    /// Every check passed that can be made without STS, which was not asked.
    Unproven,
    /// A server refuses it.
    Refused,
    /// STS could not be asked, or did not have the time.
    Unknown,
}

/// One check, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at.
    pub check: Check,
    /// What came of it.
    pub result: StepResult,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StepResult {
    /// It is right.
    Passed,
    /// It is not.
    Failed,
    /// A check before it failed, or nobody was asked.
    NotReached,
}

/// The question to STS. It holds a secret: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct StsRequest {
    /// The host of STS, which was checked.
    pub host: String,
    /// Path and query, the secret.
    pub path_and_query: String,
    /// The headers beside `host`.
    pub headers: [(&'static str, String); 2],
}

/// The checks that need nobody: 1 to 15 of the server, and what STS is known to refuse.
pub fn verify(token: &str, context: &InspectContext<'_>) -> Verification {
    let inspection = inspect(token, context);
    let is_refused_by_sts =
        |remark: &&Remark| matches!(remark.code, Check::Unsigned | Check::Scope | Check::SessionToken);
    let own = inspection.failure.clone();
    let failure = own.clone().or_else(|| inspection.warnings.iter().find(is_refused_by_sts).cloned());
    let warnings = inspection.warnings.iter().filter(|warning| Some(*warning) != failure.as_ref());
    Verification {
        outcome: if failure.is_some() { Outcome::Refused } else { Outcome::Unproven },
        steps: steps(
            own.as_ref(),
            if own.is_none() && failure.is_some() { StepResult::Failed } else { StepResult::NotReached },
        ),
        warnings: warnings.cloned().collect(),
        failure,
        inspection,
        identity: None,
    }
}

/// What the server asks STS about a token that passed its own checks: a `GET` of the URL in it, with the name of
/// the server's cluster. Redirects are not followed.
///
/// Stricter than the server, which would send a user name and a password on to STS.
pub fn sts_request(
    token: &str,
    context: &InspectContext<'_>,
    cluster_name: &str,
) -> Result<StsRequest, Remark> {
    let inspection = inspect(token, context);
    if let Some(failure) = inspection.failure {
        return Err(failure);
    }
    let is_odd = |remark: &Remark| matches!(remark.code, Check::UserInfo | Check::Fragment);
    if let Some(warning) = inspection.warnings.into_iter().find(is_odd) {
        return Err(warning);
    }
    let text = decode(token)?;
    let parts = url::parse(&text).map_err(super::inspect::not_a_url)?;
    Ok(StsRequest {
        host: parts.host.to_owned(),
        path_and_query: format!("{}?{}", parts.path, parts.query),
        headers: [(CLUSTER_HEADER, cluster_name.to_owned()), ("accept", "application/json".to_string())],
    })
}

impl Verification {
    /// The same after STS was asked.
    #[must_use]
    pub fn answered(self, answer: Result<CallerIdentity, Remark>) -> Self {
        let (outcome, result) = match &answer {
            Ok(_) => (Outcome::Valid, StepResult::Passed),
            Err(remark) if remark.code == Check::Unanswered => (Outcome::Unknown, StepResult::NotReached),
            Err(_) => (Outcome::Refused, StepResult::Failed),
        };
        let (identity, failure) = match answer {
            Ok(identity) => (Some(identity), None),
            Err(remark) => (None, Some(remark)),
        };
        Self { outcome, steps: steps(None, result), failure, identity, ..self }
    }
}

impl fmt::Debug for StsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StsRequest").field("host", &self.host).finish_non_exhaustive()
    }
}

fn steps(failure: Option<&Remark>, sts: StepResult) -> Vec<Step> {
    let failed_at = failure.and_then(|remark| OWN_CHECKS.iter().position(|check| *check == remark.code));
    let result = |at: usize| match failed_at {
        Some(failed) if at == failed => StepResult::Failed,
        Some(failed) if at > failed => StepResult::NotReached,
        _ => StepResult::Passed,
    };
    let own = OWN_CHECKS.iter().enumerate().map(|(at, check)| Step { check: *check, result: result(at) });
    own.chain([Step { check: Check::Sts, result: sts }]).collect()
}
