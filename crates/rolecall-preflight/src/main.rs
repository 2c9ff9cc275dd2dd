//! What `cargo xtask` starts with: complains in the first seconds, or builds the real thing and runs it.
//!
//! The real thing is the `xtask` package, whose dependencies take minutes to compile on a new machine. Which
//! of its commands need the test environment is all that is known of it here.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, ExitCode};

/// The commands that build or start the test environment.
const NEED_TESTENV: [&str; 5] = ["bench", "setup", "story", "test", "testenv"];

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let missing = if needs_testenv(&arguments) { rolecall_preflight::missing() } else { Vec::new() };
    let mut talk = std::io::stderr();
    if missing.is_empty() {
        let error = run_xtask(&arguments);
        let _ = writeln!(talk, "error: start `cargo`: {error}");
    }
    for sentence in missing {
        let _ = writeln!(talk, "error: {sentence}");
    }
    ExitCode::FAILURE
}

fn needs_testenv(arguments: &[OsString]) -> bool {
    let is_given = |word: &str| arguments.iter().any(|argument| argument == word);
    let command = arguments.iter().find_map(|argument| argument.to_str());
    command.is_some_and(|command| NEED_TESTENV.contains(&command))
        && !["--fast", "--help", "-h"].iter().any(|flag| is_given(flag))
}

/// Becomes cargo, which becomes xtask, so that signals reach it; returns only where that fails.
fn run_xtask(arguments: &[OsString]) -> std::io::Error {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(["run", "--package", "xtask", "--"]).args(arguments);
    become_command(&mut command)
}

#[cfg(unix)]
fn become_command(command: &mut Command) -> std::io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

#[cfg(not(unix))]
fn become_command(command: &mut Command) -> std::io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::{OsString, needs_testenv};

    #[test]
    fn asks_for_tools_where_the_test_environment_is_used() {
        let check = |line: &str, expect: bool| {
            let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(needs_testenv(&arguments), expect, "{line}");
        };
        check("test", true);
        check("testenv up", true);
        check("test --fast", false);
        check("story --help", false);
        check("tidy", false);
        check("", false);
    }
}
