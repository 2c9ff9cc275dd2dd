//! The command line: which commands there are, and the flags that several of them share.
//!
//! The flags of one command stand beside it in `commands`. Nothing is read or decided here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    apply, bootstrap, check, completions, drift, explain, kubeconfig, man, map, plan, reconcile, rule, serve,
    token, verify, whoami,
};
use crate::output::{Color, Format};

const GLOBAL: &str = "Global options";

/// What a plugin of kubectl is called on disk.
const PLUGIN: &str = "kubectl-rolecall";

/// The door list of your EKS clusters (`aws-auth`), kept in Git.
///
/// Exit status: 0 done, or nothing to do; 1 failure; 2 drift; 3 refused by a finding or a guard; 64 usage.
#[derive(Debug, Parser)]
#[command(
    name = "rolecall",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    /// How data is printed: for people, for scripts, or for a CI; not every command has every voice
    #[arg(short, long, global = true, value_enum, default_value = "text", value_name = "FORMAT", help_heading = GLOBAL)]
    pub(crate) output: Format,
    /// When colour is used; `auto` honours `NO_COLOR`
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN", help_heading = GLOBAL)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What was typed for the command.
    #[arg(skip)]
    pub(crate) name: String,
}

impl Cli {
    /// Reads the command line of this process. kubectl knows us as `kubectl-rolecall`, and so does its user.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let name = std::env::args_os().next().map(PathBuf::from);
        let is_plugin = name.as_deref().and_then(Path::file_stem).is_some_and(|stem| stem == PLUGIN);
        let command = if is_plugin { Self::command().bin_name("kubectl rolecall") } else { Self::command() };
        let matches = command.try_get_matches()?;
        let name = matches.subcommand_name().unwrap_or_default().to_owned();
        Ok(Self { name, ..Self::from_arg_matches(&matches)? })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::CheckArgs),
    Plan(plan::PlanArgs),
    Apply(apply::ApplyArgs),
    Verify(verify::VerifyArgs),
    Drift(drift::DriftArgs),
    Explain(explain::ExplainArgs),
    #[command(name = "whoami")]
    WhoAmI(whoami::WhoAmIArgs),
    Map(map::MapArgs),
    Token(token::TokenArgs),
    Kubeconfig(kubeconfig::KubeconfigArgs),
    Bootstrap(bootstrap::BootstrapArgs),
    Serve(serve::ServeArgs),
    Reconcile(reconcile::ReconcileArgs),
    Rule(rule::RuleArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Man(man::ManArgs),
}

impl Command {
    /// What `--output` may be. A command that prints a script or nothing has text only, and is lenient.
    pub(crate) fn voices(&self) -> &'static [Format] {
        use Format::{Github, Gitlab, Json, Junit, Markdown, Sarif, Text};
        match self {
            Self::Check(_) => &[Text, Json, Markdown, Sarif, Junit, Github, Gitlab],
            Self::Plan(_) | Self::Apply(_) | Self::Verify(_) | Self::Drift(_) => {
                &[Text, Json, Markdown, Junit, Github]
            }
            _ => &[Text, Json],
        }
    }
}

/// Which cluster. Without any of these: the one of `rolecall.yaml`, or, for reading, the kubeconfig's current context.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArgs {
    /// The kubeconfig context of the cluster
    #[arg(long, value_name = "NAME", conflicts_with = "cluster")]
    pub(crate) context: Option<String>,
    /// The name or ARN of the EKS cluster; no kubeconfig is needed [env: EKS_CLUSTER_NAME, apart from `map`]
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// The cluster's AWS region [env: AWS_REGION, AWS_DEFAULT_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The role to assume for this cluster
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// The AWS profile to take credentials from [env: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// How many seconds the whole command may take
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) timeout: Duration,
}

/// Where the desired `aws-auth` is.
#[derive(Debug, Clone, Args)]
pub(crate) struct PathArgs {
    /// The file, or a folder that holds `aws-auth.yml`
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// The source that the file had before it moved: what that one owned is this one's from now on
    #[arg(long, value_name = "SOURCE")]
    pub(crate) take_over: Option<String>,
}

/// What is allowed by hand, this once.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AllowArgs {
    /// Lets the refusal of this guard pass, once (repeatable)
    #[arg(long, value_name = "GUARD", requires = "reason")]
    pub(crate) allow: Vec<String>,
    /// Why; it is kept in the record
    #[arg(long, value_name = "TEXT", requires = "allow")]
    pub(crate) reason: Option<String>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(0) | Err(_) => Err("it must be a whole number of seconds, at least 1".to_owned()),
        Ok(seconds) => Ok(Duration::from_secs(u64::from(seconds))),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_tree_is_sound() {
        super::Cli::command().debug_assert();
    }
}
