//! RC011 and RC016 to RC018: an ARN that can never match, and why.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use core::ops::Range;

use super::Report;
use super::characters::{disguise_in_arn, without_hidden};
use super::item::Item;
use super::rewrite;
use super::templates::leftover;
use crate::effective::Entry;
use crate::finding::{Code, Fix, Level};
use crate::principal::{ArnError, PrincipalArn, PrincipalKind, strip_path};

pub(super) fn check(report: &mut Report<'_>, item: &Item<'_>, entry: &Entry) {
    if entry.sso.is_some() {
        let message = "EKS ignores `sso`, so this entry matches nobody".to_string();
        let finding = report.add((Code::NeverMatches, Level::Warning), (item.section, item.span), message);
        finding.help = Some("write the role's ARN, without its path, as `rolearn`".into());
        return;
    }
    let written = entry.mapping.principal.as_str();
    spelling(report, item, written);
    let is_template = leftover(written).is_some() || written.contains("{{");
    if is_template {
        return;
    }
    if let Some(Mistake { message, help, new }) = why_never(item, &mended(written)) {
        let fix = new.as_deref().and_then(|new| fix(item, new));
        let at = item.place_of_arn();
        let finding = report.add((Code::NeverMatches, Level::Warning), at, message);
        (finding.help, finding.fix) = (Some(help), fix);
    }
}

/// The text as it was probably meant: without hidden characters, blanks around it, and capitals in its fixed
/// parts.
pub(super) fn mended(text: &str) -> Cow<'_, str> {
    let is_clean = text.is_ascii() && !text.contains(char::is_whitespace) && in_lower_case(text).is_none();
    if is_clean {
        return Cow::Borrowed(text);
    }
    let text = without_hidden(text);
    let text = text.trim();
    Cow::Owned(in_lower_case(text).unwrap_or_else(|| text.into()))
}

/// The text with its fixed parts in lower case; `None` where they are. The authenticator matches letters
/// without regard to their case, these too.
fn in_lower_case(text: &str) -> Option<String> {
    let is_arn = text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("arn"));
    let (head, kind) = is_arn.then(|| fixed_parts(text))?;
    let has_capitals = |part: &str| part.bytes().any(|byte| byte.is_ascii_uppercase());
    if !has_capitals(&text[..head]) && !has_capitals(&text[kind.clone()]) {
        return None;
    }
    let mut lower = text.to_string();
    lower[..head].make_ascii_lowercase();
    lower[kind].make_ascii_lowercase();
    Some(lower)
}

/// Where `arn`, partition and service end, and where the kind of resource stands.
fn fixed_parts(text: &str) -> (usize, Range<usize>) {
    let mut colons = text.bytes().enumerate().filter(|(_, byte)| *byte == b':').map(|(at, _)| at);
    let head = colons.nth(2).unwrap_or(text.len());
    let kind = colons.nth(1).map_or(text.len(), |at| at + 1);
    let kind_end = text[kind..].find('/').map_or(text.len(), |at| kind + at);
    (head, kind..kind_end)
}

fn fix(item: &Item<'_>, new: &str) -> Option<Fix> {
    rewrite::text(item.section, item.inner, item.arn_member?.value, new)
}

/// RC016, RC017 and RC018.
fn spelling(report: &mut Report<'_>, item: &Item<'_>, written: &str) {
    let at = item.place_of_arn();
    if let Some(found) = disguise_in_arn(written) {
        let message = format!("the ARN has {}: this entry matches nobody", found.describe());
        let finding = report.add((Code::HiddenCharacter, Level::Warning), at, message);
        finding.help = Some("type the ARN anew; the names in IAM are ASCII".into());
        let new = without_hidden(written);
        finding.fix = new.is_ascii().then(|| fix(item, &new)).flatten();
    }
    if written.contains(|letter: char| letter.is_ascii_whitespace()) && leftover(written).is_none() {
        let new = written.trim();
        let is_around = !new.contains(char::is_whitespace) && !new.is_empty();
        let place = if is_around { "around" } else { "inside of" };
        let message = format!("there are blanks {place} the ARN: this entry matches nobody");
        let finding = report.add((Code::BlankInArn, Level::Warning), at, message);
        finding.help = Some("remove the blanks".into());
        finding.fix = is_around.then(|| fix(item, new)).flatten();
    }
    if let Some(new) = in_lower_case(written) {
        let message = format!("`{written}` has capitals where ARNs have none");
        let finding = report.add((Code::ArnCase, Level::Warning), at, message);
        finding.help = Some("the authenticator takes it as it is, other readers do not".into());
        finding.fix = fix(item, &new);
    }
}

/// Why nobody can ever match, the next step, and the ARN that was meant, if that is certain.
struct Mistake {
    message: String,
    help: String,
    new: Option<String>,
}

fn why_never(item: &Item<'_>, written: &str) -> Option<Mistake> {
    let mistake = |message: String, help: &str| Some(Mistake { message, help: help.into(), new: None });
    if written.contains(['*', '?']) {
        let message =
            format!("`{written}` has a wildcard, which is not supported: this entry matches nobody");
        return mistake(message, "write one entry for each principal");
    }
    let arn = match item.arn.as_ref()? {
        Ok(arn) => arn,
        Err(error) => return Some(no_principal(written, error)),
    };
    match arn.kind() {
        PrincipalKind::AssumedRole => Some(session(arn)),
        PrincipalKind::Role if !arn.path().is_empty() => {
            let new = strip_path(written).ok()?;
            let message =
                format!("`{written}` has a path, which STS does not report: this entry matches nobody");
            Some(Mistake { message, help: format!("write `{new}`"), new: Some(new) })
        }
        _ if arn.name().is_empty() && arn.kind() != PrincipalKind::Root => {
            mistake(format!("`{written}` has no name: this entry matches nobody"), "write the whole ARN")
        }
        _ if written.split(':').nth(3).is_some_and(|region| !region.is_empty()) => mistake(
            format!("`{written}` has a region, and principals have none: this entry matches nobody"),
            "leave the part between `iam:` and the account empty",
        ),
        _ => None,
    }
}

fn session(arn: &PrincipalArn) -> Mistake {
    let message = format!("`{arn}` is a session: the authenticator looks for the role");
    // The role lets in everybody who may assume it, and the session was one of them.
    Mistake { message, help: format!("write `{}`", arn.canonical()), new: None }
}

/// What the text is instead of the ARN of a principal.
fn no_principal(written: &str, error: &ArnError) -> Mistake {
    let resource = written.splitn(6, ':').nth(5).unwrap_or_default();
    let kind = resource.split('/').next().unwrap_or_default();
    let message = format!("this entry matches nobody: {error}");
    let (message, help) = match (error, kind) {
        (ArnError::Resource(_), "instance-profile") => (
            format!("`{written}` is an instance profile, not a role: this entry matches nobody"),
            "write the ARN of the role in the profile, which may have another name",
        ),
        (ArnError::Resource(_), "group") => (
            format!("`{written}` is an IAM group, which cannot be mapped: this entry matches nobody"),
            "let the members assume a role, and map that",
        ),
        (ArnError::Resource(_), "policy") => (
            format!("`{written}` is a policy: this entry matches nobody"),
            "write the ARN of a role or a user",
        ),
        (ArnError::Session(_), _) => (message, "write the ARN of the role: `arn:…:iam::…:role/…`"),
        (ArnError::Prefix(_), _) if written.starts_with("AROA") || written.starts_with("AIDA") => (
            format!("`{written}` is the unique id of a principal: this entry matches nobody"),
            "write its ARN",
        ),
        (ArnError::Prefix(_) | ArnError::Sections(_), _) => {
            (message, "write the whole ARN: `arn:aws:iam::…`")
        }
        _ => (message, "check the ARN"),
    };
    Mistake { message, help: help.into(), new: None }
}
