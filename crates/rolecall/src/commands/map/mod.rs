//! `rolecall map`: the entries of a map listed, edited and laid out, in a file or on a cluster.

mod add;
mod cluster;
mod fmt;
mod list;
mod named;
mod place;
mod remove;
mod set;
mod sheet;

use clap::{Args, Subcommand};
use rolecall_core::edit::{Refusal, RefusalKind};

use crate::failure::{Failure, Status};
use crate::output::Screen;

/// List and edit the entries of a map, in a file or on a cluster
///
/// Only the lines that must change are touched: comments, order, quotes and what others wrote stay. What is there
/// already is not written again. A file is edited unless `--cluster` or `--context` names a cluster; there an edit is
/// planned, guarded, applied, verified and recorded like any other change.
#[derive(Debug, Args)]
pub(crate) struct MapArgs {
    #[command(subcommand)]
    command: MapCommand,
}

#[derive(Debug, Subcommand)]
enum MapCommand {
    #[command(visible_alias = "get")]
    List(list::ListArgs),
    #[command(visible_alias = "create")]
    Add(add::AddArgs),
    Set(set::SetArgs),
    #[command(visible_alias = "delete")]
    Remove(remove::RemoveArgs),
    Fmt(fmt::FmtArgs),
}

pub(crate) fn run(args: &MapArgs, screen: &Screen) -> Result<Status, Failure> {
    match &args.command {
        MapCommand::List(args) => list::run(args, screen),
        MapCommand::Add(args) => add::run(args, screen),
        MapCommand::Set(args) => set::run(args, screen),
        MapCommand::Remove(args) => remove::run(args, screen),
        MapCommand::Fmt(args) => fmt::run(args, screen),
    }
}

/// A no of the core, with the exit status of its kind.
fn failure(refusal: Refusal) -> Failure {
    let failure = match refusal.kind {
        RefusalKind::Senseless => Failure::usage(refusal.reason),
        RefusalKind::NotThere => Failure::new(refusal.reason),
        RefusalKind::Refused => Failure::refused(refusal.reason),
    };
    failure.hint(refusal.hint)
}
