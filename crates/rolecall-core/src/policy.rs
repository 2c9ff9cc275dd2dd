//! What the owner of a cluster demands of every plan: the `policy:` part of `rolecall.yaml`.
//!
//! Reading the file is [`crate::desired`]'s and the engine's business; this is the value it becomes.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// What plans are judged by. The default is that of a repository without `rolecall.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Policy {
    /// What happens to entries that are not ours.
    pub unmanaged: Unmanaged,
    /// Principals that are never removed and never narrowed.
    pub protect: Vec<String>,
    /// How many entries one plan may remove.
    pub max_removals: MaxRemovals,
    /// Whether somebody new may become cluster-admin.
    pub growth: Growth,
}

impl Policy {
    /// What both demand.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut protect = self.protect.clone();
        protect.extend(other.protect.iter().filter(|arn| !self.protect.contains(arn)).cloned());
        Self {
            unmanaged: self.unmanaged.max(other.unmanaged),
            protect,
            max_removals: MaxRemovals {
                count: self.max_removals.count.min(other.max_removals.count),
                percent: self.max_removals.percent.min(other.max_removals.percent),
            },
            growth: self.growth.max(other.growth),
        }
    }
}

/// What happens to entries that are not ours, the strictest last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unmanaged {
    /// They are removed, node entries aside: Git is the whole truth.
    Remove,
    /// They are shown and kept.
    #[default]
    Keep,
    /// The plan is refused until they are adopted or removed.
    Refuse,
}

/// The most that one plan may remove. The percentage counts from ten entries up, as octoDNS does it:
/// one of three is no landslide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct MaxRemovals {
    /// Entries in one plan.
    pub count: usize,
    /// Of the entries observed, where there are at least ten.
    pub percent: usize,
}

impl MaxRemovals {
    /// Would removing `removed` of `observed` entries be too much?
    pub fn is_exceeded(self, removed: usize, observed: usize) -> bool {
        let is_share = removed.saturating_mul(100) > self.percent.saturating_mul(observed);
        removed > self.count || (observed >= 10 && is_share)
    }
}

impl Default for MaxRemovals {
    fn default() -> Self {
        Self { count: 5, percent: 30 }
    }
}

/// Whether somebody new may become cluster-admin without a special word (RG06).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Growth {
    /// It is the first line of the plan.
    #[default]
    Show,
    /// It is refused.
    Refuse,
}
