//! `rolecall drift`: what differs between the files and the cluster that nobody planned.

use clap::Args;
use rolecall_core::guard::Circumstances;
use rolecall_core::render::{drift_remarks, drift_suite};
use rolecall_engine::line;

use super::plan::{circumstances, document, telling};
use crate::cli::{ClusterArgs, PathArgs};
use crate::failure::{Failure, Status};
use crate::files;
use crate::output::Screen;
use crate::target::{Target, within};

/// Show what differs between the files and the cluster
///
/// Ends with status 2 if something does, or if an entry is there that was not at the last pass.
#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    path: PathArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &DriftArgs, screen: &Screen) -> Result<Status, Failure> {
    let project = files::project(&args.path, &args.cluster, screen)?;
    let planned = within(args.cluster.timeout, screen, async {
        let _progress = screen.progress("looking at the cluster");
        let target = Target::connect(&args.cluster, project.cluster.as_ref(), screen).await?;
        let circumstances = circumstances(Some(target.cluster.identity().clone()), Vec::new());
        let (observed, lineage) = project.look(&target, screen).await?;
        Ok(line::planned(observed, &project.desired, &Circumstances { lineage, ..circumstances }))
    })?;
    let mut telling = telling("drift", &planned, Some(&project.file), document(&planned, &project.file));
    telling.remarks = drift_remarks(&planned.plan);
    telling.suites.push(drift_suite(&planned.plan));
    screen.tell(&telling)?;
    let plan = &planned.plan;
    let has_intruder = plan.unmanaged().iter().any(|entry| entry.is_new);
    Ok(if !plan.blocked().is_empty() || !plan.conflicts().is_empty() {
        Status::Refused
    } else if plan.is_empty() && !has_intruder {
        Status::Done
    } else {
        Status::Changed
    })
}
