//! `rolecall completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Print a script that completes commands and flags in a shell
///
/// For bash: `rolecall completions bash > ~/.local/share/bash-completion/completions/rolecall`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, screen: &Screen) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rolecall", &mut script);
    screen.data(&String::from_utf8_lossy(&script))?;
    Ok(Status::Done)
}
