//! Does a mend leave everybody the access that they have?
//!
//! A mend changes a text, and may bring an entry to life that stood there without an effect. Who gets in must stay
//! what it was, but for what the mend is about: whoever had an answer keeps it, nobody becomes cluster-admin, and
//! only a principal that nothing else is for may be let in.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::Inspection;
use crate::document::{AwsAuthDocument, Claims, braces, filled_in, without_hidden};
use crate::effective::{Answers, EffectiveMap, Entry, TEMPLATES};
use crate::finding::Code;
use crate::identity_mapping::{CLUSTER_ADMIN_GROUP, IdentityMapping, Section};
use crate::rights::may_become;

/// Does everybody keep the access that the maps of a file gave them?
///
/// A map that could not be read gave none; those that could stand in the same order as before.
pub(super) fn keeps_access(before: &Inspection, after: &Inspection) -> bool {
    let is_all_read = is_all_read(after);
    let mut mended = after.documents.iter();
    let mut is_kept = |document| mended.any(|mended| keeps_access_of(document, mended, is_all_read));
    before.documents.iter().all(&mut is_kept)
}

/// Is there nothing in the file for which nobody can tell whom it is for?
fn is_all_read(inspection: &Inspection) -> bool {
    let count = |code| inspection.findings.iter().filter(|finding| finding.code == code).count();
    let misspelt = inspection.documents.iter().map(|document| document.effective().misspelt().len());
    count(Code::SectionNotText) == 0
        && count(Code::UnreadableSection) == 0
        && count(Code::MisspeltSection) <= misspelt.sum()
}

fn keeps_access_of(before: &AwsAuthDocument, after: &AwsAuthDocument, is_all_read: bool) -> bool {
    if before.data() == after.data() {
        return true;
    }
    let is_lost_now = |misspelt| after.effective().section(misspelt).is_lost();
    if before.effective().misspelt().iter().any(|misspelt| is_lost_now(misspelt.section)) {
        return false;
    }
    let mend = Mend {
        revealed: Section::ALL.into_iter().filter(|section| was_hidden(before, *section)).collect(),
        claims: [Claims::of(before), Claims::of(after)],
        is_all_read,
    };
    let (have, will_be) = (readings(before.effective()), readings(after.effective()));
    if have.len() == will_be.len() {
        return have.iter().zip(&will_be).all(|(have, will_be)| mend.keeps(have, will_be));
    }
    // A section that only chance let be read is read now, or the reverse.
    let answers: Vec<Answers<'_>> = have.iter().map(EffectiveMap::answers).collect();
    let by_chance = || {
        let others = answers.iter().skip(1).flat_map(Answers::iter);
        others.filter(|(principal, _)| answers[0].of(principal).is_empty())
    };
    will_be.iter().all(|will_be| {
        let mended = will_be.answers();
        mend.keeps(&have[0], will_be)
            && by_chance().all(|(principal, entries)| says_the_same(entries, mended.of(principal)))
    })
}

/// What upstream makes of the map, and what else it may make of it.
fn readings(map: &EffectiveMap) -> Vec<EffectiveMap> {
    core::iter::once(map.clone()).chain(map.other_readings()).collect()
}

/// Was all of the section lost by how it is written: not as a text, after `>`, with tabs, without quotes?
///
/// Such a map is refused, and must be mended before anything else can be judged. It then says what its author
/// wrote, cluster-admins included. One whose name is misspelt is not such a section: the map counts without it.
fn was_hidden(document: &AwsAuthDocument, section: Section) -> bool {
    let map = document.effective();
    let is_misspelt = map.misspelt().iter().any(|misspelt| misspelt.section == section);
    let reading = map.section(section);
    !is_misspelt && (reading.text().is_none() || reading.is_lost())
}

/// What a mend has to do with access.
struct Mend {
    revealed: BTreeSet<Section>,
    claims: [Claims; 2],
    is_all_read: bool,
}

impl Mend {
    fn keeps(&self, have: &EffectiveMap, will_be: &EffectiveMap) -> bool {
        let (before, after) = (have.answers(), will_be.answers());
        let mut new = after.iter().filter(|(principal, _)| before.of(principal).is_empty());
        before.iter().all(|(principal, entries)| {
            let answering = after.of(principal);
            says_the_same(entries, answering) && self.is_of_the_same(entries, answering)
        }) && new.all(|(principal, entries)| self.may_let_in(principal, entries))
            && self.keeps_accounts(&accounts(have), &accounts(will_be))
    }

    /// Do they stand where the others stood? Another section outranks them only if it was lost.
    fn is_of_the_same(&self, before: &[&Entry], after: &[&Entry]) -> bool {
        // All that answer for one principal are of one section.
        let section = |entries: &[&Entry]| entries.first().map(|entry| entry.key.section());
        section(after).is_some_and(|new| self.revealed.contains(&new) || section(before) == Some(new))
    }

    fn may_let_in(&self, principal: &str, entries: &[&Entry]) -> bool {
        if entries.iter().all(|entry| self.revealed.contains(&entry.key.section())) {
            return true;
        }
        let is_free = |claims: &Claims| {
            claims.are_all() && !claims.is_contested(principal) && !claims.has_account_of(principal)
        };
        self.is_all_read
            && !entries.iter().any(|entry| is_cluster_admin(&entry.mapping))
            && self.claims.iter().all(is_free)
    }

    fn keeps_accounts(&self, have: &BTreeSet<&str>, will_be: &BTreeSet<&str>) -> bool {
        have.is_subset(will_be) && (self.revealed.contains(&Section::MapAccounts) || will_be.is_subset(have))
    }
}

fn accounts(map: &EffectiveMap) -> BTreeSet<&str> {
    map.section(Section::MapAccounts).entries().iter().map(|entry| entry.mapping.principal.as_str()).collect()
}

/// Do the entries that answer for a principal give the same, but for how it is spelt and what was lost of it?
fn says_the_same(before: &[&Entry], after: &[&Entry]) -> bool {
    if before.len() == after.len() {
        let mut pairs = before.iter().zip(after);
        return pairs.all(|(before, after)| is_kept(&before.mapping, &after.mapping));
    }
    let meant = |entries: &[&Entry]| -> BTreeSet<(String, Vec<String>, bool)> {
        let meant = |IdentityMapping { username, .. }: &IdentityMapping| normal(username).into_owned();
        let groups = |mapping| groups(mapping).into_iter().map(Cow::into_owned).collect();
        let mappings = entries.iter().map(|entry| &entry.mapping);
        mappings.map(|mapping| (meant(mapping), groups(mapping), is_cluster_admin(mapping))).collect()
    };
    !after.is_empty() && after.len() < before.len() && meant(before) == meant(after)
}

/// Is what was read of an entry still in it? What was lost of it may come back, cluster-admin excepted.
fn is_kept(before: &IdentityMapping, after: &IdentityMapping) -> bool {
    let name = normal(&before.username);
    let (have, will_be) = (groups(before), groups(after));
    let is_lost = have.is_empty() || have.contains("");
    is_cluster_admin(before) == is_cluster_admin(after)
        && (name.is_empty() || name == normal(&after.username))
        && have.iter().all(|group| group.is_empty() || will_be.contains(group))
        && (is_lost || will_be.is_subset(&have))
}

fn groups(mapping: &IdentityMapping) -> BTreeSet<Cow<'_, str>> {
    mapping.groups.iter().map(|group| normal(group)).collect()
}

/// Is it one now, or can it become one by a template that the authenticator fills?
fn is_cluster_admin(mapping: &IdentityMapping) -> bool {
    let is_filled = |group: &str| braces(group).any(|(_, inside)| TEMPLATES.contains(&inside));
    mapping.is_cluster_admin()
        || mapping.groups.iter().any(|group| is_filled(group) && may_become(group, CLUSTER_ADMIN_GROUP))
}

/// The text as mends leave it: without blanks around it and what nobody sees, and with templates as they are.
fn normal(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.is_ascii() && !trimmed.contains("{{") {
        return Cow::Borrowed(trimmed);
    }
    Cow::Owned(filled_in(without_hidden(trimmed).trim()))
}
