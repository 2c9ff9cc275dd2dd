//! RC028 and RC029: nodes, people who would be nodes, and cluster-admins.

use alloc::format;
use alloc::string::String;

use super::Report;
use super::item::Item;
use super::survey::Survey;
use crate::effective::Entry;
use crate::finding::{Code, Level};
use crate::identity_mapping::{BOOTSTRAPPERS_GROUP, CLUSTER_ADMIN_GROUP, NODE_GROUP, WINDOWS_GROUP};

pub(super) fn check(report: &mut Report<'_>, survey: &Survey, item: &Item<'_>, entry: &Entry) {
    if let Some((message, help)) = node(entry) {
        let finding = report.add((Code::NodeGroups, Level::Warning), (item.section, item.span), message);
        finding.help = Some(help);
    }
    if let Some(index) = entry.mapping.groups.iter().position(|group| group == CLUSTER_ADMIN_GROUP) {
        let who = &entry.mapping.principal;
        let counted = survey.cluster_admins_with(entry);
        let message = match counted {
            Some(1) => format!("`{who}` is cluster-admin, the only one in the map"),
            Some(count) => format!("`{who}` is cluster-admin, one of {count}"),
            None => format!("`{who}` is not cluster-admin now: this entry does not count"),
        };
        let finding = report.add((Code::ClusterAdmin, Level::Note), item.place_of_group(index), message);
        finding.help = Some(match counted {
            Some(_) => "no RBAC rule can take rights from `system:masters`".into(),
            None => "remove the entry, or the group: a later change could make it count".into(),
        });
    }
}

/// RC028.
fn node(entry: &Entry) -> Option<(String, String)> {
    let (username, who) = (entry.mapping.username.as_str(), &entry.mapping.principal);
    let has = |wanted: &str| entry.mapping.groups.iter().any(|group| group == wanted);
    let is_named = username.starts_with("system:node:");
    let (nodes, bootstrappers) = (has(NODE_GROUP), has(BOOTSTRAPPERS_GROUP));
    if is_named && has(CLUSTER_ADMIN_GROUP) {
        let message =
            format!("`{who}` is a node and cluster-admin: so is every pod that reaches the node's role");
        return Some((message, format!("give it `{BOOTSTRAPPERS_GROUP}` and `{NODE_GROUP}` only")));
    }
    if has(WINDOWS_GROUP) && !(nodes && bootstrappers) {
        let message = format!("`{who}` is for Windows nodes, and lacks the groups of a node");
        return Some((message, format!("add `{BOOTSTRAPPERS_GROUP}` and `{NODE_GROUP}`")));
    }
    if is_named && !(nodes && bootstrappers) {
        let lacks = match (bootstrappers, nodes) {
            (false, false) => format!("`{BOOTSTRAPPERS_GROUP}` and `{NODE_GROUP}`"),
            (false, true) => format!("`{BOOTSTRAPPERS_GROUP}`"),
            _ => format!("`{NODE_GROUP}`"),
        };
        return Some((
            format!("`{who}` is for nodes, which cannot join without {lacks}"),
            format!("add {lacks}"),
        ));
    }
    if !is_named && (nodes || bootstrappers) {
        let message = format!("`{who}` has the groups of a node, and its username is not that of one");
        let help = "nodes are `system:node:{{EC2PrivateDNSName}}`; people need no such group".into();
        return Some((message, help));
    }
    None
}
