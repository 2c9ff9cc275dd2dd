//! The IAM principals of a directory: users, and roles with their trust.
//! It deliberately holds no policies: trust is a list of ARNs.

use std::time::Duration;

/// An IAM user or role, as the directory made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The full ARN, with the path: `arn:aws:iam::111122223333:role/team/deployer`.
    pub arn: String,
    /// The unique id that AWS never gives out twice: `AIDA…` for a user, `AROA…` for a role.
    pub id: String,
}

impl Principal {
    /// Returns the twelve digits of the account, or nothing if the ARN has too few parts.
    pub fn account(&self) -> &str {
        account_of(&self.arn)
    }

    /// Returns the name without the path.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

/// A role to be added to a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSpec {
    /// Twelve digits.
    pub account: String,
    /// Begins and ends with a slash; `/` for none.
    pub path: String,
    /// Without the path.
    pub name: String,
    /// Who may assume the role: a principal's ARN, a session's ARN, an account's `…:root` ARN (everybody in
    /// that account), or `*`.
    pub trusted: Vec<String>,
    /// What a caller must present as `ExternalId`, if anything.
    pub external_id: Option<String>,
    /// The longest session that may be asked for; AWS's default is one hour.
    pub max_session: Duration,
}

impl RoleSpec {
    /// Describes a role without a path that nobody may assume yet.
    pub fn new(account: &str, name: &str) -> Self {
        Self {
            account: account.to_owned(),
            path: "/".to_owned(),
            name: name.to_owned(),
            trusted: Vec::new(),
            external_id: None,
            max_session: Duration::from_hours(1),
        }
    }

    /// Adds one more who may assume the role.
    #[must_use]
    pub fn trusting(mut self, arn: &str) -> Self {
        self.trusted.push(arn.to_owned());
        self
    }

    /// Returns the ARN that the role will have.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.name)
    }
}

/// Returns the account field of an ARN, or nothing if there is none.
pub(super) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}
