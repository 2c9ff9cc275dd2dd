//! `rolecall token inspect` and `rolecall token verify`: what a token tells about itself, and whether a server takes it.
//!
//! Neither shows the token, its credential, its signature or its session token.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::Args;
use rolecall_aws::ClusterName;
use rolecall_core::Timestamp;
use rolecall_core::render::{Line, Tone};
use rolecall_core::token::{
    Check, InspectContext, Outcome, Remark, StepResult, TokenFacts, Verification, inspect, judge_answer,
    partition_of, sts_request, verify,
};
use rolecall_engine::port::PortError;
use serde_json::Value;

use crate::failure::{Failure, Status};
use crate::files;
use crate::output::{Screen, token_inspection, token_verification};
use crate::target::{eks_name, within};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Tell what a token says about itself, and whether a server would take it as far as that can be told
///
/// The token itself is never shown. Ends with status 1 if a server would refuse it.
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// The token, or `-` for stdin; an exec credential is understood too
    #[arg(value_name = "TOKEN", default_value = "-", hide_default_value = true)]
    token: String,
    /// The region of the cluster
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<String>,
}

/// Run the server's checks on a token in the server's order, and say which one fails and what went wrong
///
/// Which cluster a token is for, and whether it was altered, is in its signature alone, which only STS can check:
/// `--online` asks STS as the server does. The token itself is never shown.
/// Ends with status 0 if nothing is wrong with it, with 3 if a server would refuse it, and with 1 if STS could not be
/// asked.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The token, or `-` for stdin; an exec credential is understood too
    #[arg(value_name = "TOKEN", default_value = "-", hide_default_value = true)]
    token: String,
    /// Asks STS, as the server of this cluster does
    #[arg(long)]
    online: bool,
    /// The name or ARN of the EKS cluster that it should be for [env: EKS_CLUSTER_NAME]
    #[arg(long, short = 'i', visible_aliases = ["cluster-id", "cluster"], value_name = "NAME")]
    cluster_name: Option<String>,
    /// The region of the cluster; its partition is the one whose hosts are allowed
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<String>,
}

/// `rolecall token inspect`
pub(super) fn run_inspect(args: &InspectArgs, screen: &Screen) -> Result<Status, Failure> {
    let token = given(&args.token, "inspect")?;
    let context = InspectContext { now: Timestamp::now(), partition: None, region: args.region.as_deref() };
    let inspection = inspect(&token, &context);
    if screen.is_json() {
        screen.json(&token_inspection(&inspection))?;
    } else {
        let mut page = facts(&inspection.facts);
        match &inspection.failure {
            Some(failure) => page.extend(told("x refused:", Tone::Removed, failure)),
            None => page.push(line(Tone::Added, "It passes every check that can be made without STS.")),
        }
        page.extend(warnings(&inspection.warnings));
        screen.lines(&page)?;
    }
    Ok(if inspection.failure.is_none() { Status::Done } else { Status::Failed })
}

/// `rolecall token verify`
pub(super) fn run_verify(args: &VerifyArgs, screen: &Screen) -> Result<Status, Failure> {
    let cluster = cluster(args)?;
    let token = given(&args.token, "verify")?;
    let region = args.region.clone().or_else(|| cluster.as_ref().and_then(|cluster| cluster.region.clone()));
    let partition = region.as_deref().map(partition_of);
    let context = InspectContext { now: Timestamp::now(), partition, region: region.as_deref() };
    let mut verification = verify(&token, &context);
    let name = cluster.map(|cluster| cluster.name);
    if let (true, Outcome::Unproven, Some(name)) = (args.online, verification.outcome, &name) {
        let asked = within(TIMEOUT, screen, async { Ok(ask_sts(&token, &context, name).await) })?;
        verification = verification.answered(asked);
    }
    if screen.is_json() {
        screen.json(&token_verification(&verification, name.as_deref()))?;
    } else {
        screen.lines(&page(&verification, name.as_deref()))?;
    }
    Ok(match verification.outcome {
        Outcome::Valid | Outcome::Unproven => Status::Done,
        Outcome::Refused => Status::Refused,
        Outcome::Unknown => Status::Failed,
    })
}

/// Asks STS about a token as the server of this cluster would.
pub(in crate::commands) async fn ask_sts(
    token: &str,
    context: &InspectContext<'_>,
    cluster_name: &str,
) -> Result<rolecall_core::token::CallerIdentity, Remark> {
    let request = sts_request(token, context, cluster_name)?;
    let answer = rolecall_aws::redeem(&request).await.map_err(unanswered)?;
    judge_answer(answer.status, &answer.body, cluster_name)
}

fn unanswered(error: PortError) -> Remark {
    let message = format!("STS could not be asked: {error}");
    Remark { code: Check::Unanswered, message, hint: error.hint.unwrap_or_default() }
}

fn cluster(args: &VerifyArgs) -> Result<Option<ClusterName>, Failure> {
    let named = eks_name(args.cluster_name.as_deref(), "--cluster-name");
    // Without STS nobody needs the name.
    if args.online { named.map(Some) } else { Ok(named.ok()) }
}

/// What may be the name of a region: in another form it is a typing error.
pub(super) fn region(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words))
            if words.len() > 1
                && words.iter().all(is_word)
                && number.parse::<u8>().is_ok_and(|number| number > 0) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("regions look like `ap-northeast-1`".to_owned()),
    }
}

/// The token that is meant: as it stands, of stdin, or out of an exec credential.
fn given(token: &str, command: &str) -> Result<String, Failure> {
    let given = if token == "-" { piped(command)? } else { token.to_owned() };
    let token = of_exec_credential(&given).unwrap_or_else(|| bare(&given).to_owned());
    if token.is_empty() {
        return Err(Failure::new("there is no token: what was given is empty").hint(format!(
            "did the command before the pipe fail? `rolecall token … | rolecall token {command}`"
        )));
    }
    Ok(token)
}

fn piped(command: &str) -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        return Err(Failure::usage("there is no token on stdin")
            .hint(format!("`rolecall token … | rolecall token {command}`")));
    }
    files::read_stdin()
}

/// A token without what stands around it in headers and scripts: `Bearer`, quotes, blanks.
fn bare(text: &str) -> &str {
    let unquoted = text.trim().trim_matches(['"', '\'']).trim();
    let token = match unquoted.split_once(char::is_whitespace) {
        Some((word, token)) if word.eq_ignore_ascii_case("bearer") => token,
        _ => unquoted,
    };
    token.trim().trim_matches(['"', '\''])
}

fn of_exec_credential(text: &str) -> Option<String> {
    let credential: Value = serde_json::from_str(text).ok()?;
    Some(credential.get("status")?.get("token")?.as_str()?.to_owned())
}

fn page(verification: &Verification, cluster_name: Option<&str>) -> Vec<Line> {
    let mut page = facts(&verification.inspection.facts);
    let name =
        |check: Check| serde_json::to_value(check).ok().and_then(|name| name.as_str().map(str::to_owned));
    let with = |wanted: StepResult| {
        let steps = verification.steps.iter().filter(move |step| step.result == wanted);
        steps.filter_map(|step| name(step.check)).collect::<Vec<_>>().join(", ")
    };
    for (label, result) in [("passed", StepResult::Passed), ("not reached", StepResult::NotReached)] {
        let names = with(result);
        if !names.is_empty() {
            page.push(row(label, &names));
        }
    }
    page.extend(ending(verification, cluster_name));
    page.extend(warnings(&verification.warnings));
    page
}

fn ending(verification: &Verification, cluster_name: Option<&str>) -> Vec<Line> {
    match (&verification.failure, &verification.identity) {
        (Some(failure), _) if verification.outcome == Outcome::Unknown => {
            told("? not known:", Tone::Alarm, failure)
        }
        (Some(failure), _) => told("x refused:", Tone::Removed, failure),
        (None, Some(identity)) => {
            let cluster = cluster_name.unwrap_or_default();
            vec![
                line(
                    Tone::Added,
                    &format!("It is valid for cluster `{cluster}`: STS says that it is {}.", identity.arn),
                ),
                line(
                    Tone::Plain,
                    &format!("  `rolecall explain {}` says what the map makes of it", identity.arn),
                ),
            ]
        }
        (None, None) => vec![
            line(Tone::Added, "Nothing is wrong with it as far as that can be told without STS."),
            line(
                Tone::Plain,
                "  The cluster it is for, and whether it was altered, is in the signature: `--online` asks STS.",
            ),
        ],
    }
}

fn warnings(warnings: &[Remark]) -> impl Iterator<Item = Line> {
    warnings.iter().flat_map(|warning| told("!", Tone::Alarm, warning))
}

fn told(label: &str, tone: Tone, remark: &Remark) -> Vec<Line> {
    let mut lines = vec![line(tone, &format!("{label} {}", remark.message))];
    if !remark.hint.is_empty() {
        lines.push(line(Tone::Plain, &format!("  hint: {}", remark.hint)));
    }
    lines
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
    rows.into_iter().filter_map(|(name, value)| Some(row(name, &value?))).collect()
}

fn row(name: &str, value: &str) -> Line {
    line(Tone::Plain, &format!("{name:<15} {value}"))
}

fn line(tone: Tone, text: &str) -> Line {
    Line { tone, text: text.to_owned() }
}
