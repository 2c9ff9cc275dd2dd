//! Who a caller is to a cluster, and by which way in; or why it is refused, as far as that can be told from outside.
//!
//! A cluster says "Unauthorized" and never why. What can be looked at from here is looked at by the binary; which
//! cause it speaks for or against is decided here.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

mod causes;
#[cfg(test)]
mod tests;

pub use causes::{Cause, Credential, Likelihood, Refusal, causes};

use crate::cluster::ClusterIdentity;
use crate::effective::{BeforeTheMap, Candidate, ObservedExplanation, Verdict, Via};
use crate::observed::{Caller, Knowledge};

/// Who somebody is to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoAmI {
    /// The cluster that was asked.
    pub cluster: ClusterIdentity,
    /// The ARN of the caller as STS reports it, where IAM is the way.
    pub arn: Option<String>,
    /// What the cluster says.
    pub answer: Answer,
}

/// What a cluster says to somebody who knocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Who it is.
    Known {
        /// The username and groups.
        caller: Caller,
        /// By which way it came in.
        way_in: WayIn,
        /// May it change the map?
        may_edit_map: Knowledge<bool>,
    },
    /// "Unauthorized", and why that may be.
    Refused(Vec<Cause>),
}

/// By which way a caller came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum WayIn {
    /// An entry of the map.
    MapEntry(Via),
    /// An access entry.
    AccessEntry {
        /// As EKS has it.
        principal_arn: String,
    },
    /// A client certificate, which no map can lock out.
    ClientCertificate,
    /// The token of a ServiceAccount.
    ServiceAccount,
    /// It cannot be told.
    Unknown {
        /// Why not.
        why: String,
    },
}

/// By which way a caller came in, as far as the map and the access entries are known.
///
/// `credential_id` is Kubernetes' own (`authentication.kubernetes.io/credential-id`).
pub fn way_in(
    caller: &Caller,
    credential_id: Option<&str>,
    explanation: Result<&ObservedExplanation, &str>,
) -> WayIn {
    if caller.canonical_arn.is_none() {
        return without_iam(caller, credential_id.unwrap_or_default());
    }
    let explanation = match explanation {
        Ok(explanation) => explanation,
        Err(why) => return WayIn::Unknown { why: why.to_owned() },
    };
    let (way, expected) = match (&explanation.before, &explanation.map.verdict) {
        (BeforeTheMap::Entry { entry, username, .. }, _) => {
            (WayIn::AccessEntry { principal_arn: entry.principal_arn.clone() }, username)
        }
        (_, Verdict::Mapped(candidate)) => (WayIn::MapEntry(candidate.via.clone()), &candidate.username),
        (_, Verdict::Ambiguous(candidates)) => {
            let same = |one: &&Candidate| one.username == caller.username;
            return match candidates.iter().find(same) {
                Some(candidate) => WayIn::MapEntry(candidate.via.clone()),
                None => WayIn::Unknown { why: "one of several entries is picked at random".to_owned() },
            };
        }
        (_, Verdict::Denied(denial)) => {
            let why = format!("by the map it would be denied: {}", denial.message);
            return WayIn::Unknown { why };
        }
    };
    if *expected == caller.username || expected.contains("{{") {
        return way;
    }
    let why = format!("by what is known it would be `{expected}`: was it changed a moment ago?");
    WayIn::Unknown { why }
}

fn without_iam(caller: &Caller, credential_id: &str) -> WayIn {
    if credential_id.starts_with("X509SHA256=") {
        WayIn::ClientCertificate
    } else if caller.username.starts_with("system:serviceaccount:") {
        WayIn::ServiceAccount
    } else {
        WayIn::Unknown { why: "it did not come through IAM".to_owned() }
    }
}
