//! `rolecall man`: manual pages, for whoever packages the program.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::cli::Cli;
use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Write the manual pages, one a command
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder that they are written to
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

pub(crate) fn run(args: &ManArgs, screen: &Screen) -> Result<Status, Failure> {
    let attempt = |error| Failure::io(format!("write to `{}`", args.out.display()), error);
    std::fs::create_dir_all(&args.out).map_err(attempt)?;
    clap_mangen::generate_to(Cli::command(), &args.out).map_err(attempt)?;
    screen.note(format!("the manual pages are in `{}`", args.out.display()));
    Ok(Status::Done)
}
