//! Who is meant by what somebody typed: the ARN as the map must have it, and the section it belongs to.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Refusal, RefusalKind};
use crate::identity_mapping::{EntryKey, FARGATE_GROUP, NODE_GROUP, Section};
use crate::principal::{PrincipalArn, PrincipalKind, is_account_id, strip_path};

/// A principal as the map must name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPrincipal {
    /// Where its entries stand.
    pub section: Section,
    /// The ARN or account id as STS reports it, in the case in which it was typed.
    pub principal: String,
    /// What was mended, as sentences.
    pub notes: Vec<String>,
}

impl NamedPrincipal {
    /// Reads an ARN: of a role or a session of it, of a user, a federated user or the root of an account.
    ///
    /// A session becomes its role, and a role loses its path, since that is what STS reports.
    ///
    /// # Errors
    /// Where no such principal can exist.
    pub fn arn(text: &str) -> Result<Self, Refusal> {
        let arn = PrincipalArn::parse(text).map_err(|error| senseless(error.to_string()))?;
        let mut notes = Vec::new();
        let section = match arn.kind() {
            PrincipalKind::Role | PrincipalKind::AssumedRole => Section::MapRoles,
            PrincipalKind::User | PrincipalKind::FederatedUser | PrincipalKind::Root => Section::MapUsers,
        };
        let mut principal = arn.canonical().to_string();
        if arn.kind() == PrincipalKind::AssumedRole {
            notes.push(format!("`{text}` is a session: the entry is its role's, `{principal}`"));
        } else if arn.kind() == PrincipalKind::Role && !arn.path().is_empty() {
            principal = strip_path(&principal).map_err(|error| senseless(error.to_string()))?;
            notes.push(format!("STS does not report a role's path: the entry is for `{principal}`"));
        }
        if let Some(problem) = impossible(&arn) {
            return Err(senseless(format!("`{text}` {problem}")));
        }
        Ok(Self { section, principal, notes })
    }

    /// Reads an account id.
    ///
    /// # Errors
    /// Where it has not twelve digits.
    pub fn account(id: &str) -> Result<Self, Refusal> {
        if !is_account_id(id) {
            return Err(Refusal::new(
                RefusalKind::Senseless,
                format!("`{id}` is not an account id: it must have twelve digits"),
                "it is like `111122223333`, with its leading zeros",
            ));
        }
        Ok(Self { section: Section::MapAccounts, principal: id.to_string(), notes: Vec::new() })
    }

    /// Its key.
    pub fn key(&self) -> EntryKey {
        EntryKey::new(self.section, &self.principal)
    }

    /// The username of an entry that was given none: a user's name; of a role its name and, for the audit log,
    /// who assumed it; for nodes, the name under which Kubernetes knows a node.
    pub fn default_username(&self, groups: &[String]) -> String {
        let name = self.principal.rsplit(['/', ':']).next().unwrap_or_default();
        let is_in = |group: &str| groups.iter().any(|one| one == group);
        match self.section {
            Section::MapRoles if is_in(FARGATE_GROUP) => "system:node:{{SessionName}}".to_string(),
            Section::MapRoles if is_in(NODE_GROUP) => "system:node:{{EC2PrivateDNSName}}".to_string(),
            Section::MapRoles => format!("{name}:{{{{SessionName}}}}"),
            Section::MapUsers => name.to_string(),
            Section::MapAccounts => String::new(),
        }
    }
}

/// Why IAM cannot have it.
fn impossible(arn: &PrincipalArn) -> Option<String> {
    let resource = arn.canonical().splitn(6, ':').nth(5).unwrap_or_default();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "/_+=,.@-".contains(c);
    if !is_account_id(arn.account()) {
        return Some("has no account id of twelve digits".to_string());
    }
    if arn.name().is_empty() || (arn.kind() != PrincipalKind::Root && !resource.contains('/')) {
        return Some("has no name".to_string());
    }
    resource.chars().find(|c| !is_allowed(*c)).map(|c| match c {
        '*' | '?' => "has a wildcard, and the authenticator knows none".to_string(),
        c => format!("has a `{}` in its name, which IAM does not allow", c.escape_default()),
    })
}

fn senseless(reason: String) -> Refusal {
    let hint = "it is like `arn:aws:iam::111122223333:role/NAME` or `arn:aws:iam::111122223333:user/NAME`";
    Refusal::new(RefusalKind::Senseless, reason, hint)
}
