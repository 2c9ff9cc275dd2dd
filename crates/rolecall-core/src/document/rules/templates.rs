//! RC024, RC025 and RC034: templates of the authenticator, and placeholders of other tools.

use alloc::format;
use alloc::string::{String, ToString};

use rolecall_yaml::{NodeId, Span};

use super::Report;
use super::item::Item;
use super::rewrite;
use crate::effective::{Entry, TEMPLATES};
use crate::finding::{Code, Level, nearest};
use crate::identity_mapping::{NODE_GROUP, Section};
use crate::principal::PrincipalKind;

pub(super) fn check(report: &mut Report<'_>, item: &Item<'_>, entry: &Entry) {
    let arn = &entry.mapping.principal;
    if entry.sso.is_none() && (leftover(arn).is_some() || arn.contains("{{")) {
        let found = leftover(arn).unwrap_or(arn);
        let message = format!("`{found}` was left in, and ARNs have no templates: this entry matches nobody");
        let at = item.place_of_arn();
        report.add((Code::LeftoverTemplate, Level::Warning), at, message).help = Some("fill it in".into());
    }
    let node = item.username.map(|member| member.value);
    check_text(report, item, &entry.mapping.username, (item.place_of_username(), node));
    for (index, group) in entry.mapping.groups.iter().enumerate() {
        let node = item.group_nodes().get(index).copied();
        check_text(report, item, group, (item.place_of_group(index), node));
    }
    unfillable(report, item, entry);
}

/// A placeholder that another tool should have filled: `{{ .Values.x }}`, `${X}`, `$X`, `<X>`.
pub(super) fn leftover(text: &str) -> Option<&str> {
    if !text.contains(['{', '$', '<']) {
        return None;
    }
    let helm = braces(text).find(|(_, inside)| is_foreign(inside)).map(|(whole, _)| whole);
    let shell = || {
        let at = text.find("${").or_else(|| text.find("$("))?;
        let end = text[at..].find(['}', ')']).map_or(text.len(), |end| at + end + 1);
        Some(&text[at..end])
    };
    let variable = || {
        let at = text.find('$')?;
        let name = text[at + 1..].split(|c: char| !(c.is_ascii_uppercase() || c == '_')).next()?;
        (name.len() > 1).then(|| &text[at..=at + name.len()])
    };
    let angle = || {
        let at = text.find('<')?;
        let end = at + text[at..].find('>')?;
        let is_name = text[at + 1..end].starts_with(|c: char| c.is_ascii_alphabetic());
        is_name.then(|| &text[at..=end])
    };
    helm.or_else(shell).or_else(variable).or_else(angle)
}

/// What stands in double braces, with them and without.
pub(crate) fn braces(text: &str) -> impl Iterator<Item = (&str, &str)> {
    // Where one is not closed, none after it is: to look on would be to read the rest once for each.
    text.match_indices("{{").map_while(|(at, _)| {
        let end = at + text[at..].find("}}")?;
        Some((&text[at..end + 2], &text[at + 2..end]))
    })
}

/// Is it an expression, and not the name of something?
fn is_foreign(inside: &str) -> bool {
    let inside = inside.trim_matches(['-', ' ']);
    inside.contains(['.', '|', '"', '\'', '$', '(', '{', '%'])
}

fn check_text(
    report: &mut Report<'_>,
    item: &Item<'_>,
    text: &str,
    written: ((Section, Span), Option<NodeId>),
) {
    let (at, node) = written;
    if let Some(found) = leftover(text) {
        let message = format!("`{found}` was left in, and the authenticator does not fill it");
        report.add((Code::LeftoverTemplate, Level::Warning), at, message).help = Some("fill it in".into());
        return;
    }
    let mut problem: Option<(String, Option<String>)> = None;
    for (whole, inside) in braces(text).filter(|(_, inside)| !TEMPLATES.contains(inside)) {
        problem.get_or_insert_with(|| {
            let near = respelt(inside).or_else(|| nearest(inside.trim(), &TEMPLATES));
            let message = format!("the authenticator has no template `{whole}`: it stays as it is written");
            (message, near.map(|name| format!("did you mean `{{{{{name}}}}}`?")))
        });
    }
    if text.matches("{{").count() > braces(text).count() {
        let message = "a template that is not closed by `}}` stays as it is written".to_string();
        problem.get_or_insert((message, None));
    }
    let Some((message, help)) = problem else { return };
    let finding = report.add((Code::UnknownTemplate, Level::Warning), at, message);
    let all = "there are `{{AccountID}}`, `{{SessionName}}`, `{{SessionNameRaw}}`, `{{AccessKeyID}}` and `{{EC2PrivateDNSName}}`";
    finding.help = Some(help.unwrap_or_else(|| all.into()));
    let new = filled_in(text);
    let fix = || rewrite::text(item.section, item.inner, node?, &new);
    finding.fix = (new != text).then(fix).flatten();
}

/// The template that is meant by what differs from it in case and blanks alone.
fn respelt(inside: &str) -> Option<&'static str> {
    TEMPLATES.into_iter().find(|name| name.eq_ignore_ascii_case(inside.trim()))
}

/// `text` with every template as the authenticator knows it.
pub(crate) fn filled_in(text: &str) -> String {
    let (mut new, mut rest) = (String::with_capacity(text.len()), text);
    for (whole, inside) in braces(text) {
        let Some((before, after)) = rest.split_once(whole) else { break };
        new.push_str(before);
        match respelt(inside) {
            Some(name) => new.extend(["{{", name, "}}"]),
            None => new.push_str(whole),
        }
        rest = after;
    }
    new + rest
}

/// RC025. A user has no session, and nobody but an instance has a private DNS name.
fn unfillable(report: &mut Report<'_>, item: &Item<'_>, entry: &Entry) {
    let texts = || core::iter::once(&entry.mapping.username).chain(&entry.mapping.groups);
    let has = |template: &str| texts().any(|text| text.contains(template));
    let is_user = match item.principal().map(crate::principal::PrincipalArn::kind) {
        Some(kind) => matches!(kind, PrincipalKind::User | PrincipalKind::Root),
        None => item.section == Section::MapUsers,
    };
    let is_node = entry.mapping.groups.iter().any(|group| group == NODE_GROUP)
        || entry.mapping.username.starts_with("system:node:");
    let (message, help) = if has("{{EC2PrivateDNSName}}") && (is_user || !is_node) {
        let message = "only EC2 instances have a `{{EC2PrivateDNSName}}`: everybody else is turned away";
        (message, "give people a username of their own")
    } else if is_user && has("{{SessionName") {
        ("a user has no session: `{{SessionName}}` becomes nothing", "write the name of the user")
    } else {
        return;
    };
    let at = item.place_of_username();
    report.add((Code::UnfillableTemplate, Level::Warning), at, message.into()).help = Some(help.into());
}
