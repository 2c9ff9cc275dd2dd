//! Who gets access: IAM principals and their ARNs, as aws-iam-authenticator canonicalises them.
//!
//! The rules are those of upstream's `pkg/arn/arn.go` (0.7.18). Nothing here lower-cases: the mappers do
//! that afterwards, see [`crate::identity_mapping`]. Region and account are not checked, as upstream does not.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::identity_mapping::fold;

#[cfg(test)]
mod tests;

/// The partitions that the authenticator knows, spelt exactly and in lower case.
pub const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// What kind of principal an ARN names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// `arn:P:iam::A:user/…`, with its path.
    User,
    /// `arn:P:iam::A:role/…`, with its path.
    Role,
    /// `arn:P:iam::A:root`.
    Root,
    /// `arn:P:sts::A:federated-user/N`.
    FederatedUser,
    /// `arn:P:sts::A:assumed-role/R/S`, whose canonical form is a role.
    AssumedRole,
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Root => "root",
            Self::FederatedUser => "federated-user",
            Self::AssumedRole => "assumed-role",
        })
    }
}

/// The ARN of a principal, and the canonical form under which the authenticator looks it up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrincipalArn {
    text: String,
    canonical: String,
    kind: PrincipalKind,
}

/// Why a text is not the ARN of a principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// It does not start with `arn:`.
    #[error("`{0}` is not an ARN: it does not start with `arn:`")]
    Prefix(String),
    /// It has fewer than six colon-separated parts.
    #[error("`{0}` is not an ARN: it has fewer than six parts separated by `:`")]
    Sections(String),
    /// The partition is not one of [`PARTITIONS`].
    #[error("`{0}` has no partition that the authenticator knows")]
    Partition(String),
    /// The service is neither `iam` nor `sts`.
    #[error("service `{service}` in `{arn}` has no identities")]
    Service {
        /// The second part of the ARN.
        service: String,
        /// The whole text.
        arn: String,
    },
    /// The resource is not one that can be an identity.
    #[error("`{0}` does not name a role, a user, a session or the root of an account")]
    Resource(String),
    /// An assumed-role ARN without a session name.
    #[error("`{0}` is an assumed-role ARN without a session name")]
    Session(String),
}

impl PrincipalArn {
    /// Parses and canonicalises `text` (`pkg/arn/arn.go`, `Canonicalize`).
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let sections = Sections::split(text)?;
        let resource: &str = sections.resource;
        let (canonical, kind) = match sections.service {
            "sts" => canonical_session(text, &sections)?,
            "iam" => {
                (text.to_owned(), iam_kind(resource).ok_or_else(|| ArnError::Resource(text.to_owned()))?)
            }
            service => {
                return Err(ArnError::Service { service: service.to_owned(), arn: text.to_owned() });
            }
        };
        Ok(Self { text: text.to_owned(), canonical, kind })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The form under which the authenticator looks the principal up, in its original case.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// What kind of principal the text names.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The account id, unchecked, as it stands in the ARN.
    pub fn account(&self) -> &str {
        self.canonical.split(':').nth(4).unwrap_or_default()
    }

    /// The partition, one of [`PARTITIONS`].
    pub fn partition(&self) -> &str {
        self.canonical.split(':').nth(1).unwrap_or_default()
    }

    /// The session name of an assumed-role ARN.
    pub fn session(&self) -> Option<&str> {
        (self.kind == PrincipalKind::AssumedRole).then(|| self.text.rsplit('/').next()).flatten()
    }

    /// The path of a role or user, without slashes at its ends; empty where there is none.
    pub fn path(&self) -> &str {
        let resource = self.canonical.splitn(6, ':').nth(5).unwrap_or_default();
        let without_kind = resource.split_once('/').map_or("", |(_, rest)| rest);
        without_kind.rsplit_once('/').map_or("", |(path, _)| path)
    }

    /// The last segment of the resource: a role's or a user's bare name.
    pub fn name(&self) -> &str {
        self.canonical.rsplit(['/', ':']).next().unwrap_or_default()
    }
}

impl fmt::Display for PrincipalArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Turns `role/a/b/N` into `role/N` and leaves all else alone (`pkg/arn/arn.go`, `StripPath`).
///
/// The authenticator never does this for `aws-auth`: a role mapped with its path matches nobody.
pub fn strip_path(text: &str) -> Result<String, ArnError> {
    let sections = Sections::split(text)?;
    let is_role_with_path = sections.service == "iam" && sections.resource.starts_with("role/");
    let Some((_, name)) = sections.resource.rsplit_once('/').filter(|_| is_role_with_path) else {
        return Ok(text.to_owned());
    };
    let head = &text[..text.len() - sections.resource.len()];
    Ok(format!("{head}role/{name}"))
}

/// Is `text` an ARN under which the authenticator may look somebody up: one that STS reports, in any case?
///
/// A role is reported without its path, a session as its role; names have the letters that IAM allows.
pub fn may_be_reported(text: &str) -> bool {
    let folded = folded(text);
    let Ok(arn) = Sections::split(&folded) else { return false };
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_name_byte);
    let is_resource = match (arn.service, arn.resource.split_once('/')) {
        ("iam", None) => arn.resource == "root",
        ("iam", Some(("role", name))) | ("sts", Some(("federated-user", name))) => is_name(name),
        ("iam", Some(("user", name))) => name.rsplit('/').next().is_some_and(is_name),
        _ => false,
    };
    arn.region.is_empty() && is_account_id(arn.account) && is_resource
}

/// `text` as ARNs are compared; most are written so.
fn folded(text: &str) -> Cow<'_, str> {
    let is_folded = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_folded { Cow::Borrowed(text) } else { Cow::Owned(fold(text)) }
}

/// Is it the id of an AWS account? It has twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The letters of names in IAM (API reference, `CreateRole`).
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

/// The parts of an ARN that decide what it names.
struct Sections<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Sections<'a> {
    fn split(text: &'a str) -> Result<Self, ArnError> {
        if !text.starts_with("arn:") {
            return Err(ArnError::Prefix(text.to_owned()));
        }
        let mut parts = text.splitn(6, ':').skip(1);
        let mut next = || parts.next().ok_or_else(|| ArnError::Sections(text.to_owned()));
        let (partition, service, region, account, resource) = (next()?, next()?, next()?, next()?, next()?);
        if !PARTITIONS.contains(&partition) {
            return Err(ArnError::Partition(text.to_owned()));
        }
        Ok(Self { partition, service, region, account, resource })
    }
}

fn iam_kind(resource: &str) -> Option<PrincipalKind> {
    match resource.split('/').next() {
        Some("role") => Some(PrincipalKind::Role),
        Some("user") => Some(PrincipalKind::User),
        Some("root") => Some(PrincipalKind::Root),
        _ => None,
    }
}

fn canonical_session(text: &str, arn: &Sections<'_>) -> Result<(String, PrincipalKind), ArnError> {
    match arn.resource.split('/').next() {
        Some("federated-user") => Ok((text.to_owned(), PrincipalKind::FederatedUser)),
        Some("assumed-role") => {
            let role_and_session = arn.resource.strip_prefix("assumed-role/");
            let (role, _session) = role_and_session
                .and_then(|rest| rest.rsplit_once('/'))
                .ok_or_else(|| ArnError::Session(text.to_owned()))?;
            let canonical = format!("arn:{}:iam::{}:role/{role}", arn.partition, arn.account);
            Ok((canonical, PrincipalKind::AssumedRole))
        }
        _ => Err(ArnError::Resource(text.to_owned())),
    }
}
