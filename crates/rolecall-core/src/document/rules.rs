//! The rules of a document, one function each: what the authenticator would lose, and what cannot work.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::Span;

use super::AwsAuthDocument;
use crate::effective::{Entry, Loss, LossKind, SectionReading};
use crate::finding::{Code, Finding, Level, Place, nearest};
use crate::identity_mapping::{EntryKey, Section};
use crate::principal::{PrincipalArn, PrincipalKind};

/// Runs every rule over `document`.
pub(super) fn check(document: &AwsAuthDocument, findings: &mut Vec<Finding>) {
    misspelt_sections(document, findings);
    for reading in document.effective().sections() {
        unreadable(document, reading, findings);
        losses(document, reading, findings);
        repeated(document, reading, findings);
        reading.entries().iter().for_each(|entry| never_matches(document, entry, findings));
    }
}

/// RC009. The authenticator reads `mapRoles` and not `maproles`, without a word.
fn misspelt_sections(document: &AwsAuthDocument, findings: &mut Vec<Finding>) {
    let known = Section::ALL.map(Section::key);
    for key in document.data().keys().filter(|key| Section::from_key(key).is_none()) {
        if let Some(meant) = nearest(key, &known) {
            let is_certain = key.eq_ignore_ascii_case(meant);
            let level = if is_certain { Level::Error } else { Level::Warning };
            let start = document.text().find(key.as_str()).unwrap_or_default();
            let span = Span { start, end: start + key.len() };
            findings.push(Finding {
                code: Code::MisspeltSection,
                level,
                place: Place::of(document.file(), document.text(), &document.lines, span),
                message: format!("the authenticator does not read `{key}`"),
                help: Some(format!("did you mean `{meant}`?")),
                fix: None,
                allowed: None,
            });
        }
    }
}

/// RC004. With `kubectl apply`, this is how a cluster throws everybody out.
fn unreadable(document: &AwsAuthDocument, reading: &SectionReading, findings: &mut Vec<Finding>) {
    let Some(unreadable) = reading.unreadable() else { return };
    let section = reading.section();
    findings.push(Finding {
        code: Code::UnreadableSection,
        level: Level::Error,
        place: document.place(section, Span { start: unreadable.at, end: unreadable.at }),
        message: format!("`{section}` cannot be read: {}", unreadable.message),
        help: Some(
            "applied as it is, it would count as empty, and everybody in it would be locked out".to_owned(),
        ),
        fix: None,
        allowed: None,
    });
}

/// RC005 to RC008 and RC012: what the reading lost.
fn losses(document: &AwsAuthDocument, reading: &SectionReading, findings: &mut Vec<Finding>) {
    for loss in reading.losses() {
        let (code, level, message, help) = describe(loss);
        let place = document.place(reading.section(), loss.span);
        findings.push(Finding { code, level, place, message, help, fix: None, allowed: None });
    }
}

fn describe(loss: &Loss) -> (Code, Level, String, Option<String>) {
    let error =
        |code, message: &str, help: &str| (code, Level::Error, message.to_owned(), Some(help.to_owned()));
    match &loss.kind {
        LossKind::Entry(reason) => {
            let message = format!("the authenticator would drop this entry: {reason}");
            (Code::DroppedEntry, Level::Error, message, None)
        }
        LossKind::UsernameNotText => error(
            Code::NoUsername,
            "the username is not a text, so the authenticator would take an empty one",
            "put it in quotes",
        ),
        LossKind::UsernameMissing => {
            error(Code::NoUsername, "the entry has no username", "add a line `username: …`")
        }
        LossKind::GroupsNotList => error(
            Code::LostGroups,
            "the groups are not a list, so the authenticator would give none",
            "write each group on a line of its own, after `- `",
        ),
        LossKind::GroupNotText => error(
            Code::LostGroups,
            "this group is not a text, so the authenticator would take an empty one",
            "put it in quotes",
        ),
        LossKind::UnknownKey { key, nearest } => {
            let message = format!("the authenticator does not know the key `{key}`");
            (
                Code::UnknownKey,
                Level::Warning,
                message,
                nearest.map(|meant| format!("did you mean `{meant}`?")),
            )
        }
        LossKind::LaterDocument => error(
            Code::LaterDocument,
            "the authenticator stops reading here, at the end of the first document",
            "remove the `---` or `...` before this place",
        ),
    }
}

/// RC010. Of a role's entries the last one wins; of a user's that differ in case, a random one.
fn repeated(document: &AwsAuthDocument, reading: &SectionReading, findings: &mut Vec<Finding>) {
    let mut earlier: BTreeMap<&EntryKey, &Entry> = BTreeMap::new();
    for entry in reading.entries() {
        let Some(first) = earlier.insert(&entry.key, entry) else { continue };
        let differs_in_case = first.mapping.principal != entry.mapping.principal;
        let is_random = reading.section() == Section::MapUsers
            && differs_in_case
            && !first.mapping.grants_the_same(&entry.mapping);
        let line = document.place(reading.section(), first.span).line;
        let (level, what) = if is_random {
            (Level::Error, "one of them is picked at random for each request")
        } else {
            (Level::Warning, "only the last one counts")
        };
        findings.push(Finding {
            code: Code::RepeatedPrincipal,
            level,
            place: document.place(reading.section(), entry.span),
            message: format!("`{}` has an entry at line {line} already: {what}", entry.mapping.principal),
            help: Some("keep one entry with all the groups".to_owned()),
            fix: None,
            allowed: None,
        });
    }
}

/// RC011. Such an entry does no harm, but lets nobody in.
fn never_matches(document: &AwsAuthDocument, entry: &Entry, findings: &mut Vec<Finding>) {
    if entry.key.section() == Section::MapAccounts {
        return;
    }
    if let Some((message, help)) = why_never(entry) {
        let place = document.place(entry.key.section(), entry.span);
        findings.push(Finding {
            code: Code::NeverMatches,
            level: Level::Warning,
            place,
            message,
            help: Some(help),
            fix: None,
            allowed: None,
        });
    }
}

fn why_never(entry: &Entry) -> Option<(String, String)> {
    if entry.sso.is_some() {
        let message = "EKS ignores `sso`, so this entry matches nobody".to_owned();
        return Some((message, "write the role's ARN, without its path, as `rolearn`".to_owned()));
    }
    let written = &entry.mapping.principal;
    let arn = match PrincipalArn::parse(written) {
        Ok(arn) => arn,
        Err(error) => {
            return Some((format!("this entry matches nobody: {error}"), "check the ARN".to_owned()));
        }
    };
    let hint = |arn: &str| format!("write `{arn}`");
    match arn.kind() {
        PrincipalKind::AssumedRole => {
            let message = format!("`{written}` is a session: the authenticator looks for the role");
            Some((message, hint(arn.canonical())))
        }
        PrincipalKind::Role if !arn.path().is_empty() => {
            let message =
                format!("`{written}` has a path, which STS does not report: this entry matches nobody");
            Some((message, hint(&crate::principal::strip_path(written).ok()?)))
        }
        _ if written.contains(['*', '?']) => Some((
            format!("`{written}` has a wildcard, which is not supported: this entry matches nobody"),
            "write one entry for each principal".to_owned(),
        )),
        _ => None,
    }
}
