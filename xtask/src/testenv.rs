//! `cargo xtask testenv up`: a real cluster to try things on by hand.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use rolecall_sandbox::aws::{Credentials, RoleSpec};
use rolecall_testenv::{ACCOUNT, Assets, Cluster, ClusterOptions, TokenCache, block_on};
use tokio::signal::unix::{SignalKind, signal};

/// Runs the real test environment by hand
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Up(Up),
}

/// Starts an API server, its authenticator and a practice AWS, until Ctrl-C
///
/// In the foreground; prints how to use it. Ctrl-C or SIGTERM ends everything
/// and removes its files, and so does the end of the process in any other way.
#[derive(clap::Args)]
struct Up {
    /// The cluster's EKS name
    #[arg(long, default_value = "practice")]
    name: String,
    /// Cache accepted tokens for two minutes, as an API server does by default
    #[arg(long)]
    token_cache: bool,
}

/// A principal to try things with.
struct Sample {
    title: &'static str,
    file: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Command::Up(up) = &arguments.command;
    let token_cache = if up.token_cache { TokenCache::ServerDefault } else { TokenCache::Off };
    let cluster =
        Cluster::start(ClusterOptions { name: up.name.clone(), token_cache, ..ClusterOptions::default() })?;
    let samples = people(&cluster)?;
    explain(&cluster, &samples)?;
    block_on(interruption())?;
    writeln!(std::io::stderr(), "ending the servers and removing their files")?;
    drop(cluster);
    Ok(())
}

/// A mapped role, as a pipeline has it, and a user whom nobody has mapped yet.
fn people(cluster: &Cluster) -> Result<Vec<Sample>> {
    let directory = cluster.directory();
    let pipeline = directory.add_role(RoleSpec::new(ACCOUNT, "pipeline"));
    let session = directory.assume_role_session(&pipeline, "by-hand", Duration::from_hours(12));
    let admin = directory.add_user(ACCOUNT, "/", "admin");
    let key = directory.add_access_key(&admin);
    let map = format!(
        "- rolearn: {}\n  username: pipeline:{{{{SessionName}}}}\n  groups: [system:masters]\n",
        pipeline.arn
    );
    cluster.write_aws_auth(&[("mapRoles", &map)])?;
    Ok(vec![
        Sample {
            title: "the role `pipeline`, mapped to system:masters",
            file: write_environment(cluster, "pipeline", &session)?,
        },
        Sample {
            title: "the user `admin`, not mapped yet",
            file: write_environment(cluster, "admin", &key)?,
        },
    ])
}

fn write_environment(cluster: &Cluster, name: &str, credentials: &Credentials) -> Result<PathBuf> {
    let file = cluster.home().join(format!("{name}.env"));
    let mut text = String::from("unset AWS_PROFILE AWS_SESSION_TOKEN\n");
    for (variable, value) in cluster.aws_environment(credentials) {
        text.extend(["export ", variable, "='", &value, "'\n"]);
    }
    text.extend(["export EKS_CLUSTER_NAME='", cluster.name(), "'\n"]);
    fs::write(&file, text)?;
    Ok(file)
}

fn explain(cluster: &Cluster, samples: &[Sample]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "cluster `{}` is up at {}\n", cluster.name(), cluster.endpoint())?;
    writeln!(out, "as its creator (a client certificate, which no map can lock out):")?;
    writeln!(out, "  export KUBECONFIG={}", cluster.admin_kubeconfig().display())?;
    writeln!(
        out,
        "  {} get configmap -n kube-system aws-auth -o yaml\n",
        Assets::ready()?.kubectl().display()
    )?;
    for sample in samples {
        writeln!(out, "as {}:", sample.title)?;
        writeln!(out, "  . {}", sample.file.display())?;
    }
    writeln!(out, "\nthen, for example:")?;
    writeln!(out, "  {} eks describe-cluster --name {}", Assets::ready()?.aws().display(), cluster.name())?;
    writeln!(out, "  cargo run -- bootstrap cluster --cluster {}", cluster.name())?;
    writeln!(
        out,
        "  {} get cm -n kube-system aws-auth -o yaml > aws-auth.yml",
        cluster.kubectl().get_program().display()
    )?;
    writeln!(out, "  cargo run -- plan aws-auth.yml")?;
    writeln!(
        out,
        "\n`aws eks get-token` must not see AWS_ENDPOINT_URL: `env -u AWS_ENDPOINT_URL aws eks get-token …`"
    )?;
    writeln!(
        out,
        "the authenticator's log is {}",
        cluster.home().join("aws-iam-authenticator.log").display()
    )?;
    writeln!(out, "\nCtrl-C ends it and leaves nothing.")?;
    Ok(())
}

async fn interruption() -> Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
