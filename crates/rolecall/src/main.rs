//! The one binary: `rolecall …`. It reads the command line, runs one command and turns its end into an exit status.
//!
//! This is a door to the line, and decides nothing that the core could decide.

mod cli;
mod commands;
mod configuration;
mod failure;
mod files;
mod history;
mod interrupts;
mod output;
mod replace;
mod source;
mod target;

use std::process::ExitCode;

use clap::error::ErrorKind;

use cli::Cli;
use failure::Status;
use output::Screen;

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let screen = Screen::new(cli.name, cli.output, cli.color);
    match commands::run(cli.command, &screen) {
        Ok(status) => status.into(),
        Err(failure) => {
            // Whoever reads us has seen enough, and need not be told.
            if !failure.is_broken_pipe() {
                screen.failure(&failure);
            }
            failure.status.into()
        }
    }
}

/// Help and version are no errors; clap's own status for the rest is 2, which means drift here.
fn usage(error: &clap::Error) -> ExitCode {
    // If the message cannot be shown, the status still tells.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Status::Done.into(),
        _ => Status::Usage.into(),
    }
}
