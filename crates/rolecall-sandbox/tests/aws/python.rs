//! A Python that has botocore and the AWS CLI: to sign requests, and to run commands.

use std::process::Stdio;

use rolecall_sandbox::aws::Credentials;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::wire::Request;

const HOW_TO_GET_IT: &str = "no Python that can import botocore and awscli: set ROLECALL_PYTHON to one, or run \
                             `python3 -m pip install awscli`";

/// A request to be signed.
pub(crate) struct Unsigned {
    pub(crate) request: Request,
    pub(crate) service: &'static str,
    pub(crate) region: &'static str,
    /// `header`, `query` or `header without NAME`.
    pub(crate) how: &'static str,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Returns what the command printed, as JSON; fails the test if it did not succeed.
    pub(crate) fn json(&self) -> Value {
        assert!(self.success, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Signs the requests with one key, all in one process.
pub(crate) async fn sign(key: &Credentials, calls: Vec<Unsigned>) -> Vec<Request> {
    let calls: Vec<Value> = calls.iter().map(|call| describe(key, call)).collect();
    let mut command = python().await;
    command.arg("-c").arg(include_str!("sign.py"));
    let ended = run(command, &Value::from(calls).to_string()).await;
    assert!(ended.success, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

/// Runs the AWS CLI with nothing but these variables.
pub(crate) async fn aws(environment: &[(&str, String)], arguments: &[&str]) -> Ended {
    let mut command = python().await;
    command.args(["-m", "awscli"]).args(arguments).args(["--output", "json"]);
    command.envs(environment.iter().cloned());
    run(command, "").await
}

fn describe(key: &Credentials, call: &Unsigned) -> Value {
    let mut described = serde_json::to_value(&call.request).unwrap();
    described["service"] = json!(call.service);
    described["region"] = json!(call.region);
    described["how"] = json!(call.how);
    described["key"] = json!(key.access_key_id);
    described["secret"] = json!(key.secret_access_key);
    described["token"] = json!(key.session_token);
    described
}

/// Returns the interpreter, with an environment that knows no other AWS than ours.
async fn python() -> Command {
    static INTERPRETER: OnceCell<String> = OnceCell::const_new();
    let mut command = Command::new(INTERPRETER.get_or_init(find_interpreter).await);
    command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    for (name, value) in [
        ("AWS_CONFIG_FILE", "/nonexistent"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_MAX_ATTEMPTS", "1"),
    ] {
        command.env(name, value);
    }
    command
}

/// Returns the path of the interpreter itself, which needs no shim's environment.
async fn find_interpreter() -> String {
    let named = std::env::var("ROLECALL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(&named);
    command.args(["-c", "import sys, awscli, botocore; print(sys.executable)"]);
    let ended = run(command, "").await;
    assert!(ended.success, "{HOW_TO_GET_IT}\n`{named}` says: {}", ended.stderr);
    ended.stdout.trim().to_owned()
}

async fn run(mut command: Command, input: &str) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{HOW_TO_GET_IT}\n{error}"));
    let mut stdin = child.stdin.take().unwrap();
    // A command that reads nothing may be gone before the input is written.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    Ended {
        success: output.status.success(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
