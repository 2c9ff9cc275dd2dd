//! `rolecall whoami`: who the cluster takes us for, and by which way in; or why it refuses us.
//!
//! What can be looked at from here is looked at; what it means is the core's to decide.

use std::path::PathBuf;

use clap::Args;
use rolecall_aws::ClusterName;
use rolecall_core::Timestamp;
use rolecall_core::effective::{ObservedExplanation, TemplateValues, explain_observed};
use rolecall_core::observed::{Knowledge, ObservedAccess};
use rolecall_core::principal::PrincipalArn;
use rolecall_core::render::{whoami_json, whoami_page};
use rolecall_core::token::{InspectContext, Outcome, Verification, partition_of, region_in, verify};
use rolecall_core::whoami::{Answer, Credential, Refusal, WhoAmI, causes, way_in};
use rolecall_engine::line;
use rolecall_engine::port::PortErrorKind;
use rolecall_kube::{Knock, KubeCluster, Seen, Shown};
use secrecy::ExposeSecret;

use super::token::ask_sts;
use crate::cli::ClusterArgs;
use crate::failure::{Failure, Status};
use crate::files;
use crate::output::Screen;
use crate::target::{Named, Target, named, variable, within};

/// Ask a cluster who you are, and explain the answer; also "Unauthorized"
///
/// A cluster that refuses somebody never says why. What can be looked at from here is looked at: the token, as the
/// server and STS see it, the clock, the cluster's name and mode, and the map if it can be read.
/// Ends with status 0 if the cluster knows you, and with 3 if it refuses you.
#[derive(Debug, Args)]
pub(crate) struct WhoAmIArgs {
    /// Looks into this map instead of the cluster's: what `kubectl get cm aws-auth -n kube-system -o yaml` printed, `-`
    /// for stdin
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &WhoAmIArgs, screen: &Screen) -> Result<Status, Failure> {
    let whoami = within(args.cluster.timeout, screen, ask(args, screen))?;
    if screen.is_json() {
        screen.json(&whoami_json(&whoami))?;
    } else {
        screen.lines(&whoami_page(&whoami))?;
    }
    Ok(match whoami.answer {
        Answer::Known { .. } => Status::Done,
        Answer::Refused(_) => Status::Refused,
    })
}

async fn ask(args: &WhoAmIArgs, screen: &Screen) -> Result<WhoAmI, Failure> {
    let target = Target::connect(&args.cluster, None, screen).await?;
    let knock = target.cluster.knock().await?;
    match knock.answer {
        Ok(seen) => known(args, screen, &target, seen).await,
        Err(ref error) if error.kind == PortErrorKind::Unauthenticated => {
            refused(args, screen, &target.cluster, &knock).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn known(args: &WhoAmIArgs, screen: &Screen, target: &Target, seen: Seen) -> Result<WhoAmI, Failure> {
    let observed = match &args.file {
        Some(_) => saved(args, &target.cluster, screen)?,
        None if seen.caller.canonical_arn.is_none() => Err("it was not looked at".to_owned()),
        // What may not be read leaves the way in unknown, and nothing else.
        None => line::observe(target.reading()).await.map_err(|error| error.to_string()),
    };
    if let Ok(observed) = &observed {
        screen.heed_map(observed);
    }
    let values = TemplateValues {
        session_name: Some(seen.session_name.clone().unwrap_or_default()),
        access_key_id: seen.access_key_id.clone(),
        ..TemplateValues::default()
    };
    let principal = seen.caller.canonical_arn.as_deref().map(PrincipalArn::parse);
    let explanation = match (&observed, principal) {
        (Ok(observed), Some(Ok(principal))) => Ok(explain_observed(observed, &principal, &values)),
        (Err(why), _) => Err(why.clone()),
        (Ok(_), _) => Err("it did not come through IAM".to_owned()),
    };
    let may_edit_map = match target.cluster.may_edit_map().await {
        Ok(may) => Knowledge::Known(may),
        Err(error) => Knowledge::Unknown(error.to_string()),
    };
    let way_in =
        way_in(&seen.caller, seen.credential_id.as_deref(), explanation.as_ref().map_err(String::as_str));
    Ok(WhoAmI {
        cluster: target.cluster.identity().clone(),
        arn: seen.arn,
        answer: Answer::Known { caller: seen.caller, way_in, may_edit_map },
    })
}

async fn refused(
    args: &WhoAmIArgs,
    screen: &Screen,
    cluster: &KubeCluster,
    knock: &Knock,
) -> Result<WhoAmI, Failure> {
    let names = Names::of(args, cluster);
    let token = match &knock.shown {
        Shown::Token(token) => Some(judged(token.expose_secret(), &names).await),
        _ => None,
    };
    let identity = token.as_ref().and_then(|token| token.identity.as_ref());
    let explanation = match (saved(args, cluster, screen)?, identity) {
        (Ok(observed), Some(identity)) => {
            let values = TemplateValues::default();
            Ok(explain_observed(&observed, &identity.arn, &values))
        }
        (Err(why), _) => without_map(cluster, identity.map(|identity| &identity.arn)).ok_or(why),
        (Ok(_), None) => Err("who the caller is is not known".to_owned()),
    };
    let refusal = Refusal {
        credential: match &knock.shown {
            Shown::Token(_) | Shown::Other => Credential::Token,
            Shown::ClientCertificate => Credential::ClientCertificate,
            Shown::Nothing => Credential::Nothing,
        },
        server_ahead: knock.server_ahead,
        token: token.as_ref(),
        cluster_name: names.cluster.as_deref(),
        plugin_cluster: names.plugin.as_deref(),
        mode: cluster.mode().known().copied(),
        explanation: explanation.as_ref().map_err(String::as_str),
        is_map_saved: args.file.is_some(),
    };
    Ok(WhoAmI {
        cluster: cluster.identity().clone(),
        arn: identity.map(|identity| identity.arn.text().to_owned()),
        answer: Answer::Refused(causes(&refusal)),
    })
}

/// What the access entries alone decide: one that answers, or mode `API`, in which the map does not matter.
fn without_map(cluster: &KubeCluster, arn: Option<&PrincipalArn>) -> Option<ObservedExplanation> {
    let observed = ObservedAccess {
        mode: cluster.mode().clone(),
        access_entries: cluster.access_entries().clone(),
        ..ObservedAccess::unseen(cluster.identity().clone(), "the caller is refused")
    };
    let explanation = explain_observed(&observed, arn?, &TemplateValues::default());
    explanation.before.is_final().then_some(explanation)
}

/// The map that the user saved, in the cluster as EKS tells of it.
fn saved(
    args: &WhoAmIArgs,
    cluster: &KubeCluster,
    screen: &Screen,
) -> Result<Result<ObservedAccess, String>, Failure> {
    let Some(file) = &args.file else { return Ok(Err("the caller is refused".to_owned())) };
    let observed = files::observation(file, Some(cluster.identity().name.clone()), screen)?;
    let (mode, access_entries) = (cluster.mode().clone(), cluster.access_entries().clone());
    Ok(Ok(ObservedAccess { mode, access_entries, ..observed }))
}

/// What the server would say of a token, STS asked where the cluster's name is known.
async fn judged(token: &str, names: &Names) -> Verification {
    let region = names.region.as_deref();
    let context = InspectContext { now: Timestamp::now(), partition: region.map(partition_of), region };
    let verification = verify(token, &context);
    match &names.cluster {
        Some(name) if verification.outcome == Outcome::Unproven => {
            verification.answered(ask_sts(token, &context, name).await)
        }
        _ => verification,
    }
}

/// What anybody says about which cluster this is.
struct Names {
    cluster: Option<String>,
    region: Option<String>,
    plugin: Option<String>,
}

impl Names {
    /// The user's word counts most, then the kubeconfig's entry, then what its plugin makes tokens for.
    fn of(args: &WhoAmIArgs, cluster: &KubeCluster) -> Self {
        let claimed = cluster.claimed_names();
        let plugin = claimed.plugin.as_deref().map(ClusterName::parse);
        // An entry that is not called by an ARN may be called anything.
        let entry = claimed.entry.as_deref().map(ClusterName::parse).filter(|entry| entry.region.is_some());
        let user = match named(&args.cluster) {
            Some(Named::Cluster(name)) => Some(name),
            Some(Named::Context(_)) | None => None,
        };
        let is_by_eks = claimed.entry.is_none();
        let told = variable("EKS_CLUSTER_NAME").as_deref().map(ClusterName::parse);
        let meant = user.filter(|_| is_by_eks).or(entry).or_else(|| plugin.clone()).or(told);
        let endpoint = cluster.identity().endpoint.as_deref().and_then(region_in).map(str::to_owned);
        let region = endpoint.or_else(|| meant.as_ref().and_then(|meant| meant.region.clone()));
        Self {
            region: region.or_else(|| args.cluster.region.clone()),
            cluster: meant.map(|meant| meant.name),
            plugin: plugin.map(|plugin| plugin.name),
        }
    }
}
