//! `rolecall explain ARN`: who a principal is in a file or in a cluster, and why; or why it is denied.

use std::path::{Path, PathBuf};

use clap::Args;
use rolecall_core::check::find_map;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::{Explanation, ObservedExplanation, TemplateValues, explain, explain_observed};
use rolecall_core::observed::ObservedAccess;
use rolecall_core::principal::{ArnError, PrincipalArn};
use rolecall_core::render::{Explained, ExplainedBy};
use rolecall_engine::line;

use crate::cli::ClusterArgs;
use crate::failure::{Failure, Status};
use crate::files;
use crate::output::Screen;
use crate::target::{self, Target, within};

/// Tell who a principal is in a file or a cluster, and why; or why it is denied
///
/// Without a file and a cluster it only tells the ARN's canonical form, which is what the authenticator looks up.
/// Ends with status 0 also where the answer is that the principal is denied, and with 1 where it is no ARN.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The ARN of a role, user, assumed role, federated user or root
    #[arg(value_name = "ARN")]
    arn: String,
    /// Explains against this file, `-` for stdin; what `kubectl get cm aws-auth -o yaml` or `json` printed is understood
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
        (Ok(arn), None) if target::named(&args.cluster).is_some() => by_cluster(args, arn, screen)?,
        _ => Answer::Nothing,
    };
    let explained = Explained { input: &args.arn, principal: &principal, by: answer.borrowed() };
    if screen.is_json() {
        screen.json(&explained.json())?;
    } else if let Err(error) = &principal {
        return Err(not_an_arn(&args.arn, error));
    } else {
        screen.lines(&explained.page())?;
        if matches!(answer, Answer::Nothing) {
            screen.hint("`--file FILE` or `--cluster NAME` tells whom a map takes it for");
        }
    }
    Ok(if principal.is_ok() { Status::Done } else { Status::Failed })
}

/// What was found out besides the canonical form.
enum Answer {
    Nothing,
    File(Explanation, Box<AwsAuthDocument>),
    Cluster(ObservedExplanation, Box<ObservedAccess>),
}

impl Answer {
    fn borrowed(&self) -> ExplainedBy<'_> {
        match self {
            Self::Nothing => ExplainedBy::Nothing,
            Self::File(explanation, document) => ExplainedBy::File(explanation, document),
            Self::Cluster(explanation, observed) => ExplainedBy::Cluster(explanation, observed),
        }
    }
}

fn by_file(args: &ExplainArgs, arn: &PrincipalArn, file: &Path, screen: &Screen) -> Result<Answer, Failure> {
    let (name, text) = files::read_or_stdin(file)?;
    screen.heed(&text);
    let (document, findings) = find_map(&name, &text);
    let Some(document) = document else {
        screen.findings(files::checked(Path::new(&name), &text, None, findings))?;
        let message = format!("nothing can be explained by `{name}`: it does not hold the map");
        return Err(Failure::refused(message)
            .hint("`kubectl get cm aws-auth -n kube-system -o yaml` prints the one of a cluster"));
    };
    // The document is explained as it is: what is wrong with it is talk, not the answer.
    let spoken = files::spoken(findings);
    screen.talk_of_findings(&files::checked(Path::new(&name), &text, Some(&document), spoken));
    let explanation = explain(document.effective(), arn, &values(args));
    Ok(Answer::File(explanation, Box::new(document)))
}

fn by_cluster(args: &ExplainArgs, arn: &PrincipalArn, screen: &Screen) -> Result<Answer, Failure> {
    let observed = within(args.cluster.timeout, screen, async {
        let target = Target::connect(&args.cluster, None, screen).await?;
        Ok(line::observe(target.reading()).await?)
    })?;
    screen.heed_map(&observed);
    let explanation = explain_observed(&observed, arn, &values(args));
    Ok(Answer::Cluster(explanation, Box::new(observed)))
}

fn values(args: &ExplainArgs) -> TemplateValues {
    TemplateValues {
        account_id: None,
        session_name: args.session_name.clone(),
        access_key_id: args.access_key_id.clone(),
        ec2_private_dns: args.ec2_private_dns.clone(),
    }
}

fn not_an_arn(input: &str, error: &ArnError) -> Failure {
    Failure::new(format!("`{input}` is not the ARN of a principal: {error}"))
        .hint("a principal is like `arn:aws:iam::111122223333:role/NAME` or `…:user/NAME`")
}
