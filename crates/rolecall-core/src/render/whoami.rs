//! Who the caller is, told for scripts and for people.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{API_VERSION, Line, Tone};
use crate::observed::Knowledge;
use crate::whoami::{Answer, Cause, Likelihood, WayIn, WhoAmI};

/// The document for scripts.
pub fn whoami_json(whoami: &WhoAmI) -> Value {
    let mut value = json!({
        "apiVersion": API_VERSION,
        "kind": "WhoAmI",
        "cluster": whoami.cluster,
        "arn": whoami.arn,
    });
    match &whoami.answer {
        Answer::Known { caller, way_in, may_edit_map } => {
            value["outcome"] = json!("known");
            value["canonicalArn"] = json!(caller.canonical_arn);
            value["username"] = json!(caller.username);
            value["groups"] = json!(caller.groups);
            value["wayIn"] = json!(way_in);
            value["mayEditMap"] = json!(may_edit_map.known());
        }
        Answer::Refused(causes) => {
            value["outcome"] = json!("refused");
            value["causes"] = json!(causes);
        }
    }
    value
}

/// The page for people.
pub fn whoami_page(whoami: &WhoAmI) -> Vec<Line> {
    let cluster = &whoami.cluster;
    let arn = whoami.arn.iter().map(|arn| row("arn", arn));
    match &whoami.answer {
        Answer::Known { caller, way_in, may_edit_map } => {
            let title = format!("You are `{}` in cluster `{cluster}`", caller.username);
            let map = match may_edit_map {
                Knowledge::Known(true) => "you may change it".to_owned(),
                Knowledge::Known(false) => "you may not change it".to_owned(),
                Knowledge::Unknown(why) => format!("whether you may change it is not known: {why}"),
            };
            let groups =
                if caller.groups.is_empty() { "(none)".to_owned() } else { caller.groups.join(", ") };
            let rows = [("groups", groups), ("way in", way(way_in)), ("aws-auth", map)];
            let rows = rows.iter().map(|(name, value)| row(name, value));
            core::iter::once(line(Tone::Title, title)).chain(arn).chain(rows).collect()
        }
        Answer::Refused(causes) => {
            let title = format!("Cluster `{cluster}` does not know you: it says Unauthorized, and never why");
            core::iter::once(line(Tone::Title, title))
                .chain(arn)
                .chain(causes.iter().flat_map(told))
                .collect()
        }
    }
}

fn way(way_in: &WayIn) -> String {
    match way_in {
        WayIn::MapEntry(via) => format!("{via}"),
        WayIn::AccessEntry { principal_arn } => format!("the access entry of `{principal_arn}`"),
        WayIn::ClientCertificate => "a client certificate, which no map can lock out".to_owned(),
        WayIn::ServiceAccount => "the token of a ServiceAccount".to_owned(),
        WayIn::Unknown { why } => format!("not known: {why}"),
    }
}

fn told(cause: &Cause) -> Vec<Line> {
    let (word, tone) = match cause.likelihood {
        Likelihood::Certain => ("x certain:  ", Tone::Removed),
        Likelihood::Likely => ("! likely:   ", Tone::Alarm),
        Likelihood::Possible => ("? possible: ", Tone::Plain),
        Likelihood::RuledOut => ("  ruled out:", Tone::Quiet),
    };
    let mut lines = alloc::vec![line(tone, format!("  {word} {}", cause.message))];
    if !cause.hint.is_empty() {
        lines.push(line(Tone::Plain, format!("                hint: {}", cause.hint)));
    }
    lines
}

fn row(name: &str, value: &str) -> Line {
    line(Tone::Plain, format!("    {name:<9} {value}"))
}

fn line(tone: Tone, text: String) -> Line {
    Line { tone, text }
}
