//! An item of `mapRoles` or `mapUsers` as it is written: the keys and values behind what the authenticator reads.

use alloc::vec::Vec;

use rolecall_yaml::{Document, NodeId, NodeKind, Span, folds_to, member_for};

use super::arn::mended;
use crate::effective::{Entry, SectionReading};
use crate::identity_mapping::Section;
use crate::principal::{ArnError, PrincipalArn};

/// One item, kept by the authenticator or dropped.
pub(super) struct Item<'a> {
    pub(super) section: Section,
    pub(super) inner: &'a Document,
    /// Where it stands in the section's own text.
    pub(super) span: Span,
    /// What the authenticator made of it; `None` for what it dropped.
    pub(super) entry: Option<&'a Entry>,
    /// Its ARN, read past what other rules complain about: blanks, hidden characters, capitals.
    pub(super) arn: Option<Result<PrincipalArn, ArnError>>,
    /// Its keys and values; what a merge brings in is not among them.
    pub(super) members: &'a [(NodeId, NodeId)],
    pub(super) arn_member: Option<Member>,
    pub(super) username: Option<Member>,
    pub(super) groups: Option<Member>,
    /// Is every field written once? Of several spellings each leaves something of its own.
    pub(super) is_plainly_keyed: bool,
}

/// A key of an item and its value.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) key: NodeId,
    pub(super) value: NodeId,
}

/// All items of a section, in their order.
pub(super) fn items(reading: &SectionReading) -> Vec<Item<'_>> {
    let (Some(inner), Some(sequence)) = (reading.document(), reading.sequence()) else { return Vec::new() };
    let NodeKind::Sequence { items, .. } = &inner.node(sequence).kind else { return Vec::new() };
    let mut entries = reading.entries().iter().peekable();
    let item = |(index, id): (usize, &NodeId)| {
        let members: &[(NodeId, NodeId)] = match &inner.node(inner.resolve(*id)).kind {
            NodeKind::Mapping { entries, .. } => entries,
            _ => &[],
        };
        let entry = entries.next_if(|entry| entry.index == index);
        let written = entry.filter(|entry| entry.sso.is_none()).map(|entry| &entry.mapping.principal);
        let arn = written.map(|text| PrincipalArn::parse(&mended(text)));
        let item = Item {
            section: reading.section(),
            inner,
            span: inner.node(*id).span,
            entry,
            arn,
            members,
            arn_member: None,
            username: None,
            groups: None,
            is_plainly_keyed: false,
        };
        let (arn_member, username, groups) =
            (item.member(item.arn_key()), item.member("username"), item.member("groups"));
        let is_plainly_keyed = item.is_plainly_keyed();
        Item { arn_member, username, groups, is_plainly_keyed, ..item }
    };
    items.iter().enumerate().map(item).collect()
}

impl<'a> Item<'a> {
    /// The key under which the principal stands in this section.
    pub(super) fn arn_key(&self) -> &'static str {
        if self.section == Section::MapUsers { "userarn" } else { "rolearn" }
    }

    /// The key under which a principal stands in the other section.
    pub(super) fn other_arn_key(&self) -> &'static str {
        if self.section == Section::MapUsers { "rolearn" } else { "userarn" }
    }

    /// The member that the authenticator takes for `field`.
    pub(super) fn member(&self, field: &str) -> Option<Member> {
        member_for(self.inner, self.members, field).map(|(key, value)| Member { key, value })
    }

    fn is_plainly_keyed(&self) -> bool {
        let is_once = |field: &str| {
            let keys = self.members.iter().filter_map(|(key, _)| self.inner.node(*key).scalar());
            keys.filter(|key| folds_to(key, field)).count() <= 1
        };
        ["username", "groups", self.arn_key()].into_iter().all(is_once)
    }

    /// Where the ARN stands, or the whole item where it is not written in it.
    pub(super) fn place_of_arn(&self) -> (Section, Span) {
        self.place_of(self.arn_member)
    }

    /// Where the username stands, or the whole item.
    pub(super) fn place_of_username(&self) -> (Section, Span) {
        self.place_of(self.username)
    }

    fn place_of(&self, member: Option<Member>) -> (Section, Span) {
        let value = member.map(|member| self.inner.node(member.value).span);
        (self.section, value.filter(|span| !span.is_empty()).unwrap_or(self.span))
    }

    /// Where the groups are written, one by one, if each of those that the authenticator reads is; of an
    /// entry that it drops, all.
    pub(super) fn group_nodes(&self) -> &'a [NodeId] {
        let Some(member) = self.groups else { return &[] };
        match &self.inner.node(self.inner.resolve(member.value)).kind {
            NodeKind::Sequence { items, .. }
                if items.len() == self.entry.map_or(items.len(), group_count) =>
            {
                items
            }
            _ => &[],
        }
    }

    /// Where the group at `index` stands, as well as that is known.
    pub(super) fn place_of_group(&self, index: usize) -> (Section, Span) {
        let node = self.group_nodes().get(index);
        node.map_or_else(|| self.place_of(self.groups), |node| (self.section, self.inner.node(*node).span))
    }

    /// The ARN, where it is one.
    pub(super) fn principal(&self) -> Option<&PrincipalArn> {
        self.arn.as_ref()?.as_ref().ok()
    }
}

fn group_count(entry: &Entry) -> usize {
    entry.mapping.groups.len()
}
