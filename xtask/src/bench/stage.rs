//! One cluster for everything that is measured, and the environment of those who are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rolecall_sandbox::aws::{Principal, RoleSpec};
use rolecall_testenv::story::{self, Actor, NODES};
use rolecall_testenv::{ACCOUNT, Assets, Cluster, ClusterOptions, REGION};

use super::measure::Run;

/// The commands that are compared, and a cluster whose pipeline may deploy.
pub(super) struct Stage {
    pub(super) cluster: Cluster,
    pub(super) rolecall: PathBuf,
    /// This program, optimised like the product.
    pub(super) xtask: PathBuf,
    /// AWS CLI v2.
    pub(super) aws: PathBuf,
    pub(super) assets: &'static Assets,
    role: Principal,
}

impl Stage {
    /// Starts the cluster and lets the pipeline's role in, with no more rights than it needs.
    pub(super) fn set(rolecall: PathBuf, xtask: PathBuf) -> Result<Self> {
        let assets = Assets::ready()?;
        let aws = assets.aws_cli_v2()?;
        let cluster = Cluster::start(ClusterOptions::default())?;
        let role = cluster.directory().add_role(RoleSpec::new(ACCOUNT, "codebuild"));
        cluster.write_aws_auth(&[("mapRoles", NODES)])?;
        let creator = Actor::new("creator", &rolecall, &cluster, cluster.home(), None)?;
        let bootstrap = ["bootstrap", "cluster", "--context", "admin", "--deployer", &role.arn];
        creator.rolecall(&bootstrap)?.succeeded()?;
        Ok(Self { cluster, rolecall, xtask, aws, assets, role })
    }

    /// A folder of this name, made anew.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.cluster.home().join(name);
        fs::create_dir_all(&folder).with_context(|| format!("create `{}`", folder.display()))?;
        Ok(folder)
    }

    /// What a build of the pipeline has around it: a session of its role, a home, and the tools on its path.
    ///
    /// Only EKS is redirected, as a token with another address than the real STS's is refused by the cluster.
    pub(super) fn environment(&self, session: &str, home: &Path) -> BTreeMap<String, String> {
        let hour = Duration::from_hours(1);
        let credentials = self.cluster.directory().assume_role_session(&self.role, session, hour);
        let mut environment: BTreeMap<String, String> = self
            .cluster
            .aws_environment(&credentials)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        environment.remove("AWS_ENDPOINT_URL");
        environment.insert("AWS_ENDPOINT_URL_EKS".into(), self.cluster.aws().server.endpoint_url());
        environment.insert("EKS_CLUSTER_NAME".into(), self.cluster.name().into());
        environment.insert("HOME".into(), home.display().to_string());
        environment.insert("PATH".into(), self.path());
        environment
    }

    /// The two `aws-auth.yml` between which the deploys go back and forth: the group of one user differs.
    pub(super) fn manifests(&self) -> Result<[String; 2]> {
        let map = self.cluster.aws_auth()?.context("there is an `aws-auth`")?;
        let roles = map["data"]["mapRoles"].as_str().context("it has roles")?;
        Ok(["view", "edit"].map(|group| story::manifest(roles, &story::user("admin", group))))
    }

    /// `rolecall` with these arguments.
    pub(super) fn rolecall(&self, arguments: &[&str], folder: &Path) -> Run {
        Run::new(&self.rolecall, arguments, folder)
    }

    /// Where EKS is: host and port.
    pub(super) fn eks(&self) -> String {
        self.cluster.aws().server.endpoint_url().replace("http://", "")
    }

    /// Where the API server is: host and port.
    pub(super) fn api_server(&self) -> String {
        self.cluster.endpoint().replace("https://", "")
    }

    /// The line that `aws` would be called with to describe the cluster.
    pub(super) fn eks_path(&self) -> String {
        format!("/clusters/{}", self.cluster.name())
    }

    pub(super) fn region() -> &'static str {
        REGION
    }

    fn path(&self) -> String {
        let tools = [self.aws.as_path(), self.assets.kubectl(), self.rolecall.as_path()];
        let folders =
            tools.iter().filter_map(|tool| tool.parent()).map(|folder| folder.display().to_string());
        folders.chain(["/usr/bin".into(), "/bin".into()]).collect::<Vec<_>>().join(":")
    }
}
