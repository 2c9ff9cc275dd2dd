//! RC019 and RC030: the accounts of `mapAccounts`, which let everybody in.

use alloc::format;

use rolecall_yaml::{Document, NodeKind, ScalarStyle};

use super::Report;
use super::principal::account_help;
use super::rewrite;
use super::templates::leftover;
use crate::effective::{Entry, SectionReading};
use crate::finding::{Code, Level};
use crate::identity_mapping::Section;
use crate::principal::is_account_id;

pub(super) fn check(report: &mut Report<'_>, reading: &SectionReading) {
    let Some(inner) = reading.document() else { return };
    for entry in reading.entries() {
        let account = entry.mapping.principal.as_str();
        if is_account_id(account) {
            whole_account(report, entry, account);
            number(report, inner, entry, account);
            continue;
        }
        if let Some(found) = leftover(account) {
            let message = format!("`{found}` was left in");
            let kind = (Code::LeftoverTemplate, Level::Warning);
            report.add(kind, (Section::MapAccounts, entry.span), message).help = Some("fill it in".into());
            continue;
        }
        let bare = account.trim();
        let is_blank_around = is_account_id(bare);
        let code = if is_blank_around { Code::BlankInArn } else { Code::AccountId };
        let message = format!("`{account}` is not the id of an account: it lets nobody in");
        let finding = report.add((code, Level::Warning), (Section::MapAccounts, entry.span), message);
        finding.help = Some(account_help(bare).into());
    }
}

/// RC030. Every principal of the account becomes an authenticated user.
fn whole_account(report: &mut Report<'_>, entry: &Entry, account: &str) {
    let is_ours = report.settings.accounts.iter().any(|known| known == account);
    let level = if is_ours { Level::Note } else { Level::Warning };
    let message =
        format!("everybody in account `{account}` may enter, under their own ARN and without groups");
    let finding = report.add((Code::WholeAccount, level), (Section::MapAccounts, entry.span), message);
    finding.help = Some("map the roles and users that are meant".into());
}

/// RC019. The authenticator keeps the digits as they are written; most other readers make a number of them.
fn number(report: &mut Report<'_>, inner: &Document, entry: &Entry, account: &str) {
    let node = inner.node(entry.node);
    let is_plain =
        matches!(node.kind, NodeKind::Scalar { style: ScalarStyle::Plain, .. }) && node.tag.is_none();
    if !is_plain || !account.starts_with('0') {
        return;
    }
    let message = format!("`{account}` is a number to most readers of YAML, and loses the zero at its start");
    let finding = report.add((Code::AccountId, Level::Note), (Section::MapAccounts, entry.span), message);
    finding.help = Some(format!("put it in quotes: `\"{account}\"`"));
    finding.fix = rewrite::quoted(Section::MapAccounts, inner, entry.node);
}
