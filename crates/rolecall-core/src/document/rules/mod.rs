//! The rules of a document: what the authenticator would lose, what cannot work, and what is dangerous.
//!
//! Each is a function of what is written and of what the authenticator makes of it; none looks at a cluster.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::LazyCell;

use rolecall_yaml::Span;

mod accounts;
mod arn;
mod characters;
mod claims;
mod item;
mod keys;
mod losses;
mod names;
mod nodes;
mod principal;
mod repeated;
mod rewrite;
mod sections;
mod survey;
mod templates;
mod unreadable;

pub(super) use characters::named;
pub(crate) use characters::without_hidden;
pub(crate) use claims::Claims;
pub(crate) use templates::{braces, filled_in};

use super::{AwsAuthDocument, Settings};
use crate::finding::{Code, Finding, Level};
use crate::identity_mapping::Section;
use crate::rights::{Power, power};
use item::Item;
use survey::Survey;

/// Runs every rule over `document`.
pub(super) fn check(document: &AwsAuthDocument, settings: &Settings, findings: &mut Vec<Finding>) {
    let mut report = Report { document, settings, findings };
    // Most files need no mend, and then nobody asks.
    let claims: LazyClaims<'_> = LazyCell::new(Box::new(|| Claims::of(document)));
    sections::check(&mut report, &claims);
    keys::check_file(&mut report);
    for reading in document.effective().sections() {
        unreadable::check(&mut report, reading);
        repeated::check(&mut report, reading);
    }
    let readings =
        [Section::MapRoles, Section::MapUsers].map(|section| document.effective().section(section));
    let items: Vec<Vec<Item<'_>>> = readings.iter().map(|reading| item::items(reading)).collect();
    let survey = Survey::of(items.iter().flatten(), &document.effective().answers());
    for (reading, items) in readings.iter().zip(&items) {
        let earlier = report.findings.len();
        losses::check(&mut report, reading, items);
        if !reading.losses().is_empty() {
            claims.withhold_lost(&mut report.findings[earlier..], reading, items);
        }
        for item in items {
            check_item(&mut report, (&survey, &claims), item);
        }
    }
    let accounts = document.effective().section(Section::MapAccounts);
    losses::check(&mut report, accounts, &[]);
    accounts::check(&mut report, accounts);
}

/// Whom entries are for, found out once somebody asks.
type LazyClaims<'a> = LazyCell<Claims, Box<dyn FnOnce() -> Claims + 'a>>;

fn check_item(report: &mut Report<'_>, (survey, claims): (&Survey, &LazyClaims<'_>), item: &Item<'_>) {
    let earlier = report.findings.len();
    keys::check_item(report, item);
    let Some(entry) = item.entry else {
        // With its key mended, it would be dropped no more.
        report.withhold(earlier, claims, item);
        return;
    };
    let earlier = report.findings.len();
    arn::check(report, item, entry);
    report.withhold(earlier, claims, item);
    // Whom an entry for a cluster-admin is for is decided by a person.
    if power(&entry.mapping) == Power::ClusterAdmin {
        let spelt = report.findings[earlier..].iter_mut().filter(|finding| finding.code != Code::ArnCase);
        spelt.for_each(|finding| finding.fix = None);
    }
    principal::check(report, survey, item);
    names::check(report, item, entry);
    templates::check(report, item, entry);
    nodes::check(report, survey, item, entry);
}

/// What the rules write into.
struct Report<'a> {
    document: &'a AwsAuthDocument,
    settings: &'a Settings,
    findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    /// Takes back fixes of an entry, those of the findings from `earlier` on, where another one may be meant.
    fn withhold(&mut self, earlier: usize, claims: &LazyClaims<'_>, item: &Item<'_>) {
        let findings = &mut self.findings[earlier..];
        if findings.iter().any(|finding| finding.fix.is_some()) {
            claims.withhold(findings, item);
        }
    }

    /// Adds a finding about a span of a section's own text; what is more to say is set on it.
    fn add(&mut self, (code, level): (Code, Level), at: (Section, Span), message: String) -> &mut Finding {
        let place = self.document.place(at.0, at.1);
        self.findings.push(Finding::new(code, level, place, message));
        self.last()
    }

    /// Adds a finding about a span of the file.
    fn add_in_file(&mut self, (code, level): (Code, Level), span: Span, message: String) -> &mut Finding {
        let place = self.document.place_in_file(span);
        self.findings.push(Finding::new(code, level, place, message));
        self.last()
    }

    fn last(&mut self) -> &mut Finding {
        self.findings.last_mut().expect("one was pushed just now")
    }
}
