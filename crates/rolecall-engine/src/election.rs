//! Which of several processes leads: client-go's `tools/leaderelection` as a state machine without I/O.
//!
//! Whoever drives it asks [`Election::next`] what to do, does it, and tells what came of it. A Lease is swapped
//! by its `resourceVersion`, and no time that somebody else wrote is believed: a term of another is over when
//! *we* have seen the same version for its whole duration. We lead only until [`Terms::renew`] after the moment
//! at which a renewal that succeeded was *sent*, which is sooner than anybody can have seen it unchanged for
//! [`Terms::lease`]. So two lead at once only where clocks run at rates that differ by half.
//!
//! It does not fence: a process that stops between asking [`Election::is_leading`] and writing writes late.
//! The precondition of every write keeps that out.

use std::time::Duration;

#[cfg(test)]
mod tests;

/// A moment on a clock of our own that never goes back, as the time since some start.
pub type Moment = Duration;

/// How long things last.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How long a term is good without a renewal, for those who wait for its end.
    pub lease: Duration,
    /// How long it is good for him who holds it; well below [`Terms::lease`].
    pub renew: Duration,
    /// How long between two attempts.
    pub retry: Duration,
}

/// What the Lease says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Who has it, if anybody does.
    pub holder: Option<String>,
    /// Its `resourceVersion`.
    pub version: String,
    /// How long its holder says that it is good.
    pub duration: Duration,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Nothing, for so long.
    Wait(Duration),
    /// Read the Lease, and tell [`Election::read`].
    Read,
    /// Create it with us as its holder, and tell [`Election::wrote`].
    Create,
    /// Make us its holder if it is still at this version, or renew it, and tell [`Election::wrote`].
    Swap(String),
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrote {
    /// It was done, and made this version.
    Done(String),
    /// Somebody was quicker.
    RaceLost,
    /// It failed, or its answer was lost.
    Unknown,
}

/// One process's part in an election.
#[derive(Debug)]
pub struct Election {
    /// Must be nobody else's, nor that of an earlier run of ours.
    us: String,
    terms: Terms,
    seen: Option<Seen>,
    knows_others: bool,
    leading_until: Option<Moment>,
    not_before: Moment,
}

/// What was read or written last, and since when it has been so.
#[derive(Debug)]
struct Seen {
    term: Option<Term>,
    since: Moment,
}

impl Default for Terms {
    /// 15 s, 10 s and 2 s, as client-go has them.
    fn default() -> Self {
        Self { lease: Duration::from_secs(15), renew: Duration::from_secs(10), retry: Duration::from_secs(2) }
    }
}

impl Election {
    /// The part of `us`, who knows nothing yet.
    pub fn new(us: impl Into<String>, terms: Terms) -> Self {
        Self {
            us: us.into(),
            terms,
            seen: None,
            knows_others: false,
            leading_until: None,
            not_before: Moment::ZERO,
        }
    }

    /// Do we lead at this moment? To be asked before each thing that only a leader may do.
    pub fn is_leading(&self, now: Moment) -> bool {
        self.leading_until.is_some_and(|until| now < until)
    }

    /// Until when we lead, if nothing else happens.
    pub fn leading_until(&self) -> Option<Moment> {
        self.leading_until
    }

    /// Who was last seen to lead.
    pub fn leader(&self) -> Option<&str> {
        self.seen.as_ref()?.term.as_ref()?.holder.as_deref()
    }

    /// What to do now.
    pub fn next(&self, now: Moment) -> Move {
        let pause = self.not_before.saturating_sub(now);
        if !pause.is_zero() {
            return Move::Wait(pause);
        }
        let Some(seen) = &self.seen else { return Move::Read };
        let is_over = now >= seen.since + self.length(seen.term.as_ref());
        match &seen.term {
            Some(term) if is_over || self.is_free(term) => Move::Swap(term.version.clone()),
            // Whoever led may not know yet that somebody deleted the Lease.
            None if is_over || !self.knows_others => Move::Create,
            _ => Move::Read,
        }
    }

    /// The Lease as it was read; `now` is when the answer had come.
    pub fn read(&mut self, now: Moment, term: Option<Term>) {
        let holder = term.as_ref().and_then(|term| term.holder.as_deref());
        if holder.is_some_and(|holder| holder != self.us) {
            self.leading_until = None;
            self.knows_others = true;
        }
        let is_free = term.as_ref().is_none_or(|term| self.is_free(term));
        let is_known = self.seen.as_ref().is_some_and(|seen| seen.term == term);
        if !is_known {
            self.seen = Some(Seen { term, since: now });
        }
        self.not_before = if is_free && !is_known { now } else { now + self.terms.retry };
    }

    /// What came of a write; `sent` is when it was sent, `now` when that was known.
    pub fn wrote(&mut self, sent: Moment, now: Moment, outcome: Wrote) {
        match outcome {
            Wrote::Done(version) => {
                let term = Term { holder: Some(self.us.clone()), version, duration: self.terms.lease };
                self.seen = Some(Seen { term: Some(term), since: now });
                self.leading_until = Some(sent + self.terms.renew);
                self.not_before = sent + self.terms.retry;
            }
            Wrote::RaceLost => (self.seen, self.not_before) = (None, now),
            Wrote::Unknown => (self.seen, self.not_before) = (None, now + self.terms.retry),
        }
    }

    /// Stops leading at once, and tells the version of the Lease that is to be freed by a swap, if it is ours.
    /// What came of that need not be told: whoever stops has nothing more to do here.
    pub fn resign(&mut self) -> Option<String> {
        self.leading_until = None;
        let term = self.seen.take()?.term?;
        (term.holder.as_ref() == Some(&self.us)).then_some(term.version)
    }

    fn is_free(&self, term: &Term) -> bool {
        term.holder.as_ref().is_none_or(|holder| *holder == self.us)
    }

    /// The longer of what its holder says and what we would say: too long is safe.
    fn length(&self, term: Option<&Term>) -> Duration {
        term.map_or(Duration::ZERO, |term| term.duration).max(self.terms.lease)
    }
}
