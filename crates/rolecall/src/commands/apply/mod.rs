//! `rolecall apply`: plan, approve, apply, verify, record.

mod report;
mod stored;
mod watch;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rolecall_core::guard::Circumstances;
use rolecall_engine::line::{self, ApplyError, ApplyReport, ApplyRequest, Approval, Line, Planned};
use tokio::runtime::Runtime;

use super::plan::{allowances, circumstances, document, is_refused, page};
use crate::cli::{AllowArgs, ClusterArgs, PathArgs};
use crate::failure::{Failure, Status};
use crate::files::{self, Project};
use crate::interrupts::Interrupts;
use crate::output::{Screen, is_interactive};
use crate::target::{self, Target, bounded};

pub(super) use report::{failure, refused, tell, tell_remarks};
use stored::StoredPlan;
use watch::Stage;
pub(super) use watch::{Watch, holder};

/// Make the cluster as the files say: plan, ask, apply, verify, record
///
/// PATH may also be a plan that `rolecall plan --out` stored: it is planned again, and refused unless the result is
/// the same. Ctrl-C before the write changes nothing; during it, the run finishes what it has begun.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    path: PathArgs,
    /// Does not ask: what the guards approve is applied. The cluster must be named
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    allow: AllowArgs,
    /// Keeps no record and no ledger; then nothing can be removed, unless `--previous` tells what was ours
    #[arg(long)]
    no_record: bool,
    /// The file as it was applied before, for a cluster that keeps no ledger
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &ApplyArgs, screen: &Screen) -> Result<Status, Failure> {
    let allowed = allowances(&args.allow)?;
    let stored = StoredPlan::read(&args.path.path)?;
    if !args.yes && !is_interactive() {
        return Err(Failure::usage("there is nobody to ask whether to apply: this is no terminal")
            .hint("look at `rolecall plan`, then pass `--yes`"));
    }
    let project = project(args, stored.as_ref(), screen)?;
    let is_named = target::named(&args.cluster).is_some() || project.cluster.is_some() || stored.is_some();
    if args.yes && !is_named {
        return Err(Failure::usage(
            "`--yes` is for a cluster that was named, not for whichever context is current",
        )
        .hint("name it with `--cluster` and `--region`, with `--context`, or in `rolecall.yaml`"));
    }
    let runtime = target::runtime()?;
    let connecting = async {
        let _progress = screen.progress("looking for the cluster");
        Target::connect(&args.cluster, project.cluster.as_ref(), screen).await
    };
    let target = bounded(&runtime, args.cluster.timeout, screen, connecting)?;
    let declared =
        stored.as_ref().map_or_else(|| target.cluster.identity().clone(), |plan| plan.cluster.clone());
    let applier = stored.as_ref().and_then(|plan| plan.applier.clone());
    let circumstances = Circumstances { applier, ..circumstances(Some(declared), allowed) };
    let run = Run { args, screen, project: &project, runtime: &runtime, target: &target, circumstances };
    let approval = if args.yes && stored.is_none() {
        Approval::ByGuards
    } else {
        match run.look(stored.as_ref())? {
            Some(approval) => approval,
            None => return Ok(Status::Done),
        }
    };
    run.carry_out(approval)
}

fn project(args: &ApplyArgs, stored: Option<&StoredPlan>, screen: &Screen) -> Result<Project, Failure> {
    let mut path = args.path.clone();
    if let Some(plan) = stored {
        path.path.clone_from(&plan.file);
    }
    let mut project = files::project(&path, &args.cluster, screen)?;
    if let Some(file) = &args.previous {
        project.desired = project.desired.after(files::previous(file, screen)?);
    }
    Ok(project)
}

/// One apply, connected.
struct Run<'a> {
    args: &'a ApplyArgs,
    screen: &'a Screen,
    project: &'a Project,
    runtime: &'a Runtime,
    target: &'a Target,
    circumstances: Circumstances,
}

impl Run<'_> {
    /// Shows the plan, and asks. `None` where the answer was no.
    fn look(&self, stored: Option<&StoredPlan>) -> Result<Option<Approval>, Failure> {
        let planning = async {
            let _progress = self.screen.progress("looking at the cluster");
            let (observed, lineage) = self.project.look(self.target, self.screen).await?;
            let circumstances = Circumstances { lineage, ..self.circumstances.clone() };
            Ok((line::planned(observed, &self.project.desired, &circumstances), circumstances))
        };
        let (planned, circumstances) =
            bounded(self.runtime, self.args.cluster.timeout, self.screen, planning)?;
        self.show(&planned)?;
        if let Some(stored) = stored {
            let meant = self.as_meant(stored, &planned, &circumstances);
            stored.check(&document(&meant, &self.project.file), |document| self.screen.masked(document))?;
        }
        if is_refused(&planned.plan, &planned.judgements) {
            return Err(report::refused());
        }
        let changes = planned.plan.changes().to_vec();
        let is_yes = self.args.yes || changes.is_empty() || asks("Apply these changes? [y/N]", self.screen)?;
        if !is_yes {
            self.screen.note("nothing was changed");
        }
        Ok(is_yes.then_some(Approval::Seen(changes)))
    }

    /// The plan as it was stored for whoever applies it: who that is in the cluster was told from the map. That it
    /// is he who asks now is RG07's to say.
    fn as_meant(&self, stored: &StoredPlan, planned: &Planned, circumstances: &Circumstances) -> Planned {
        match stored.meant_for() {
            Some(applier) => {
                line::planned(planned.observed.as_seen_by(&applier), &self.project.desired, circumstances)
            }
            None => planned.clone(),
        }
    }

    /// People see what they are asked about also where scripts get the data.
    fn show(&self, planned: &Planned) -> Result<(), Failure> {
        let lines = page(planned);
        if self.screen.is_text() {
            return self.screen.lines(&lines);
        }
        self.screen.show(&lines);
        Ok(())
    }

    fn carry_out(&self, approval: Approval) -> Result<Status, Failure> {
        let timeout = self.args.cluster.timeout;
        let request = ApplyRequest {
            desired: &self.project.desired,
            circumstances: self.circumstances.clone(),
            approval,
            holder: holder(),
            lock_wait: timeout.mul_f64(0.75),
        };
        if self.args.no_record {
            self.screen.warning("no record is kept of this apply, and no ledger of what is ours");
        }
        let outcome = self.runtime.block_on(async {
            let shown = match &request.approval {
                Approval::Seen(changes) => Some(changes.clone()),
                Approval::ByGuards => None,
            };
            let watch = Watch::new(self.screen, shown);
            let reading = self.project.reading(self.target);
            let line = Line { reading, ..self.target.line(!self.args.no_record) };
            finish(line, request, &watch, timeout).await
        })?;
        match outcome {
            Ok(report) => report::tell(&report, self.screen),
            Err(error) => Err(self.target.failure(failure(error, self.screen)?)),
        }
    }
}

/// Asks at the terminal; anything but a yes is a no.
pub(super) fn asks(question: &str, screen: &Screen) -> Result<bool, Failure> {
    screen.question(question);
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Failure::io("read the answer", error))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Walks the line to its end, to the end of the time, or to the second Ctrl-C.
pub(super) async fn finish(
    line: Line<'_>,
    request: ApplyRequest<'_>,
    watch: &Watch<'_>,
    timeout: Duration,
) -> Result<Result<ApplyReport, ApplyError>, Failure> {
    let mut interrupts = Interrupts::listen().map_err(|error| Failure::io("listen for Ctrl-C", error))?;
    let applying = line::apply(line, request, watch);
    let deadline = tokio::time::sleep(timeout);
    tokio::pin!(applying, deadline);
    loop {
        tokio::select! {
            outcome = &mut applying => return Ok(outcome),
            () = &mut deadline => return Err(report::cut_short(watch.timed_out(timeout), watch.stage())),
            () = interrupts.next() => match (watch.cancel(), watch.stage()) {
                (true, _) => return Err(report::cut_short(Failure::new("stopped at once"), watch.stage())),
                (false, Stage::Planning) => return Ok(Err(ApplyError::Cancelled)),
                (false, stage) => watch.say_stopping(stage),
            },
        }
    }
}
