//! Who is meant: the flags that name a principal, ours and those of eksctl and of keikoproj's aws-auth.

use clap::Args;
use rolecall_core::edit::NamedPrincipal;
use rolecall_core::identity_mapping::Section;

use super::failure;
use crate::failure::Failure;

/// The ids of the flags of which one names the principal.
pub(super) const NAMES: [&str; 5] = ["given", "arn", "rolearn", "userarn", "account"];

/// Names a principal.
#[derive(Debug, Clone, Args)]
pub(super) struct NameArgs {
    /// The principal: the ARN of a role, of a session of it, or of a user
    #[arg(value_name = "ARN")]
    given: Option<String>,
    /// The same as a flag, as eksctl has it
    #[arg(long, value_name = "ARN")]
    arn: Option<String>,
    /// The ARN of a role
    #[arg(long, value_name = "ARN")]
    rolearn: Option<String>,
    /// The ARN of a user
    #[arg(long, value_name = "ARN")]
    userarn: Option<String>,
    /// A whole account: its principals enter under their own ARNs, without groups
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// As keikoproj's aws-auth has it: the entry is a role's
    #[arg(long, hide = true, conflicts_with = "mapusers")]
    maproles: bool,
    /// As keikoproj's aws-auth has it: the entry is a user's
    #[arg(long, hide = true)]
    mapusers: bool,
}

impl NameArgs {
    /// The principal as somebody typed it.
    pub(super) fn text(&self) -> Option<&str> {
        let flags = [&self.given, &self.arn, &self.rolearn, &self.userarn, &self.account];
        flags.into_iter().find_map(Option::as_deref)
    }

    /// The principal as the map must name it.
    pub(super) fn named(&self) -> Result<NamedPrincipal, Failure> {
        if let Some(id) = &self.account {
            return NamedPrincipal::account(id).map_err(failure);
        }
        let text = self.text().ok_or_else(|| Failure::usage("no principal is named"))?;
        let named = NamedPrincipal::arn(text).map_err(failure)?;
        let wants_role = self.rolearn.is_some() || self.maproles;
        let wants_user = self.userarn.is_some() || self.mapusers;
        let (is_role, other) = (named.section == Section::MapRoles, named.section.kind());
        if (wants_role && !is_role) || (wants_user && is_role) {
            let wanted = if wants_role { "role" } else { "user" };
            return Err(Failure::usage(format!("`{text}` is the ARN of a {other}, and not of a {wanted}"))
                .hint("`--arn` takes either"));
        }
        Ok(named)
    }
}
