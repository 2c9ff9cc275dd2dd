//! How things stand with one cluster after a pass: for status, metrics, logs and events.

use rolecall_core::Timestamp;
use rolecall_core::finding::{Finding, Level};
use rolecall_core::guard::{Guard, Judgement, Verdict};
use rolecall_core::identity_mapping::Section;
use rolecall_core::observed::ObservedAccess;
use rolecall_core::project::Unusable;
use rolecall_core::reconcile::{Act, Drift, Hold, Pass};
use rolecall_core::record::Outcome;

use super::State;
use crate::line::{ApplyError, ApplyReport};
use crate::port::{PortError, PortErrorKind};

/// How things stand.
#[derive(Debug)]
pub struct Standing {
    /// The newest commit of the source.
    pub commit: Option<String>,
    /// The commit that was applied last, as far as this process knows.
    pub applied: Option<String>,
    /// What this pass did.
    pub done: Option<Done>,
    /// What differs without a revision that says so.
    pub drift: Vec<Drift>,
    /// Could it be told what differs? Where not, nothing is known of drift and hold.
    pub is_judged: bool,
    /// Nothing is healed or applied until it ends.
    pub hold: Option<Hold>,
    /// What keeps the cluster from being as the newest commit says.
    pub trouble: Vec<Trouble>,
    /// When to look again at the latest, if something waits.
    pub wake_at: Option<Timestamp>,
    /// What was seen of the map.
    pub seen: Seen,
    /// How many entries each section has.
    pub entries: [(Section, usize); 3],
}

/// What a pass saw of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The cluster could not be observed.
    Nothing,
    /// There is none.
    Absent,
    /// It was at this version.
    At(String),
}

/// What a pass did.
#[derive(Debug)]
pub enum Done {
    /// It applied the newest commit.
    Applied(Box<ApplyReport>),
    /// It put back what somebody took away.
    Healed(Box<ApplyReport>),
}

impl Done {
    /// How it went.
    pub fn report(&self) -> &ApplyReport {
        match self {
            Self::Applied(report) | Self::Healed(report) => report,
        }
    }
}

/// What is in the way.
#[derive(Debug)]
pub enum Trouble {
    /// The source could not be fetched: what is known of it goes on.
    Source(PortError),
    /// The cluster could not be observed.
    Cluster(PortError),
    /// The newest commit holds nothing that could be applied.
    Unusable(Unusable),
    /// Guards, another source or the cluster refuse it, for these reasons.
    Refused(Vec<Guard>, Vec<String>),
    /// An apply or a heal did not get to its end.
    Failed(String),
    /// What was applied is not what is seen, or cannot be seen.
    Unverified(Outcome),
    /// Somebody keeps undoing what is healed.
    Contended(Option<String>),
    /// The hold is written wrongly, and counts for nothing.
    Hold(&'static str),
}

impl Standing {
    pub(super) fn of(state: &State) -> Self {
        Self {
            commit: state.commit().map(str::to_owned),
            applied: state.applied(),
            done: None,
            drift: Vec::new(),
            is_judged: false,
            hold: None,
            trouble: Vec::new(),
            wake_at: None,
            seen: Seen::Nothing,
            entries: Section::ALL.map(|section| (section, 0)),
        }
    }

    /// Is all as the newest commit says?
    pub fn is_ready(&self) -> bool {
        self.trouble.is_empty() && self.hold.is_none() && self.drift.is_empty() && self.commit.is_some()
    }

    /// Is something in the way that may be over soon by itself?
    pub fn is_troubled_by_the_world(&self) -> bool {
        self.trouble.iter().any(Trouble::is_of_the_world)
    }

    /// The same of the cluster alone: a source that cannot be fetched is tried again by whoever follows it.
    pub fn is_troubled_by_the_cluster(&self) -> bool {
        let is_of_the_cluster = |one: &Trouble| one.is_of_the_world() && !matches!(one, Trouble::Source(_));
        self.trouble.iter().any(is_of_the_cluster)
    }

    pub(super) fn tell_of(&mut self, observed: &ObservedAccess, now: Timestamp) {
        let map = observed.effective();
        let version = observed.map.as_ref().and_then(|map| map.resource_version.clone());
        self.seen = version.map_or(Seen::Absent, Seen::At);
        self.entries = Section::ALL.map(|section| (section, map.section(section).entries().len()));
        self.trouble.extend(Hold::mistake(observed, now).map(Trouble::Hold));
    }

    /// A new revision says nothing of drift: what was seen of the one before it stays.
    pub(super) fn decided(&mut self, pass: &Pass) {
        if !matches!(pass.act, Act::Apply) {
            self.drift.clone_from(&pass.drift);
            self.is_judged = true;
        }
        self.wake_at = [self.wake_at, pass.wake_at].into_iter().flatten().min();
        match &pass.act {
            Act::Held(hold) => self.hold = Some(hold.clone()),
            Act::Contended(writer) => self.trouble.push(Trouble::Contended(writer.clone())),
            Act::Nothing | Act::Apply | Act::Heal(_) => {}
        }
    }

    pub(super) fn applied(&mut self, result: Result<ApplyReport, ApplyError>) {
        let done = self.ended(result).map(Done::Applied);
        let is_written = done.as_ref().is_some_and(|done| done.report().outcome.is_some());
        if is_written || self.done.is_none() {
            self.done = done;
        }
        if is_written {
            // It was applied as a whole, and seen afterwards.
            (self.drift, self.is_judged) = (Vec::new(), true);
        }
    }

    pub(super) fn healed(&mut self, result: Result<ApplyReport, ApplyError>) {
        self.done = self.ended(result).map(Done::Healed);
    }

    fn ended(&mut self, result: Result<ApplyReport, ApplyError>) -> Option<Box<ApplyReport>> {
        match result {
            Ok(report) => {
                let unverified = report.outcome.filter(|outcome| *outcome != Outcome::Verified);
                self.trouble.extend(unverified.map(Trouble::Unverified));
                Some(Box::new(report))
            }
            Err(ApplyError::Refused(refusal, _)) => {
                let blocked = refusal.plan.blocked().iter().map(|block| block.reason.clone());
                let conflicts = refusal.plan.conflicts().iter().map(|conflict| {
                    format!("`{}` is owned by another source, {}", conflict.key.principal(), conflict.owner)
                });
                let refusing = refusal.judgements.iter().filter(|one| one.verdict == Verdict::Refused);
                let guards = refusing.clone().map(|judgement| judgement.guard).collect();
                let reasons = refusing.map(told_by).chain(blocked).chain(conflicts).collect();
                self.trouble.push(Trouble::Refused(guards, reasons));
                None
            }
            Err(error) => {
                self.trouble.push(Trouble::Failed(told(&error)));
                None
            }
        }
    }
}

impl Trouble {
    /// A word for it that does not change: `SourceFailed`, `Refused`, …
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Source(_) => "SourceFailed",
            Self::Cluster(_) => "ClusterFailed",
            Self::Unusable(_) => "Unusable",
            Self::Refused(..) => "Refused",
            Self::Failed(_) => "Failed",
            Self::Unverified(_) => "Unverified",
            Self::Contended(_) => "Contended",
            Self::Hold(_) => "HoldIgnored",
        }
    }

    /// Does it last until somebody does something about it?
    pub fn is_stalled(&self) -> bool {
        match self {
            Self::Unusable(_) | Self::Refused(..) | Self::Contended(_) => true,
            Self::Source(error) | Self::Cluster(error) => error.kind == PortErrorKind::Invalid,
            Self::Failed(_) | Self::Unverified(_) | Self::Hold(_) => false,
        }
    }

    fn is_of_the_world(&self) -> bool {
        !self.is_stalled() && !matches!(self, Self::Hold(_))
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Source(error) | Self::Cluster(error) => write!(f, "{error}"),
            Self::Unusable(Unusable::NoMap(why)) => f.write_str(why),
            Self::Unusable(Unusable::Findings(findings)) => f.write_str(&worst(findings)),
            Self::Refused(_, reasons) => f.write_str(&reasons.join("; ")),
            Self::Failed(message) => f.write_str(message),
            Self::Unverified(outcome) => match outcome {
                Outcome::NotAsPlanned => f.write_str("what is there now is not what was planned"),
                _ => f.write_str("what came of it could not be verified"),
            },
            Self::Contended(Some(writer)) => write!(f, "`{writer}` keeps undoing what is healed"),
            Self::Contended(None) => f.write_str("somebody keeps undoing what is healed"),
            Self::Hold(mistake) => f.write_str(mistake),
        }
    }
}

fn told_by(judgement: &Judgement) -> String {
    format!("{}: {}", judgement.guard.as_str(), judgement.message)
}

/// The error itself, and what it comes from.
fn told(error: &ApplyError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The first error, with its place, and how many more there are.
fn worst(findings: &[Finding]) -> String {
    let mut errors = findings.iter().filter(|finding| finding.level == Level::Error);
    let Some(first) = errors.next() else { return "the files are refused".to_owned() };
    let text = format!("{}: {}: {}", first.place, first.code, first.message);
    match errors.count() {
        0 => text,
        more => format!("{text} (and {more} more)"),
    }
}
