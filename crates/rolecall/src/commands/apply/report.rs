//! How an apply ended, in words and as a status.

use rolecall_core::finding::Level;
use rolecall_core::plan::Action;
use rolecall_core::record::Outcome;
use rolecall_core::render::{self, Case, CaseOutcome, Line, Remark, Suite, Tone, plan_remarks, plan_suite};
use rolecall_engine::line::{ApplyError, ApplyReport, Planned};

use super::watch::Stage;
use crate::failure::{Failure, Status};
use crate::output::{Screen, Telling, apply_report};

/// Tells what was done.
pub(crate) fn tell(report: &ApplyReport, screen: &Screen) -> Result<Status, Failure> {
    let told = screen.tell(&telling(report));
    // What was done is done, whether or not somebody still listens: the status says what came of it.
    if let Err(deaf) = told {
        if !deaf.is_broken_pipe() {
            return Err(deaf.hint("the apply itself has ended; `rolecall verify` tells what came of it"));
        }
        screen.show(&lines(report));
    }
    tell_remarks(report, screen);
    match report.outcome {
        None | Some(Outcome::Verified) => Ok(Status::Done),
        Some(_) => {
            screen.hint("the change was made; `rolecall verify` looks again");
            Ok(Status::Failed)
        }
    }
}

/// Tells what else people should know.
pub(crate) fn tell_remarks(report: &ApplyReport, screen: &Screen) {
    report.remarks.iter().for_each(|remark| screen.warning(remark));
}

/// The end of an apply that did not get there.
pub(crate) fn failure(error: ApplyError, screen: &Screen) -> Result<Failure, Failure> {
    Ok(match error {
        ApplyError::Refused(refusal, observed) => {
            let planned = Planned { observed: *observed, plan: refusal.plan, judgements: refusal.judgements };
            show(&planned, screen)?;
            refused()
        }
        ApplyError::Moved(planned) => {
            show(&planned, screen)?;
            Failure::refused("the cluster has moved: what would change now is not what you saw")
                .hint("nothing was changed; look at the plan above, and apply again")
        }
        ApplyError::Port { source } => source.into(),
        other => {
            let (status, hint) = end(&other);
            Failure { status, error: other.into(), hint: Some(hint.to_owned()) }
        }
    })
}

/// A guard, another source or the cluster speaks against the plan, which was shown.
pub(crate) fn refused() -> Failure {
    Failure::refused("the plan is refused: nothing was changed")
}

/// The end of an apply that was stopped from outside, whatever it was doing.
pub(super) fn cut_short(failure: Failure, stage: Stage) -> Failure {
    match stage {
        Stage::Planning => failure,
        Stage::Waiting => failure.hint("nothing was changed; the lock, if it was taken, is free again in 15 s"),
        Stage::Writing => failure.hint(
            "the map may have been written: the next `rolecall apply` finds the unfinished record and says so; the lock is free again in 15 s",
        ),
    }
}

fn show(planned: &Planned, screen: &Screen) -> Result<(), Failure> {
    let document = render::plan(&planned.plan, &planned.judgements, &planned.observed);
    screen.tell(&super::super::plan::telling("apply", planned, None, document))
}

fn telling(report: &ApplyReport) -> Telling {
    let lines = lines(report);
    let level = match report.outcome {
        None | Some(Outcome::Verified) => Level::Note,
        Some(_) => Level::Error,
    };
    let said = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    let mut remarks = plan_remarks(&report.plan, &report.judgements);
    remarks.pop();
    remarks.push(Remark { level, title: "apply".to_owned(), message: said.clone(), hint: None });
    Telling {
        topic: format!("apply {}", report.plan.cluster()),
        title: said.clone(),
        remarks,
        lines,
        document: apply_report(report),
        suites: vec![plan_suite(&report.plan, &report.judgements), suite(report, level, &said)],
        file: None,
    }
}

/// The one thing that an apply is judged by, beside its guards.
fn suite(report: &ApplyReport, level: Level, said: &str) -> Suite {
    let outcome = match level {
        Level::Error => CaseOutcome::failed(said, None),
        _ => CaseOutcome::Passed(Some(said.to_owned())),
    };
    let case = Case { class: "apply".to_owned(), name: "verified".to_owned(), outcome };
    Suite { name: format!("apply to {}", report.plan.cluster()), cases: vec![case] }
}

fn end(error: &ApplyError) -> (Status, &'static str) {
    match error {
        ApplyError::MayNotRecord(_) => (
            Status::Failed,
            "nothing was changed; `rolecall bootstrap cluster`, run by an administrator, grants it to the group `rolecall:deployers`, and `--no-record` goes on without",
        ),
        ApplyError::CannotRemoveUnrecorded | ApplyError::CannotTellWhose(_) => {
            (Status::Refused, "nothing was changed; `--previous FILE` tells what was ours")
        }
        ApplyError::Locked { .. } => {
            (Status::Failed, "nothing was changed; try again when that run has ended")
        }
        ApplyError::Contended(_) => {
            (Status::Failed, "nothing was changed; find out who it is before you try again")
        }
        ApplyError::Unanswered { record: Some(_), .. } => (
            Status::Failed,
            "the next apply looks what came of the write, and settles the record: run it when the cluster answers again",
        ),
        ApplyError::Unanswered { record: None, .. } => {
            (Status::Failed, "when the cluster answers again, `rolecall plan` tells what is still missing")
        }
        ApplyError::Unfinished { .. } => (Status::Failed, "run the same apply again: it finishes the record"),
        ApplyError::Cancelled => (Status::Failed, "nothing was changed; run it again when you want to"),
        _ => (Status::Failed, "nothing was changed"),
    }
}

fn lines(report: &ApplyReport) -> Vec<Line> {
    let line = |tone, text: String| Line { tone, text };
    let mut lines = Vec::new();
    for settled in &report.settled {
        let what = match settled.outcome {
            Outcome::FoundApplied => "had been made",
            Outcome::FoundNotApplied => "had not been made",
            _ => "is no longer what is there",
        };
        lines.push(line(
            Tone::Alarm,
            format!("! the apply `{}` had not ended: its change {what}; it is settled now", settled.record),
        ));
    }
    let plan = &report.plan;
    let Some(outcome) = report.outcome else {
        lines.push(line(Tone::Title, "Nothing to do: the cluster is as the files say.".to_owned()));
        if report.is_ledger_written {
            lines.push(line(Tone::Quiet, "The ledger was brought up to date.".to_owned()));
        }
        return lines;
    };
    lines.push(line(
        Tone::Title,
        format!(
            "Applied: {} added, {} updated, {} removed.",
            plan.count(Action::Add),
            plan.count(Action::Update),
            plan.count(Action::Remove)
        ),
    ));
    lines.push(match outcome {
        Outcome::Verified => {
            line(Tone::Added, "Verified: the map is as planned, and the door opens.".to_owned())
        }
        Outcome::NotAsPlanned => line(Tone::Alarm, "! what is there now is not what was planned".to_owned()),
        _ => line(Tone::Alarm, "! what came of it could not be verified".to_owned()),
    });
    if let Some(record) = &report.record {
        lines.push(line(Tone::Quiet, format!("Record `{record}`.")));
    }
    lines
}
