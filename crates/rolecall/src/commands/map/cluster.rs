//! An edit of a cluster's map, through the whole line: planned, guarded, locked, applied, verified, recorded.
//!
//! It speaks of the edited entries and of no others, as the source `cli`.

use rolecall_core::edit::{Answer, EntryEdit, Refusal, wished};
use rolecall_core::effective::EffectiveMap;
use rolecall_core::observed::ObservedAccess;
use rolecall_core::plan::Plan;
use rolecall_engine::line::{self, ApplyReport, ApplyRequest, Approval, Planned};

use super::failure;
use super::place::PlaceArgs;
use crate::cli::ClusterArgs;
use crate::commands::apply;
use crate::commands::plan::{allowances, circumstances, is_refused, page};
use crate::failure::{Failure, Status};
use crate::output::{Screen, is_interactive};
use crate::target::{self, Target, bounded};

/// Makes the edit that `answer` comes to on the cluster.
pub(super) fn edit(
    args: &PlaceArgs,
    answer: &dyn Fn(&EffectiveMap) -> Result<Answer, Refusal>,
    screen: &Screen,
) -> Result<Status, Failure> {
    let allowed = allowances(&args.allow)?;
    if !args.yes && !args.dry_run && !is_interactive() {
        return Err(Failure::usage("there is nobody to ask whether to apply: this is no terminal")
            .hint("look at it with `--dry-run`, then pass `--yes`"));
    }
    let runtime = target::runtime()?;
    let timeout = args.cluster.timeout;
    let (target, observed) = bounded(&runtime, timeout, screen, look(&args.cluster, screen))?;
    let answer = answer(&observed.effective()).map_err(failure)?;
    answer.notes.iter().for_each(|note| screen.note(note));
    let desired = wished(&answer.edits, &observed).map_err(failure)?;
    let circumstances = circumstances(Some(target.cluster.identity().clone()), allowed);
    let planned = line::planned(observed, &desired, &circumstances);
    show(&planned, args.dry_run, screen)?;
    check(&planned.plan, &answer.edits)?;
    if is_refused(&planned.plan, &planned.judgements) {
        return Err(apply::refused());
    }
    let changes = planned.plan.changes().to_vec();
    if args.dry_run {
        screen.note("nothing was changed: this was a dry run");
        return Ok(Status::Done);
    }
    if answer.edits.is_empty() {
        return apply::tell(&ApplyReport::of_nothing(planned), screen);
    }
    if !args.yes && !changes.is_empty() && !apply::asks("Apply these changes? [y/N]", screen)? {
        screen.note("nothing was changed");
        return Ok(Status::Done);
    }
    let is_recorded = !planned.observed.awaits_first_apply();
    if !is_recorded {
        screen.note("no record is kept of this: what `kubectl apply` left tells what was yours, until your first apply");
    }
    let request = ApplyRequest {
        desired: &desired,
        circumstances,
        approval: Approval::Seen(changes.clone()),
        holder: apply::holder(),
        lock_wait: timeout.mul_f64(0.75),
    };
    let outcome = runtime.block_on(async {
        let watch = apply::Watch::new(screen, Some(changes));
        apply::finish(target.line(is_recorded), request, &watch, timeout).await
    })?;
    match outcome {
        Ok(report) => apply::tell(&report, screen),
        Err(error) => Err(target.failure(apply::failure(error, screen)?)),
    }
}

/// Connects to the cluster that is named, and looks at it.
pub(super) async fn look(args: &ClusterArgs, screen: &Screen) -> Result<(Target, ObservedAccess), Failure> {
    let _progress = screen.progress("looking at the cluster");
    let target = Target::connect(args, None, screen).await?;
    let observed = line::observe(target.reading()).await.map_err(|error| target.failure(error))?;
    screen.heed_map(&observed);
    Ok((target, observed))
}

/// People see what they are asked about also where scripts get the data.
fn show(planned: &Planned, is_all: bool, screen: &Screen) -> Result<(), Failure> {
    let lines = page(planned);
    if !screen.is_json() {
        return screen.lines(&lines);
    }
    if is_all {
        return screen.json(&rolecall_core::render::plan(
            &planned.plan,
            &planned.judgements,
            &planned.observed,
        ));
    }
    screen.show(&lines);
    Ok(())
}

/// What a repository owns is edited there.
fn check(plan: &Plan, edits: &[EntryEdit]) -> Result<(), Failure> {
    let Some(conflict) = plan.conflicts().first() else { return Ok(()) };
    let edited = edits.iter().find(|edit| edit.key() == conflict.key);
    let principal = edited.and_then(EntryEdit::mapping).map(|mapping| mapping.principal.as_str());
    let principal = principal.unwrap_or(conflict.key.principal());
    let owner = &conflict.owner;
    Err(Failure::refused(format!("`{principal}` is owned by `{owner}`: nothing was changed"))
        .hint("edit it there, where the next apply would otherwise undo this"))
}
