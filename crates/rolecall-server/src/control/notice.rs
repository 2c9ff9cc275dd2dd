//! What of a pass is news for people: what was done, and what is the matter when it was not so before.

use rolecall_engine::reconcile::{Done, Standing};

use super::{done, told};

/// Something that people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// A word for it, such as `Applied`.
    pub reason: &'static str,
    /// What happened.
    pub message: String,
    /// Should somebody look at it?
    pub is_warning: bool,
}

/// Remembers how things stood with one cluster.
#[derive(Debug, Default)]
pub struct Teller {
    reason: String,
}

impl Teller {
    /// Goes on from what was told before this process began.
    pub fn after_reason(reason: &str) -> Self {
        Self { reason: reason.to_owned() }
    }

    /// What is news of a pass: what was done each time, and what is the matter when it is something else than before.
    pub fn pass(&mut self, standing: &Standing) -> Vec<Notice> {
        let mut notices: Vec<Notice> = done(standing).into_iter().map(|done| deed(done, standing)).collect();
        // What was healed in the same pass is no drift any more, and to be as declared after it is no news.
        let reason = match reason(standing) {
            "Drift" if !notices.is_empty() => "Healed",
            reason => reason,
        };
        let was_well = ["", "Progressing", "Healed"].contains(&self.reason.as_str());
        let is_well = standing.is_ready();
        let goes_without_saying = reason == "Healed" || is_well && (was_well || !notices.is_empty());
        if self.turn_to(reason) && !goes_without_saying {
            notices.push(Notice { reason, message: told(standing), is_warning: !is_well });
        }
        notices
    }

    /// The same of a trouble that let no pass begin.
    pub fn trouble(&mut self, reason: &'static str, message: &str) -> Option<Notice> {
        let notice = Notice { reason, message: message.to_owned(), is_warning: true };
        self.turn_to(reason).then_some(notice)
    }

    /// Is it another reason than before?
    fn turn_to(&mut self, reason: &str) -> bool {
        let is_new = self.reason != reason;
        reason.clone_into(&mut self.reason);
        is_new
    }
}

/// A word for how things stand.
pub fn reason(standing: &Standing) -> &'static str {
    match standing.trouble.first() {
        Some(trouble) => trouble.reason(),
        None if standing.hold.is_some() => "Held",
        None if !standing.drift.is_empty() => "Drift",
        None if standing.commit.is_none() => "NothingFetched",
        None => "AsDeclared",
    }
}

fn deed(done: &Done, standing: &Standing) -> Notice {
    let (reason, is_warning) = match done {
        Done::Applied(_) => ("Applied", false),
        Done::Healed(_) => ("Healed", true),
    };
    Notice { reason, message: told(standing), is_warning }
}
