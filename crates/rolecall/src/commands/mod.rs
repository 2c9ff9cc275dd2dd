//! One file a command: its flags, and what it does with the line.

pub(crate) mod apply;
pub(crate) mod bootstrap;
pub(crate) mod completions;
pub(crate) mod drift;
pub(crate) mod explain;
pub(crate) mod kubeconfig;
pub(crate) mod plan;
pub(crate) mod token;
pub(crate) mod verify;
pub(crate) mod whoami;

use crate::cli::Command;
use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Runs one command.
pub(crate) fn run(command: Command, screen: &Screen) -> Result<Status, Failure> {
    match command {
        Command::Plan(args) => plan::run(&args, screen),
        Command::Apply(args) => apply::run(&args, screen),
        Command::Verify(args) => verify::run(&args, screen),
        Command::Drift(args) => drift::run(&args, screen),
        Command::Explain(args) => explain::run(&args, screen),
        Command::WhoAmI(args) => whoami::run(&args, screen),
        Command::Token(args) => token::run(&args, screen),
        Command::Kubeconfig(args) => kubeconfig::run(&args, screen),
        Command::Bootstrap(args) => bootstrap::run(&args, screen),
        Command::Completions(args) => completions::run(&args, screen),
    }
}
