//! The labels, and all values they can have.

use prometheus_client::encoding::EncodeLabelSet;
use rolecall_core::guard::Guard;
use rolecall_core::identity_mapping::Section;

/// How a pass over a cluster ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassOutcome {
    /// The cluster was as the files say.
    Unchanged,
    /// It was made so, and seen to be so.
    Applied,
    /// The files cannot be used, or a guard said no.
    Refused,
    /// Somebody holds the map as it is.
    Held,
    /// Something outside failed.
    Failed,
}

/// How a fetch of a source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchOutcome {
    /// There is nothing new.
    Unchanged,
    /// There is another revision.
    Moved,
    /// There is one, and it may not be used, or may not be read: not signed, no longer allowed in.
    Refused,
    /// Something outside failed.
    Failed,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookOutcome {
    /// The controller was nudged.
    Accepted,
    /// Believed, and no push.
    Ignored,
    /// Believed, and told before.
    Replayed,
    /// Not believed.
    Refused,
    /// Believed, and not understood.
    Malformed,
    /// The controller has too much to do.
    Busy,
    /// Too many came, and this one was not looked at.
    Limited,
    /// Its body is over the limit.
    TooLarge,
    /// Its body did not come in time, or never did.
    Unread,
}

/// What became of something that was to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationOutcome {
    /// It was taken.
    Sent,
    /// It was not, however often it was tried.
    Failed,
    /// Too much waits already.
    Dropped,
}

impl NotificationOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

impl PassOutcome {
    pub(super) const ALL: [Self; 5] =
        [Self::Unchanged, Self::Applied, Self::Refused, Self::Held, Self::Failed];

    /// The word for it in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }
}

impl FetchOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Moved => "moved",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl WebhookOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Ignored => "ignored",
            Self::Replayed => "replayed",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::Busy => "busy",
            Self::Limited => "limited",
            Self::TooLarge => "too_large",
            Self::Unread => "unread",
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Cluster {
    cluster: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ClusterOutcome {
    cluster: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ClusterGuard {
    cluster: String,
    guard: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ClusterSection {
    cluster: String,
    section: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct SourceOutcome {
    source: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ReceiverOutcome {
    receiver: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct TargetOutcome {
    target: String,
    outcome: &'static str,
}

impl From<&str> for Cluster {
    fn from(cluster: &str) -> Self {
        Self { cluster: cluster.to_owned() }
    }
}

impl ClusterOutcome {
    pub(super) fn new(Cluster { cluster }: Cluster, outcome: PassOutcome) -> Self {
        Self { cluster, outcome: outcome.as_str() }
    }
}

impl ClusterGuard {
    pub(super) fn new(cluster: &str, guard: Guard) -> Self {
        Self { cluster: cluster.to_owned(), guard: guard.as_str() }
    }
}

impl ClusterSection {
    pub(super) fn new(cluster: &str, section: Section) -> Self {
        Self { cluster: cluster.to_owned(), section: section.key() }
    }
}

impl SourceOutcome {
    pub(super) fn new(source: &str, outcome: FetchOutcome) -> Self {
        Self { source: source.to_owned(), outcome: outcome.as_str() }
    }
}

impl ReceiverOutcome {
    pub(super) fn new(receiver: &str, outcome: WebhookOutcome) -> Self {
        Self { receiver: receiver.to_owned(), outcome: outcome.as_str() }
    }
}

impl TargetOutcome {
    pub(super) fn new(target: &str, outcome: NotificationOutcome) -> Self {
        Self { target: target.to_owned(), outcome: outcome.as_str() }
    }
}
