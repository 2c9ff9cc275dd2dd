//! Somebody who runs commands: with credentials, a home and a kubeconfig of their own.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rolecall_sandbox::aws::Credentials;

use crate::cluster::Cluster;

/// Somebody who runs commands.
pub struct Actor {
    rolecall: PathBuf,
    kubectl: PathBuf,
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

/// A command and what came of it.
pub struct Told {
    /// The command as a person would type it.
    pub command: String,
    /// Its exit status.
    pub status: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Actor {
    /// Somebody who works in `folder`. Without credentials it is the cluster's creator, who has a client
    /// certificate; nothing is inherited from the environment of the test.
    pub fn new(
        name: &str,
        rolecall: &Path,
        cluster: &Cluster,
        folder: &Path,
        credentials: Option<&Credentials>,
    ) -> Result<Self> {
        let home = cluster.home().join(name);
        fs::create_dir_all(&home)?;
        let kubeconfig = match credentials {
            Some(_) => home.join("kubeconfig"),
            None => cluster.admin_kubeconfig().to_owned(),
        };
        let mut environment = vec![
            ("HOME".to_owned(), home.display().to_string()),
            ("KUBECONFIG".to_owned(), kubeconfig.display().to_string()),
            ("PATH".to_owned(), path_with(rolecall)),
            ("TMPDIR".to_owned(), home.display().to_string()),
            ("NO_COLOR".to_owned(), "1".to_owned()),
        ];
        if let Some(credentials) = credentials {
            let aws = cluster.aws_environment(credentials);
            environment.extend(aws.into_iter().map(|(key, value)| (key.to_owned(), value)));
            environment.push(("EKS_CLUSTER_NAME".to_owned(), cluster.name().to_owned()));
        }
        let kubectl = PathBuf::from(cluster.kubectl().get_program());
        Ok(Self { rolecall: rolecall.to_owned(), kubectl, folder: folder.to_owned(), environment })
    }

    /// Runs `rolecall` with these arguments.
    pub fn rolecall(&self, arguments: &[&str]) -> Result<Told> {
        run(self.rolecall_command(arguments), "rolecall")
    }

    /// The same, to be started by the test itself.
    pub fn rolecall_command(&self, arguments: &[&str]) -> Command {
        self.command(&self.rolecall, arguments)
    }

    /// Runs the real `kubectl` with these arguments.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<Told> {
        run(self.command(&self.kubectl, arguments), "kubectl")
    }

    /// `kubectl get svc` with a fresh token, whatever the kubeconfig says; through the kubeconfig's own exec
    /// plugin once there is one.
    pub fn knock(&self) -> Result<Told> {
        let has_kubeconfig = self.variable("KUBECONFIG").is_some_and(|path| Path::new(path).exists());
        if !has_kubeconfig {
            let written = self.rolecall(&[
                "kubeconfig",
                "--name",
                self.variable("EKS_CLUSTER_NAME").unwrap_or_default(),
            ])?;
            written.succeeded()?;
        }
        self.wait_for_other_tokens();
        self.kubectl(&["get", "svc"])
    }

    /// Waits until a new token differs from the last one. The dates of SigV4 have whole seconds, and what the
    /// API server has accepted once it goes on accepting for a while.
    pub fn wait_for_other_tokens(&self) {
        std::thread::sleep(Duration::from_millis(1100));
    }

    /// Sets a variable for all commands from now on.
    pub fn set(&mut self, key: &str, value: &str) {
        self.environment.retain(|(name, _)| name != key);
        self.environment.push((key.to_owned(), value.to_owned()));
    }

    /// A variable that is set for its commands, empty if it is not.
    pub fn environment(&self, key: &str) -> &str {
        self.variable(key).unwrap_or_default()
    }

    fn variable(&self, key: &str) -> Option<&str> {
        self.environment.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder).env_clear();
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }
}

impl Told {
    /// Did it say so, on stdout or stderr?
    pub fn says(&self, text: &str) -> bool {
        self.stdout.contains(text) || self.stderr.contains(text)
    }

    /// It ended with status 0.
    pub fn succeeded(self) -> Result<Self> {
        ensure!(self.status == Some(0), "did not succeed: {self}");
        Ok(self)
    }

    /// The API server did not know who it was.
    pub fn not_let_in(self) -> Result<Self> {
        ensure!(self.status != Some(0), "got in: {self}");
        ensure!(self.says("Unauthorized") || self.says("must be logged in"), "for another reason: {self}");
        Ok(self)
    }

    /// It ended with status 3.
    pub fn refused(self) -> Result<Self> {
        ensure!(self.status == Some(3), "was not refused: {self}");
        Ok(self)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or_else(|| "a signal".to_owned(), |status| status.to_string());
        write!(f, "$ {}\n{}{}(ended with {status})", self.command, self.stdout, self.stderr)
    }
}

/// Runs a command to its end.
pub(super) fn run(mut command: Command, name: &str) -> Result<Told> {
    let words: Vec<String> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let Output { status, stdout, stderr } = command.output().with_context(|| format!("start `{name}`"))?;
    Ok(Told {
        command: format!("{name} {}", words.join(" ")),
        status: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}

/// The system's own PATH, with the folder of `rolecall` before it: that is how an exec plugin is found.
fn path_with(rolecall: &Path) -> String {
    let folder = rolecall.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    format!("{folder}:/usr/bin:/bin")
}
