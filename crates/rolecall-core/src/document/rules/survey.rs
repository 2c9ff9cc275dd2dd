//! What the entries of a map have in common, by which one of them stands out.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use super::item::Item;
use crate::effective::{Answers, Entry};
use crate::identity_mapping::fold;
use crate::principal::PrincipalKind;

/// Facts about all entries of a map.
pub(super) struct Survey {
    /// The partition of most principals; of equally many, the one that comes first.
    pub(super) partition: Option<String>,
    /// The accounts with a user that has a path, and one such path.
    pub(super) user_paths: BTreeMap<String, String>,
    /// Who is cluster-admin, be it at times. An entry that does not count makes nobody one.
    cluster_admins: BTreeSet<String>,
}

impl Survey {
    pub(super) fn of<'a>(items: impl Iterator<Item = &'a Item<'a>>, answers: &Answers<'_>) -> Self {
        let mut partitions: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut user_paths = BTreeMap::new();
        for (position, item) in items.enumerate() {
            let Some(arn) = item.principal() else { continue };
            partitions.entry(arn.partition()).or_insert((0, position)).0 += 1;
            if arn.kind() == PrincipalKind::User && !arn.path().is_empty() {
                user_paths.entry(arn.account().into()).or_insert_with(|| arn.path().into());
            }
        }
        let most = partitions.iter().max_by_key(|(_, (count, first))| (*count, core::cmp::Reverse(*first)));
        let is_admin = |entry: &&Entry| entry.mapping.is_cluster_admin();
        let admins = answers.iter().filter(|(_, entries)| entries.iter().any(is_admin));
        Self {
            partition: most.map(|(partition, _)| (*partition).into()),
            user_paths,
            cluster_admins: admins.map(|(principal, _)| principal.into()).collect(),
        }
    }

    /// Of how many cluster-admins this entry's principal is one; `None` where it is none.
    pub(super) fn cluster_admins_with(&self, entry: &Entry) -> Option<usize> {
        let is_one = self.cluster_admins.contains(&fold(&entry.mapping.principal));
        is_one.then_some(self.cluster_admins.len())
    }
}
