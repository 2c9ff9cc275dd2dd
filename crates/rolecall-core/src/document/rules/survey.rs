//! What the entries of a map have in common, by which one of them stands out.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use super::item::Item;
use crate::principal::PrincipalKind;

/// Facts about all entries of a map.
pub(super) struct Survey {
    /// The partition of most principals; of equally many, the one that comes first.
    pub(super) partition: Option<String>,
    /// The accounts with a user that has a path, and one such path.
    pub(super) user_paths: BTreeMap<String, String>,
    /// How many principals are cluster-admin.
    pub(super) cluster_admins: usize,
}

impl Survey {
    pub(super) fn of<'a>(items: impl Iterator<Item = &'a Item<'a>>) -> Self {
        let mut partitions: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut user_paths = BTreeMap::new();
        let mut admins = BTreeSet::new();
        for (position, item) in items.enumerate() {
            let Some(entry) = item.entry else { continue };
            if entry.mapping.is_cluster_admin() {
                admins.insert(&entry.key);
            }
            let Some(arn) = item.principal() else { continue };
            partitions.entry(arn.partition()).or_insert((0, position)).0 += 1;
            if arn.kind() == PrincipalKind::User && !arn.path().is_empty() {
                user_paths.entry(arn.account().into()).or_insert_with(|| arn.path().into());
            }
        }
        let most = partitions.iter().max_by_key(|(_, (count, first))| (*count, core::cmp::Reverse(*first)));
        Self {
            partition: most.map(|(partition, _)| (*partition).into()),
            user_paths,
            cluster_admins: admins.len(),
        }
    }
}
