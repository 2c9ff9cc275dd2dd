//! Repository automation: `cargo xtask --help` says what there is.
//!
//! One file a subcommand; none of them knows another's inside.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod differential;
mod product;
mod setup;
mod story;
mod test;
mod testenv;
mod tidy;

/// Repository automation of Rolecall.
///
/// Start with `cargo xtask setup`, which builds the real API server and its
/// companions once; then `cargo xtask testenv up` gives you a cluster to try
/// things on.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Arguments),
    Differential(differential::Arguments),
    Setup(setup::Arguments),
    Story(story::Arguments),
    Test(test::Arguments),
    Testenv(testenv::Arguments),
    /// Checks what no compiler or linter does; part of the tests
    Tidy,
}

fn main() -> ExitCode {
    run(Arguments::parse().command).unwrap_or_else(|error| {
        // A person reads this: the chain of causes, never a backtrace.
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Differential(arguments) => differential::run(&arguments),
        Command::Setup(arguments) => setup::run(&arguments),
        Command::Story(arguments) => story::run(&arguments),
        Command::Test(arguments) => return test::run(&arguments),
        Command::Testenv(arguments) => testenv::run(&arguments),
        Command::Tidy => tidy::run(&tidy::root()),
    }?;
    Ok(ExitCode::SUCCESS)
}
