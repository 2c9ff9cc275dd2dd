//! The AWS side of a cluster: the sandbox's STS and EKS, on this crate's
//! runtime, and how clients are pointed at it.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use rolecall_sandbox::aws::{self, Credentials, Directory, Server};
use serde_json::Value;

use super::Cluster;
use crate::background;

/// The account of the clusters.
pub const ACCOUNT: &str = "111122223333";
/// The region of the clusters.
pub const REGION: &str = "ap-northeast-1";

/// A running practice AWS that one or more clusters use.
#[derive(Debug)]
pub struct PracticeAws {
    /// Who there is; changes count at once.
    pub directory: Directory,
    pub server: Server,
}

impl PracticeAws {
    pub fn start() -> Result<Self> {
        let directory = Directory::new();
        let server = background::run(Server::start(directory.clone())).context("start the practice AWS")?;
        Ok(Self { directory, server })
    }
}

impl Cluster {
    pub fn aws(&self) -> &PracticeAws {
        &self.aws
    }

    /// The users, roles and keys that tokens of this cluster are checked against.
    pub fn directory(&self) -> &Directory {
        &self.aws.directory
    }

    /// What EKS says about this cluster at its start: `CONFIG_MAP` mode, its own
    /// endpoint. Change it and [`announce`](Self::announce) it for another mode,
    /// access entries, or a fault proxy's endpoint.
    pub fn eks_record(&self) -> aws::Cluster {
        let mut record = aws::Cluster::new(ACCOUNT, REGION, self.name());
        record.endpoint = Some(self.endpoint());
        record.certificate_authority = Some(self.ca_base64());
        record
    }

    /// Makes EKS's DescribeCluster say this.
    pub fn announce(&self, record: aws::Cluster) {
        self.directory().put_cluster(record);
    }

    /// The variables with which an AWS client speaks to the practice AWS as the
    /// owner of these credentials. Clear the environment before you set them.
    pub fn aws_environment(&self, credentials: &Credentials) -> Vec<(&'static str, String)> {
        let mut environment = client_environment(credentials);
        environment.push(("AWS_ENDPOINT_URL", self.aws.server.endpoint_url()));
        environment
    }

    /// A token for this cluster, made by `aws eks get-token` (half a second).
    pub fn mint_token(&self, credentials: &Credentials) -> Result<String> {
        // Without an endpoint override, which would end up inside the token.
        let output = Command::new(self.assets.aws())
            .args(["eks", "get-token", "--output", "json", "--cluster-name", self.name()])
            .env_clear()
            .envs(client_environment(credentials))
            .output()
            .context("start `aws eks get-token`")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let credential: Value = serde_json::from_slice(&output.stdout)?;
        credential["status"]["token"].as_str().map(str::to_owned).context("the credential holds a token")
    }

    /// A token for this cluster, made by `aws-iam-authenticator token` (a few hundredths of a second).
    pub fn mint_token_natively(&self, credentials: &Credentials) -> Result<String> {
        let output = Command::new(self.assets.authenticator())
            .args(["token", "--token-only", "--cluster-id", self.name()])
            .env_clear()
            .envs(client_environment(credentials))
            .output()
            .context("start `aws-iam-authenticator token`")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

fn client_environment(credentials: &Credentials) -> Vec<(&'static str, String)> {
    let mut environment = credentials.environment();
    environment.push(("AWS_REGION", REGION.to_owned()));
    // AWS CLI v1 knows only this one.
    environment.push(("AWS_DEFAULT_REGION", REGION.to_owned()));
    // Nothing of this machine's own: no profile, no instance role.
    environment.push(("AWS_CONFIG_FILE", "/dev/null".to_owned()));
    environment.push(("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()));
    environment.push(("AWS_EC2_METADATA_DISABLED", "true".to_owned()));
    environment
}
