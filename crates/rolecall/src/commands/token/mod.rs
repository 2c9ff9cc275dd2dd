//! `rolecall token`: an EKS token as an exec credential. What is said of a token that is there, [`examine`] says.

mod examine;

use std::time::Duration;

use clap::{Args, Subcommand};
use rolecall_aws::{AssumeRole, AwsSession, SessionOptions, TokenSource};
use rolecall_core::exec_credential::{ExecApiVersion, exec_credential};

pub(super) use examine::ask_sts;
use examine::{InspectArgs, VerifyArgs};

use crate::failure::{Failure, Status};
use crate::output::Screen;
use crate::target::{self, within};

const TIMEOUT: Duration = Duration::from_mins(1);

/// Print an EKS token as an exec credential, for kubectl
///
/// Stands in for `aws eks get-token` and `aws-iam-authenticator token`. The token is made here, and stored nowhere.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: Option<TokenCommand>,
    /// The name or ARN of the EKS cluster [env: EKS_CLUSTER_NAME]
    #[arg(long, short = 'i', visible_aliases = ["cluster-id", "cluster"], value_name = "NAME")]
    cluster_name: Option<String>,
    /// The role to make the token as
    #[arg(long, short = 'r', visible_alias = "role", value_name = "ARN")]
    role_arn: Option<String>,
    /// The AWS region [env: AWS_REGION, AWS_DEFAULT_REGION]
    #[arg(long, value_name = "REGION", value_parser = examine::region)]
    region: Option<String>,
    /// What the role's trust policy asks for
    #[arg(long, short, value_name = "ID", requires = "role_arn")]
    external_id: Option<String>,
    /// The name of the role's session
    #[arg(long, short, value_name = "NAME", requires = "role_arn")]
    session_name: Option<String>,
    /// The AWS profile to take credentials from [env: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Prints the token alone
    #[arg(long)]
    token_only: bool,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    Inspect(InspectArgs),
    Verify(VerifyArgs),
}

pub(crate) fn run(args: &TokenArgs, screen: &Screen) -> Result<Status, Failure> {
    match &args.command {
        Some(TokenCommand::Inspect(args)) => return examine::run_inspect(args, screen),
        Some(TokenCommand::Verify(args)) => return examine::run_verify(args, screen),
        None => {}
    }
    let name = target::eks_name(args.cluster_name.as_deref(), "--cluster-name")?;
    let info = std::env::var("KUBERNETES_EXEC_INFO").ok();
    let version = ExecApiVersion::from_exec_info(info.as_deref())
        .map_err(|error| Failure::new(&error).hint(error.hint()))?;
    let minted = within(TIMEOUT, screen, async {
        let session = session(args, name.region).await?;
        let source = TokenSource::new(session, name.name)?;
        Ok(source.token().await?)
    })?;
    let line = if args.token_only {
        minted.token.expose().to_owned()
    } else {
        exec_credential(version, &minted.token, minted.expires_at)
    };
    screen.data(&format!("{line}\n"))?;
    Ok(Status::Done)
}

async fn session(args: &TokenArgs, region_of_arn: Option<String>) -> Result<AwsSession, Failure> {
    let options = SessionOptions {
        profile: args.profile.clone(),
        region: args.region.clone().or(region_of_arn),
        timeout: None,
        clock: None,
    };
    let session = AwsSession::load(&options).await?;
    let Some(role_arn) = args.role_arn.clone() else { return Ok(session) };
    let role = AssumeRole {
        role_arn,
        external_id: args.external_id.clone(),
        session_name: args.session_name.clone(),
        keep_caller_name: false,
    };
    Ok(session.assume_role(&role).await?)
}
