//! A practice AWS with a user, two roles and a cluster, and a way to ask it in an environment of one's own.

use std::path::Path;
use std::process::Stdio;

use rolecall_sandbox::aws::{Cluster, Credentials, Directory, Principal, RoleSpec, Server};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";

pub(crate) struct Practice {
    pub(crate) directory: Directory,
    pub(crate) server: Server,
    pub(crate) user: Principal,
    pub(crate) key: Credentials,
    /// The child's home.
    home: TempDir,
}

impl Practice {
    /// The user `jane` may become `hop`, and `hop` may become `deploy`, which asks for an external id.
    pub(crate) async fn start() -> Self {
        let directory = Directory::new();
        let user = directory.add_user(ACCOUNT, "/team/", "jane");
        let key = directory.add_access_key(&user);
        let hop = directory.add_role(RoleSpec::new(ACCOUNT, "hop").trusting(&user.arn));
        let mut deploy = RoleSpec::new(ACCOUNT, "deploy").trusting(&hop.arn);
        deploy.external_id = Some("blue".to_owned());
        directory.add_role(deploy);
        directory.put_cluster(cluster("prod"));
        let server = Server::start(directory.clone()).await.unwrap();
        Self { directory, server, user, key, home: TempDir::new().unwrap() }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes `~/.aws/config`.
    pub(crate) fn write_config(&self, text: &str) {
        let folder = self.home().join(".aws");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config"), text).unwrap();
    }

    /// The user's key, the region, and the practice AWS.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = self.key.environment();
        environment.push(("AWS_REGION", REGION.to_owned()));
        environment.push(("AWS_ENDPOINT_URL", self.server.endpoint_url()));
        environment
    }

    /// Runs one request of [`crate::probe`] with this environment.
    pub(crate) async fn ask(&self, environment: &[(&str, String)], request: Value) -> Value {
        ask(self.home(), environment, &request).await
    }

    /// The actions that were asked for, in order.
    pub(crate) fn actions(&self) -> Vec<String> {
        self.server.requests().into_iter().map(|request| request.action).collect()
    }
}

/// Runs one request of [`crate::probe`] in a process with this environment and nothing else in it.
pub(crate) async fn ask(home: &Path, environment: &[(&str, String)], request: &Value) -> Value {
    let output = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "probe::answer_one_request", "--ignored", "--nocapture"])
        .env_clear()
        .env("HOME", home)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().map(|(name, value)| (*name, value.as_str())))
        .env("PROBE", request.to_string())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let answer = stdout.lines().find_map(|line| line.split_once("PROBE ")).map(|(_, answer)| answer);
    let Some(answer) = answer else {
        panic!("no answer: {stdout}{}", String::from_utf8_lossy(&output.stderr))
    };
    serde_json::from_str(answer).unwrap()
}

/// A cluster that is up.
pub(crate) fn cluster(name: &str) -> Cluster {
    let mut cluster = Cluster::new(ACCOUNT, REGION, name);
    cluster.endpoint = Some("https://abc.gr7.eu-west-1.eks.amazonaws.com".to_owned());
    cluster.certificate_authority = Some("cGVt".to_owned());
    cluster
}

/// Checks the kind of an error, and that message and hint say what they must.
pub(crate) fn assert_error(answer: &Value, kind: &str, message: &str, hint: &str) {
    let error = &answer["error"];
    assert_eq!(error["kind"], kind, "{answer}");
    assert!(error["message"].as_str().unwrap().contains(message), "`{message}` in {error}");
    assert!(error["hint"].as_str().unwrap_or_default().contains(hint), "`{hint}` in {error}");
}
