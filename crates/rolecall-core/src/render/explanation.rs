//! Who a principal is, told for scripts and for people.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{API_VERSION, Line, Tone};
use crate::document::AwsAuthDocument;
use crate::effective::{
    BeforeTheMap, Candidate, Denial, Explanation, Loser, Note, ObservedExplanation, Verdict, Via,
};
use crate::observed::{Knowledge, ObservedAccess};
use crate::principal::{ArnError, PrincipalArn};

/// What is told of a principal. Without a map or a cluster it is only the ARN's canonical form.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// The ARN as the user gave it.
    pub input: &'a str,
    /// What it is.
    pub principal: &'a Result<PrincipalArn, ArnError>,
    /// By what it was explained.
    pub by: ExplainedBy<'a>,
}

/// By what a principal was explained.
#[derive(Debug, Clone, Copy)]
pub enum ExplainedBy<'a> {
    /// By nothing.
    Nothing,
    /// By a file.
    File(&'a Explanation, &'a AwsAuthDocument),
    /// By a cluster.
    Cluster(&'a ObservedExplanation, &'a ObservedAccess),
}

/// What comes of it: the values that both ways of telling it begin with.
enum Outcome<'a> {
    Mapped(&'a Candidate),
    ByEntry {
        username: &'a str,
        groups: &'a [String],
        arn: &'a str,
    },
    Ambiguous(&'a [Candidate]),
    Denied(&'a Denial),
    /// Mode `API`, and nobody told whether there is an access entry.
    Unknown(&'a str),
}

impl<'a> Explained<'a> {
    /// The document for scripts.
    pub fn json(&self) -> Value {
        let mut value = json!({
            "apiVersion": API_VERSION,
            "kind": "Explanation",
            "principal": { "input": self.input },
        });
        let arn = match self.principal {
            Ok(arn) => arn,
            Err(error) => {
                value["outcome"] = json!("invalid");
                value["reason"] = json!({ "code": "invalidArn", "message": format!("{error}") });
                return value;
            }
        };
        value["principal"]["canonicalArn"] = json!(arn.canonical());
        value["principal"]["type"] = json!(arn.kind());
        if let (Some(outcome), Some(map)) = (self.outcome(), self.map()) {
            self.put_outcome(&mut value, &outcome);
            let losers = map
                .losers
                .iter()
                .map(|loser| json!(Loser { via: self.located(&loser.via), ..loser.clone() }));
            value["losers"] = losers.collect();
            value["notes"] = json!(self.notes(map));
        }
        if let ExplainedBy::Cluster(explanation, observed) = self.by {
            value["cluster"] = json!(observed.cluster);
            value["access"] = access(explanation, observed);
        }
        value
    }

    /// The page for people; nothing but the error where the input is no ARN.
    pub fn page(&self) -> Vec<Line> {
        let Ok(arn) = self.principal else { return Vec::new() };
        let mut page = alloc::vec![line(Tone::Title, format!("{} ({})", arn.canonical(), arn.kind()))];
        let (Some(outcome), Some(map)) = (self.outcome(), self.map()) else { return page };
        self.tell_outcome(&mut page, &outcome);
        for note in self.notes(map) {
            page.push(line(Tone::Quiet, format!("    note: {}", note.message)));
            page.extend(note.hint.iter().map(|hint| line(Tone::Quiet, format!("      hint: {hint}"))));
        }
        let others = match (&outcome, map.losers.split_first()) {
            (Outcome::Denied(denial), Some((first, others))) if first.reason.code == denial.code => {
                page.push(row("at", &self.place(&first.via)));
                others
            }
            _ => &map.losers,
        };
        if !others.is_empty() {
            page.push(line(Tone::Plain, "  does not answer:".to_owned()));
        }
        for loser in others {
            let place = self.place(&loser.via);
            page.push(line(Tone::Quiet, format!("    {place}: {}", loser.reason.message)));
        }
        page
    }

    fn map(&self) -> Option<&'a Explanation> {
        match self.by {
            ExplainedBy::Nothing => None,
            ExplainedBy::File(explanation, _) => Some(explanation),
            ExplainedBy::Cluster(explanation, _) => Some(&explanation.map),
        }
    }

    fn outcome(&self) -> Option<Outcome<'a>> {
        if let ExplainedBy::Cluster(explanation, _) = self.by {
            match &explanation.before {
                BeforeTheMap::Entry { entry, username, groups } => {
                    return Some(Outcome::ByEntry { username, groups, arn: &entry.principal_arn });
                }
                BeforeTheMap::Refusal(denial) => return Some(Outcome::Denied(denial)),
                BeforeTheMap::Unknown { why, is_map_read: false } => return Some(Outcome::Unknown(why)),
                BeforeTheMap::Nothing | BeforeTheMap::Unknown { .. } => {}
            }
        }
        Some(match &self.map()?.verdict {
            Verdict::Mapped(candidate) => Outcome::Mapped(candidate),
            Verdict::Ambiguous(candidates) => Outcome::Ambiguous(candidates),
            Verdict::Denied(denial) => Outcome::Denied(denial),
        })
    }

    fn put_outcome(&self, value: &mut Value, outcome: &Outcome<'_>) {
        match outcome {
            Outcome::Mapped(candidate) => {
                value["outcome"] = json!("mapped");
                value["username"] = json!(candidate.username);
                value["groups"] = json!(candidate.groups);
                value["via"] = json!(self.located(&candidate.via));
            }
            Outcome::ByEntry { username, groups, arn } => {
                value["outcome"] = json!("mapped");
                value["username"] = json!(username);
                value["groups"] = json!(groups);
                value["via"] = json!({ "section": "accessEntries", "principalArn": arn });
            }
            Outcome::Ambiguous(candidates) => {
                value["outcome"] = json!("ambiguous");
                let located =
                    |one: &Candidate| json!(Candidate { via: self.located(&one.via), ..one.clone() });
                value["candidates"] = candidates.iter().map(located).collect();
            }
            Outcome::Denied(denial) => {
                value["outcome"] = json!("denied");
                value["reason"] = json!(denial);
            }
            Outcome::Unknown(why) => {
                value["outcome"] = json!("unknown");
                value["reason"] = json!(not_known(why));
            }
        }
    }

    fn tell_outcome(&self, page: &mut Vec<Line>, outcome: &Outcome<'_>) {
        match outcome {
            Outcome::Mapped(candidate) => {
                page.push(line(Tone::Added, "  is mapped".to_owned()));
                page.extend(self.described(candidate));
            }
            Outcome::ByEntry { username, groups, arn } => {
                page.push(line(Tone::Added, "  is mapped by an access entry".to_owned()));
                let policies = self.policies();
                let rows = [
                    ("username", or(username, "(empty)")),
                    ("groups", or(&groups.join(", "), "(none)")),
                    ("policies", or(&policies, "(none for the whole cluster)")),
                    ("via", format!("the access entry of {arn}")),
                ];
                page.extend(rows.map(|(name, value)| row(name, &value)));
            }
            Outcome::Ambiguous(candidates) => {
                let text = "  is ambiguous: one of these is picked at random";
                page.push(line(Tone::Alarm, text.to_owned()));
                page.extend(candidates.iter().flat_map(|candidate| self.described(candidate)));
            }
            Outcome::Denied(denial) => page.extend(denied("  is denied: ", denial)),
            Outcome::Unknown(why) => page.extend(denied("  is not known: ", &not_known(why))),
        }
    }

    fn described(&self, candidate: &Candidate) -> Vec<Line> {
        let mut rows = alloc::vec![
            row("username", &or(&candidate.username, "(empty)")),
            row("groups", &or(&candidate.groups.join(", "), "(none)")),
            row("via", &self.place(&candidate.via)),
        ];
        rows.extend(candidate.denied.iter().map(|denial| row("denied", &denial.message)));
        rows
    }

    fn policies(&self) -> String {
        let ExplainedBy::Cluster(explanation, _) = self.by else { return String::new() };
        let BeforeTheMap::Entry { entry, .. } = &explanation.before else { return String::new() };
        entry.cluster_policies.join(", ")
    }

    /// What is worth knowing, and that an access entry nobody could look for would come first.
    fn notes(&self, map: &Explanation) -> Vec<Note> {
        let mut notes = map.notes.clone();
        let ExplainedBy::Cluster(explanation, _) = self.by else { return notes };
        if let BeforeTheMap::Unknown { why, is_map_read: true } = &explanation.before {
            let message = format!("whether an access entry answers before the map is not known: {why}");
            let hint = "`--cluster` and `--region` ask EKS".to_owned();
            notes.push(Note { code: "accessEntriesUnknown", message, hint: Some(hint) });
        }
        notes
    }

    fn located(&self, via: &Via) -> Via {
        match self.by {
            ExplainedBy::File(_, document) => document.locate(via),
            _ => via.clone(),
        }
    }

    fn place(&self, via: &Via) -> String {
        let via = self.located(via);
        let place = match (&via.file, via.line, via.column) {
            (Some(file), Some(line), Some(column)) => format!(", {file}:{line}:{column}"),
            _ => String::new(),
        };
        format!("{}[{}]{place}", via.section, via.index)
    }
}

fn access(explanation: &ObservedExplanation, observed: &ObservedAccess) -> Value {
    let entry = match &explanation.before {
        BeforeTheMap::Entry { entry, .. } => Some(entry),
        _ => None,
    };
    let mut value = json!({ "mode": observed.mode.known(), "entry": entry });
    if let Knowledge::Unknown(why) = &observed.access_entries {
        value["entriesUnknown"] = json!(why);
    }
    value
}

fn not_known(why: &str) -> Denial {
    Denial {
        code: "accessEntriesUnknown",
        message: format!("in mode `API` only access entries count, and they cannot be read: {why}"),
        hint: Some("allow `eks:ListAccessEntries` and `eks:DescribeAccessEntry`".to_owned()),
    }
}

fn denied(what: &str, denial: &Denial) -> impl Iterator<Item = Line> {
    let hint = denial.hint.iter().map(|hint| line(Tone::Plain, format!("  hint: {hint}")));
    let lines: Vec<Line> = hint.collect();
    core::iter::once(line(Tone::Removed, format!("{what}{}", denial.message))).chain(lines)
}

fn or(text: &str, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
}

fn row(name: &str, value: &str) -> Line {
    line(Tone::Plain, format!("    {name:<9} {value}"))
}

fn line(tone: Tone, text: String) -> Line {
    Line { tone, text }
}
