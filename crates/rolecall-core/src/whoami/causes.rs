//! Why a cluster says "Unauthorized": every cause, in the order of how often it is the one, each as far as it was
//! looked at.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::SignedDuration;
use serde::Serialize;

use crate::cluster::AuthenticationMode;
use crate::effective::{BeforeTheMap, ObservedExplanation, Verdict};
use crate::principal::PrincipalKind;
use crate::token::{CallerIdentity, Check, LIFETIME, Outcome, Remark, Verification};

/// Nobody's clock is better than that, the answer's way included.
const NO_SKEW: SignedDuration = SignedDuration::from_secs(60);
/// How far ahead of its own clock STS takes a signature's date.
const STS_SKEW: SignedDuration = SignedDuration::from_secs(5 * 60);

/// What is known of a refusal.
#[derive(Debug, Clone)]
pub struct Refusal<'a> {
    /// What was shown to the API server.
    pub credential: Credential,
    /// How far the API server's clock is ahead of ours; `None` where it did not tell.
    pub server_ahead: Option<SignedDuration>,
    /// What came of the token that was shown, STS asked where that was possible.
    pub token: Option<&'a Verification>,
    /// The cluster that the server is, as far as anybody says so.
    pub cluster_name: Option<&'a str>,
    /// The cluster for which the kubeconfig's plugin makes its tokens.
    pub plugin_cluster: Option<&'a str>,
    /// How the cluster authenticates, if EKS was asked.
    pub mode: Option<AuthenticationMode>,
    /// What map and access entries say of the caller, or why that is not known.
    pub explanation: Result<&'a ObservedExplanation, &'a str>,
    /// The map is one that somebody saved, and not the cluster's own.
    pub is_map_saved: bool,
}

/// What was shown to the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A bearer token.
    Token,
    /// A client certificate.
    ClientCertificate,
    /// Nothing, or what only a browser or a person could show.
    Nothing,
}

/// Why a caller is refused, perhaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// A stable word for it.
    pub code: &'static str,
    /// How sure it is.
    pub likelihood: Likelihood,
    /// What is the case.
    pub message: String,
    /// The next step; empty for a cause that is ruled out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// How sure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Likelihood {
    /// It is one for which the caller is refused.
    Certain,
    /// It was looked at as far as possible, and speaks for it.
    Likely,
    /// It could not be looked at.
    Possible,
    /// It was looked at, and is not it.
    RuledOut,
}

use Likelihood::{Certain, Likely, Possible, RuledOut};

/// The causes of a refusal: the sure ones first, then the likely and the possible ones, then what is ruled out.
pub fn causes(refusal: &Refusal<'_>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = match refusal.credential {
        Credential::Nothing => [no_credentials()].into(),
        Credential::ClientCertificate => [certificate(), clock(refusal)].into_iter().collect(),
        Credential::Token if is_foreign(refusal.token) => of_foreign_token(refusal).collect(),
        Credential::Token => of_eks_token(refusal),
    };
    causes.sort_by_key(|cause| cause.likelihood);
    causes
}

fn of_eks_token(refusal: &Refusal<'_>) -> Vec<Cause> {
    let listed =
        [Some(credentials(refusal)), not_mapped(refusal), role_path(refusal), Some(cluster_name(refusal))];
    let token = [token_itself(refusal), Some(clock(refusal)), Some(mode(refusal)), stale_entry(refusal)];
    let late = [other_region(refusal), sts(refusal), other_map(refusal), Some(delay(refusal))];
    listed.into_iter().chain(token).chain(late).flatten().collect()
}

fn cause(
    code: &'static str,
    likelihood: Likelihood,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> Cause {
    let hint = if likelihood == RuledOut { String::new() } else { hint.into() };
    Cause { code, likelihood, message: message.into(), hint }
}

fn no_credentials() -> Cause {
    let message = "nothing was shown to the API server: the kubeconfig's user has no credentials";
    cause(
        "noCredentials",
        Certain,
        message,
        "`rolecall kubeconfig --name CLUSTER --region REGION` writes some",
    )
}

fn certificate() -> Cause {
    let message = "the client certificate has ended, or the cluster's authority did not sign it";
    cause("certificate", Likely, message, "get a new one, or enter by IAM: `rolecall kubeconfig`")
}

/// A token that is none of IAM's.
fn is_foreign(token: Option<&Verification>) -> bool {
    token.and_then(|token| token.failure.as_ref()).is_some_and(|failure| failure.code == Check::Prefix)
}

fn of_foreign_token(refusal: &Refusal<'_>) -> impl Iterator<Item = Cause> {
    let message = "the token is none of EKS's: the IAM side of the cluster never sees it";
    let hint = failure(refusal).map_or_else(String::new, |failure| failure.hint.clone());
    [cause("notAnEksToken", Likely, message, hint), clock(refusal)].into_iter()
}

fn failure<'a>(refusal: &Refusal<'a>) -> Option<&'a Remark> {
    refusal.token.and_then(|token| token.failure.as_ref())
}

fn failed_at(refusal: &Refusal<'_>, checks: &[Check]) -> Option<Remark> {
    failure(refusal).filter(|failure| checks.contains(&failure.code)).cloned()
}

fn identity<'a>(refusal: &Refusal<'a>) -> Option<&'a CallerIdentity> {
    refusal.token.and_then(|token| token.identity.as_ref())
}

fn credentials(refusal: &Refusal<'_>) -> Cause {
    let checks = [Check::Credentials, Check::AccessKey, Check::SessionToken, Check::Region];
    if let Some(failure) = failed_at(refusal, &checks) {
        return cause("credentials", Certain, failure.message, failure.hint);
    }
    if identity(refusal).is_some() {
        return cause("credentials", RuledOut, "the credentials are good: STS knows them", "");
    }
    let message = "the credentials have expired, or their key is deleted or disabled";
    cause("credentials", Possible, message, "`aws sts get-caller-identity` says whether they are good")
}

fn not_mapped(refusal: &Refusal<'_>) -> Option<Cause> {
    let who =
        identity(refusal).map_or_else(|| "the caller".to_owned(), |who| format!("`{}`", who.arn.canonical()));
    let explanation = match refusal.explanation {
        Ok(explanation) => explanation,
        Err(why) => {
            let message =
                format!("{who} is not in the map, and has no access entry; the map cannot be read: {why}");
            let hint = "somebody who is in can save it (`kubectl get cm aws-auth -n kube-system -o yaml`), and \
                        `--file` looks into it";
            return Some(cause("notMapped", Likely, message, hint));
        }
    };
    match (&explanation.before, &explanation.map.verdict) {
        (
            BeforeTheMap::Nothing | BeforeTheMap::Unknown { is_map_read: true, .. },
            Verdict::Denied(denial),
        ) => {
            let is_sure = explanation.before == BeforeTheMap::Nothing && !refusal.is_map_saved;
            let hint = denial.hint.clone().unwrap_or_default();
            let message = format!("{}{}", denial.message, if_it_is_so(refusal));
            Some(cause("notMapped", if is_sure { Certain } else { Likely }, message, hint))
        }
        (
            BeforeTheMap::Nothing | BeforeTheMap::Unknown { is_map_read: true, .. },
            Verdict::Mapped(candidate),
        ) => {
            let (username, via) = (&candidate.username, &candidate.via);
            let message = format!("{who} is in the map, as `{username}` by {via}{}", if_it_is_so(refusal));
            Some(cause("notMapped", RuledOut, message, ""))
        }
        _ => None,
    }
}

fn if_it_is_so(refusal: &Refusal<'_>) -> &'static str {
    if refusal.is_map_saved { ", if the file is what the cluster has" } else { "" }
}

/// Somebody whom the file lets in is refused: the cluster has something else, and so it may for everybody else.
fn other_map(refusal: &Refusal<'_>) -> Option<Cause> {
    let explanation =
        refusal.explanation.ok().filter(|found| refusal.is_map_saved && !found.before.is_final())?;
    let sure = if matches!(explanation.map.verdict, Verdict::Mapped(_)) { Likely } else { Possible };
    let message = "the file is not what the cluster has";
    let hint = "let somebody who is in save it anew: `kubectl get cm aws-auth -n kube-system -o yaml`";
    Some(cause("otherMap", sure, message, hint))
}

/// Where the map is not known, the mistake that is made most is worth a word of its own.
fn role_path(refusal: &Refusal<'_>) -> Option<Cause> {
    let who = &identity(refusal)?.arn;
    let is_role = matches!(who.kind(), PrincipalKind::Role | PrincipalKind::AssumedRole);
    (refusal.explanation.is_err() && is_role).then(|| {
        let message = format!(
            "the role has a path and is mapped with it: STS does not report one, and the cluster sees `{}`",
            who.canonical()
        );
        cause("rolePath", Possible, message, format!("the entry must say `rolearn: {}`", who.canonical()))
    })
}

fn cluster_name(refusal: &Refusal<'_>) -> Cause {
    let shown = refusal.cluster_name.unwrap_or("this cluster");
    if let (Some(ours), Some(theirs)) = (refusal.plugin_cluster, refusal.cluster_name)
        && ours != theirs
    {
        let message = format!("the token is made for cluster `{ours}`, and the server is cluster `{theirs}`");
        let sure = if failed_at(refusal, &[Check::Signature]).is_some() { Certain } else { Likely };
        let hint = format!("make it with `--cluster-name {theirs}`: `rolecall kubeconfig --name {theirs}`");
        return cause("clusterName", sure, message, hint);
    }
    if let Some(failure) = failed_at(refusal, &[Check::Signature]) {
        return cause("clusterName", Certain, failure.message, failure.hint);
    }
    let is_told = refusal.cluster_name.is_some() && identity(refusal).is_some();
    if is_told {
        let message = format!("the token is signed for cluster `{shown}`, as STS says");
        return cause("clusterName", RuledOut, message, "");
    }
    let message = format!("the token is for another cluster than {shown}");
    cause("clusterName", Possible, message, "compare `--cluster-name` in the kubeconfig with the name in EKS")
}

/// What the server's own checks say, clock and end aside.
fn token_itself(refusal: &Refusal<'_>) -> Option<Cause> {
    let token = refusal.token?;
    let Some(failure) = &token.failure else {
        return Some(cause(
            "token",
            RuledOut,
            "the token passes every check that the server makes by itself",
            "",
        ));
    };
    let is_elsewhere = matches!(
        failure.code,
        Check::Credentials
            | Check::AccessKey
            | Check::SessionToken
            | Check::Region
            | Check::Signature
            | Check::Clock
            | Check::Expired
            | Check::Unanswered
    );
    let code = if failure.code == Check::Host { "region" } else { "token" };
    (!is_elsewhere).then(|| cause(code, Certain, failure.message.clone(), failure.hint.clone()))
}

fn clock(refusal: &Refusal<'_>) -> Cause {
    let hint = "set the clock of this machine (NTP)";
    if let Some(failure) = failed_at(refusal, &[Check::Clock, Check::Expired]) {
        return cause("clock", Certain, failure.message, hint);
    }
    let Some(ahead) = refusal.server_ahead else {
        return cause("clock", Possible, "the clock of this machine is off", hint);
    };
    let minutes = ahead.abs().as_secs() / 60;
    let direction = if ahead.is_negative() { "ahead of" } else { "behind" };
    let message = format!("the clock of this machine is {minutes} minutes {direction} the API server's");
    if ahead.abs() <= NO_SKEW {
        return cause("clock", RuledOut, "the clock of this machine agrees with the API server's", "");
    }
    let is_certain = ahead >= LIFETIME || ahead <= -LIFETIME;
    let is_likely = ahead <= -STS_SKEW;
    let sure = if is_certain {
        Certain
    } else if is_likely {
        Likely
    } else {
        Possible
    };
    cause("clock", sure, message, hint)
}

fn mode(refusal: &Refusal<'_>) -> Cause {
    match refusal.explanation.map(|explanation| &explanation.before) {
        Ok(BeforeTheMap::Refusal(denial)) => {
            let hint = denial.hint.clone().unwrap_or_default();
            cause("apiMode", Certain, denial.message.clone(), hint)
        }
        Ok(BeforeTheMap::Unknown { is_map_read: false, why }) => {
            let message = format!("in mode `API` only access entries count, and they cannot be read: {why}");
            cause("apiMode", Likely, message, "`aws eks describe-access-entry` says whether there is one")
        }
        _ if refusal.mode.is_some_and(|mode| mode != AuthenticationMode::Api) => {
            cause("apiMode", RuledOut, "the map counts: the cluster is not in mode `API`", "")
        }
        Ok(BeforeTheMap::Entry { .. }) => {
            cause("apiMode", RuledOut, "the mode does not matter, since there is an access entry", "")
        }
        _ => {
            let message = "the cluster is in mode `API`, in which the map is not read";
            cause("apiMode", Possible, message, "`--cluster NAME --region REGION` asks EKS for the mode")
        }
    }
}

/// An access entry is there, and yet the caller is refused.
fn stale_entry(refusal: &Refusal<'_>) -> Option<Cause> {
    let Ok(BeforeTheMap::Entry { entry, .. }) = refusal.explanation.map(|explanation| &explanation.before)
    else {
        return None;
    };
    let message = format!(
        "the access entry of `{}` is of an earlier principal of that name: entries are bound to the hidden id",
        entry.principal_arn
    );
    Some(cause("staleAccessEntry", Likely, message, "delete the access entry and create it again"))
}

fn other_region(refusal: &Refusal<'_>) -> Option<Cause> {
    let warning = refusal.token?.warnings.iter().find(|warning| warning.code == Check::OtherRegion)?;
    Some(cause("region", Possible, warning.message.clone(), "make the token with the region of the cluster"))
}

fn sts(refusal: &Refusal<'_>) -> Option<Cause> {
    let token = refusal.token.filter(|token| token.outcome == Outcome::Unknown)?;
    let failure = token.failure.as_ref()?;
    Some(cause(
        "sts",
        Possible,
        format!("the cluster cannot ask STS either: {}", failure.message),
        failure.hint.clone(),
    ))
}

fn delay(refusal: &Refusal<'_>) -> Cause {
    let is_in = refusal.explanation.is_ok_and(|explanation| {
        matches!(explanation.before, BeforeTheMap::Entry { .. })
            || matches!(explanation.map.verdict, Verdict::Mapped(_) | Verdict::Ambiguous(_))
    });
    let message = "the entry was made a moment ago: it takes the cluster some seconds to see it";
    let sure = if is_in { Likely } else { Possible };
    cause("delay", sure, message, "try again in a minute")
}
