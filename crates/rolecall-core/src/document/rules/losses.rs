//! RC005 to RC008 and RC012: what the authenticator loses without a word.

use alloc::format;
use alloc::string::String;

use rolecall_yaml::Span;

use super::Report;
use super::item::Item;
use super::rewrite;
use crate::effective::{Loss, LossKind, SectionReading};
use crate::finding::{Code, Fix, Level, nearest};
use crate::identity_mapping::CLUSTER_ADMIN_GROUP;
use crate::principal::{PrincipalArn, PrincipalKind};

pub(super) fn check(report: &mut Report<'_>, reading: &SectionReading, items: &[Item<'_>]) {
    for loss in reading.losses() {
        let item = items.partition_point(|item| item.span.start <= loss.span.start);
        let item = item.checked_sub(1).map(|at| &items[at]);
        let (code, level, message, help) = describe(loss);
        let fix = item.filter(|item| item.is_plainly_keyed).and_then(|item| mend(loss, item));
        let help = match (&loss.kind, item) {
            (LossKind::Entry(_), Some(item)) => likely_mistake(item),
            _ => help,
        };
        let finding = report.add((code, level), (reading.section(), loss.span), message);
        (finding.help, finding.fix) = (help, fix);
    }
}

fn describe(loss: &Loss) -> (Code, Level, String, Option<String>) {
    let error = |code, message: &str, help: &str| (code, Level::Error, message.into(), Some(help.into()));
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
            let help = nearest.map(|meant| format!("did you mean `{meant}`?"));
            (Code::UnknownKey, Level::Warning, message, help)
        }
        LossKind::LaterDocument => error(
            Code::LaterDocument,
            "the authenticator stops reading here, at the end of the first document",
            "remove the `---` or `...` before this place",
        ),
    }
}

/// What is probably wrong with an entry that has no ARN.
fn likely_mistake(item: &Item<'_>) -> Option<String> {
    let wanted = item.arn_key();
    if item.member(wanted).is_some() {
        return Some(format!("write the ARN as a text after `{wanted}:`"));
    }
    if item.member(item.other_arn_key()).is_some() {
        let (section, other) = (item.section, item.other_arn_key());
        return Some(format!(
            "`{other}` belongs into the other section: in `{section}` the key is `{wanted}`"
        ));
    }
    let keys = item.members.iter().filter_map(|(key, _)| item.inner.node(*key).scalar());
    let near = keys.into_iter().find(|key| nearest(key, &[wanted]).is_some());
    near.map(|key| format!("`{key}` is not a key: did you mean `{wanted}`?"))
}

fn mend(loss: &Loss, item: &Item<'_>) -> Option<Fix> {
    let section = item.section;
    match &loss.kind {
        LossKind::Entry(_) => mend_arn_key(item),
        LossKind::UsernameNotText => rewrite::quoted(section, item.inner, item.username?.value),
        LossKind::GroupsNotList => rewrite::list(section, item.inner, item.groups?.value),
        LossKind::GroupNotText => {
            let group = at(item.group_nodes(), loss.span, |node| item.inner.node(*node).span)?;
            let is_null = item.inner.node(*group).scalar().is_some_and(rolecall_yaml::is_null);
            rewrite::quoted(section, item.inner, *group).filter(|_| !is_null)
        }
        _ => None,
    }
}

/// What stands at `span` of things in the order of the text, every one of which may be asked for.
fn at<T>(things: &[T], span: Span, span_of: impl Fn(&T) -> Span) -> Option<&T> {
    let index = things.partition_point(|thing| span_of(thing).start < span.start);
    things.get(index).filter(|thing| span_of(thing) == span)
}

/// A role under `userarn` in `mapRoles`, or the reverse: the ARN says what was meant.
fn mend_arn_key(item: &Item<'_>) -> Option<Fix> {
    let wanted = item.arn_key();
    let other = item.member(item.other_arn_key()).filter(|_| item.member(wanted).is_none())?;
    let mut groups = item.group_nodes().iter().filter_map(|node| item.inner.node(*node).scalar());
    if item.member("sso").is_some() || groups.any(|group| group == CLUSTER_ADMIN_GROUP) {
        return None;
    }
    let arn = PrincipalArn::parse(item.inner.node(other.value).scalar()?).ok()?;
    let meant = if arn.kind() == PrincipalKind::User { "userarn" } else { "rolearn" };
    (meant == wanted).then(|| rewrite::key(item.section, item.inner, other.key, wanted)).flatten()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::cell::Cell;

    use super::*;

    #[test]
    fn a_lost_group_is_found_without_a_look_at_all_others() {
        let groups: Vec<Span> = (0..40_000).map(|n| Span::new(4 * n, 4 * n + 1)).collect();
        let looks = Cell::new(0);
        let span = |group: &Span| {
            looks.set(looks.get() + 1);
            *group
        };
        assert_eq!(at(&groups, groups[30_000], span), Some(&groups[30_000]));
        assert_eq!(at(&groups, Span::new(1, 2), span), None);
        assert!(looks.get() < 50, "{} looks", looks.get());
    }
}
