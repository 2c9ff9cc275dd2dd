//! The events of one watch, up to the first that is news or to its end.

use std::time::Duration;

use rolecall_engine::port::{Moved, PortError, PortErrorKind};

use super::event::{self, Event};
use super::{Outcome, Start, asked, is_later};
use crate::connection::{Heard, Incoming};
use crate::lines::Lines;

/// The longest event: a ConfigMap of 1 MiB whose every character JSON writes as six, and its metadata.
const LONGEST: usize = 8 * 1024 * 1024;

/// A body that is read as events.
pub(super) struct EventStream {
    body: Incoming,
    lines: Lines,
    patience: Duration,
}

impl EventStream {
    /// `patience` is how long it may be silent before its connection counts as dead.
    pub(super) fn new(body: Incoming, patience: Duration) -> Self {
        Self { body, lines: Lines::of_at_most(LONGEST), patience }
    }

    /// Reads on until something happened after `seen`.
    pub(super) async fn until_moved(
        mut self,
        mut start: Start,
        seen: Option<&str>,
    ) -> Result<Outcome, PortError> {
        loop {
            match self.next().await? {
                None => return Ok(Outcome::Ended(start)),
                Some(Event::Expired) => return start.expired(),
                Some(Event::Bookmark(version)) => start = Start::After(version),
                Some(Event::Written(written)) if is_later(&written.resource_version, seen) => {
                    return Ok(Outcome::Moved(Moved::Written(written)));
                }
                // Where nothing was seen there is nothing that could be deleted.
                Some(Event::Deleted(version)) if seen.is_some() && is_later(&version, seen) => {
                    return Ok(Outcome::Moved(Moved::Deleted));
                }
                Some(Event::Written(_) | Event::Deleted(_) | Event::Other) => {}
            }
        }
    }

    /// The next event; `None` at the end, which is also that of a connection which died in silence.
    async fn next(&mut self) -> Result<Option<Event>, PortError> {
        loop {
            let line = self.lines.take().map_err(|_| {
                asked().error(PortErrorKind::Other, format!("an event is longer than {LONGEST} bytes"))
            })?;
            if let Some(line) = line {
                return event::event(&line, &asked()).map(Some);
            }
            match self.body.hear(self.patience).await {
                Heard::Bytes(bytes) => self.lines.push(&bytes),
                Heard::End | Heard::Nothing => return Ok(None),
            }
        }
    }
}
