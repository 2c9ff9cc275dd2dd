//! `rolecall explain ARN`: who a principal is in a file or in a cluster, and why; or why it is denied.

use std::path::PathBuf;

use clap::Args;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::{Candidate, EffectiveMap, Explanation, TemplateValues, Verdict, explain};
use rolecall_core::observed::ObservedAccess;
use rolecall_core::principal::{ArnError, PrincipalArn};
use rolecall_core::render::{self, Line, Tone};
use rolecall_engine::line;
use serde_json::json;

use crate::cli::ClusterArgs;
use crate::failure::{Failure, Status};
use crate::files;
use crate::output::Screen;
use crate::target::{Target, within};

/// Tell who a principal is in a file or a cluster, and why; or why it is denied
///
/// Without a file and a cluster it only tells the ARN's canonical form, which is what the authenticator looks up.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The ARN of a role, user, assumed role, federated user or root
    #[arg(value_name = "ARN")]
    arn: String,
    /// Explains against this file, or what `kubectl get cm aws-auth -o yaml` printed
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["context", "cluster"])]
    file: Option<PathBuf>,
    /// The session's name, for `{{SessionName}}`
    #[arg(long, value_name = "NAME")]
    session_name: Option<String>,
    /// The access key's id, for `{{AccessKeyID}}`
    #[arg(long, value_name = "ID")]
    access_key_id: Option<String>,
    /// The instance's private DNS name, for `{{EC2PrivateDNSName}}`
    #[arg(long, value_name = "NAME")]
    ec2_private_dns: Option<String>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &ExplainArgs, screen: &Screen) -> Result<Status, Failure> {
    let principal = PrincipalArn::parse(&args.arn);
    let answer = match (&principal, &args.file) {
        (Ok(arn), Some(file)) => by_file(args, arn, file, screen)?,
        (Ok(arn), None) if args.cluster.context.is_some() || args.cluster.cluster.is_some() => {
            by_cluster(args, arn, screen)?
        }
        _ => Answer::default(),
    };
    if screen.is_json() {
        screen.json(&document(args, &principal, &answer))?;
    } else {
        match &principal {
            Ok(arn) => screen.lines(&page(arn, &answer))?,
            Err(error) => {
                return Err(Failure::new(format!("`{}` is not the ARN of a principal: {error}", args.arn))
                    .hint("a principal is like `arn:aws:iam::111122223333:role/NAME` or `…:user/NAME`"));
            }
        }
    }
    Ok(if principal.is_ok() { Status::Done } else { Status::Failed })
}

/// What was found out besides the canonical form.
#[derive(Default)]
struct Answer {
    explanation: Option<Explanation>,
    document: Option<AwsAuthDocument>,
    observed: Option<ObservedAccess>,
}

fn by_file(
    args: &ExplainArgs,
    arn: &PrincipalArn,
    file: &std::path::Path,
    screen: &Screen,
) -> Result<Answer, Failure> {
    let text = files::read(file)?;
    let (document, findings) = AwsAuthDocument::parse(&files::shown(file), &text);
    let Some(document) = document else {
        screen.findings(files::checked(file, &text, None, findings))?;
        return Err(files::refused(file));
    };
    // The document is explained as it is: what is wrong with it is talk, not the answer.
    let spoken = files::spoken(findings);
    screen.talk_of_findings(&files::checked(file, &text, Some(&document), spoken));
    let explanation = explain(document.effective(), arn, &values(args));
    Ok(Answer { explanation: Some(explanation), document: Some(document), observed: None })
}

fn by_cluster(args: &ExplainArgs, arn: &PrincipalArn, screen: &Screen) -> Result<Answer, Failure> {
    let observed = within(args.cluster.timeout, screen, async {
        let target = Target::connect(&args.cluster, None, screen).await?;
        Ok(line::observe(target.reading()).await?)
    })?;
    let explanation = explain(&EffectiveMap::read(observed.data()), arn, &values(args));
    Ok(Answer { explanation: Some(explanation), document: None, observed: Some(observed) })
}

fn values(args: &ExplainArgs) -> TemplateValues {
    TemplateValues {
        account_id: None,
        session_name: args.session_name.clone(),
        access_key_id: args.access_key_id.clone(),
        ec2_private_dns: args.ec2_private_dns.clone(),
    }
}

fn document(
    args: &ExplainArgs,
    principal: &Result<PrincipalArn, ArnError>,
    answer: &Answer,
) -> serde_json::Value {
    let mut document =
        render::explanation(&args.arn, principal, answer.explanation.as_ref(), answer.document.as_ref());
    if let Some(observed) = &answer.observed {
        let entry = principal.as_ref().ok().and_then(|arn| access_entry(observed, arn));
        document["cluster"] = json!(observed.cluster);
        document["access"] = json!({ "mode": observed.mode.known(), "entry": entry });
    }
    document
}

/// The access entry that answers before the map does.
fn access_entry<'a>(
    observed: &'a ObservedAccess,
    arn: &PrincipalArn,
) -> Option<&'a rolecall_core::cluster::AccessEntry> {
    let entries = observed.access_entries.known()?;
    entries.iter().find(|entry| entry.principal_arn.eq_ignore_ascii_case(arn.canonical()))
}

fn page(arn: &PrincipalArn, answer: &Answer) -> Vec<Line> {
    let line = |tone, text: String| Line { tone, text };
    let mut page = vec![line(Tone::Title, format!("{} ({})", arn.canonical(), arn.kind()))];
    match answer.explanation.as_ref().map(|explanation| &explanation.verdict) {
        None => {}
        Some(Verdict::Mapped(candidate)) => {
            page.push(line(Tone::Added, "  is mapped".to_owned()));
            page.extend(described(candidate, answer));
        }
        Some(Verdict::Ambiguous(candidates)) => {
            let text = "  is ambiguous: one of these is picked at random";
            page.push(line(Tone::Alarm, text.to_owned()));
            page.extend(candidates.iter().flat_map(|candidate| described(candidate, answer)));
        }
        Some(Verdict::Denied(denial)) => {
            page.push(line(Tone::Removed, format!("  is denied: {}", denial.message)));
            page.extend(denial.hint.iter().map(|hint| line(Tone::Plain, format!("  hint: {hint}"))));
        }
    }
    let observed = answer.observed.as_ref();
    if let Some(entry) = observed.and_then(|observed| access_entry(observed, arn)) {
        let groups = entry.groups.join(", ");
        let text = format!(
            "  but an access entry outranks the map: username `{}`, groups [{groups}]",
            entry.username
        );
        page.push(line(Tone::Alarm, text));
    }
    page
}

fn described(candidate: &Candidate, answer: &Answer) -> Vec<Line> {
    let document = answer.document.as_ref();
    let via = document.map_or_else(|| candidate.via.clone(), |document| document.locate(&candidate.via));
    let place = match (&via.file, via.line) {
        (Some(file), Some(line)) => format!(", {file}:{line}"),
        _ => String::new(),
    };
    let or =
        |text: &str, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text.to_owned() };
    let lines = [
        format!("    username  {}", or(&candidate.username, "(empty)")),
        format!("    groups    {}", or(&candidate.groups.join(", "), "(none)")),
        format!("    via       {}[{}]{place}", via.section, via.index),
    ];
    let denied = candidate.denied.iter().map(|denial| format!("    denied    {}", denial.message));
    lines.into_iter().chain(denied).map(|text| Line { tone: Tone::Plain, text }).collect()
}
