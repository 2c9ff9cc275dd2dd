//! What is told of a resource: conditions by kstatus' rules, counts, and the last passes.
//!
//! `Ready` says whether all is as the newest commit says. `Stalled` is there when somebody has to do something,
//! `Reconciling` when it goes on by itself. <https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md>

use jiff::Timestamp;
use rolecall_core::identity_mapping::Section;
use rolecall_engine::reconcile::{Seen, Standing};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::{outcome, reason, shown as told_of, told};

#[cfg(test)]
mod tests;

/// So many passes are told of.
const PASSES: usize = 5;

/// How things stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessSyncStatus {
    /// The generation that all of this speaks of.
    pub observed_generation: i64,
    /// `Ready`, `Reconciling` and `Stalled`.
    pub conditions: Vec<Condition>,
    /// The commit that was applied last.
    pub last_applied_revision: Option<String>,
    /// The newest commit, be it one that cannot be applied.
    pub last_attempted_revision: Option<String>,
    /// What differs though no revision says so.
    pub drift: i32,
    /// Entries in `mapRoles`.
    pub roles: i32,
    /// Entries in `mapUsers`.
    pub users: i32,
    /// Entries in `mapAccounts`.
    pub accounts: i32,
    /// The last passes that did something or found something else, the newest first.
    pub passes: Vec<PassStatus>,
    /// The value of the annotation `rolecall.dev/reconcile` that was followed last.
    pub last_handled_reconcile: Option<String>,
}

/// One condition, as Kubernetes has them.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which.
    pub r#type: String,
    /// `True` or `False`.
    pub status: String,
    /// When it last became so.
    pub last_transition_time: String,
    /// A word for why.
    pub reason: String,
    /// A sentence for why.
    pub message: String,
    /// The generation that it speaks of.
    pub observed_generation: i64,
}

/// A pass.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PassStatus {
    /// When it ended.
    pub at: String,
    /// `unchanged`, `applied`, `refused`, `held` or `failed`.
    pub outcome: String,
    /// The newest commit then.
    pub revision: Option<String>,
    /// What it came to.
    pub message: String,
}

impl AccessSyncStatus {
    /// Before the first pass of a generation.
    #[must_use]
    pub fn begun(mut self, generation: i64, now: Timestamp) -> Self {
        self.observed_generation = generation;
        self.set("Reconciling", Some(("Progressing", "the first look at this generation")), now);
        self.set("Stalled", None, now);
        if !self.conditions.iter().any(|condition| condition.r#type == "Ready") {
            self.ready(false, ("Progressing", "nothing was looked at yet"), now);
        }
        self
    }

    /// Of another source or target: what was known is not true of it. The conditions go on.
    #[must_use]
    pub fn anew(self) -> Self {
        Self {
            conditions: self.conditions,
            last_handled_reconcile: self.last_handled_reconcile,
            ..Self::default()
        }
    }

    /// Nothing can be done with it, for this reason.
    #[must_use]
    pub fn impossible(mut self, generation: i64, (reason, why): (&str, &str), now: Timestamp) -> Self {
        self.observed_generation = generation;
        self.set("Reconciling", None, now);
        self.set("Stalled", Some((reason, why)), now);
        self.ready(false, (reason, why), now);
        self
    }

    /// It could not be begun, and is tried again.
    #[must_use]
    pub fn failed(mut self, generation: i64, (reason, why): (&str, &str), now: Timestamp) -> Self {
        self.observed_generation = generation;
        self.set("Reconciling", Some((reason, why)), now);
        self.set("Stalled", None, now);
        self.ready(false, (reason, why), now);
        self
    }

    /// Somebody has suspended it: what was known last stays known.
    #[must_use]
    pub fn suspended(mut self, generation: i64, now: Timestamp) -> Self {
        self.observed_generation = generation;
        self.set("Reconciling", None, now);
        self.set("Stalled", None, now);
        self.ready(false, ("Suspended", "suspended: nothing is looked at, applied or healed"), now);
        self
    }

    /// After a pass.
    #[must_use]
    pub fn after(mut self, standing: &Standing, generation: i64, now: Timestamp) -> Self {
        let message = told(standing);
        let stalled = standing.trouble.iter().find(|trouble| trouble.is_stalled());
        let goes_on = standing.is_troubled_by_the_world();
        let reason = reason(standing);
        self.observed_generation = generation;
        let of_stalled = stalled.map(|trouble| (trouble.reason(), told_of(&trouble.to_string())));
        self.set("Stalled", of_stalled.as_ref().map(|(reason, why)| (*reason, why.as_str())), now);
        let retries = (goes_on && stalled.is_none()).then_some((reason, message.as_str()));
        self.set("Reconciling", retries, now);
        self.ready(standing.is_ready(), (reason, &message), now);
        self.last_attempted_revision.clone_from(&standing.commit);
        self.last_applied_revision = standing.applied.clone().or(self.last_applied_revision);
        if standing.is_judged {
            self.drift = count(standing.drift.len());
        }
        if standing.seen != Seen::Nothing {
            for (section, entries) in standing.entries {
                *self.entries(section) = count(entries);
            }
        }
        self.note(PassStatus {
            at: shown(now),
            outcome: outcome(standing).as_str().to_owned(),
            revision: standing.commit.clone(),
            message,
        });
        self
    }

    /// The condition of that type.
    pub fn condition(&self, r#type: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.r#type == r#type)
    }

    fn entries(&mut self, section: Section) -> &mut i32 {
        match section {
            Section::MapRoles => &mut self.roles,
            Section::MapUsers => &mut self.users,
            Section::MapAccounts => &mut self.accounts,
        }
    }

    /// A pass like the one before is no news.
    fn note(&mut self, pass: PassStatus) {
        let is_known = self.passes.first().is_some_and(|last| {
            (&last.outcome, &last.revision, &last.message) == (&pass.outcome, &pass.revision, &pass.message)
        });
        if !is_known {
            self.passes.insert(0, pass);
            self.passes.truncate(PASSES);
        }
    }

    fn ready(&mut self, is_ready: bool, (reason, message): (&str, &str), now: Timestamp) {
        let status = if is_ready { "True" } else { "False" };
        self.write(("Ready", status), (reason, message), now);
    }

    /// Conditions that speak of what is abnormal are there only when it is so.
    fn set(&mut self, r#type: &str, why: Option<(&str, &str)>, now: Timestamp) {
        match why {
            Some(why) => self.write((r#type, "True"), why, now),
            None => self.conditions.retain(|condition| condition.r#type != r#type),
        }
    }

    fn write(&mut self, (r#type, status): (&str, &str), (reason, message): (&str, &str), now: Timestamp) {
        let before = self.conditions.iter().position(|condition| condition.r#type == r#type);
        let before = before.map(|at| self.conditions.remove(at));
        let since = before.filter(|before| before.status == status).map(|before| before.last_transition_time);
        self.conditions.push(Condition {
            r#type: r#type.to_owned(),
            status: status.to_owned(),
            last_transition_time: since.unwrap_or_else(|| shown(now)),
            reason: reason.to_owned(),
            message: message.to_owned(),
            observed_generation: self.observed_generation,
        });
        self.conditions.sort_by(|one, other| one.r#type.cmp(&other.r#type));
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Whole seconds, as Kubernetes writes them.
fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
