//! Waiting until the map has moved: a watch with the shape of a long poll.
//!
//! A caller keeps one `resourceVersion`, that of his last observation, and asks for no more than "has it moved
//! since?". What it is now he observes as always: an event is a reason to look, never a thing to decide by.

use rolecall_core::Timestamp;

use super::PortFuture;

/// Waits for writes to a cluster's map. It needs the right to watch, and none to write.
pub trait WatchAccess: Send + Sync {
    /// Comes back once the map is no longer what it was at `seen`, the `resourceVersion` of an observation, or
    /// `None` where there was no map. Dropping the future ends the watch.
    ///
    /// No write after `seen` is missed, however long ago that was. A write that came back may be one that the
    /// caller made himself since. After an error nothing is known: observe before waiting again, since `seen`
    /// itself may be what cannot be watched from (an etcd that was restored is behind it).
    fn moved<'a>(&'a self, seen: Option<&'a str>) -> PortFuture<'a, Moved>;
}

/// What became of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It was created or written.
    Written(Written),
    /// It was deleted. Kubernetes does not tell by whom.
    Deleted,
}

/// One write to the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The version that it made.
    pub resource_version: String,
    /// Who ever wrote what is in it now, latest first.
    pub writers: Vec<Writer>,
}

/// An entry of `metadata.managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The field manager: what the writer calls itself, such as `kubectl-edit`. Nobody checks it.
    pub name: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// When it last set a field, to the second, by the API server's clock.
    pub time: Option<Timestamp>,
}

impl Written {
    /// The write by `writers`, in whatever order.
    pub fn new(resource_version: impl Into<String>, mut writers: Vec<Writer>) -> Self {
        writers.sort_by_key(|writer| std::cmp::Reverse(writer.time));
        Self { resource_version: resource_version.into(), writers }
    }

    /// Who wrote in the latest second of all; more than one where two did. Whoever only takes a key away
    /// leaves no trace here: the API server notes who *sets* a field (`managedfieldsupdater.go`).
    pub fn last_writers(&self) -> impl Iterator<Item = &Writer> {
        let latest = self.writers.first().and_then(|writer| writer.time);
        self.writers.iter().take_while(move |writer| writer.time == latest)
    }

    /// Who wrote last, as far as that is known.
    pub fn last_writer(&self) -> Option<&Writer> {
        self.writers.first()
    }

    /// Who wrote last and is not `ours`: whoever overwrote us within our own second counts.
    pub fn last_other_writer(&self, ours: &str) -> Option<&Writer> {
        self.last_writers().find(|writer| writer.name != ours)
    }
}

impl Moved {
    /// Who wrote last, as far as that is known.
    pub fn last_writer(&self) -> Option<&Writer> {
        match self {
            Self::Written(written) => written.last_writer(),
            Self::Deleted => None,
        }
    }

    /// Who wrote last and is not `ours`.
    pub fn last_other_writer(&self, ours: &str) -> Option<&Writer> {
        match self {
            Self::Written(written) => written.last_other_writer(ours),
            Self::Deleted => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Moved, Writer, Written};

    fn writer((name, time): &(&str, &str)) -> Writer {
        Writer { name: (*name).to_owned(), operation: "Update".to_owned(), time: time.parse().ok() }
    }

    /// Entries as they stand in the object; the last writer; the last one who is not us.
    type Row<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, Option<&'a str>);

    #[test]
    fn tells_who_wrote_last() {
        let (early, late) = ("2026-11-24T08:00:00Z", "2026-11-24T08:00:01Z");
        let rows: [Row<'_>; 6] = [
            (&[], None, None),
            (&[("us", early)], Some("us"), None),
            (&[("us", early), ("edit", late)], Some("edit"), Some("edit")),
            (&[("edit", early), ("us", late)], Some("us"), None),
            (&[("us", late), ("edit", late)], Some("us"), Some("edit")),
            (&[("edit", ""), ("us", early)], Some("us"), None),
        ];
        for (entries, last, other) in rows {
            let moved = Moved::Written(Written::new("7", entries.iter().map(writer).collect()));
            let name = |writer: Option<&Writer>| writer.map(|writer| writer.name.clone());
            assert_eq!(name(moved.last_writer()).as_deref(), last, "{entries:?}");
            assert_eq!(name(moved.last_other_writer("us")).as_deref(), other, "{entries:?}");
        }
        assert_eq!(Moved::Deleted.last_writer(), None);
    }
}
