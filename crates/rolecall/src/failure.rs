//! How a command ends: its exit status, and what went wrong with the next step.

use std::fmt;
use std::io;
use std::process::ExitCode;

use rolecall_engine::port::PortError;

/// The exit status of a command; a contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Done, or nothing to do: 0.
    Done,
    /// It could not be done: 1.
    Failed,
    /// Drift, or, where that was asked for, changes: 2.
    Changed,
    /// Findings of level error, or a guard: 3.
    Refused,
    /// The command line makes no sense: 64.
    Usage,
}

/// Why a command failed, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    /// From what was tried down to the cause.
    pub(crate) error: anyhow::Error,
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure with status 1.
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { status: Status::Failed, error: anyhow::anyhow!("{message}"), hint: None }
    }

    /// A command line that makes no sense.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { status: Status::Usage, ..Self::new(message) }
    }

    /// A plan or file that may not be applied.
    pub(crate) fn refused(message: impl fmt::Display) -> Self {
        Self { status: Status::Refused, ..Self::new(message) }
    }

    /// A file that could not be read or written, or the like.
    pub(crate) fn io(attempt: impl fmt::Display, error: io::Error) -> Self {
        Self {
            status: Status::Failed,
            error: anyhow::Error::new(error).context(attempt.to_string()),
            hint: None,
        }
    }

    /// The same with a next step.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Did the reader of our output go away?
    pub(crate) fn is_broken_pipe(&self) -> bool {
        let causes = self.error.chain();
        causes
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        let hint = error.hint.clone();
        Self { status: Status::Failed, error: error.into(), hint }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Changed => 2,
            Status::Refused => 3,
            Status::Usage => 64,
        })
    }
}
