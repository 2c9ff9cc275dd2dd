//! RG02: somebody stays cluster-admin, and protected principals keep what they have.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, Opinion};
use crate::effective::{Answers, EffectiveMap, Entry};
use crate::identity_mapping::{CLUSTER_ADMIN_GROUP, Section, equal_fold};
use crate::principal::{PrincipalArn, strip_path};

/// Refuses where the last cluster-admin would go, or a protected principal would lose rights.
pub(super) fn admins_stay(case: &Case<'_>) -> Opinion {
    let protected: BTreeSet<&str> = case.policy.protect.iter().map(String::as_str).collect();
    let mut problems: Vec<String> = protected.into_iter().filter_map(|text| harm(case, text)).collect();
    let by_entry = case.outranking.entries().filter(|entry| entry.is_cluster_admin()).count();
    let left = by_entry + admins(&case.answers_after, Count::Sure).len();
    let is_taken_away = !admins(&case.answers_before, Count::Sure).is_empty()
        || !admins(&case.answers_before, Count::AtTimes)
            .is_subset(&admins(&case.answers_after, Count::AtTimes));
    if left == 0 && is_taken_away {
        problems.push("the last principal known to be cluster-admin would go".into());
    }
    if problems.is_empty() {
        return Opinion::fine(format!("{left} known to be cluster-admin"));
    }
    refusal(&problems.join("; "))
}

fn refusal(message: &str) -> Opinion {
    Opinion::against(message, "keep the entry as it is, or allow it once with `--allow RG02 --reason …`")
}

/// Which principals count whose entry upstream picks at random.
#[derive(Clone, Copy)]
enum Count {
    /// Only those that are cluster-admin by every one of their entries.
    Sure,
    /// Those as well that are it by one of them.
    AtTimes,
}

fn admins<'a>(answers: &'a Answers<'_>, count: Count) -> BTreeSet<&'a str> {
    let is_admin = |entry: &&Entry| entry.mapping.is_cluster_admin();
    let is_counted = |entries: &[&Entry]| match count {
        Count::Sure => entries.iter().all(is_admin),
        Count::AtTimes => entries.iter().any(is_admin),
    };
    answers.iter().filter(|(_, entries)| is_counted(entries)).map(|(principal, _)| principal).collect()
}

/// How a protected principal would be worse off.
fn harm(case: &Case<'_>, protected: &str) -> Option<String> {
    // STS does not report a role's path, so that it is looked up without it, however it is written here.
    let canonical = PrincipalArn::parse(protected).ok()?;
    let arn = PrincipalArn::parse(&strip_path(canonical.canonical()).ok()?).ok()?;
    if case.outranking.entry(arn.canonical()).is_some() {
        return None;
    }
    let before = Granted::to(&arn, &case.answers_before, || has_account(case.before, &arn))?;
    let Some(after) = Granted::to(&arn, &case.answers_after, || has_account(case.after, &arn)) else {
        return Some(format!("protected `{protected}` would lose its access"));
    };
    if before == after || after.always().contains(CLUSTER_ADMIN_GROUP) {
        return None;
    }
    let lost: Vec<String> =
        before.at_times().difference(&after.always()).map(|group| format!("`{group}`")).collect();
    if !lost.is_empty() {
        return Some(format!("protected `{protected}` would lose {}", lost.join(", ")));
    }
    let renamed = after.usernames().difference(&before.usernames()).next().copied()?;
    let was = match &before {
        // Its ARN is a username that a Binding may name: any group is more than what nobody knows of.
        Granted::ByAccount if !after.always().is_empty() => return None,
        Granted::ByAccount if equal_fold(renamed, arn.canonical()) => return None,
        Granted::ByAccount => arn.canonical(),
        Granted::ByEntries(_) => before.usernames().into_iter().next().unwrap_or_default(),
    };
    Some(format!("protected `{protected}` would be `{renamed}` instead of `{was}`"))
}

fn has_account(map: &EffectiveMap, arn: &PrincipalArn) -> bool {
    let accounts = map.section(Section::MapAccounts).entries();
    accounts.iter().any(|entry| entry.mapping.principal == arn.account())
}

/// What a principal gets: by its account, or by entries, each as its username and groups.
#[derive(PartialEq, Eq)]
enum Granted<'a> {
    ByAccount,
    ByEntries(BTreeSet<(&'a str, BTreeSet<&'a str>)>),
}

impl<'a> Granted<'a> {
    fn to(arn: &PrincipalArn, answers: &Answers<'a>, has_account: impl Fn() -> bool) -> Option<Self> {
        let entries = answers.of(arn.canonical());
        if entries.is_empty() {
            return has_account().then_some(Self::ByAccount);
        }
        let grants = entries.iter().map(|entry| (entry.mapping.username.as_str(), entry.mapping.group_set()));
        Some(Self::ByEntries(grants.collect()))
    }

    /// The groups that it has, if only when upstream picks the right entry.
    fn at_times(&self) -> BTreeSet<&'a str> {
        self.grants().flat_map(|(_, groups)| groups).copied().collect()
    }

    /// The groups that it has whichever entry upstream picks.
    fn always(&self) -> BTreeSet<&'a str> {
        let mut groups = self.at_times();
        groups.retain(|group| self.grants().all(|(_, of_one)| of_one.contains(group)));
        groups
    }

    fn usernames(&self) -> BTreeSet<&'a str> {
        self.grants().map(|(username, _)| *username).collect()
    }

    fn grants(&self) -> impl Iterator<Item = &(&'a str, BTreeSet<&'a str>)> {
        match self {
            Self::ByAccount => None,
            Self::ByEntries(grants) => Some(grants.iter()),
        }
        .into_iter()
        .flatten()
    }
}
