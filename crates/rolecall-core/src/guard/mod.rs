//! May this plan be carried out? Each guard is a named function over the plan and its prediction.
//!
//! A plan is judged by the policy that was applied last and by the proposed one, and the stricter verdict
//! counts: a change cannot disarm its own judge. Only [`approve`] makes an [`ApprovedPlan`].

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::Timestamp;
use serde::Serialize;

mod admins;
mod circumstances;
mod growth;
mod landslide;
mod lockout;
mod nodes;
mod pages;
mod replay;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk_arounds;

use crate::cluster::ClusterIdentity;
use crate::desired::DesiredAccess;
use crate::effective::{Answers, EffectiveMap};
use crate::observed::{Caller, Knowledge, ObservedAccess, Outranking};
use crate::plan::Plan;
use crate::policy::Policy;
use crate::source::Lineage;

pub use replay::predecessor;

/// The guards. Codes are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Guard {
    /// The caller would lose what it needs to undo this change.
    Rg01,
    /// The last cluster-admin would go, or a protected principal would lose rights.
    Rg02,
    /// A node role in use would be removed or altered.
    Rg03,
    /// A whole section would become empty, or is replaced because it cannot be read.
    Rg04,
    /// Too many entries would go.
    Rg05,
    /// Somebody new would become cluster-admin.
    Rg06,
    /// The observation is stale, or this is another cluster or caller than was planned for.
    Rg07,
    /// A step that cannot be undone.
    Rg08,
    /// The revision is neither the one that was applied last nor a descendant of it.
    Rg09,
}

impl Guard {
    /// All of them, in the order in which they speak.
    pub const ALL: [Self; 9] = [
        Self::Rg01,
        Self::Rg02,
        Self::Rg03,
        Self::Rg04,
        Self::Rg05,
        Self::Rg06,
        Self::Rg07,
        Self::Rg08,
        Self::Rg09,
    ];

    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rg01 => "RG01",
            Self::Rg02 => "RG02",
            Self::Rg03 => "RG03",
            Self::Rg04 => "RG04",
            Self::Rg05 => "RG05",
            Self::Rg06 => "RG06",
            Self::Rg07 => "RG07",
            Self::Rg08 => "RG08",
            Self::Rg09 => "RG09",
        }
    }

    /// The guard with this code, in any case.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| guard.as_str().eq_ignore_ascii_case(code))
    }
}

/// What a guard says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Which guard.
    pub guard: Guard,
    /// Its verdict.
    pub verdict: Verdict,
    /// What it saw.
    pub message: String,
    /// The next step, where it refuses.
    pub hint: Option<String>,
}

/// The verdict of a guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Passed,
    /// The plan may not be carried out.
    Refused,
    /// It would be refused, and was allowed by hand, for this reason.
    Allowed(String),
}

/// A word by hand that lets one guard's refusal pass, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Which guard.
    pub guard: Guard,
    /// Why; it is recorded.
    pub reason: String,
}

/// What the guards must know besides the plan and the observation.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// Now.
    pub now: Timestamp,
    /// The cluster that was named, or that a stored plan is for.
    pub declared: Option<ClusterIdentity>,
    /// Who a stored plan is to be applied by.
    pub applier: Option<Caller>,
    /// How the desired revision stands to its [`predecessor`]; read only where there is one.
    pub lineage: Knowledge<Lineage>,
    /// What was allowed by hand.
    pub allowed: Vec<Allowance>,
}

/// A plan that may be applied. Nothing but [`approve`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedPlan {
    plan: Plan,
    judgements: Vec<Judgement>,
}

/// A plan that may not be applied, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The plan.
    pub plan: Plan,
    /// What every guard said.
    pub judgements: Vec<Judgement>,
}

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What every guard said.
    pub fn judgements(&self) -> &[Judgement] {
        &self.judgements
    }
}

/// Judges a plan.
pub fn judge(
    plan: &Plan,
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    circumstances: &Circumstances,
) -> Vec<Judgement> {
    let outranking = observed.outranking();
    let is_outranked = |principal: &str| outranking.entry(principal).is_some();
    let (mapped_before, mapped_after) = (plan.before.answers(), plan.after.answers());
    let case = Case {
        plan,
        desired,
        observed,
        policy: crate::plan::judging_policy(desired, observed),
        answers_before: mapped_before.without(is_outranked),
        answers_after: mapped_after.without(is_outranked),
        mapped_before,
        mapped_after,
        before: &plan.before,
        after: &plan.after,
        outranking: &outranking,
        circumstances,
    };
    let judgements = Guard::ALL.into_iter().map(|guard| {
        let opinion = case.opinion(guard);
        Judgement {
            guard,
            verdict: verdict(guard, &opinion, circumstances),
            message: opinion.message,
            hint: opinion.hint,
        }
    });
    judgements.collect()
}

/// Judges a plan, and lets it through if nothing speaks against it.
pub fn approve(
    plan: Plan,
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    circumstances: &Circumstances,
) -> Result<ApprovedPlan, Box<Refusal>> {
    let judgements = judge(&plan, desired, observed, circumstances);
    let is_refused = judgements.iter().any(|judgement| judgement.verdict == Verdict::Refused);
    if is_refused || !plan.blocked().is_empty() || !plan.conflicts().is_empty() {
        return Err(Box::new(Refusal { plan, judgements }));
    }
    let plan = replay::without_going_back(plan, desired, observed, &circumstances.lineage);
    Ok(ApprovedPlan { plan, judgements })
}

/// What the guards look at.
struct Case<'a> {
    plan: &'a Plan,
    desired: &'a DesiredAccess,
    observed: &'a ObservedAccess,
    policy: Policy,
    before: &'a EffectiveMap,
    after: &'a EffectiveMap,
    /// Who gets in by the map alone, before and after.
    mapped_before: Answers<'a>,
    mapped_after: Answers<'a>,
    /// The same without those whom an access entry answers for.
    answers_before: Answers<'a>,
    answers_after: Answers<'a>,
    outranking: &'a Outranking<'a>,
    circumstances: &'a Circumstances,
}

impl Case<'_> {
    fn opinion(&self, guard: Guard) -> Opinion {
        match guard {
            Guard::Rg01 => lockout::caller_keeps_access(self),
            Guard::Rg02 => admins::admins_stay(self),
            Guard::Rg03 => nodes::nodes_stay(self),
            Guard::Rg04 => landslide::sections_stay(self),
            Guard::Rg05 => landslide::few_removals(self),
            Guard::Rg06 => growth::growth(self),
            Guard::Rg07 => circumstances::as_planned(self),
            Guard::Rg08 => circumstances::can_be_undone(self),
            Guard::Rg09 => replay::goes_on(self),
        }
    }
}

/// What one guard thinks, before anybody's allowance.
struct Opinion {
    is_against: bool,
    /// Nobody's word lets it pass.
    is_final: bool,
    message: String,
    hint: Option<String>,
}

impl Opinion {
    fn fine(message: impl Into<String>) -> Self {
        Self { is_against: false, is_final: false, message: message.into(), hint: None }
    }

    fn against(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { is_against: true, is_final: false, message: message.into(), hint: Some(hint.into()) }
    }

    fn whatever_is_allowed(self) -> Self {
        Self { is_final: true, ..self }
    }
}

fn verdict(guard: Guard, opinion: &Opinion, circumstances: &Circumstances) -> Verdict {
    if !opinion.is_against {
        return Verdict::Passed;
    }
    let is_named = |allowance: &&Allowance| allowance.guard == guard && !opinion.is_final;
    let allowance = circumstances.allowed.iter().find(is_named);
    allowance.map_or(Verdict::Refused, |allowance| Verdict::Allowed(allowance.reason.clone()))
}
