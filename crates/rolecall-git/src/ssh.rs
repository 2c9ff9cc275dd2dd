//! SSH through the `ssh` program, whose options are ours alone: no configuration of the machine's is read.
//!
//! The host's key must be one that was given; there is no first time on which any key is taken.

use std::ffi::OsString;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use gix_transport::Protocol;
use gix_transport::client::git::ConnectMode;
use gix_transport::client::git::blocking_io::Connection;

use crate::budget::Meter;
use crate::place::Shell;
use crate::problem::Problem;

#[cfg(test)]
mod tests;

/// How SSH is spoken.
#[derive(Debug, Clone)]
pub struct SshOptions {
    /// The program; `ssh`, if it is to be looked up.
    pub program: PathBuf,
    /// The file with the private key, readable by us alone.
    pub key: PathBuf,
    /// The file with the keys of hosts that are known.
    pub known_hosts: PathBuf,
}

type Metered = BufReader<Answer>;

/// Starts `git-upload-pack` on the other side.
pub(crate) fn connect(
    shell: &Shell,
    options: &SshOptions,
    meter: &Arc<Meter>,
) -> Result<Connection<Metered, ChildStdin>, Problem> {
    let program = options.program.display().to_string();
    let mut child = Command::new(&options.program)
        .args(arguments(shell, options))
        .env("GIT_PROTOCOL", "version=2")
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Problem::no_ssh(&program),
            _ => Problem::ssh(&error.to_string()),
        })?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(write), Some(read), Some(errors)) = pipes else {
        return Err(Problem::ssh("its input and output cannot be used"));
    };
    let said = Arc::new(Mutex::new(String::new()));
    let process =
        Process { child: Mutex::new(child), said: Arc::clone(&said), waits_since: Mutex::new(None) };
    let process = Arc::new(process);
    thread::spawn(move || listen(errors, &said));
    let guarded = (Arc::downgrade(&process), Arc::clone(meter));
    thread::spawn(move || guard(&guarded.0, &guarded.1));
    let answer =
        Answer { inner: read, process: Arc::clone(&process), meter: Arc::clone(meter), is_heard: false };
    let none = None::<(String, Option<u16>)>;
    let path = shell.path.as_str();
    Ok(Connection::new(BufReader::new(answer), write, Protocol::V2, path, none, ConnectMode::Process, false))
}

/// What the program is told. The host stands behind `--`, the path in quotes.
fn arguments(shell: &Shell, options: &SshOptions) -> Vec<OsString> {
    let with = |name: &str, path: &PathBuf| {
        let mut option = OsString::from(name);
        option.push(path);
        option
    };
    let mut arguments: Vec<OsString> = ["-F", "none", "-T", "-x", "-a"].map(OsString::from).to_vec();
    for option in [
        OsString::from("BatchMode=yes"),
        "StrictHostKeyChecking=yes".into(),
        with("UserKnownHostsFile=", &options.known_hosts),
        "GlobalKnownHostsFile=/dev/null".into(),
        "IdentitiesOnly=yes".into(),
        "IdentityAgent=none".into(),
        "ConnectTimeout=5".into(),
        "SendEnv=GIT_PROTOCOL".into(),
        with("IdentityFile=", &options.key),
    ] {
        arguments.extend(["-o".into(), option]);
    }
    if let Some(port) = shell.port {
        arguments.extend(["-p".into(), port.to_string().into()]);
    }
    let path = shell.path.replace('\'', r"'\''");
    arguments.extend(["--".into(), shell.destination().into(), format!("git-upload-pack '{path}'").into()]);
    arguments
}

/// Ends the program when the time is over, or when it has been waited for too long.
fn guard(process: &Weak<Process>, meter: &Meter) {
    while let Some(process) = process.upgrade() {
        let waits_since = *process.waits_since.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = waits_since.map(|since| since.elapsed()).unwrap_or_default();
        if let Err(problem) = meter.in_time().and_then(|()| meter.bears(silence)) {
            // The first problem is the one that is told. What comes of the end of the program is no news.
            drop(meter.fail(problem));
            process.end();
            return;
        }
        drop(process);
        thread::sleep(Duration::from_millis(100));
    }
}

/// The program while it runs. It is ended with its last user.
pub(crate) struct Process {
    child: Mutex<Child>,
    said: Arc<Mutex<String>>,
    /// Since when its next byte is waited for.
    waits_since: Mutex<Option<Instant>>,
}

impl Process {
    fn end(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }

    fn waited<T>(&self, work: impl FnOnce() -> T) -> T {
        let set = |to| *self.waits_since.lock().unwrap_or_else(PoisonError::into_inner) = to;
        set(Some(Instant::now()));
        let done = work();
        set(None);
        done
    }

    fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Keeps the beginning of what the program complains about, and reads the rest away.
fn listen(mut errors: impl Read, said: &Mutex<String>) {
    let mut buffer = [0; 1024];
    while let Ok(amount @ 1..) = errors.read(&mut buffer) {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < 4096 {
            said.push_str(&String::from_utf8_lossy(&buffer[..amount]));
        }
    }
}

/// What comes back, metered. If nothing does, the reason is in what the program said.
pub(crate) struct Answer {
    inner: ChildStdout,
    process: Arc<Process>,
    meter: Arc<Meter>,
    is_heard: bool,
}

impl Read for Answer {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let amount = self.process.waited(|| self.inner.read(to))?;
        if amount == 0 && !self.is_heard {
            self.process.end();
            // What it said last may be on its way still.
            thread::sleep(Duration::from_millis(50));
            let problem = self.meter.in_time().err().unwrap_or_else(|| Problem::ssh(&self.process.said()));
            return Err(self.meter.fail(problem));
        }
        self.is_heard = true;
        self.meter.spend(amount).map_err(|problem| self.meter.fail(problem))?;
        Ok(amount)
    }
}
