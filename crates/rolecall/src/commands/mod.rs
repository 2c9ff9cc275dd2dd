//! One file a command: its flags, and what it does with the line.

pub(crate) mod apply;
pub(crate) mod bootstrap;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod drift;
pub(crate) mod explain;
pub(crate) mod kubeconfig;
pub(crate) mod man;
pub(crate) mod map;
pub(crate) mod plan;
pub(crate) mod reconcile;
pub(crate) mod rule;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod verify;
pub(crate) mod whoami;

use clap::ValueEnum;

use crate::cli::Command;
use crate::failure::{Failure, Status};
use crate::output::{Format, Screen};

/// Runs one command.
pub(crate) fn run(command: Command, screen: &Screen) -> Result<Status, Failure> {
    speaks(&command, screen)?;
    match command {
        Command::Check(args) => check::run(&args, screen),
        Command::Plan(args) => plan::run(&args, screen),
        Command::Apply(args) => apply::run(&args, screen),
        Command::Verify(args) => verify::run(&args, screen),
        Command::Drift(args) => drift::run(&args, screen),
        Command::Explain(args) => explain::run(&args, screen),
        Command::WhoAmI(args) => whoami::run(&args, screen),
        Command::Map(args) => map::run(&args, screen),
        Command::Token(args) => token::run(&args, screen),
        Command::Kubeconfig(args) => kubeconfig::run(&args, screen),
        Command::Bootstrap(args) => bootstrap::run(&args, screen),
        Command::Serve(args) => serve::run(&args, screen),
        Command::Reconcile(args) => reconcile::run(&args, screen),
        Command::Rule(args) => rule::run(&args, screen),
        Command::Completions(args) => completions::run(&args, screen),
        Command::Man(args) => man::run(&args, screen),
    }
}

/// Has the command the voice that was asked for? Asked before anything is done.
fn speaks(command: &Command, screen: &Screen) -> Result<(), Failure> {
    let voices = command.voices();
    if voices.contains(&screen.format()) {
        return Ok(());
    }
    let name = |format: &Format| format.to_possible_value().map(|value| value.get_name().to_owned());
    let known: Vec<String> = voices.iter().filter_map(name).collect();
    let asked = name(&screen.format()).unwrap_or_default();
    Err(Failure::usage(format!("`rolecall {}` has no `--output {asked}`", screen.command()))
        .hint(format!("it has {}", known.join(", "))))
}
