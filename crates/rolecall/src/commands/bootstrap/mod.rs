//! `rolecall bootstrap cluster`: what a cluster needs before a pipeline may deploy to it, and its way in.

mod deployer;

use clap::{Args, Subcommand};
use rolecall_core::render::{API_VERSION, Line, Tone};
use rolecall_kube::bootstrap::{Bootstrapped, DEPLOYERS, Outcome, objects, yaml};
use serde_json::json;

use crate::cli::ClusterArgs;
use crate::failure::{Failure, Status};
use crate::output::Screen;
use crate::target::{self, Target, bounded};
use deployer::{Deployer, Entered};

/// Set up what Rolecall needs, with least privilege
#[derive(Debug, Args)]
pub(crate) struct BootstrapArgs {
    #[command(subcommand)]
    command: BootstrapCommand,
}

#[derive(Debug, Subcommand)]
enum BootstrapCommand {
    Cluster(BootstrapClusterArgs),
}

/// Let a group deploy to a cluster: read and patch one ConfigMap, keep records in the namespace `rolecall`
///
/// Run it as an administrator of the cluster. What is there already stays, so that it can be run again.
#[derive(Debug, Args)]
struct BootstrapClusterArgs {
    /// The Kubernetes group of the deployer
    #[arg(long, value_name = "GROUP", default_value = DEPLOYERS)]
    group: String,
    /// Prints the objects as YAML, and sends nothing
    #[arg(long, conflicts_with = "deployer")]
    print: bool,
    /// Gives this role or user, the pipeline's, its first entry in `aws-auth`, with the group. It does not ask: it
    /// shows the plan, and goes on only if nothing but this entry is added
    #[arg(long, value_name = "ARN")]
    deployer: Option<String>,
    /// The Kubernetes username of the deployer
    #[arg(long, value_name = "NAME", default_value = "rolecall-deployer", requires = "deployer")]
    username: String,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &BootstrapArgs, screen: &Screen) -> Result<Status, Failure> {
    let BootstrapCommand::Cluster(args) = &args.command;
    let objects = objects(&args.group);
    if args.print {
        screen.data(&yaml(&objects))?;
        return Ok(Status::Done);
    }
    let deployer =
        args.deployer.as_deref().map(|arn| Deployer::new(arn, &args.username, &args.group)).transpose()?;
    if target::named(&args.cluster).is_none() {
        return Err(Failure::usage("the cluster must be named, not taken from whichever context is current")
            .hint("name it with `--cluster` and `--region`, or with `--context`"));
    }
    let runtime = target::runtime()?;
    let (target, done) = bounded(&runtime, args.cluster.timeout, screen, async {
        let progress = screen.progress("looking for the cluster");
        let target = Target::connect(&args.cluster, None, screen).await?;
        progress.at("setting up the objects");
        let done = target.cluster.bootstrap(&objects).await?;
        Ok((target, done))
    })?;
    if !screen.is_json() {
        screen.lines(&page(&done))?;
    }
    let entered = match &deployer {
        Some(deployer) => Some(deployer.enter(&runtime, &target, args.cluster.timeout, screen)?),
        None => None,
    };
    tell(&done, entered.as_ref(), args, screen)?;
    Ok(Status::Done)
}

fn tell(
    done: &[Bootstrapped],
    entered: Option<&Entered>,
    args: &BootstrapClusterArgs,
    screen: &Screen,
) -> Result<(), Failure> {
    if screen.is_json() {
        let objects = done.iter().map(|one| json!({ "object": one.object, "outcome": word(one.outcome) }));
        screen.json(&json!({
            "apiVersion": API_VERSION,
            "kind": "BootstrapReport",
            "group": args.group,
            "objects": objects.collect::<Vec<_>>(),
            "deployer": entered.map(Entered::document),
        }))?;
    } else if let Some(entered) = entered {
        screen.data(&format!("{}\n", entered.sentence()))?;
    }
    if entered.is_none() {
        screen.hint(format!(
            "`--deployer ARN` gives the pipeline's role its entry with the group `{}`",
            args.group
        ));
    }
    Ok(())
}

fn page(done: &[Bootstrapped]) -> Vec<Line> {
    let line = |one: &Bootstrapped| Line {
        tone: tone(one.outcome),
        text: format!("{:<9} {}", word(one.outcome), one.object),
    };
    done.iter().map(line).collect()
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Changed => "changed",
        Outcome::Unchanged => "unchanged",
    }
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Created => Tone::Added,
        Outcome::Changed => Tone::Updated,
        Outcome::Unchanged => Tone::Quiet,
    }
}
