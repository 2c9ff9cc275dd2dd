//! The story that Rolecall exists for, told on the real API server with the real authenticator and kubectl.
//!
//! `cargo xtask story` tells it on the screen, a test of the `rolecall` crate tells it to nobody. It is told
//! with the shipped binary alone; whatever does not happen as told is an error.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::cluster::{ACCOUNT, ClusterOptions};

mod actor;
mod cast;

pub use actor::{Actor, Told};
pub use cast::Cast;

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

/// A ConfigMap with these sections.
pub fn manifest(roles: &str, users: &str) -> String {
    let indented = |text: &str| text.lines().map(|line| ["    ", line, "\n"].concat()).collect::<String>();
    let (roles, users) = (indented(roles), indented(users));
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n\
         data:\n  mapRoles: |\n{roles}  mapUsers: |\n{users}"
    )
}

/// The entry of an IAM user with one group.
pub fn user(name: &str, group: &str) -> String {
    format!("- userarn: arn:aws:iam::{ACCOUNT}:user/{name}\n  username: {name}\n  groups:\n  - {group}\n")
}

/// Tells the story from the first entry to the farewell.
pub fn tell(rolecall: &Path, first: FirstEntry, narrator: &mut dyn Narrator) -> Result<()> {
    narrator.step("A cluster, its nodes, and its creator, who lets the pipeline's role in");
    let cast = Cast::assemble(rolecall, ClusterOptions::default())?;
    let told = cast.let_the_pipeline_in(first)?.succeeded()?;
    narrator.command("creator", &told);
    in_through_the_door(&cast, narrator)?;
    mistakes_change_nothing(&cast, narrator)?;
    farewell(&cast, narrator)
}

/// A commit maps `admin`, and it gets in with the first token.
fn in_through_the_door(cast: &Cast, narrator: &mut dyn Narrator) -> Result<()> {
    narrator.step("`admin` wants in, and is not known");
    narrator.command("admin", &cast.admin.knock()?.not_let_in()?);

    narrator.step("A commit adds `admin`: what would it change?");
    cast.commit("", &everybody())?;
    let planned = cast.pipeline.rolecall(&["plan"])?.succeeded()?;
    ensure!(planned.says("user/admin") && planned.says("cluster-admin"), "`admin` is not named: {planned}");
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
    let write = ["kubeconfig", "--name", cast.cluster.name(), "--alias", "practice"];
    narrator.command("admin", &cast.admin.rolecall(&write)?.succeeded()?);
    let knocked = cast.admin.knock()?.succeeded()?;
    ensure!(knocked.says("kubernetes"), "the Service is not listed: {knocked}");
    narrator.command("admin", &knocked);
    Ok(())
}

/// What the article's pipeline would lock people out with is refused.
fn mistakes_change_nothing(cast: &Cast, narrator: &mut dyn Narrator) -> Result<()> {
    let version = cast.version()?;
    narrator.step("A wrong indent, which `kubectl apply` would throw everybody out with");
    let own = format!("- rolearn: {}\n  username: x\n   groups: [x]\n", cast.pipeline_role);
    cast.write(&manifest(&own, &everybody()))?;
    let refused = cast.pipeline.rolecall(&["apply", "--yes"])?.refused()?;
    ensure!(refused.says("aws-auth.yml:10:"), "the place is not named: {refused}");
    narrator.command("pipeline", &refused);
    cast.admin.knock()?.succeeded()?;
    narrator.remark("nothing was changed, and everybody is still in");

    narrator.step("A commit that would lock the pipeline itself out");
    cast.write(&manifest(NODES, &everybody()))?;
    let refused = cast.pipeline.rolecall(&["apply", "--yes"])?.refused()?;
    ensure!(refused.says("RG01"), "RG01 does not speak: {refused}");
    narrator.command("pipeline", &refused);
    ensure!(cast.version()? == version, "the map was written");
    Ok(())
}

/// `admin` is taken out again, and its next token is refused.
fn farewell(cast: &Cast, narrator: &mut dyn Narrator) -> Result<()> {
    narrator.step("`admin` leaves");
    cast.commit("", &user("oncall", "system:masters"))?;
    narrator.command("pipeline", &cast.pipeline.rolecall(&["apply", "--yes"])?.succeeded()?);
    narrator.command("admin", &cast.admin.knock()?.not_let_in()?);
    Ok(())
}

/// `admin`, and somebody who stays when `admin` leaves: the last cluster-admin could not go.
fn everybody() -> String {
    format!("{}{}", user("oncall", "system:masters"), user("admin", "system:masters"))
}
