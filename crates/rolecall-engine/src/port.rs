//! What the line asks of the outside, and how the outside says no.
//!
//! The traits are object-safe, with boxed futures: fleets mix adapters, and an edit in the core must not
//! re-instantiate an SDK. Reading and writing are separate traits, so that what plans, drift and pages are
//! given cannot write. Adapters translate; they neither decide nor retry.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use rolecall_core::ledger::Ledger;
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess};
use rolecall_core::plan::Call;
use rolecall_core::record::{Completion, Record};
use rolecall_core::source::{Lineage, SourceRevision};

use crate::election::Term;

mod source;

pub use source::{Entry, FetchSource, Fetched, Refused, Snapshot};

mod watch;

pub use watch::{Moved, WatchAccess, Writer, Written};

/// What a port answers, sooner or later.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// Reads a cluster.
pub trait ObserveAccess: Send + Sync {
    /// Observes the whole of it, or says why not; never a part of it.
    fn observe(&self) -> PortFuture<'_, ObservedAccess>;

    /// Who a fresh token, on a connection of its own, is taken for.
    fn authenticate_afresh(&self) -> PortFuture<'_, Caller>;

    /// Asks the API server what it would say to `call`, without doing it.
    fn rehearse<'a>(&'a self, call: &'a Call) -> PortFuture<'a, ()>;
}

/// Changes a cluster.
pub trait ChangeAccess: Send + Sync {
    /// Sends one call. `Conflict` means that somebody else's write came first and nothing was done.
    fn execute<'a>(&'a self, call: &'a Call) -> PortFuture<'a, ()>;
}

/// Keeps records and the ledger beside what they tell of.
pub trait KeepRecords: Send + Sync {
    /// The rights that the caller lacks for what this trait does, each as `verb resource name`; empty if none.
    fn missing_rights(&self) -> PortFuture<'_, Vec<String>>;

    /// Writes a record whose apply has not happened yet.
    fn begin<'a>(&'a self, record: &'a Record) -> PortFuture<'a, ()>;

    /// Completes a record.
    fn complete<'a>(&'a self, name: &'a str, completion: &'a Completion) -> PortFuture<'a, ()>;

    /// Reads a record back; `None` where there is none of that name.
    fn recall<'a>(&'a self, name: &'a str) -> PortFuture<'a, Option<Record>>;

    /// Writes the ledger. `precondition` is the `resourceVersion` it was read at, `None` where there was none.
    fn write_ledger<'a>(&'a self, ledger: &'a Ledger, precondition: Option<&'a str>) -> PortFuture<'a, ()>;
}

/// One deploy at a time.
pub trait HoldLock: Send + Sync {
    /// Takes the lock for `ttl`, or says who holds it. Taking it again while holding it renews it.
    fn acquire<'a>(&'a self, holder: &'a str, ttl: Duration) -> PortFuture<'a, Lock>;

    /// Gives it back, if it is still ours.
    fn release<'a>(&'a self, holder: &'a str) -> PortFuture<'a, ()>;
}

/// The Lease by which several processes elect the one that leads. Who leads is decided in [`crate::election`].
pub trait KeepTerm: Send + Sync {
    /// The Lease as it is; `None` where there is none.
    fn read(&self) -> PortFuture<'_, Option<Term>>;

    /// Creates it, and gives its version. `Conflict` means that somebody was quicker.
    fn create<'a>(&'a self, holder: &'a str, length: Duration) -> PortFuture<'a, String>;

    /// Makes `holder` the one who has it, or renews it for him, and gives its new version. `Conflict` means that it
    /// is no longer at `version`, and nothing was done.
    fn swap<'a>(&'a self, version: &'a str, holder: &'a str, length: Duration) -> PortFuture<'a, String>;

    /// Frees it, if it is still at `version`.
    fn free<'a>(&'a self, version: &'a str) -> PortFuture<'a, ()>;
}

/// Tells how the revision of the files stands to earlier ones of their source.
///
/// Each is made for one revision. What cannot be told, since the history is not at hand, is unknown and says how
/// it would be known; an error is for a history that is there and could not be asked.
pub trait TellLineage: Send + Sync {
    /// How the revision stands to `earlier`, which has a commit.
    fn lineage<'a>(&'a self, earlier: &'a SourceRevision) -> PortFuture<'a, Knowledge<Lineage>>;
}

/// Files that come without their history, if there is any.
pub struct NoHistory;

impl TellLineage for NoHistory {
    fn lineage<'a>(&'a self, _: &'a SourceRevision) -> PortFuture<'a, Knowledge<Lineage>> {
        Box::pin(std::future::ready(Ok(Knowledge::Unknown(
            "the files come without their history".to_owned(),
        ))))
    }
}

/// What came of asking for the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lock {
    /// It is ours.
    Acquired,
    /// Somebody else has it.
    HeldBy {
        /// Who, as he called himself.
        holder: String,
        /// How long he may still keep it without renewing it.
        remaining: Duration,
    },
}

/// Time, so that tests can have their own.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> rolecall_core::Timestamp;

    /// Comes back after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// What the world refused. The retry policy reads `kind`, people read the rest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation} {resource}: {message}")]
pub struct PortError {
    /// What can be done about it.
    pub kind: PortErrorKind,
    /// What was tried, as a verb: `read`, `patch`, `describe`.
    pub operation: String,
    /// On what, in backticks.
    pub resource: String,
    /// What was answered, without a credential in it.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
    /// How long the other side asked us to wait.
    pub retry_after: Option<Duration>,
}

/// What can be done about a port error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// It is not there, and that is known.
    NotFound,
    /// We are known, and may not.
    Denied,
    /// We are not known.
    Unauthenticated,
    /// Somebody else's write came first.
    Conflict,
    /// Too many requests.
    Throttled,
    /// It cannot be reached, or is failing.
    Unavailable,
    /// It did not answer in time.
    Timeout,
    /// It refused what we sent as wrong.
    Invalid,
    /// Anything else.
    Other,
}

impl PortErrorKind {
    /// May the same request succeed a little later?
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable | Self::Timeout)
    }
}

impl PortError {
    /// An error without a hint.
    pub fn new(kind: PortErrorKind, operation: &str, resource: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            operation: operation.to_owned(),
            resource: resource.to_owned(),
            message: message.into(),
            hint: None,
            retry_after: None,
        }
    }

    /// The same with a next step.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
