//! The authenticator's own `ParseMap` and `ArnLike`, in a process beside us.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::differential::Data;

/// Answers one document after the other; ends with us, since its input does.
pub(super) struct Oracle {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    /// The program with these arguments: none for `ParseMap`.
    pub(super) fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start `{}`", program.display()))?;
        let input = process.stdin.take().context("its input is piped")?;
        let output = BufReader::new(process.stdout.take().context("its output is piped")?);
        Ok(Self { process, input, output })
    }

    /// What the authenticator makes of `data`, or answers to the question that it holds.
    pub(super) fn ask(&mut self, data: &Data) -> Result<Value> {
        writeln!(self.input, "{}", serde_json::to_string(data)?)?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the oracle ended: {:?}", self.process.try_wait()?);
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
