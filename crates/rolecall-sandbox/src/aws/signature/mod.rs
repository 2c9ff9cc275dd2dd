//! Who signed this request? AWS Signature Version 4, checked.
//!
//! Written apart from any code that signs, from AWS's description of the algorithm, and proven against
//! requests that botocore signed. It deliberately holds no signing function.

mod canonical;
mod endpoint;
mod parse;
mod percent;
mod verify;

#[cfg(test)]
mod tests;

use http::Request;
use hyper::body::Bytes;

use super::Service;
use super::directory::Directory;
use super::principal::Principal;

pub(super) use endpoint::Endpoint;
pub(super) use percent::{decode, pairs};

/// The principal whose key signed a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) principal: Principal,
    /// Present for a session of a role.
    pub(super) session_name: Option<String>,
    /// The region that the signature is for.
    pub(super) region: String,
}

/// Why a request has no caller, in the words that AWS's clients show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// Nothing looks like a signature.
    #[error("Request is missing Authentication Token")]
    Unsigned,
    /// A part of the signature is missing or cannot be read.
    #[error("{0}")]
    Incomplete(String),
    /// The signature is not one that this key makes for this request, service, region and time.
    #[error("{0}")]
    Signature(String),
    /// No such key, or its session token is missing, foreign or out of place.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// The session has ended.
    #[error("The security token included in the request is expired")]
    ExpiredSession,
}

impl Caller {
    /// Returns the ARN as `GetCallerIdentity` tells it: a session's has the role's name without its path.
    pub(super) fn arn(&self) -> String {
        match &self.session_name {
            None => self.principal.arn.clone(),
            Some(session) => {
                let (account, role) = (self.principal.account(), self.principal.name());
                format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")
            }
        }
    }

    /// Returns `AIDA…`, or `AROA…:SESSION`.
    pub(super) fn user_id(&self) -> String {
        match &self.session_name {
            None => self.principal.id.clone(),
            Some(session) => format!("{}:{session}", self.principal.id),
        }
    }
}

/// Returns who signed the request for this service, if everything about the signature is right.
pub(super) fn authenticate(
    request: &Request<Bytes>,
    service: Service,
    directory: &Directory,
) -> Result<Caller, Refusal> {
    let presented = parse::parse(request)?;
    verify::scope(&presented, service, request)?;
    verify::date(&presented, service, directory.now())?;
    let key = directory.key(&presented.access_key_id).ok_or(Refusal::UnknownKey)?;
    verify::session_token(&presented, key.session.as_ref())?;
    verify::signature(&presented, request, &key.secret)?;
    verify::session_lives(key.session.as_ref(), directory.now())?;
    let session_name = key.session.map(|session| session.name);
    Ok(Caller { principal: key.principal, session_name, region: presented.scope.region })
}

/// Returns the service that the signature claims to be for, checked or not.
pub(super) fn scoped_service(request: &Request<Bytes>) -> Option<String> {
    parse::parse(request).ok().map(|presented| presented.scope.service)
}
