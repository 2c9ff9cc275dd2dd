//! RC015, RC016, RC026, RC027 and RC038: usernames and groups.

use alloc::format;

use rolecall_yaml::{NodeId, Span, is_null};

use super::Report;
use super::characters::{disguise, without_hidden};
use super::item::Item;
use super::rewrite;
use crate::effective::Entry;
use crate::finding::{Code, Level};
use crate::identity_mapping::{
    BOOTSTRAPPERS_GROUP, CLUSTER_ADMIN_GROUP, FARGATE_GROUP, NODE_GROUP, Section, WINDOWS_GROUP,
};

/// The groups of Kubernetes and EKS that maps are meant to give.
const KNOWN_GROUPS: [&str; 5] =
    [CLUSTER_ADMIN_GROUP, NODE_GROUP, BOOTSTRAPPERS_GROUP, FARGATE_GROUP, WINDOWS_GROUP];

pub(super) fn check(report: &mut Report<'_>, item: &Item<'_>, entry: &Entry) {
    let username = Name {
        what: "username",
        text: &entry.mapping.username,
        at: item.place_of_username(),
        node: item.username.map(|member| member.value),
    };
    check_name(report, item, &username);
    reserved_username(report, &username);
    for (index, group) in entry.mapping.groups.iter().enumerate() {
        let node = item.group_nodes().get(index).copied();
        let group = Name { what: "group", text: group, at: item.place_of_group(index), node };
        check_name(report, item, &group);
        reserved_group(report, &group);
    }
    let is_lost = item.groups.is_some_and(|member| {
        let node = item.inner.node(item.inner.resolve(member.value));
        node.scalar().is_some_and(|text| !is_null(text))
    });
    if entry.mapping.groups.is_empty() && !is_lost && !entry.mapping.username.is_empty() {
        let message = format!("`{}` has no groups", entry.mapping.principal);
        let finding = report.add((Code::NoGroups, Level::Note), (item.section, item.span), message);
        finding.help = Some("it may do what RBAC gives this username, and nothing else".into());
    }
}

/// A username or a group, and where it is written.
struct Name<'a> {
    what: &'static str,
    text: &'a str,
    at: (Section, Span),
    node: Option<NodeId>,
}

fn check_name(report: &mut Report<'_>, item: &Item<'_>, name: &Name<'_>) {
    let Name { what, text, at, node } = *name;
    let rewritten = |new: &str| {
        // Nobody becomes cluster-admin by a mend.
        let is_safe = what != "group" || new != CLUSTER_ADMIN_GROUP;
        rewrite::text(item.section, item.inner, node?, new).filter(|_| is_safe)
    };
    if let Some(found) = disguise(text) {
        let message = format!("the {what} has {}", found.describe());
        let finding = report.add((Code::HiddenCharacter, Level::Warning), at, message);
        finding.help = Some("no rule of RBAC that is typed as it looks is for it: type it anew".into());
        let new = without_hidden(text);
        finding.fix = disguise(&new).is_none().then(|| rewritten(new.trim())).flatten();
    }
    let is_blank = !text.is_empty() && text.trim().is_empty();
    if is_blank || (what == "group" && text.is_empty() && is_written(item, node)) {
        let message = format!("the {what} is blank");
        report.add((Code::BlankName, Level::Warning), at, message).help = Some("write or remove it".into());
    } else if text.trim() != text {
        let message = format!("there are blanks around the {what} `{text}`, and they are part of it");
        let finding = report.add((Code::BlankName, Level::Warning), at, message);
        finding.help = Some(format!("write `{}`", text.trim()));
        finding.fix = rewritten(text.trim());
    }
    if matches!(text.trim(), "{{SessionName}}" | "{{SessionNameRaw}}") && item.section == Section::MapRoles {
        let message = format!("whoever assumes the role chooses this {what}, by the name of the session");
        let finding = report.add((Code::ChosenBySession, Level::Warning), at, message);
        finding.help = Some(format!("put something before it, such as `team:{}`", text.trim()));
    }
}

/// An empty group that is written as one; others were lost, which RC007 tells.
fn is_written(item: &Item<'_>, node: Option<NodeId>) -> bool {
    node.is_some_and(|node| {
        let node = item.inner.node(item.inner.resolve(node));
        node.scalar() == Some("") && !node.span.is_empty()
    })
}

/// RC027. `system:` is Kubernetes' own, `eks:` is Amazon's.
fn reserved_username(report: &mut Report<'_>, name: &Name<'_>) {
    let text = name.text.trim();
    let is_node = text.strip_prefix("system:node:").is_some_and(|node| node.starts_with("{{"));
    if is_node || !is_reserved(text) {
        return;
    }
    let message = if text == CLUSTER_ADMIN_GROUP {
        format!("`{text}` is a group: as a username it gives no right")
    } else {
        format!("the username `{text}` pretends to be one of the cluster's own")
    };
    report.add((Code::ReservedName, Level::Warning), name.at, message).help =
        Some("choose a name that does not start with `system:` or `eks:`".into());
}

fn reserved_group(report: &mut Report<'_>, name: &Name<'_>) {
    let text = name.text.trim();
    let is_known = KNOWN_GROUPS.contains(&text) || text.starts_with("system:bootstrappers:");
    if is_known || !is_reserved(text) {
        return;
    }
    let near = crate::finding::nearest(text, &KNOWN_GROUPS);
    let message = format!(
        "`{text}` is not a group that maps are meant to give: `system:` and `eks:` are the cluster's own"
    );
    let help = near.map_or_else(
        || "choose a name that does not start with `system:` or `eks:`, and bind that".into(),
        |near| format!("did you mean `{near}`?"),
    );
    report.add((Code::ReservedName, Level::Warning), name.at, message).help = Some(help);
}

fn is_reserved(text: &str) -> bool {
    text.starts_with("system:") || text.starts_with("eks:")
}
