//! What we say about a principal, and whether an answer of the authenticator is that.

use std::collections::BTreeSet;
use std::fmt;

use rolecall_core::effective::{Candidate, EffectiveMap, Verdict, explain_gated};
use rolecall_core::identity_mapping::Section;
use rolecall_testenv::WebhookUser;

use super::Gate;
use super::cast::Person;

/// How often somebody is asked about whose entry is picked at random.
const REPEATS_AT_RANDOM: usize = 8;
/// How often somebody is asked about whom several entries name, though one of them should always win.
const REPEATS_OF_SEVERAL: usize = 3;

/// Our answer.
pub(super) struct Ours(Verdict);

/// Our answer about `person` by `map`.
pub(super) fn ours(map: &EffectiveMap, person: &Person, gate: Gate) -> Ours {
    Ours(explain_gated(map, &person.arn, &person.values, gate == Gate::On).verdict)
}

impl Ours {
    pub(super) fn is_mapped(&self) -> bool {
        matches!(self.0, Verdict::Mapped(_))
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        matches!(self.0, Verdict::Ambiguous(_))
    }

    /// How often to ask, so that chance has a chance to show.
    pub(super) fn repeats(&self, map: &EffectiveMap, person: &Person) -> usize {
        let names = |arn: &str| arn.eq_ignore_ascii_case(person.arn.canonical());
        let entries = [Section::MapRoles, Section::MapUsers].map(|section| map.section(section).entries());
        let several =
            entries.into_iter().flatten().filter(|entry| names(&entry.mapping.principal)).count() > 1;
        match &self.0 {
            Verdict::Ambiguous(_) => REPEATS_AT_RANDOM,
            _ if several => REPEATS_OF_SEVERAL,
            _ => 1,
        }
    }

    /// Is this one of the answers that we say the authenticator may give?
    pub(super) fn allows(&self, theirs: Option<&WebhookUser>) -> bool {
        match &self.0 {
            Verdict::Mapped(candidate) => is_same(candidate, theirs),
            Verdict::Ambiguous(candidates) => candidates.iter().any(|candidate| is_same(candidate, theirs)),
            Verdict::Denied(_) => theirs.is_none(),
        }
    }
}

impl fmt::Display for Ours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Verdict::Mapped(candidate) => write!(f, "{:?} in {:?}", candidate.username, candidate.groups),
            Verdict::Ambiguous(candidates) => write!(f, "one of {candidates:#?}"),
            Verdict::Denied(denial) => write!(f, "denied: {}", denial.message),
        }
    }
}

/// The authenticator's answer in the same words.
pub(super) fn told(theirs: Option<&WebhookUser>) -> String {
    theirs.map_or_else(|| "denied".to_owned(), |user| format!("{:?} in {:?}", user.username, user.groups))
}

/// Is `user`, apart from the map, whom we take the person for: canonical ARN, session, key?
pub(super) fn is_whom_we_know(person: &Person, user: &WebhookUser) -> bool {
    let says = |key: &str, ours: &str| user.extra[key][0] == ours;
    says("arn", person.arn.text())
        && says("canonicalArn", person.arn.canonical())
        && says("sessionName", person.arn.session().unwrap_or_default())
        && says("accessKeyId", person.values.access_key_id.as_deref().unwrap_or_default())
        && user.uid.starts_with(&format!("aws-iam-authenticator:{}:", person.arn.account()))
}

/// The order of groups and repeated ones do not count, as in [`Candidate`]s that grant the same.
fn is_same(candidate: &Candidate, theirs: Option<&WebhookUser>) -> bool {
    let set = |groups: &[String]| groups.iter().cloned().collect::<BTreeSet<_>>();
    match (&candidate.denied, theirs) {
        (Some(_), theirs) => theirs.is_none(),
        (None, None) => false,
        (None, Some(user)) => {
            user.username == candidate.username && set(&user.groups) == set(&candidate.groups)
        }
    }
}
