//! The process that owns the servers, so that none of them outlives the test.
//!
//! A test can fail, panic or be killed with SIGKILL; in all cases the kernel
//! closes its end of a pipe, and the supervisor (a Python script inside this
//! crate, since cargo does not build the binaries of a dependency) then kills
//! the servers and removes their working directory. It does not restart
//! anything by itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("supervisor.py");
const POLL: Duration = Duration::from_millis(20);

/// A running supervisor; dropping it ends its servers and waits for that.
pub(crate) struct Supervisor {
    home: PathBuf,
    // `None` only while it is being dropped: closing the pipe is the order to end.
    pipe: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    process: Child,
}

/// What to start: the log goes to `NAME.log` in the working directory.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// The whole environment; nothing is inherited.
    pub(crate) environment: BTreeMap<String, String>,
}

impl Supervisor {
    pub(crate) fn start() -> Result<Self> {
        let mut process = Command::new("python3")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the supervisor with `python3`")?;
        let orders = process.stdin.take().expect("its standard input is piped");
        let answers = process.stdout.take().expect("its standard output is piped");
        let mut answers = BufReader::new(answers);
        let hello = read_answer(&mut answers)?;
        let home = hello["home"].as_str().context("the supervisor names its directory")?.into();
        Ok(Self { home, pipe: Mutex::new(Some((orders, answers))), process })
    }

    /// The working directory, removed at the end.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Starts a server and gives its process id.
    pub(crate) fn launch(&self, server: &Server) -> Result<u32> {
        let argv: Vec<&str> = std::iter::once(server.program.to_str().context("path is not UTF-8")?)
            .chain(server.arguments.iter().map(String::as_str))
            .collect();
        let answer = self.order(&json!({
            "order": "start", "name": server.name, "argv": argv, "env": server.environment,
        }))?;
        answer["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).context("the supervisor names the pid")
    }

    /// Ends a server with SIGKILL: the authenticator does not heed SIGTERM.
    pub(crate) fn kill(&self, name: &str) -> Result<()> {
        self.order(&json!({"order": "kill", "name": name})).map(drop)
    }

    /// What the server has written so far.
    pub(crate) fn log(&self, name: &str) -> String {
        let bytes = fs::read(self.home.join(name).with_extension("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Asks `ready` until it says yes, the server ends, or the time is up.
    pub(crate) fn wait_for(&self, name: &str, limit: Duration, ready: impl Fn() -> bool) -> Result<()> {
        let deadline = Instant::now() + limit;
        while !ready() {
            let status = self.order(&json!({"order": "status", "name": name}))?;
            if !status["exit"].is_null() {
                bail!("`{name}` ended with status {}; its last lines:\n{}", status["exit"], self.tail(name));
            }
            if Instant::now() > deadline {
                bail!("`{name}` was not ready within {limit:?}; its last lines:\n{}", self.tail(name));
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn tail(&self, name: &str) -> String {
        let log = self.log(name);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    fn order(&self, order: &Value) -> Result<Value> {
        let mut pipe = self.pipe.lock().expect("nothing panics while it holds this lock");
        let (orders, answers) = pipe.as_mut().context("the supervisor has been ended")?;
        writeln!(orders, "{order}").context("write to the supervisor")?;
        orders.flush().context("write to the supervisor")?;
        let answer = read_answer(answers)?;
        match answer["error"].as_str() {
            Some(error) => bail!("the supervisor could not {} `{}`: {error}", order["order"], order["name"]),
            None => Ok(answer),
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Ok(mut pipe) = self.pipe.lock() {
            *pipe = None;
        }
        // Its exit says that every server is gone; a failure here has no reader.
        let _ = self.process.wait();
    }
}

fn read_answer(answers: &mut BufReader<ChildStdout>) -> Result<Value> {
    let mut line = String::new();
    answers.read_line(&mut line).context("read from the supervisor")?;
    serde_json::from_str(&line).context("the supervisor ended unexpectedly")
}
