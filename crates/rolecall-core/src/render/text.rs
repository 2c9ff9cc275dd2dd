//! A plan as people read it: who gains what, who loses what, what is kept and why, which guards spoke.
//!
//! Lines come with a tone for each part, so that a terminal may colour them; no meaning is in the colour
//! alone. Lines are wrapped to the width that they are asked for.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::remarks::{growth, plan_summary};
use crate::check::masked;
use crate::finding::Level;
use crate::guard::{Judgement, Verdict};
use crate::observed::{Knowledge, ObservedAccess};
use crate::plan::{Action, Change, Plan, Shadowed, Standing, Unmanaged};
use crate::source::SourceId;

/// So many entries of a list are named; the others are counted.
const NAMED: usize = 10;

/// One line of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it is meant.
    pub tone: Tone,
    /// What it says.
    pub text: String,
}

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Title,
    /// Something comes.
    Added,
    /// Something changes.
    Updated,
    /// Something goes.
    Removed,
    /// Look here.
    Alarm,
    /// Anything else.
    Plain,
    /// Beside the point.
    Quiet,
}

/// The plan as text, at most `width` columns wide where words allow it.
pub fn plan_text(
    plan: &Plan,
    judgements: &[Judgement],
    observed: &ObservedAccess,
    width: usize,
) -> Vec<Line> {
    let mut page = Page { lines: Vec::new(), width };
    page.heading(plan);
    page.growth(judgements);
    plan.changes().iter().for_each(|change| page.change(change));
    page.unmanaged(plan.unmanaged());
    page.shadowed(plan.shadowed());
    page.unknown(observed);
    page.against(plan, judgements);
    page.summary(plan);
    page.lines
}

struct Page {
    lines: Vec<Line>,
    width: usize,
}

impl Page {
    fn heading(&mut self, plan: &Plan) {
        let (cluster, revision) = (plan.cluster(), plan.revision());
        let from = match (revision.source == SourceId::cli(), &revision.commit) {
            (false, _) => format!("{} at {revision}", revision.source),
            (true, Some(_)) => format!("a repository without a remote at {revision}"),
            (true, None) => "a file that is in no repository".to_string(),
        };
        self.say(Tone::Title, "", &format!("Plan for `{cluster}`, from {from}"));
        if let Some(source) = plan.takes_over() {
            self.say(Tone::Plain, "", &format!("It takes over what {source} owns."));
        }
        self.blank();
    }

    /// Growth to cluster-admin is always the first line of a plan, and growth that nobody can measure, too.
    fn growth(&mut self, judgements: &[Judgement]) {
        for judgement in judgements {
            let (tone, mark) = match growth(judgement) {
                Some(Level::Note) => (Tone::Plain, "? "),
                Some(_) => (Tone::Alarm, "! "),
                None => continue,
            };
            self.say(tone, mark, &format!("{} (RG06)", judgement.message));
            self.blank();
        }
    }

    fn change(&mut self, change: &Change) {
        let (mark, tone) = match change.action {
            Action::Add => ("+ ", Tone::Added),
            Action::Update => ("~ ", Tone::Updated),
            Action::Remove => ("- ", Tone::Removed),
        };
        self.say(tone, mark, &format!("{} {}", change.kind(), change.principal()));
        for effect in &change.effects {
            self.say(Tone::Plain, "    ", effect);
        }
    }

    fn unmanaged(&mut self, unmanaged: &[Unmanaged]) {
        if unmanaged.is_empty() {
            return;
        }
        self.blank();
        self.say(
            Tone::Title,
            "",
            &format!("Kept, since {} not ours:", if unmanaged.len() == 1 { "it is" } else { "they are" }),
        );
        let (new, known): (Vec<_>, Vec<_>) = unmanaged.iter().partition(|entry| entry.is_new);
        for entry in new {
            self.say(Tone::Alarm, "! ", &format!("{}, not there at the last pass", described(entry)));
        }
        for entry in known.iter().take(NAMED) {
            self.say(Tone::Quiet, "  ", &described(entry));
        }
        self.more(known.len());
    }

    fn shadowed(&mut self, shadowed: &[Shadowed]) {
        if shadowed.is_empty() {
            return;
        }
        self.blank();
        self.say(Tone::Title, "", "Shadowed by access entries, which outrank the map:");
        for entry in shadowed.iter().take(NAMED) {
            let (kind, principal) = (entry.key.section().kind(), entry.key.principal());
            self.say(Tone::Quiet, "  ", &format!("{kind} {principal}, who enters as `{}`", entry.username));
        }
        self.more(shadowed.len());
    }

    /// Counts what a list leaves out.
    fn more(&mut self, len: usize) {
        if len > NAMED {
            self.say(Tone::Quiet, "  ", &format!("and {} more: see `-o json`", len - NAMED));
        }
    }

    fn unknown(&mut self, observed: &ObservedAccess) {
        self.blank();
        let mut note = |what: &str, why: Option<&str>| {
            if let Some(why) = why {
                self.say(Tone::Quiet, "? ", &format!("{what} not known: {why}"));
            }
        };
        note("authentication mode", reason(&observed.mode));
        note("what is ours", reason(&observed.ledger));
        for intent in &observed.unfinished {
            let text = format!(
                "the apply `{}` of {} did not end: this pass finishes it",
                intent.name, intent.started_at
            );
            self.say(Tone::Alarm, "! ", &text);
        }
    }

    fn against(&mut self, plan: &Plan, judgements: &[Judgement]) {
        self.blank();
        let speaking = judgements.iter().filter(|judgement| judgement.verdict != Verdict::Passed);
        for judgement in speaking {
            let code = judgement.guard.as_str();
            match &judgement.verdict {
                Verdict::Allowed(reason) => {
                    self.say(Tone::Alarm, "! ", &format!("{code} allowed ({reason}): {}", judgement.message));
                }
                _ => self.say(Tone::Removed, "x ", &format!("{code} refuses: {}", judgement.message)),
            }
            self.hint(judgement.hint.as_deref().filter(|_| judgement.verdict == Verdict::Refused));
        }
        for conflict in plan.conflicts() {
            let principal = conflict.key.principal();
            self.say(
                Tone::Removed,
                "x ",
                &format!("`{principal}` is owned by another source, {}", conflict.owner),
            );
            self.hint(Some(&format!(
                "if that is where this file was before, say `--take-over {}`; else leave it out here, or remove it there first",
                conflict.owner
            )));
        }
        for blocked in plan.blocked() {
            self.say(Tone::Removed, "x ", &blocked.reason);
            self.hint(Some(&blocked.hint));
        }
    }

    fn summary(&mut self, plan: &Plan) {
        self.blank();
        self.say(Tone::Title, "", &plan_summary(plan));
    }

    fn hint(&mut self, hint: Option<&str>) {
        if let Some(hint) = hint {
            self.say(Tone::Plain, "  hint: ", hint);
        }
    }

    fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.text.is_empty()) {
            self.lines.push(Line { tone: Tone::Plain, text: String::new() });
        }
    }

    /// Puts `text` after `mark`, and further lines below the first word of it.
    fn say(&mut self, tone: Tone, mark: &str, text: &str) {
        let text = masked(text);
        let indent = " ".repeat(mark.chars().count());
        let mut line = mark.to_string();
        let mut is_fresh = true;
        for word in text.split(' ') {
            let needed = line.chars().count() + word.chars().count() + usize::from(!is_fresh);
            if !is_fresh && needed > self.width {
                let full = core::mem::replace(&mut line, indent.clone());
                self.lines.push(Line { tone, text: full });
                is_fresh = true;
            }
            if !is_fresh {
                line.push(' ');
            }
            line.push_str(word);
            is_fresh = false;
        }
        self.lines.push(Line { tone, text: line });
    }
}

fn described(entry: &Unmanaged) -> String {
    let kind = match &entry.standing {
        Standing::Node => "node".to_string(),
        _ => entry.key.section().kind().to_string(),
    };
    let owner = match &entry.standing {
        Standing::OwnedBy(source) => format!(", owned by {source}"),
        _ => String::new(),
    };
    let groups = if entry.mapping.groups.is_empty() {
        String::new()
    } else {
        format!(" [{}]", entry.mapping.groups.join(", "))
    };
    format!("{kind} {}{groups}{owner}", entry.mapping.principal)
}

fn reason<T>(knowledge: &Knowledge<T>) -> Option<&str> {
    match knowledge {
        Knowledge::Known(_) => None,
        Knowledge::Unknown(why) => Some(why),
    }
}
