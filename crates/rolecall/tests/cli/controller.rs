//! A process that serves, what it says, and the repository and the cluster around it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rolecall_testenv::ClusterOptions;
use rolecall_testenv::git::git;
use rolecall_testenv::story::{Cast, manifest, user};
use serde_json::Value;

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// `rolecall serve`, and what it says.
pub(crate) struct Controller {
    child: Child,
    lines: Receiver<String>,
}

impl Controller {
    /// Starts with this configuration, in a folder of the cluster's home; `kubeconfig` in the place of the creator's.
    pub(crate) fn start(cast: &Cast, config: &str, kubeconfig: Option<&Path>) -> Self {
        let folder = cast.cluster.home().join("serve");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("rolecall.yaml");
        std::fs::write(&file, config).unwrap();
        let mut command =
            cast.creator.rolecall_command(&["serve", "-o", "json", "--config", file.to_str().unwrap()]);
        command.envs(kubeconfig.map(|file| ("KUBECONFIG", file)));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (told, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
        Self { child, lines }
    }

    /// The next line that is so.
    pub(crate) fn until(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let Ok(line) = self.lines.recv_timeout(left) else { break };
            let document: Value =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if is_it(&document) {
                return document;
            }
            said.push(line);
        }
        panic!("it was not said in time: {}", said.join("\n"));
    }

    pub(crate) fn until_message(&self, part: &str) -> Value {
        self.until(|line| line["message"].as_str().is_some_and(|message| message.contains(part)))
    }

    /// Everything that is said within a time.
    pub(crate) fn says_within(&self, time: Duration) -> Vec<String> {
        let end = Instant::now() + time;
        let next = || self.lines.recv_timeout(end.saturating_duration_since(Instant::now())).ok();
        std::iter::from_fn(next).collect()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Ends it as Kubernetes does.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        let began = Instant::now();
        let status = self.child.wait().unwrap();
        assert!(began.elapsed() < Duration::from_secs(10), "it took {:?}", began.elapsed());
        status
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// A cluster with nodes.
pub(crate) fn bare() -> Cast {
    Cast::assemble(Path::new(env!("CARGO_BIN_EXE_rolecall")), ClusterOptions::default()).unwrap()
}

/// The same, bootstrapped for `whom`, with a repository whose first commit lets `admin` in.
pub(crate) fn bootstrapped(whom: &str) -> Cast {
    let cast = bare();
    cast.creator.rolecall(&["bootstrap", whom, "--context", "admin"]).unwrap().succeeded().unwrap();
    git(&cast.repository, &["init", "-q", "-b", "main"]);
    push(&cast, &manifest("[]", &user("admin", "system:masters")));
    cast
}

pub(crate) fn push(cast: &Cast, text: &str) {
    cast.write(text).unwrap();
    git(&cast.repository, &["add", "."]);
    git(&cast.repository, &["commit", "-q", "-m", "x"]);
}

/// Both sections of the map as they are.
pub(crate) fn mappings(cast: &Cast) -> String {
    let object = cast.cluster.aws_auth().unwrap().unwrap_or_default();
    format!("{}{}", object["data"]["mapRoles"], object["data"]["mapUsers"])
}
