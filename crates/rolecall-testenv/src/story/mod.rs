//! The story that Rolecall exists for, told on the real API server with the real authenticator and kubectl.
//!
//! `cargo xtask story` tells it on the screen, a test of the `rolecall` crate tells it to nobody. It is told
//! with the shipped binary alone; whatever does not happen as told is an error.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rolecall_sandbox::aws::{Credentials, RoleSpec};
use serde_json::Value;

use crate::cluster::{ACCOUNT, Cluster, ClusterOptions};

mod actor;

pub use actor::{Actor, Told};

/// Hears the story.
pub trait Narrator {
    /// A new step begins.
    fn step(&mut self, title: &str);

    /// Somebody runs a command, and this is what comes of it.
    fn command(&mut self, who: &str, told: &Told);

    /// Something that no command shows.
    fn remark(&mut self, text: &str);
}

/// How the pipeline's role comes into the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstEntry {
    /// With a group that may touch one ConfigMap.
    LeastPrivilege,
    /// With `system:masters`, as in the article.
    AsInTheArticle,
}

/// The nodes' entry, as EKS and people leave it: with a comment and a key that nobody reads.
pub const NODES: &str = "# the worker nodes; made by eksctl
- rolearn: arn:aws:iam::111122223333:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
  team: platform   # nobody reads this
  groups:
  - system:bootstrappers
  - system:nodes
";

/// An entry that somebody else writes in between.
pub const SOMEBODY: &str = "- rolearn: arn:aws:iam::111122223333:role/somebody
  username: somebody
  groups: [view]
";

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
        let session = directory.assume_role_session(&role, "build-1", std::time::Duration::from_secs(3600));
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

/// A ConfigMap with these sections.
pub fn manifest(roles: &str, users: &str) -> String {
    let indent = |text: &str| -> String { text.lines().map(|line| format!("    {line}\n")).collect() };
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n{}  mapUsers: |\n{}",
        indent(roles),
        indent(users)
    )
}

/// The entry of an IAM user with one group.
pub fn user(name: &str, group: &str) -> String {
    format!("- userarn: arn:aws:iam::{ACCOUNT}:user/{name}\n  username: {name}\n  groups:\n  - {group}\n")
}

/// Tells the story from the first entry to the refused mistake.
pub fn tell(rolecall: &Path, first: FirstEntry, narrator: &mut dyn Narrator) -> Result<()> {
    narrator.step("A cluster, its nodes, and its creator, who lets the pipeline's role in");
    let cast = Cast::assemble(rolecall, ClusterOptions::default())?;
    let told = cast.let_the_pipeline_in(first)?.succeeded()?;
    narrator.command("creator", &told);

    narrator.step("`admin` wants in, and is not known");
    let knocked = cast.admin.knock()?;
    ensure!(knocked.says("Unauthorized") || knocked.says("must be logged in"), "`admin` got in: {knocked}");
    narrator.command("admin", &knocked);

    narrator.step("A commit adds `admin`: what would it change?");
    let users = format!("{}{}", user("oncall", "system:masters"), user("admin", "system:masters"));
    cast.commit("", &users)?;
    let planned = cast.pipeline.rolecall(&["plan"])?.succeeded()?;
    ensure!(
        planned.says("user/admin") && planned.says("cluster-admin"),
        "the plan does not name `admin`: {planned}"
    );
    narrator.command("pipeline", &planned);

    narrator.step("Meanwhile somebody else writes the map; the pipeline applies");
    cast.cluster.write_aws_auth(&[("mapRoles", &format!("{}{SOMEBODY}", cast.map()?))])?;
    let before = cast.map()?;
    let applied = cast.pipeline.rolecall(&["apply", "--yes"])?.succeeded()?;
    narrator.command("pipeline", &applied);
    ensure!(cast.map()? == before, "`mapRoles` changed:\n{}\nbefore:\n{before}", cast.map()?);
    narrator.remark(
        "the nodes' entry, its comment, the unknown key and somebody's entry are there, byte for byte",
    );

    narrator.step("`admin` gets in with the first token");
    let written = cast
        .admin
        .rolecall(&["kubeconfig", "--name", cast.cluster.name(), "--alias", "practice"])?
        .succeeded()?;
    narrator.command("admin", &written);
    let knocked = cast.admin.knock()?.succeeded()?;
    ensure!(knocked.says("kubernetes"), "the Service is not listed: {knocked}");
    narrator.command("admin", &knocked);

    narrator.step("A wrong indent, which `kubectl apply` would throw everybody out with");
    let version = cast.version()?;
    let own = format!("- rolearn: {}\n  username: x\n   groups: [x]\n", cast.pipeline_role);
    cast.write(&manifest(&own, &users))?;
    let refused = cast.pipeline.rolecall(&["apply", "--yes"])?.refused()?;
    ensure!(refused.says("aws-auth.yml:10:"), "the place is not named: {refused}");
    narrator.command("pipeline", &refused);
    cast.admin.knock()?.succeeded()?;
    narrator.remark("nothing was changed, and everybody is still in");

    narrator.step("A commit that would lock the pipeline itself out");
    cast.write(&manifest(NODES, &users))?;
    let refused = cast.pipeline.rolecall(&["apply", "--yes"])?.refused()?;
    ensure!(refused.says("RG01"), "RG01 does not speak: {refused}");
    narrator.command("pipeline", &refused);
    ensure!(cast.version()? == version, "the map was written");

    narrator.step("`admin` leaves");
    cast.commit("", &user("oncall", "system:masters"))?;
    let applied = cast.pipeline.rolecall(&["apply", "--yes"])?.succeeded()?;
    narrator.command("pipeline", &applied);
    let knocked = cast.admin.knock()?;
    ensure!(
        knocked.says("Unauthorized") || knocked.says("must be logged in"),
        "`admin` is still in: {knocked}"
    );
    narrator.command("admin", &knocked);
    Ok(())
}
