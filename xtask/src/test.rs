//! `cargo xtask test`: every test, after setting up what they need, with one sum at the end.
//!
//! The quick ones come first, so that most mistakes are told within a minute; cargo's own output is passed on
//! as it comes. A step that fails does not stop the next one: one run tells everything that is wrong. Which
//! tools the machine lacks was said before this program was built (`rolecall-preflight`).

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use rolecall_testenv::Assets;

use crate::product;

/// Sets up the test environment and runs every test
///
/// The first time takes about half an hour on two cores, most of it for
/// compiling Kubernetes and the dependencies; after that, minutes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only what needs no cluster: unit tests, the core, the YAML reader, the engine, lints
    #[arg(long)]
    fast: bool,
}

/// Cargo's arguments, and how the step is called.
type Step = (&'static str, &'static [&'static str]);

const CORE: Step =
    ("core and YAML reader", &["test", "--no-fail-fast", "-p", "rolecall-core", "-p", "rolecall-yaml"]);
const FORMAT: Step = ("formatting", &["fmt", "--all", "--check"]);
const LINTS: Step = ("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
const ENGINE: Step = ("engine", &["test", "--no-fail-fast", "-p", "rolecall-engine", "--tests"]);
#[rustfmt::skip]
const UNITS: Step = ("unit tests", &[
    "test", "--no-fail-fast", "--workspace", "--lib", "--bins",
    "--exclude", "rolecall-core", "--exclude", "rolecall-yaml", "--exclude", "rolecall-engine",
]);
#[rustfmt::skip]
const REST: Step = ("all other tests", &[
    "test", "--no-fail-fast", "--workspace", "--exclude", "rolecall-core", "--exclude", "rolecall-yaml",
]);

/// Runs the steps; the sum is the last line that is written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let steps: &[Step] =
        if arguments.fast { &[CORE, FORMAT, LINTS, ENGINE, UNITS] } else { &[CORE, FORMAT, LINTS, REST] };
    let mut sum = Sum::default();
    let mut failed = Vec::new();
    for (name, words) in steps {
        let mut cargo = product::cargo();
        cargo.args(*words);
        if *name == REST.0 {
            announce("the real API server and its companions")?;
            cargo.env("ROLECALL_PYTHON", Assets::ready()?.python());
        }
        announce(name)?;
        if !finish(&mut cargo, &mut sum)? {
            failed.push(*name);
        }
    }
    for step in &failed {
        announce(&format!("failed: {step}"))?;
    }
    writeln!(std::io::stdout(), "{sum}")?;
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// On stdout, like cargo's test results, so that the order is kept where both are written to a file.
fn announce(what: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "\n== {what}")?)
}

/// Runs cargo to its end, adding what its tests say to `sum`; whether it succeeded.
fn finish(cargo: &mut Command, sum: &mut Sum) -> Result<bool> {
    let mut running = cargo.stdout(Stdio::piped()).spawn().context("start `cargo`")?;
    let output = running.stdout.take().context("cargo has no stdout")?;
    pass_on(BufReader::new(output), &mut std::io::stdout(), sum)?;
    Ok(running.wait()?.success())
}

/// Writes every line on as it comes, and counts.
fn pass_on(mut from: impl BufRead, to: &mut impl Write, sum: &mut Sum) -> Result<()> {
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        sum.add(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(())
}

/// What all tests came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Sum {
    /// Adds a line like `test result: ok. 3 passed; 0 failed; 1 ignored; …`; others count nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let counted = result.split(['.', ';']).filter_map(|part| part.trim().split_once(' '));
        for (number, what) in counted.filter_map(|(number, what)| Some((number.parse::<usize>().ok()?, what)))
        {
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::{Sum, pass_on};

    #[test]
    fn sums_up_what_cargo_says() {
        let said = "running 2 tests\n\
                    test a ... ok\n\
                    test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s\n\
                    test result: FAILED. 10 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.50s\n\
                    not a test result: ok. 5 passed\n";
        let (mut sum, mut written) = (Sum::default(), Vec::new());
        pass_on(said.as_bytes(), &mut written, &mut sum).unwrap();
        assert_eq!(sum, Sum { passed: 12, failed: 3, skipped: 1 });
        assert_eq!(sum.to_string(), "12 passed, 3 failed, 1 skipped");
        assert_eq!(written, said.as_bytes());
    }
}
