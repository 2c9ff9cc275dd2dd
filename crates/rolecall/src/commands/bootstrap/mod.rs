//! `rolecall bootstrap`: what a cluster needs before a pipeline may deploy to it, and its way in; and what the
//! controller needs that runs in it.

mod deployer;

use clap::{Args, Subcommand};
use rolecall_core::render::{API_VERSION, Line, Tone};
use rolecall_kube::bootstrap::{
    Bootstrapped, CONTROLLER, DEPLOYERS, Outcome, controller_objects, objects, yaml,
};
use rolecall_server::resource::definition;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

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
    Controller(BootstrapControllerArgs),
}

/// Prepare a cluster for the controller: the custom resource `AccessSync`, a ServiceAccount, and its rights
///
/// Run it as an administrator of the cluster that the controller runs in. The Helm chart does the same and installs the
/// controller as well. What is there already stays, so that it can be run again.
#[derive(Debug, Args)]
struct BootstrapControllerArgs {
    /// Prints the objects as YAML, and sends nothing
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
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
    match &args.command {
        BootstrapCommand::Cluster(args) => cluster(args, screen),
        BootstrapCommand::Controller(args) => controller(args, screen),
    }
}

fn cluster(args: &BootstrapClusterArgs, screen: &Screen) -> Result<Status, Failure> {
    let objects = objects(&args.group);
    if args.print {
        screen.data(&yaml(&objects))?;
        return Ok(Status::Done);
    }
    let deployer =
        args.deployer.as_deref().map(|arn| Deployer::new(arn, &args.username, &args.group)).transpose()?;
    let runtime = target::runtime()?;
    let (target, done) = applied(&objects, &args.cluster, &runtime, screen)?;
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

fn controller(args: &BootstrapControllerArgs, screen: &Screen) -> Result<Status, Failure> {
    let mut objects = vec![json!(definition())];
    objects.extend(controller_objects());
    if args.print {
        screen.data(&yaml(&objects))?;
        return Ok(Status::Done);
    }
    let (_, done) = applied(&objects, &args.cluster, &target::runtime()?, screen)?;
    if screen.is_json() {
        let objects = done.iter().map(told);
        screen.json(&json!({
            "apiVersion": API_VERSION,
            "kind": "BootstrapReport",
            "serviceAccount": CONTROLLER,
            "objects": objects.collect::<Vec<_>>(),
        }))?;
    } else {
        screen.lines(&page(&done))?;
    }
    Ok(Status::Done)
}

fn applied(
    objects: &[Value],
    args: &ClusterArgs,
    runtime: &Runtime,
    screen: &Screen,
) -> Result<(Target, Vec<Bootstrapped>), Failure> {
    if target::named(args).is_none() {
        return Err(Failure::usage("the cluster must be named, not taken from whichever context is current")
            .hint("name it with `--cluster` and `--region`, or with `--context`"));
    }
    bounded(runtime, args.timeout, screen, async {
        let progress = screen.progress("looking for the cluster");
        let target = Target::connect(args, None, screen).await?;
        progress.at("setting up the objects");
        let done = target.cluster.bootstrap(objects).await?;
        Ok((target, done))
    })
}

fn told(one: &Bootstrapped) -> Value {
    json!({ "object": one.object, "outcome": word(one.outcome) })
}

fn tell(
    done: &[Bootstrapped],
    entered: Option<&Entered>,
    args: &BootstrapClusterArgs,
    screen: &Screen,
) -> Result<(), Failure> {
    if screen.is_json() {
        let objects = done.iter().map(told);
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
