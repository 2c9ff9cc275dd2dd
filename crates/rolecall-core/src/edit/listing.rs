//! The entries of a map one by one, with their places and with what speaks against them.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rolecall_yaml::{Document, NodeId, NodeKind, Span, folds_to};

#[cfg(test)]
mod tests;

use super::named::NamedPrincipal;
use crate::document::{AwsAuthDocument, Mask};
use crate::effective::{Entry, LossKind, SectionReading};
use crate::finding::{Code, Finding, Place};
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::plan::{Plan, Standing};
use crate::principal::{PrincipalArn, is_account_id};

/// One entry as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The section.
    pub section: Section,
    /// The position in it, counting from 0, also counting entries that are dropped.
    pub index: usize,
    /// What it says, without secrets; of an entry that is dropped, no more than its principal.
    pub mapping: IdentityMapping,
    /// Where it stands; `None` for an entry of a cluster.
    pub place: Option<Place>,
    /// Whose it is; `None` in a file.
    pub standing: Option<Standing>,
    /// What speaks against it.
    pub marks: Vec<Mark>,
}

/// Why an entry does not do what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What kind of mark.
    pub kind: MarkKind,
    /// Why, as a fragment.
    pub message: String,
}

/// The kinds of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// The authenticator never finds it.
    MatchesNobody,
    /// A later entry of the same principal counts, or one of them at random.
    Repeated,
    /// An access entry of EKS answers for its principal.
    Outranked,
    /// The authenticator drops it.
    Dropped,
    /// The authenticator loses its username or some of its groups.
    Lost,
}

impl MarkKind {
    /// The word for scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MatchesNobody => "matchesNobody",
            Self::Repeated => "repeated",
            Self::Outranked => "outranked",
            Self::Dropped => "dropped",
            Self::Lost => "lost",
        }
    }
}

/// Which entries are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this group.
    pub group: Option<String>,
    /// Of this account.
    pub account: Option<String>,
    /// Of this section.
    pub section: Option<Section>,
    /// With this username.
    pub username: Option<String>,
    /// Of this principal, as it is written or as it should have been.
    pub principal: Option<String>,
}

impl Filter {
    /// Is the entry wanted?
    pub fn wants(&self, listed: &Listed) -> bool {
        let mapping = &listed.mapping;
        let is_in = |group: &String| mapping.groups.contains(group);
        let is_of = |account: &String| account_of(mapping) == *account;
        self.group.as_ref().is_none_or(is_in)
            && self.account.as_ref().is_none_or(is_of)
            && self.section.is_none_or(|section| section == listed.section)
            && self.username.as_ref().is_none_or(|username| *username == mapping.username)
            && self.principal.as_ref().is_none_or(|principal| is_for(listed, principal))
    }
}

/// The entries of a file, also those that are dropped. `findings` are those of the same parse.
pub fn of_file(document: &AwsAuthDocument, findings: &[Finding]) -> Vec<Listed> {
    let map = document.effective();
    let winners = map.winners();
    let reasons: BTreeMap<(usize, usize), &Finding> = findings
        .iter()
        .filter(|finding| matches!(finding.code, Code::NeverMatches | Code::BlankInArn | Code::AccountId))
        .map(|finding| ((finding.place.line, finding.place.column), finding))
        .collect();
    let mut list = Vec::new();
    for reading in map.sections() {
        let mut losses = losses_of(reading);
        for entry in reading.entries() {
            let place = document.place(reading.section(), entry.span);
            let inside = (place.line, place.column)..(place.end_line, place.end_column);
            let reason = reasons.range(inside).next().map(|(_, finding)| *finding);
            let mut marks: Vec<Mark> = matches_nobody(entry, reason).into_iter().collect();
            let winner = winners.get(&entry.key).filter(|winner| winner.index != entry.index);
            marks.extend(winner.map(|winner| repeated(winner)));
            marks.extend(losses.remove(&entry.span.start).unwrap_or_default());
            list.push(listed(entry, place, marks));
        }
        list.extend(dropped(document, reading));
    }
    list.sort_by_key(|one| (one.section, one.place.as_ref().map(|place| (place.line, place.column))));
    if let Some(mask) = Mask::of(document.text()) {
        for listed in &mut list {
            hide(&mask, listed);
        }
    }
    list
}

/// The entries of a cluster's map, of which `plan` knows whose they are.
pub fn of_cluster(data: &BTreeMap<String, String>, plan: &Plan) -> Vec<Listed> {
    // As a file that holds the same, so that it is judged alike.
    let (document, findings) = AwsAuthDocument::of_data("", data);
    let Some(document) = document else { return Vec::new() };
    let standings: BTreeMap<&EntryKey, &Standing> =
        plan.unmanaged().iter().map(|one| (&one.key, &one.standing)).collect();
    let outranked: BTreeMap<&EntryKey, &str> =
        plan.shadowed().iter().map(|one| (&one.key, one.username.as_str())).collect();
    let of_cluster = |mut listed: Listed| {
        let key = EntryKey::new(listed.section, &listed.mapping.principal);
        listed.marks.extend(outranked.get(&key).map(|username| Mark {
            kind: MarkKind::Outranked,
            message: format!("an access entry answers for it, as `{username}`"),
        }));
        Listed { place: None, standing: standings.get(&key).map(|one| (*one).clone()), ..listed }
    };
    of_file(&document, &findings).into_iter().map(of_cluster).collect()
}

fn listed(entry: &Entry, place: Place, marks: Vec<Mark>) -> Listed {
    Listed {
        section: entry.key.section(),
        index: entry.index,
        mapping: entry.mapping.clone(),
        place: Some(place),
        standing: None,
        marks,
    }
}

/// The authenticator finds a principal by its ARN or by its account, and no other way.
fn matches_nobody(entry: &Entry, reason: Option<&Finding>) -> Option<Mark> {
    let can_match = match entry.key.section() {
        Section::MapAccounts => is_account_id(&entry.mapping.principal),
        Section::MapRoles | Section::MapUsers => entry.can_match(),
    };
    let told = || match entry.key.section() {
        Section::MapAccounts => "this is not the id of an account: it matches nobody".to_string(),
        _ => "no principal has this ARN: this entry matches nobody".to_string(),
    };
    let message = || reason.map_or_else(told, |finding| finding.message.clone());
    (!can_match).then(|| Mark { kind: MarkKind::MatchesNobody, message: message() })
}

/// What is lost of the entries of a section, by the bytes at which they start.
fn losses_of(reading: &SectionReading) -> BTreeMap<usize, Vec<Mark>> {
    let entries: BTreeMap<usize, &Entry> =
        reading.entries().iter().map(|entry| (entry.span.start, entry)).collect();
    let mut marks: BTreeMap<usize, Vec<Mark>> = BTreeMap::new();
    for loss in reading.losses() {
        let Some(message) = told(&loss.kind) else { continue };
        if let Some((start, _)) = entries.range(..=loss.span.start).next_back() {
            marks
                .entry(*start)
                .or_default()
                .push(Mark { kind: MarkKind::Lost, message: message.to_string() });
        }
    }
    marks
}

fn told(kind: &LossKind) -> Option<&'static str> {
    match kind {
        LossKind::UsernameMissing => Some("it has no username"),
        LossKind::UsernameNotText => Some("the username is not a text, and is lost"),
        LossKind::GroupsNotList => Some("the groups are not a list, and are lost"),
        LossKind::GroupNotText => Some("a group is not a text, and is lost"),
        LossKind::Entry(_) | LossKind::UnknownKey { .. } | LossKind::LaterDocument => None,
    }
}

/// The entries that the authenticator drops.
fn dropped(document: &AwsAuthDocument, reading: &SectionReading) -> Vec<Listed> {
    let (Some(inner), Some(list)) = (reading.document(), reading.sequence()) else { return Vec::new() };
    let NodeKind::Sequence { items, .. } = &inner.node(list).kind else { return Vec::new() };
    let section = reading.section();
    let drops = reading.losses().iter().filter_map(|loss| match &loss.kind {
        LossKind::Entry(reason) => Some((loss.span, reason)),
        _ => None,
    });
    let dropped = |(span, reason): (Span, &String)| {
        let is_behind = |item: &NodeId| inner.node(*item).span.start <= span.start;
        let index = items.partition_point(is_behind).checked_sub(1)?;
        let message = format!("the authenticator would drop this entry: {reason}");
        let principal = principal_in(inner, *items.get(index)?).unwrap_or_default().to_string();
        Some(Listed {
            section,
            index,
            mapping: IdentityMapping { principal, username: String::new(), groups: Vec::new() },
            place: Some(document.place(section, span)),
            standing: None,
            marks: [Mark { kind: MarkKind::Dropped, message }].into(),
        })
    };
    drops.filter_map(dropped).collect()
}

/// What stands where an item might have its principal.
fn principal_in(inner: &Document, item: NodeId) -> Option<&str> {
    match &inner.node(inner.resolve(item)).kind {
        NodeKind::Mapping { entries, .. } => {
            let is_arn = |key: &str| folds_to(key, "rolearn") || folds_to(key, "userarn");
            let arn = entries.iter().find(|(key, _)| inner.node(*key).scalar().is_some_and(is_arn));
            arn.and_then(|(_, value)| inner.node(inner.resolve(*value)).scalar())
        }
        NodeKind::Scalar { value, .. } => Some(value),
        _ => None,
    }
}

fn hide(mask: &Mask, listed: &mut Listed) {
    let IdentityMapping { principal, username, groups } = &mut listed.mapping;
    let messages = listed.marks.iter_mut().map(|mark| &mut mark.message);
    for text in [principal, username].into_iter().chain(groups).chain(messages) {
        *text = mask.over(text);
    }
}

fn repeated(winner: &Entry) -> Mark {
    let message =
        format!("of this principal, entry {} of `{}` counts", winner.index + 1, winner.key.section());
    Mark { kind: MarkKind::Repeated, message }
}

fn is_for(listed: &Listed, principal: &str) -> bool {
    let key = |principal: &str| EntryKey::new(listed.section, principal);
    let meant = NamedPrincipal::arn(principal).map(|named| key(&named.principal));
    let its = key(&listed.mapping.principal);
    its == key(principal) || meant == Ok(its)
}

fn account_of(mapping: &IdentityMapping) -> String {
    PrincipalArn::parse(&mapping.principal)
        .map_or_else(|_| mapping.principal.clone(), |arn| arn.account().to_string())
}
