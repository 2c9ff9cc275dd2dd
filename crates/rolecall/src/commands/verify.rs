//! `rolecall verify`: is the cluster as the files say, and does the door open?

use clap::Args;
use rolecall_core::render::{self, Line, Tone};
use rolecall_engine::line::{self, Verification};

use crate::cli::{ClusterArgs, PathArgs};
use crate::failure::{Failure, Status};
use crate::files;
use crate::output::{Screen, verification, width};
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
    if screen.is_json() {
        screen.json(&verification(&seen))?;
    } else {
        screen.lines(&page(&seen))?;
    }
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

fn page(seen: &Verification) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |tone, text: String| lines.push(Line { tone, text });
    if seen.plan.is_empty() {
        say(Tone::Added, format!("The map of `{}` is as the files say.", seen.plan.cluster()));
    }
    match (&seen.caller, &seen.mismatch) {
        (_, Some(mismatch)) => say(Tone::Removed, format!("x {mismatch}")),
        (Ok(caller), None) => {
            let groups = caller.groups.join(", ");
            say(
                Tone::Added,
                format!("The door opens: a fresh token enters as `{}` [{groups}].", caller.username),
            );
        }
        (Err(error), None) => {
            say(Tone::Removed, format!("x a fresh token does not enter: {error}"));
            if let Some(hint) = &error.hint {
                say(Tone::Plain, format!("  hint: {hint}"));
            }
        }
    }
    if !seen.plan.is_empty() || !seen.plan.blocked().is_empty() || !seen.plan.conflicts().is_empty() {
        say(Tone::Plain, String::new());
        lines.extend(render::plan_text(&seen.plan, &[], &seen.observed, width()));
    }
    lines
}
