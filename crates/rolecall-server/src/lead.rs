//! Who of several processes leads. What is decided is [`rolecall_engine::election`]'s; here the Lease is asked, and
//! whoever works only as long as it leads is told.

use std::time::Duration;

use rolecall_core::plan::Call;
use rolecall_engine::election::{Election, Move, Terms, Wrote};
use rolecall_engine::port::{ChangeAccess, KeepTerm, PortError, PortErrorKind, PortFuture};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// An answer that takes longer is none: it would come too late for most of what it is for.
const ANSWER: Duration = Duration::from_secs(5);

/// Hears what becomes of an election.
pub trait Ears: Send + Sync {
    /// Somebody leads, or nobody does, as far as is known.
    fn leads(&self, leader: Option<&str>, is_us: bool);

    /// The Lease cannot be read or written.
    fn cannot_elect(&self, why: &PortError);
}

/// Stands for election until `stop` says true, and frees the Lease then.
pub async fn stand(
    (term, us): (&dyn KeepTerm, &str),
    terms: Terms,
    leads: &watch::Sender<Option<Instant>>,
    (ears, mut stop): (&dyn Ears, watch::Receiver<bool>),
) {
    let start = Instant::now();
    let mut election = Election::new(us, terms);
    let mut told = None;
    loop {
        let pause = match election.next(start.elapsed()) {
            Move::Wait(pause) => pause,
            request => match ask((term, us), (request, terms.lease), &mut election, start).await {
                Ok(()) => Duration::ZERO,
                Err(error) => {
                    ears.cannot_elect(&error);
                    terms.retry
                }
            },
        };
        leads.send_replace(election.leading_until().map(|until| start + until));
        let now = (election.leader().map(str::to_owned), election.is_leading(start.elapsed()));
        if told.as_ref() != Some(&now) {
            ears.leads(now.0.as_deref(), now.1);
            told = Some(now);
        }
        tokio::select! {
            biased;
            // Whoever could have said it is gone: that is a stop as well.
            _ = stop.wait_for(|stop| *stop) => break,
            () = sleep(pause) => {}
        }
    }
    leads.send_replace(None);
    if let Some(version) = election.resign() {
        // If it cannot be freed, it is over by itself.
        let _ = timeout(ANSWER, term.free(&version)).await;
    }
}

/// Sends one request, and tells the election what came of it. An error is for people: the election knows already.
async fn ask(
    (term, us): (&dyn KeepTerm, &str),
    (request, length): (Move, Duration),
    election: &mut Election,
    start: Instant,
) -> Result<(), PortError> {
    let sent = start.elapsed();
    let written = match request {
        Move::Wait(_) => return Ok(()),
        Move::Read => {
            let read = in_time(term.read()).await?;
            election.read(start.elapsed(), read);
            return Ok(());
        }
        Move::Create => in_time(term.create(us, length)).await,
        Move::Swap(version) => in_time(term.swap(&version, us, length)).await,
    };
    let (outcome, told) = match written {
        Ok(version) => (Wrote::Done(version), Ok(())),
        Err(error) if error.kind == PortErrorKind::Conflict => (Wrote::RaceLost, Ok(())),
        Err(error) => (Wrote::Unknown, Err(error)),
    };
    election.wrote(sent, start.elapsed(), outcome);
    told
}

async fn in_time<T>(answer: PortFuture<'_, T>) -> Result<T, PortError> {
    timeout(ANSWER, answer).await.unwrap_or_else(|_| {
        let message = format!("there was no answer within {} s", ANSWER.as_secs());
        Err(PortError::new(PortErrorKind::Timeout, "ask for", "`the lease`", message))
    })
}

/// Whether this process leads, for whoever works only then.
#[derive(Debug, Clone)]
pub struct Leadership(watch::Receiver<Option<Instant>>);

impl Leadership {
    /// What an election tells.
    pub fn of(leads: &watch::Sender<Option<Instant>>) -> Self {
        Self(leads.subscribe())
    }

    /// Of a process that has no others beside it.
    pub fn alone() -> Self {
        const CENTURY: Duration = Duration::from_hours(24 * 36_525);
        Self(watch::channel(Some(Instant::now() + CENTURY)).1)
    }

    /// Does it lead now? To be asked before each thing that only a leader may do.
    pub fn is_held(&self) -> bool {
        self.0.borrow().is_some_and(|until| Instant::now() < until)
    }

    /// Comes back once it leads; never, if it never will.
    pub async fn won(&mut self) {
        while !self.is_held() {
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Comes back once it does not lead any more, be it only that nobody knows.
    pub async fn lost(&mut self) {
        loop {
            let until = *self.0.borrow_and_update();
            let Some(until) = until.filter(|until| Instant::now() < *until) else { return };
            tokio::select! {
                () = sleep_until(until) => {}
                changed = self.0.changed() => if changed.is_err() {
                    sleep_until(until).await;
                },
            }
        }
    }
}

/// Changes a cluster only as long as this process leads: one that was stopped for a while wakes in the middle of
/// what it did, and somebody else may lead by then.
pub(crate) struct Fenced<'a> {
    pub(crate) change: &'a dyn ChangeAccess,
    pub(crate) leadership: &'a Leadership,
}

impl ChangeAccess for Fenced<'_> {
    fn execute<'a>(&'a self, call: &'a Call) -> PortFuture<'a, ()> {
        if self.leadership.is_held() {
            return self.change.execute(call);
        }
        let error = PortError::new(
            PortErrorKind::Denied,
            "change",
            "`the map`",
            "another process may lead by now, and nothing was sent",
        );
        Box::pin(std::future::ready(Err(error)))
    }
}
