//! Whom entries are for, also those that match nobody as they are written: a mend that brings an entry to life
//! must find nobody else at its place.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{NodeKind, folds_to};

use super::super::AwsAuthDocument;
use super::Report;
use super::arn::mended;
use super::item::{Item, items};
use crate::effective::{LossKind, SectionReading};
use crate::finding::{Code, Finding};
use crate::identity_mapping::{CLUSTER_ADMIN_GROUP, Section, fold};
use crate::principal::{PrincipalArn, strip_path};
use crate::rights::may_become;

const ANOTHER: &str = "another entry is for this principal: make one of the two";
const ACCOUNT: &str = "`mapAccounts` lets this principal in already: keep one of the two";
const CLUSTER_ADMIN: &str = "it would make somebody cluster-admin, which a person must want";

/// How many entries are for each principal, whatever hinders them.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    entries: BTreeMap<String, usize>,
    accounts: BTreeSet<String>,
    has_lost: bool,
}

impl Claims {
    /// Those of all sections, also of one whose name is misspelt.
    pub(crate) fn of(document: &AwsAuthDocument) -> Self {
        let map = document.effective();
        let mut claims = Self::default();
        for section in [Section::MapRoles, Section::MapUsers] {
            claims.add(&items(map.section(section)));
        }
        for misspelt in map.misspelt() {
            let reading = SectionReading::read(misspelt.section, Some(&misspelt.text));
            claims.has_lost |= reading.is_lost();
            claims.add(&items(&reading));
        }
        let accounts = map.section(Section::MapAccounts).entries();
        claims.accounts = accounts.iter().map(|entry| entry.mapping.principal.clone()).collect();
        claims
    }

    fn add(&mut self, items: &[Item<'_>]) {
        for principal in items.iter().flat_map(whom) {
            *self.entries.entry(principal).or_default() += 1;
        }
    }

    /// Are these all? A misspelt section may be lost as well.
    pub(crate) fn are_all(&self) -> bool {
        !self.has_lost
    }

    /// Is more than one entry for this principal, which is written as [`fold`] does?
    pub(crate) fn is_contested(&self, principal: &str) -> bool {
        self.entries.get(principal).is_some_and(|count| *count > 1)
    }

    /// Does its account let this principal in, unless an entry does?
    pub(crate) fn has_account_of(&self, principal: &str) -> bool {
        principal.split(':').nth(4).is_some_and(|account| self.accounts.contains(account))
    }

    /// Why nothing may be brought to life for these principals, if so.
    fn objection(&self, principals: &BTreeSet<String>) -> Option<&'static str> {
        if principals.iter().any(|principal| self.is_contested(principal)) {
            return Some(ANOTHER);
        }
        principals.iter().any(|principal| self.has_account_of(principal)).then_some(ACCOUNT)
    }

    /// Takes back the fixes of an entry that another one may be meant instead of, and says so.
    pub(super) fn withhold(&self, findings: &mut [Finding], item: &Item<'_>) {
        let fixes = findings.iter_mut().filter(|finding| finding.fix.is_some());
        let objection = self.objection_to(item);
        // An entry in capitals answers as it is, whatever others do for its account or as cluster-admin.
        let counts = |code, objection: &&str| code != Code::ArnCase || *objection == ANOTHER;
        for finding in fixes {
            if let Some(objection) = objection.filter(|objection| counts(finding.code, objection)) {
                (finding.help, finding.fix) = (Some(objection.into()), None);
            }
        }
    }

    /// The same for entries that are dropped: `findings` are those of the section's losses, in their order.
    pub(super) fn withhold_lost(
        &self,
        findings: &mut [Finding],
        reading: &SectionReading,
        items: &[Item<'_>],
    ) {
        for (finding, loss) in findings.iter_mut().zip(reading.losses()) {
            let item = items.partition_point(|item| item.span.start <= loss.span.start);
            let item = item.checked_sub(1).map(|at| &items[at]);
            let (LossKind::Entry(_), Some(item)) = (&loss.kind, item) else { continue };
            let Some(objection) = self.objection_to(item) else { continue };
            finding.fix = None;
            finding.help = finding.help.take().map(|help| format!("{help}; {objection}"));
        }
    }

    /// Why the entry must not be brought to life without a person's decision.
    fn objection_to(&self, item: &Item<'_>) -> Option<&'static str> {
        let is_dropped = item.entry.is_none();
        let principals = whom(item);
        self.objection(&principals).or_else(|| {
            (is_dropped && !principals.is_empty() && gives_cluster_admin(item)).then_some(CLUSTER_ADMIN)
        })
    }

    /// Why a section in another spelling must be renamed by a person, if so.
    pub(super) fn against_renaming(&self, report: &Report<'_>, key: &str) -> Option<&'static str> {
        let misspelt = report.document.effective().misspelt().iter().find(|misspelt| misspelt.key == key)?;
        let reading = SectionReading::read(misspelt.section, Some(&misspelt.text));
        let entries = reading.entries();
        let is_nothing =
            entries.is_empty() && reading.losses().is_empty() && !misspelt.text.trim().is_empty();
        if reading.unreadable().is_some() || is_nothing {
            return Some("it cannot be read");
        }
        if misspelt.section == Section::MapAccounts {
            let is_new = entries.iter().any(|entry| !self.accounts.contains(&entry.mapping.principal));
            return is_new.then_some("all of an account would get in");
        }
        let items = items(&reading);
        if items.iter().any(|item| item.entry.is_some() && gives_cluster_admin(item)) {
            return Some("somebody would become cluster-admin");
        }
        let principals = items.iter().flat_map(whom).collect();
        match self.objection(&principals)? {
            ANOTHER => Some("two entries would be for one principal"),
            _ => Some("`mapAccounts` lets its principals in already"),
        }
    }
}

/// Whom an item is for; of one that is dropped every ARN in it counts, under whatever key.
fn whom(item: &Item<'_>) -> BTreeSet<String> {
    if let Some(entry) = item.entry {
        return entry.sso.is_none().then(|| meant(&entry.mapping.principal)).flatten().into_iter().collect();
    }
    let is_name = |key: &str| folds_to(key, "username") || folds_to(key, "groups");
    let scalar = |node| item.inner.node(item.inner.resolve(node)).scalar();
    let values = item.members.iter().filter(|(key, _)| !scalar(*key).is_some_and(is_name));
    values.filter_map(|(_, value)| meant(scalar(*value)?)).collect()
}

/// The principal that is probably meant, as [`fold`] writes it: what every mend of an ARN comes to.
fn meant(text: &str) -> Option<String> {
    let arn = PrincipalArn::parse(&mended(text)).ok()?;
    strip_path(arn.canonical()).ok().map(|arn| fold(&arn))
}

/// Would the entry make somebody cluster-admin? Of what a merge brings in, nothing is known here.
fn gives_cluster_admin(item: &Item<'_>) -> bool {
    if let Some(entry) = item.entry {
        return entry.mapping.groups.iter().any(|group| may_become(group.trim(), CLUSTER_ADMIN_GROUP));
    }
    let scalar = |node| item.inner.node(item.inner.resolve(node)).scalar().map(ToOwned::to_owned);
    let has_merge = item.members.iter().any(|(key, _)| scalar(*key).as_deref() == Some("<<"));
    let groups = item.groups.map(|member| &item.inner.node(item.inner.resolve(member.value)).kind);
    let Some(NodeKind::Sequence { items, .. }) = groups else { return has_merge };
    let groups: Vec<String> = items.iter().filter_map(|node| scalar(*node)).collect();
    has_merge || groups.iter().any(|group| may_become(group.trim(), CLUSTER_ADMIN_GROUP))
}
