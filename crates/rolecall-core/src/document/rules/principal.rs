//! RC019 to RC023, RC031 and RC032: principals that are probably not the ones that were meant.

use alloc::format;
use alloc::string::String;

use super::Report;
use super::arn::mended;
use super::item::Item;
use super::survey::Survey;
use crate::finding::{Code, Level};
use crate::identity_mapping::Section;
use crate::principal::{PrincipalArn, PrincipalKind, is_account_id};

pub(super) fn check(report: &mut Report<'_>, survey: &Survey, item: &Item<'_>) {
    let Some(arn) = item.principal() else { return };
    account(report, item, arn);
    let checks = [
        wrong_section(item, arn),
        other_partition(survey, arn),
        sso_suffix(arn),
        user_path(survey, arn),
        root(arn),
    ];
    for (kind, message, help) in checks.into_iter().flatten() {
        let finding = report.add(kind, item.place_of_arn(), message);
        finding.help = Some(help);
    }
}

/// What the author should know about a text that is not an account id.
pub(super) fn account_help(text: &str) -> &'static str {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.len() == digits && digits < 12 {
        "an account id has twelve digits: were zeros at its start lost?"
    } else {
        "an account id has twelve digits, and nothing between them"
    }
}

type Remark = ((Code, Level), String, String);

/// RC019 and RC032.
fn account(report: &mut Report<'_>, item: &Item<'_>, arn: &PrincipalArn) {
    let account = arn.account();
    if !is_account_id(account) {
        let text = mended(arn.text());
        if super::templates::leftover(&text).is_some() || account.contains(['*', '?']) {
            return;
        }
        let message = format!("`{account}` is not the id of an account: this entry matches nobody");
        let finding = report.add((Code::AccountId, Level::Warning), item.place_of_arn(), message);
        finding.help = Some(account_help(account).into());
        return;
    }
    let accounts = &report.settings.accounts;
    if !accounts.is_empty() && !accounts.iter().any(|known| known == account) {
        let message = format!("`{arn}` is of account `{account}`, which is not in `accounts:`");
        let finding = report.add((Code::OtherAccount, Level::Warning), item.place_of_arn(), message);
        finding.help = Some("check the account, or add it to `accounts:` in `rolecall.yaml`".into());
    }
}

/// RC020. It works, and people look for it in the other section.
fn wrong_section(item: &Item<'_>, arn: &PrincipalArn) -> Option<Remark> {
    let (what, section) = match (item.section, arn.kind()) {
        (Section::MapRoles, PrincipalKind::User) => ("a user", Section::MapUsers),
        (Section::MapUsers, PrincipalKind::Role | PrincipalKind::AssumedRole) => {
            ("a role", Section::MapRoles)
        }
        _ => return None,
    };
    let message = format!("`{arn}` is {what}, and stands in `{}`", item.section);
    let help = format!("move it to `{section}`: the authenticator does not mind, people and tools do");
    Some(((Code::WrongSection, Level::Warning), message, help))
}

/// RC021. A cluster and everybody who enters it are in one partition.
fn other_partition(survey: &Survey, arn: &PrincipalArn) -> Option<Remark> {
    let usual = survey.partition.as_deref().filter(|usual| *usual != arn.partition())?;
    let message =
        format!("`{arn}` is in the partition `{}`, and the others are in `{usual}`", arn.partition());
    let help = "nobody can enter from another partition".into();
    Some(((Code::OtherPartition, Level::Warning), message, help))
}

/// RC022. IAM Identity Center gives its roles a name that ends with sixteen hexadecimal digits.
fn sso_suffix(arn: &PrincipalArn) -> Option<Remark> {
    let name = arn.name();
    if arn.kind() != PrincipalKind::Role || !name.starts_with("AWSReservedSSO_") {
        return None;
    }
    let suffix = name.rsplit('_').next().unwrap_or_default();
    if suffix.len() == 16 && suffix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let message = format!("`{name}` lacks the suffix of a permission set's role: this entry matches nobody");
    let help = "write the name as IAM shows it: `AWSReservedSSO_…_` and sixteen hexadecimal digits".into();
    Some(((Code::SsoSuffix, Level::Warning), message, help))
}

/// RC023. Of users STS reports the path, so a mapping must have it.
fn user_path(survey: &Survey, arn: &PrincipalArn) -> Option<Remark> {
    let is_bare = arn.kind() == PrincipalKind::User && arn.path().is_empty();
    let path = survey.user_paths.get(arn.account()).filter(|_| is_bare)?;
    let message = format!("`{arn}` has no path, and another user of the account has `{path}/`");
    let help = "a user must be mapped with exactly its path; `aws iam get-user` shows it".into();
    Some(((Code::UserPath, Level::Note), message, help))
}

/// RC031. It is one user, and not everybody in the account.
fn root(arn: &PrincipalArn) -> Option<Remark> {
    if arn.kind() != PrincipalKind::Root {
        return None;
    }
    let message = format!("`{arn}` is the root user alone, not everybody in the account");
    let help = "map the roles and users that are meant; the root user should not be used".into();
    Some(((Code::RootUser, Level::Warning), message, help))
}
