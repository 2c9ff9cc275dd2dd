//! All receivers of a server, and what they remember between deliveries.
//!
//! Nothing in here waits: a controller that does not keep up loses nudges, not the server its threads.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rolecall_core::config::ReceiverKind;
use secrecy::SecretString;
use tokio::sync::mpsc;

use super::bucket::{Bucket, Rate};
use super::push::Push;
use super::receiver::{Receiver, ReceiverError};
use super::refusal::Refusal;
use super::replay::Seen;
use super::verify::{Arrived, Verified, verify};
use crate::metrics::{Metrics, WebhookOutcome};

/// "Look at this repository": what a delivery comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nudge {
    /// The configured name of the receiver.
    pub receiver: Arc<str>,
    /// What it told.
    pub push: Push,
}

/// The time, as a value: of the day for what others signed, and steady for our own memory.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The time of day.
    pub wall: Timestamp,
    /// A clock that is never set.
    pub steady: Instant,
}

impl Now {
    /// Asks the machine.
    pub fn read() -> Self {
        Self { wall: Timestamp::now(), steady: Instant::now() }
    }
}

/// What became of a delivery, and may be told to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The controller was nudged.
    Accepted,
    /// Believed, and no push.
    Ignored,
    /// Believed, and told before.
    Replayed,
    /// Not believed; of a receiver that does not exist, nothing is.
    Refused,
    /// Believed, and not understood.
    Malformed(&'static str),
    /// Believed, and the controller has too much to do: try again.
    Busy,
}

/// Unknown names share this many buckets, so that a flood of names costs no more than a flood of one, and
/// whether a name is known cannot be read off another name's bucket.
const STRANGERS: usize = 8;

/// All receivers of a server.
pub struct Receivers {
    known: BTreeMap<Arc<str>, Known>,
    /// Whose signature is checked when a name is unknown, so that the answer takes as long.
    nobody: Receiver,
    strangers: Vec<Mutex<Bucket>>,
    hasher: RandomState,
    nudges: mpsc::Sender<Nudge>,
    metrics: Arc<Metrics>,
}

struct Known {
    receiver: Receiver,
    bucket: Mutex<Bucket>,
    seen: Mutex<Seen>,
}

impl Receivers {
    /// Takes the receivers of a configuration, each of which takes deliveries at this rate.
    pub fn new(
        receivers: Vec<Receiver>,
        rate: Rate,
        nudges: mpsc::Sender<Nudge>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, ReceiverError> {
        let now = Instant::now();
        let mut known = BTreeMap::new();
        for receiver in receivers {
            receiver.check()?;
            let name: Arc<str> = receiver.name.as_str().into();
            let bucket = Mutex::new(Bucket::new(rate, now));
            if known
                .insert(name, Known { receiver: receiver.clone(), bucket, seen: Mutex::default() })
                .is_some()
            {
                return Err(ReceiverError::Twice(receiver.name));
            }
        }
        let strangers = (0..STRANGERS).map(|_| Mutex::new(Bucket::new(rate, now))).collect();
        Ok(Self { known, nobody: nobody(), strangers, hasher: RandomState::new(), nudges, metrics })
    }

    /// Whether one more delivery may be looked at, or how long the sender should wait. To be asked before the
    /// body is read.
    pub fn admit(&self, name: &str, now: Now) -> Result<(), Duration> {
        let bucket = self.known.get(name).map_or_else(|| self.stranger(name), |known| &known.bucket);
        lock(bucket).take(now.steady)
    }

    /// Decides about one delivery, nudges the controller, and says what to answer.
    pub fn receive(&self, name: &str, arrived: Arrived<'_>, now: Now) -> Answer {
        let Some((name, known)) = self.known.get_key_value(name) else {
            // Nobody knows this secret, but if he did, he would be refused just the same.
            let _ = verify(&self.nobody, arrived, now.wall);
            return Answer::Refused;
        };
        match verify(&known.receiver, arrived, now.wall) {
            Ok(verified) if verified.pushes.is_empty() => Answer::Ignored,
            Ok(verified) => self.nudge(name, known, verified, now),
            Err(Refusal::Malformed(message)) => Answer::Malformed(message),
            Err(Refusal::Unsigned | Refusal::Signature | Refusal::Expired) => Answer::Refused,
        }
    }

    /// Counts what became of a request; unknown names are counted together.
    pub fn count(&self, name: &str, outcome: WebhookOutcome) {
        let known = self.known.get_key_value(name).map(|(name, _)| name.as_ref());
        self.metrics.webhook(known, outcome);
    }

    fn stranger(&self, name: &str) -> &Mutex<Bucket> {
        let hash = usize::try_from(self.hasher.hash_one(name) % STRANGERS as u64).unwrap_or_default();
        &self.strangers[hash]
    }

    /// All pushes of a delivery, or none: half a delivery would be taken for a replay when it is sent again.
    fn nudge(&self, name: &Arc<str>, known: &Known, verified: Verified, now: Now) -> Answer {
        let Verified { id, mut pushes } = verified;
        // More would never fit; the controller fetches all of a repository anyhow.
        pushes.truncate(self.nudges.max_capacity());
        if !lock(&known.seen).note(id, now.steady) {
            return Answer::Replayed;
        }
        let Ok(places) = self.nudges.try_reserve_many(pushes.len()) else {
            lock(&known.seen).forget(id);
            return Answer::Busy;
        };
        for (place, push) in places.zip(pushes) {
            place.send(Nudge { receiver: Arc::clone(name), push });
        }
        Answer::Accepted
    }
}

impl From<Answer> for WebhookOutcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Accepted => Self::Accepted,
            Answer::Ignored => Self::Ignored,
            Answer::Replayed => Self::Replayed,
            Answer::Refused => Self::Refused,
            Answer::Malformed(_) => Self::Malformed,
            Answer::Busy => Self::Busy,
        }
    }
}

fn nobody() -> Receiver {
    let secret = SecretString::from("nobody signs with this");
    Receiver { name: String::new(), kind: ReceiverKind::GitHub, secret }
}

/// What a panicking thread left behind is still a bucket.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
