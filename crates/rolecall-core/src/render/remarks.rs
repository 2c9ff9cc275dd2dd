//! What a plan's reader must not miss, for the voices that have no room for all of it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::finding::Level;
use crate::guard::{Guard, Judgement, Verdict};
use crate::plan::{Action, Plan};

/// One thing not to miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// An error refuses the plan.
    pub level: Level,
    /// What it is about, in a word, such as `RG04`.
    pub title: String,
    /// What there is to say.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

/// What must not be missed of a plan; its summary comes last.
pub fn plan_remarks(plan: &Plan, judgements: &[Judgement]) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = judgements.iter().filter_map(of_judgement).collect();
    remarks.extend(plan.conflicts().iter().map(|conflict| Remark {
        level: Level::Error,
        title: "owner".to_string(),
        message: format!("`{}` is owned by another source, {}", conflict.key.principal(), conflict.owner),
        hint: Some("remove it there first, or leave it out here".to_string()),
    }));
    remarks.extend(plan.blocked().iter().map(|blocked| Remark {
        level: Level::Error,
        title: "cluster".to_string(),
        message: blocked.reason.clone(),
        hint: Some(blocked.hint.clone()),
    }));
    remarks.extend(plan.unmanaged().iter().filter(|entry| entry.is_new).map(|entry| Remark {
        level: Level::Warning,
        title: "drift".to_string(),
        message: format!("`{}` was not there at the last pass", entry.mapping.principal),
        hint: None,
    }));
    remarks.push(Remark {
        level: Level::Note,
        title: "plan".to_string(),
        message: plan_summary(plan),
        hint: None,
    });
    remarks
}

/// What must not be missed where there should be nothing to change: that there is, is an error.
pub fn drift_remarks(plan: &Plan) -> Vec<Remark> {
    let mut remarks = plan_remarks(plan, &[]);
    if let Some(summary) = remarks.last_mut().filter(|_| !plan.is_empty()) {
        summary.level = Level::Error;
    }
    remarks
}

/// The plan in one line.
pub fn plan_summary(plan: &Plan) -> String {
    if plan.is_empty() {
        return format!("No changes; {} unmanaged.", plan.unmanaged().len());
    }
    format!(
        "Plan: {} to add, {} to update, {} to remove; {} unmanaged.",
        plan.count(Action::Add),
        plan.count(Action::Update),
        plan.count(Action::Remove),
        plan.unmanaged().len()
    )
}

/// Does this judgement say that somebody becomes cluster-admin, or, as a note, gains what nobody can measure?
pub(super) fn growth(judgement: &Judgement) -> Option<Level> {
    match judgement.message.split(' ').next() {
        _ if judgement.guard != Guard::Rg06 => None,
        Some("becomes") => Some(Level::Warning),
        Some("gains") => Some(Level::Note),
        _ => None,
    }
}

fn of_judgement(judgement: &Judgement) -> Option<Remark> {
    let title = judgement.guard.as_str().to_string();
    let (level, message, hint) = match &judgement.verdict {
        Verdict::Refused => (Level::Error, judgement.message.clone(), judgement.hint.clone()),
        Verdict::Allowed(reason) => {
            (Level::Warning, format!("{}, which is allowed: {reason}", judgement.message), None)
        }
        Verdict::Passed => (growth(judgement)?, judgement.message.clone(), None),
    };
    Some(Remark { level, title, message, hint })
}
