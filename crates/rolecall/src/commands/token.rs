//! `rolecall token`: an EKS token as an exec credential; `rolecall token inspect`: what one tells about itself.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::{Args, Subcommand};
use rolecall_aws::{AssumeRole, AwsSession, SessionOptions, TokenSource};
use rolecall_core::Timestamp;
use rolecall_core::exec_credential::{ExecApiVersion, exec_credential};
use rolecall_core::render::{Line, Tone};
use rolecall_core::token::{InspectContext, Inspection, TokenFacts, inspect};
use serde_json::Value;

use crate::failure::{Failure, Status};
use crate::files;
use crate::output::{Screen, token_inspection};
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
    #[arg(long, value_name = "REGION")]
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
}

/// Tell what a token says about itself, and whether a server would take it as far as that can be told
///
/// The token itself is never shown. Ends with status 1 if a server would refuse it.
#[derive(Debug, Args)]
struct InspectArgs {
    /// The token, or `-` for stdin; an exec credential is understood too
    #[arg(value_name = "TOKEN", default_value = "-", hide_default_value = true)]
    token: String,
    /// The region of the cluster
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

pub(crate) fn run(args: &TokenArgs, screen: &Screen) -> Result<Status, Failure> {
    if let Some(TokenCommand::Inspect(args)) = &args.command {
        return inspect_one(args, screen);
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

fn inspect_one(args: &InspectArgs, screen: &Screen) -> Result<Status, Failure> {
    let given = if args.token == "-" { piped()? } else { args.token.clone() };
    let token = of_exec_credential(&given).unwrap_or_else(|| given.trim().to_owned());
    if token.is_empty() {
        return Err(Failure::new("there is no token: what was given is empty")
            .hint("did the command before the pipe fail? `rolecall token … | rolecall token inspect`"));
    }
    let context = InspectContext { now: Timestamp::now(), partition: None, region: args.region.as_deref() };
    let inspection = inspect(&token, &context);
    if screen.is_json() {
        screen.json(&token_inspection(&inspection))?;
    } else {
        screen.lines(&page(&inspection))?;
    }
    Ok(if inspection.failure.is_none() { Status::Done } else { Status::Failed })
}

fn piped() -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        return Err(
            Failure::usage("there is no token on stdin").hint("`rolecall token … | rolecall token inspect`")
        );
    }
    files::read_stdin()
}

fn of_exec_credential(text: &str) -> Option<String> {
    let credential: Value = serde_json::from_str(text).ok()?;
    Some(credential.get("status")?.get("token")?.as_str()?.to_owned())
}

fn page(inspection: &Inspection) -> Vec<Line> {
    let line = |tone, text: String| Line { tone, text };
    let mut page = facts(&inspection.facts);
    if let Some(failure) = &inspection.failure {
        page.push(line(Tone::Removed, format!("x refused: {}", failure.message)));
        page.push(line(Tone::Plain, format!("  hint: {}", failure.hint)));
    } else {
        page.push(line(Tone::Added, "It passes every check that can be made without STS.".to_owned()));
    }
    for warning in &inspection.warnings {
        page.push(line(Tone::Alarm, format!("! {}", warning.message)));
        page.push(line(Tone::Plain, format!("  hint: {}", warning.hint)));
    }
    page
}

fn facts(facts: &TokenFacts) -> Vec<Line> {
    let signed_headers = (!facts.signed_headers.is_empty()).then(|| facts.signed_headers.join(", "));
    let credentials = if facts.has_session_token { "a session's" } else { "long-lived" };
    let rows = [
        ("host", facts.host.clone()),
        ("region", facts.region.clone()),
        ("signed for", facts.signing_region.clone()),
        ("access key", facts.access_key_id.as_ref().map(|id| format!("{id} ({credentials})"))),
        ("signed at", facts.signed_at.map(|at| at.to_string())),
        ("valid until", facts.valid_until.map(|until| until.to_string())),
        ("signed headers", signed_headers),
        ("length", Some(format!("{} bytes", facts.bytes))),
    ];
    let row = |(name, value): (&str, Option<String>)| {
        Some(Line { tone: Tone::Plain, text: format!("{name:<15} {}", value?) })
    };
    rows.into_iter().filter_map(row).collect()
}
