//! Who gets in by the map, principal by principal: what guards count.
//!
//! [`super::lookup`] answers for one principal; this is the same answer for all of them, in one pass. Entries
//! that can match nobody are not in it: no guard may count on them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{EffectiveMap, Entry};
use crate::identity_mapping::{Section, fold, lower};
use crate::principal::may_be_reported;

/// The entries that answer for each principal that has one of its own; accounts are not in it.
#[derive(Debug, Default)]
pub struct Answers<'a>(BTreeMap<String, Vec<&'a Entry>>);

impl EffectiveMap {
    /// Who gets in by an entry of `mapRoles` or `mapUsers`, and by which: several where upstream picks one at
    /// random. A principal in both sections is answered for by `mapRoles`.
    pub fn answers(&self) -> Answers<'_> {
        let mut answers = Answers::default();
        for section in [Section::MapUsers, Section::MapRoles] {
            answers.0.extend(self.candidates_of(section));
        }
        answers
    }

    fn candidates_of(&self, section: Section) -> BTreeMap<String, Vec<&Entry>> {
        let mut stored: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
        for entry in self.section(section).entries().iter().filter(|entry| entry.can_match()) {
            stored.entry(fold(&entry.mapping.principal)).or_default().push(entry);
        }
        let repeated = stored.values_mut().filter(|entries| entries.len() > 1);
        repeated.for_each(|entries| *entries = distinct(section, entries));
        stored
    }
}

impl<'a> Answers<'a> {
    /// The entries that answer for a principal, none where it has no entry.
    pub fn of(&self, principal: &str) -> &[&'a Entry] {
        self.0.get(&fold(principal)).map_or(&[], Vec::as_slice)
    }

    /// Every principal, folded as its ARNs are compared, and the entries that answer for it: at least one.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[&'a Entry])> {
        self.0.iter().map(|(principal, entries)| (principal.as_str(), entries.as_slice()))
    }

    /// Leaves out those that somebody else answers for.
    #[must_use]
    pub fn without(&self, is_outranked: impl Fn(&str) -> bool) -> Self {
        let others = self.0.iter().filter(|(principal, _)| !is_outranked(principal));
        Self(others.map(|(principal, entries)| (principal.clone(), entries.clone())).collect())
    }
}

impl Entry {
    /// Is there a principal that this entry could be for, on EKS? Not for a role with its path, for a session,
    /// for what is no ARN, nor by `sso`.
    pub fn can_match(&self) -> bool {
        self.sso.is_none() && may_be_reported(&self.mapping.principal)
    }
}

/// The last one written under each of upstream's keys: roles in lower case, users as they are written. Several
/// that say the same are as good as one.
fn distinct<'a>(section: Section, entries: &[&'a Entry]) -> Vec<&'a Entry> {
    let by_key = entries.iter().map(|entry| {
        let written = &entry.mapping.principal;
        (if section == Section::MapUsers { written.clone() } else { lower(written) }, *entry)
    });
    let mut entries: Vec<&Entry> = by_key.collect::<BTreeMap<_, _>>().into_values().collect();
    entries.sort_by_key(|entry| entry.index);
    if entries.windows(2).all(|pair| pair[0].mapping.grants_the_same(&pair[1].mapping)) {
        entries.drain(..entries.len() - 1);
    }
    entries
}
