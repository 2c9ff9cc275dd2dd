//! Who a caller is, from what STS `GetCallerIdentity` answers, by the authenticator's rules on user ids.
//!
//! It asks nobody: the answer comes from `rolecall-aws`.

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::principal::{ArnError, PrincipalArn, PrincipalKind};

/// The caller, as the authenticator will see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The ARN that STS gave, and its canonical form.
    pub arn: PrincipalArn,
    /// The account that STS gave.
    pub account: String,
    /// The principal's unique id (`AROA…`, `AIDA…`), without the session name of a role.
    pub user_id: String,
    /// The name of a role's session; empty for every other kind.
    pub session_name: String,
}

/// Why an answer of STS does not say who the caller is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The ARN is not a principal's.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// A role's user id that is not an id and a session name.
    #[error("the user id `{0}` of a role is not an id and a session name with one `:` between")]
    UserId(String),
}

impl CallerIdentity {
    /// Reads the three fields of a `GetCallerIdentityResult`.
    pub fn from_sts(arn: &str, account: &str, user_id: &str) -> Result<Self, IdentityError> {
        let arn = PrincipalArn::parse(arn)?;
        let (user_id, session_name) = match arn.kind() {
            PrincipalKind::Role | PrincipalKind::AssumedRole => split_role_user_id(user_id)?,
            _ => (user_id, ""),
        };
        Ok(Self {
            arn,
            account: account.to_owned(),
            user_id: user_id.to_owned(),
            session_name: session_name.to_owned(),
        })
    }
}

fn split_role_user_id(user_id: &str) -> Result<(&str, &str), IdentityError> {
    match user_id.split_once(':') {
        Some((id, session)) if !session.contains(':') => Ok((id, session)),
        _ => Err(IdentityError::UserId(user_id.to_owned())),
    }
}
