//! `rolecall verify`: is the cluster as the files say, and does the door open?

use std::path::Path;

use clap::Args;
use rolecall_core::finding::Level;
use rolecall_core::render::{self, Case, CaseOutcome, Line, Remark, Tone, drift_remarks, drift_suite};
use rolecall_engine::line::{self, Verification};

use crate::cli::{ClusterArgs, PathArgs};
use crate::failure::{Failure, Status};
use crate::files;
use crate::output::{Screen, Telling, verification, width};
use crate::target::{Target, within};

/// Check that the cluster is as the files say, and knock on the door with a fresh token
///
/// Ends with status 2 if it is not.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    path: PathArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &VerifyArgs, screen: &Screen) -> Result<Status, Failure> {
    let project = files::project(&args.path, &args.cluster, screen)?;
    let seen = within(args.cluster.timeout, screen, async {
        let _progress = screen.progress("looking at the cluster");
        let target = Target::connect(&args.cluster, project.cluster.as_ref(), screen).await?;
        Ok(line::verify(target.reading(), &project.desired, None).await?)
    })?;
    screen.heed_map(&seen.observed);
    screen.tell(&telling(&seen, &project.file))?;
    Ok(status(&seen))
}

fn status(seen: &Verification) -> Status {
    if !seen.plan.blocked().is_empty() || !seen.plan.conflicts().is_empty() {
        Status::Refused
    } else if seen.is_unknown() && seen.plan.is_empty() {
        Status::Failed
    } else if seen.is_as_planned() {
        Status::Done
    } else {
        Status::Changed
    }
}

fn telling(seen: &Verification, file: &Path) -> Telling {
    let mut remarks = drift_remarks(&seen.plan);
    let mut suite = drift_suite(&seen.plan);
    let title = "door".to_owned();
    match (problem(seen), &seen.caller) {
        (Some((message, hint)), _) => {
            let outcome = CaseOutcome::failed(&message, hint.as_deref());
            suite.cases.push(Case { class: title.clone(), name: "opens".to_owned(), outcome });
            remarks.insert(0, Remark { level: Level::Error, title, message, hint });
        }
        (None, Ok(caller)) => {
            suite.cases.push(Case::passed(&title, &format!("opens for {}", caller.username)));
        }
        (None, Err(_)) => {}
    }
    let verdict =
        if seen.is_as_planned() { "as the files say" } else { "not as the files say, or not known to be" };
    Telling {
        topic: format!("verify {}", seen.plan.cluster()),
        title: format!("`{}` is {verdict}", seen.plan.cluster()),
        remarks,
        lines: page(seen),
        document: verification(seen),
        suites: vec![suite],
        file: Some(files::shown(file)),
    }
}

/// Why the door does not open as it should, and the next step.
fn problem(seen: &Verification) -> Option<(String, Option<String>)> {
    match (&seen.caller, &seen.mismatch) {
        (_, Some(mismatch)) => Some((mismatch.clone(), None)),
        (Err(error), None) => Some((format!("a fresh token does not enter: {error}"), error.hint.clone())),
        (Ok(_), None) => None,
    }
}

fn page(seen: &Verification) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |tone, text: String| lines.push(Line { tone, text });
    if seen.plan.is_empty() {
        say(Tone::Added, format!("The map of `{}` is as the files say.", seen.plan.cluster()));
    }
    match (problem(seen), &seen.caller) {
        (Some((message, hint)), _) => {
            say(Tone::Removed, format!("x {message}"));
            if let Some(hint) = hint {
                say(Tone::Plain, format!("  hint: {hint}"));
            }
        }
        (None, Ok(caller)) => {
            let groups = caller.groups.join(", ");
            say(
                Tone::Added,
                format!("The door opens: a fresh token enters as `{}` [{groups}].", caller.username),
            );
        }
        (None, Err(_)) => {}
    }
    if !seen.plan.is_empty() || !seen.plan.blocked().is_empty() || !seen.plan.conflicts().is_empty() {
        say(Tone::Plain, String::new());
        lines.extend(render::plan_text(&seen.plan, &[], &seen.observed, width()));
    }
    lines
}
