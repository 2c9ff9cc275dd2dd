//! Whole processes, measured by the kernel: wall time, CPU time with all children, peak memory.
//!
//! The commands are started by a small Python script (`measure.py`), since `std` does not give what `wait4`
//! tells, and calling it takes `unsafe`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

const SCRIPT: &str = include_str!("measure.py");

/// A command with its whole environment.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Run {
    argv: Vec<String>,
    environment: BTreeMap<String, String>,
    folder: String,
    /// Where its output goes; nowhere if there is no place.
    stdout: Option<String>,
}

/// What a contestant does once. Only `commands` are measured.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Turn {
    /// Folders that are made anew first.
    pub(super) emptied: Vec<String>,
    /// What is run before the clock starts.
    pub(super) before: Vec<Run>,
    /// What is measured, one after another: times are added, the highest peak counts.
    pub(super) commands: Vec<Run>,
}

/// One of those that are compared.
#[derive(Debug, Serialize)]
pub(super) struct Contestant {
    pub(super) name: String,
    /// Two, where a run has to find the world as the other turn left it.
    pub(super) turns: Vec<Turn>,
}

/// What all runs of a contestant took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    /// Seconds.
    pub(super) wall: Spread,
    /// Seconds, user and system.
    pub(super) cpu: Spread,
    /// MiB.
    pub(super) memory: Spread,
}

/// Many values, in short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Run {
    /// The program with these arguments, nothing inherited.
    pub(super) fn new(program: &Path, arguments: &[&str], folder: &Path) -> Self {
        let words = arguments.iter().map(|&word| word.to_owned());
        Self {
            argv: std::iter::once(program.display().to_string()).chain(words).collect(),
            environment: BTreeMap::new(),
            folder: folder.display().to_string(),
            stdout: None,
        }
    }

    #[must_use]
    pub(super) fn with(mut self, environment: &BTreeMap<String, String>) -> Self {
        self.environment.extend(environment.clone());
        self
    }

    /// The command as a person would type it.
    pub(super) fn words(&self) -> String {
        self.argv.join(" ")
    }

    #[must_use]
    pub(super) fn into_file(mut self, path: &Path) -> Self {
        self.stdout = Some(path.display().to_string());
        self
    }
}

impl From<&Run> for Command {
    fn from(run: &Run) -> Self {
        let mut command = Self::new(&run.argv[0]);
        command.args(&run.argv[1..]).env_clear().envs(&run.environment).current_dir(&run.folder);
        command
    }
}

impl Contestant {
    /// One that does the same each time.
    pub(super) fn steady(name: &str, run: Run) -> Self {
        Self { name: name.into(), turns: vec![Turn { commands: vec![run], ..Turn::default() }] }
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            0 => f64::midpoint(values[middle - 1], values[middle]),
            _ => values[middle],
        };
        Self { median, min: values[0], max: values[values.len() - 1] }
    }
}

/// Runs all contestants in turn, `rounds` times each, and gives what each took, in their order.
pub(super) fn measure(title: &str, contestants: &[Contestant], rounds: usize) -> Result<Vec<Figures>> {
    writeln!(std::io::stderr(), "measuring {title}")?;
    let mut process = Command::new("python3")
        .args(["-I", "-S", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start `python3`")?;
    let order = serde_json::json!({ "rounds": rounds, "contestants": contestants });
    let mut input = process.stdin.take().context("its standard input is piped")?;
    input.write_all(order.to_string().as_bytes()).context("write to `measure.py`")?;
    drop(input);
    let output = process.wait_with_output()?;
    ensure!(output.status.success(), "{title} could not be measured");
    let mut results: BTreeMap<String, Vec<[f64; 3]>> = serde_json::from_slice(&output.stdout)?;
    let figures =
        contestants.iter().map(|contestant| results.remove(&contestant.name).map(|runs| figures(&runs)));
    figures.collect::<Option<_>>().context("`measure.py` measures everybody")
}

fn figures(runs: &[[f64; 3]]) -> Figures {
    let column = |n: usize| runs.iter().map(|run| run[n]).collect();
    let kib = Spread::of(column(2));
    let memory = Spread { median: kib.median / 1024.0, min: kib.min / 1024.0, max: kib.max / 1024.0 };
    Figures { wall: Spread::of(column(0)), cpu: Spread::of(column(1)), memory }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_middle_and_the_ends() {
        let check = |values: &[f64], median, min, max| {
            assert_eq!(Spread::of(values.to_vec()), Spread { median, min, max });
        };
        check(&[3.0], 3.0, 3.0, 3.0);
        check(&[3.0, 1.0, 2.0], 2.0, 1.0, 3.0);
        check(&[4.0, 1.0, 2.0, 10.0], 3.0, 1.0, 10.0);
    }

    #[test]
    fn turns_are_taken_by_the_count_of_all_runs_and_only_commands_are_measured() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let turn = |word: &str| {
            let log = format!("echo {word} >> log");
            Turn {
                emptied: vec![folder.join("emptied").display().to_string()],
                before: vec![Run::new(Path::new("/bin/sh"), &["-c", "touch emptied/x"], folder)],
                commands: vec![Run::new(Path::new("/bin/sh"), &["-c", &log], folder)],
            }
        };
        let contestant =
            |name: &str| Contestant { name: name.into(), turns: vec![turn("even"), turn("odd")] };
        let figures = measure("a test", &[contestant("a"), contestant("b"), contestant("c")], 1).unwrap();
        let log = std::fs::read_to_string(folder.join("log")).unwrap();
        assert_eq!(log, "even\nodd\neven\nodd\neven\nodd\n");
        assert_eq!(figures.len(), 3);
        assert!(figures.iter().all(|one| one.wall.min > 0.0 && one.memory.min > 1.0));
    }
}
