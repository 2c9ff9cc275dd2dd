//! The entries of a map one by one, with their places and with what speaks against them.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::document::AwsAuthDocument;
use crate::effective::{EffectiveMap, Entry};
use crate::finding::{Code, Finding, Place};
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::plan::{Plan, Standing};
use crate::principal::PrincipalArn;

/// One entry as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The section.
    pub section: Section,
    /// The position in it, counting from 0.
    pub index: usize,
    /// What it says.
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
}

impl MarkKind {
    /// The word for scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MatchesNobody => "matchesNobody",
            Self::Repeated => "repeated",
            Self::Outranked => "outranked",
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
    }
}

/// The entries of a file. `findings` are those of the same parse.
pub fn of_file(document: &AwsAuthDocument, findings: &[Finding]) -> Vec<Listed> {
    let map = document.effective();
    let listed = |entry: &Entry| {
        let place = document.place(entry.key.section(), entry.span);
        let (start, end) = ((place.line, place.column), (place.end_line, place.end_column));
        let is_inside = |finding: &&Finding| {
            let at = (finding.place.line, finding.place.column);
            start <= at && at < end
        };
        let nobody = findings.iter().filter(|finding| finding.code == Code::NeverMatches).find(is_inside);
        let winner = winner(map, entry)
            .map(|winner| format!("entry {} of `{}`", winner.index + 1, winner.key.section()));
        let mut marks: Vec<Mark> =
            nobody.map(|finding| nobodys(finding.message.clone())).into_iter().collect();
        marks.extend(winner.as_deref().map(repeated));
        listed(entry, Some(place), marks)
    };
    map.entries().map(listed).collect()
}

/// The entries of a cluster's map, of which `plan` knows whose they are.
pub fn of_cluster(data: &BTreeMap<String, String>, plan: &Plan) -> Vec<Listed> {
    // As a file that holds the same, so that it is judged alike.
    let map = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "aws-auth", "namespace": "kube-system" },
        "data": data,
    });
    let (document, findings) = AwsAuthDocument::parse("", &format!("{map:#}"));
    let Some(document) = document else { return Vec::new() };
    let of_cluster = |mut listed: Listed| {
        let key = EntryKey::new(listed.section, &listed.mapping.principal);
        let standing = plan.unmanaged().iter().find(|one| one.key == key);
        let outranked = plan.shadowed().iter().find(|one| one.key == key).map(|one| Mark {
            kind: MarkKind::Outranked,
            message: format!("an access entry answers for it, as `{}`", one.username),
        });
        listed.marks.extend(outranked);
        Listed { place: None, standing: standing.map(|one| one.standing.clone()), ..listed }
    };
    of_file(&document, &findings).into_iter().map(of_cluster).collect()
}

fn listed(entry: &Entry, place: Option<Place>, marks: Vec<Mark>) -> Listed {
    Listed {
        section: entry.key.section(),
        index: entry.index,
        mapping: entry.mapping.clone(),
        place,
        standing: None,
        marks,
    }
}

fn nobodys(message: String) -> Mark {
    Mark { kind: MarkKind::MatchesNobody, message }
}

fn repeated(winner: &str) -> Mark {
    Mark { kind: MarkKind::Repeated, message: format!("of this principal, {winner} counts") }
}

/// The later entry of the same principal.
fn winner<'a>(map: &'a EffectiveMap, entry: &Entry) -> Option<&'a Entry> {
    let of_section = map.section(entry.key.section()).entries();
    of_section.iter().rev().find(|one| one.key == entry.key).filter(|winner| winner.index != entry.index)
}

fn account_of(mapping: &IdentityMapping) -> String {
    PrincipalArn::parse(&mapping.principal)
        .map_or_else(|_| mapping.principal.clone(), |arn| arn.account().to_string())
}
