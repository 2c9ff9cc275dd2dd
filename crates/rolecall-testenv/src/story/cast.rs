//! The people and things of the story, each in its place.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rolecall_sandbox::aws::{Credentials, RoleSpec};
use serde_json::Value;

use super::actor::{Actor, Told};
use super::{FirstEntry, NODES, manifest};
use crate::cluster::{ACCOUNT, Cluster, ClusterOptions};

/// The people and things of the story.
pub struct Cast {
    /// The cluster.
    pub cluster: Cluster,
    /// The folder with `aws-auth.yml`.
    pub repository: PathBuf,
    /// Whoever made the cluster: a client certificate.
    pub creator: Actor,
    /// A session of the pipeline's role.
    pub pipeline: Actor,
    /// The IAM user who wants in.
    pub admin: Actor,
    /// The ARN of the pipeline's role.
    pub pipeline_role: String,
}

impl Cast {
    /// Starts a cluster and lets everybody take their places.
    pub fn assemble(rolecall: &Path, options: ClusterOptions) -> Result<Self> {
        let cluster = Cluster::start(options)?;
        let repository = cluster.home().join("repository");
        fs::create_dir(&repository)?;
        let directory = cluster.directory();
        let role = directory.add_role(RoleSpec::new(ACCOUNT, "codebuild"));
        let session = directory.assume_role_session(&role, "build-1", Duration::from_hours(1));
        let user = directory.add_user(ACCOUNT, "/", "admin");
        let key = directory.add_access_key(&user);
        directory.add_role(RoleSpec::new(ACCOUNT, "nodes"));
        cluster.write_aws_auth(&[("mapRoles", NODES)])?;
        let actor = |name: &str, credentials: Option<&Credentials>| {
            Actor::new(name, rolecall, &cluster, &repository, credentials)
        };
        Ok(Self {
            creator: actor("creator", None)?,
            pipeline: actor("pipeline", Some(&session))?,
            admin: actor("admin", Some(&key))?,
            pipeline_role: role.arn.clone(),
            repository,
            cluster,
        })
    }

    /// Gives the pipeline's role its first entry, by whoever may enter now.
    pub fn let_the_pipeline_in(&self, first: FirstEntry) -> Result<Told> {
        let role = self.pipeline_role.as_str();
        match first {
            FirstEntry::LeastPrivilege => {
                self.creator.rolecall(&["bootstrap", "cluster", "--context", "admin", "--deployer", role])
            }
            FirstEntry::AsInTheArticle => {
                self.creator.rolecall(&["bootstrap", "cluster", "--context", "admin"])?.succeeded()?;
                let entry =
                    format!("- rolearn: {role}\n  username: codebuild\n  groups:\n  - system:masters\n");
                self.cluster.write_aws_auth(&[("mapRoles", &format!("{NODES}{entry}"))])?;
                self.creator.kubectl(&["get", "configmap", "aws-auth", "--namespace", "kube-system"])
            }
        }
    }

    /// Writes `aws-auth.yml` with the pipeline's entry and these texts of `mapRoles` and `mapUsers`.
    pub fn commit(&self, roles: &str, users: &str) -> Result<()> {
        let groups =
            if self.map()?.contains("system:masters") { "system:masters" } else { "rolecall:deployers" };
        let username = if groups == "system:masters" { "codebuild" } else { "rolecall-deployer" };
        let own =
            format!("- rolearn: {}\n  username: {username}\n  groups:\n  - {groups}\n", self.pipeline_role);
        self.write(&manifest(&format!("{own}{roles}"), users))
    }

    /// Writes `aws-auth.yml`.
    pub fn write(&self, text: &str) -> Result<()> {
        fs::write(self.repository.join("aws-auth.yml"), text).context("write `aws-auth.yml`")
    }

    /// The text of `mapRoles` as the cluster has it.
    pub fn map(&self) -> Result<String> {
        let object = self.cluster.aws_auth()?.context("there is an `aws-auth`")?;
        Ok(object["data"]["mapRoles"].as_str().unwrap_or_default().to_owned())
    }

    /// The `resourceVersion` of the map.
    pub fn version(&self) -> Result<Value> {
        let object = self.cluster.aws_auth()?.context("there is an `aws-auth`")?;
        Ok(object["metadata"]["resourceVersion"].clone())
    }
}
