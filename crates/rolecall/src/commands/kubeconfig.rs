//! `rolecall kubeconfig`: puts a cluster into a kubeconfig, as `aws eks update-kubeconfig` does.
//!
//! What the file shall say is the core's to decide; in here it is read and written.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use rolecall_aws::{AssumeRole, AwsSession, ClusterName, EksCluster, SessionOptions};
use rolecall_core::kubeconfig::{AccessOptions, ClusterFacts, KubeconfigFile, Update, paths, update};
use rolecall_core::render::API_VERSION;
use serde_json::json;

use crate::failure::{Failure, Status};
use crate::files;
use crate::output::Screen;
use crate::replace::{Access, replace};
use crate::target::{self, variable, within};

const TIMEOUT: Duration = Duration::from_mins(1);

/// Put an EKS cluster into a kubeconfig, with `rolecall token` as exec plugin
///
/// Stands in for `aws eks update-kubeconfig`. Everything else in the file stays as it is.
#[derive(Debug, Args)]
pub(crate) struct KubeconfigArgs {
    /// The name or ARN of the EKS cluster [env: EKS_CLUSTER_NAME]
    #[arg(long, visible_alias = "cluster", value_name = "NAME")]
    name: Option<String>,
    /// The AWS region [env: AWS_REGION, AWS_DEFAULT_REGION]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The role that tokens are made as
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// The context's name; the cluster's ARN if not given
    #[arg(long, value_name = "NAME")]
    alias: Option<String>,
    /// The user's name; the cluster's ARN if not given
    #[arg(long, value_name = "NAME")]
    user_alias: Option<String>,
    /// Prints the file as it would be, and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// The file; those of `KUBECONFIG`, or `~/.kube/config`, if not given
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The AWS profile to take credentials from, now and for tokens [env: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The proxy on the way to the API server
    #[arg(long, value_name = "URL")]
    proxy_url: Option<String>,
    /// The role to ask EKS as
    #[arg(long, value_name = "ARN")]
    assume_role_arn: Option<String>,
}

pub(crate) fn run(args: &KubeconfigArgs, screen: &Screen) -> Result<Status, Failure> {
    let name = target::eks_name(args.name.as_deref(), "--name")?;
    let files = candidates(args)?;
    let cluster = within(TIMEOUT, screen, describe(args, &name, screen))?;
    let facts = ClusterFacts {
        arn: &cluster.arn,
        name: &cluster.name,
        region: &cluster.region,
        endpoint: &cluster.endpoint,
        certificate_authority: &cluster.certificate_authority,
    };
    let command = command();
    let profile = args.profile.clone().or_else(|| variable("AWS_PROFILE"));
    let options = AccessOptions {
        command: &command,
        role_arn: args.role_arn.as_deref(),
        alias: args.alias.as_deref(),
        user_alias: args.user_alias.as_deref(),
        proxy_url: args.proxy_url.as_deref(),
        profile: profile.as_deref(),
    };
    let update = update(&files, &facts, &options).map_err(|error| Failure::new(&error).hint(error.hint()))?;
    if args.dry_run {
        screen.data(&update.text)?;
        return Ok(Status::Done);
    }
    if update.changed {
        let was = files.iter().find(|file| file.path == update.path).and_then(|file| file.text.as_deref());
        let path = Path::new(&update.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| Failure::io(format!("create `{}`", folder.display()), error))?;
        }
        replace(path, was.unwrap_or_default(), &update.text, Access::OwnerOnly)?;
    }
    tell(&update, &cluster, screen)
}

async fn describe(args: &KubeconfigArgs, name: &ClusterName, screen: &Screen) -> Result<EksCluster, Failure> {
    let _progress = screen.progress("asking EKS for the cluster");
    let options = SessionOptions {
        profile: args.profile.clone(),
        region: args.region.clone().or_else(|| name.region.clone()),
        timeout: None,
        clock: None,
    };
    let mut session = AwsSession::load(&options).await?;
    if let Some(role_arn) = args.assume_role_arn.clone() {
        session = session.assume_role(&AssumeRole { role_arn, ..AssumeRole::default() }).await?;
    }
    Ok(EksCluster::describe(&session, &name.name).await?)
}

/// The files that kubectl would read, as they are.
fn candidates(args: &KubeconfigArgs) -> Result<Vec<KubeconfigFile>, Failure> {
    let flag = args.kubeconfig.as_ref().map(|path| path.to_string_lossy().into_owned());
    let home = env::home_dir().map(|home| home.to_string_lossy().into_owned());
    let separator = if cfg!(windows) { ';' } else { ':' };
    let paths = paths(flag.as_deref(), variable("KUBECONFIG").as_deref(), home.as_deref(), separator)
        .map_err(Failure::new)?;
    let read = |path: String| {
        let is_there = Path::new(&path).exists();
        let text = if is_there { Some(files::read(Path::new(&path))?) } else { None };
        Ok(KubeconfigFile { path, text })
    };
    paths.into_iter().map(read).collect()
}

/// How kubectl finds us: by name if that is who `PATH` finds, by our own path if not.
fn command() -> String {
    let Ok(this) = env::current_exe() else { return "rolecall".to_owned() };
    let (this, name) = (this.canonicalize().unwrap_or(this.clone()), this.file_name().map(PathBuf::from));
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = name.as_ref().and_then(|name| {
        env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
    });
    match (found.and_then(|path| path.canonicalize().ok()), name) {
        (Some(found), Some(name)) if found == this => name.to_string_lossy().into_owned(),
        _ => this.to_string_lossy().into_owned(),
    }
}

fn tell(update: &Update, cluster: &EksCluster, screen: &Screen) -> Result<Status, Failure> {
    if screen.is_json() {
        screen.json(&json!({
            "apiVersion": API_VERSION,
            "kind": "KubeconfigUpdate",
            "path": update.path,
            "context": update.context,
            "user": update.user,
            "cluster": cluster.arn,
            "changed": update.changed,
        }))?;
    } else {
        let verb = match (update.changed, update.is_new) {
            (true, true) => "Added new context",
            (true, false) => "Updated context",
            (false, _) => "Nothing to change for context",
        };
        screen.data(&format!("{verb} {} in {}\n", update.context, update.path))?;
    }
    if let Some(earlier) = &update.shadowed_by {
        screen.warning(format!(
            "`{earlier}` names another current context, and it comes first in `KUBECONFIG`"
        ));
        screen.hint(format!("`kubectl config use-context {}` switches to this one", update.context));
    }
    Ok(Status::Done)
}
