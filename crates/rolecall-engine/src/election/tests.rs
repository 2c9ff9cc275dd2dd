//! Never two leaders, whatever the clocks, the network and the scheduler do; and one again soon after.

use std::time::Duration;

use super::{Election, Moment, Move, Term, Terms, Wrote};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn term(holder: &str, version: &str) -> Term {
    let holder = Some(holder.to_owned()).filter(|holder| !holder.is_empty());
    Term { holder, version: version.to_owned(), duration: seconds(15) }
}

fn election() -> Election {
    Election::new("us", Terms::default())
}

fn swap(version: &str) -> Move {
    Move::Swap(version.to_owned())
}

fn done(version: &str) -> Wrote {
    Wrote::Done(version.to_owned())
}

#[test]
fn a_lease_that_is_not_there_is_created_and_renewed() {
    let mut us = election();
    assert_eq!(us.next(seconds(0)), Move::Read);
    us.read(seconds(1), None);
    assert_eq!(us.next(seconds(1)), Move::Create);
    us.wrote(seconds(1), seconds(2), done("1"));
    assert!(us.is_leading(seconds(10)));
    assert!(!us.is_leading(seconds(11)), "ten seconds after it was sent");
    assert_eq!(us.next(seconds(2)), Move::Wait(seconds(1)));
    assert_eq!(us.next(seconds(3)), swap("1"));
    us.wrote(seconds(3), seconds(3), done("2"));
    assert!(us.is_leading(seconds(12)));
    assert_eq!(us.leader(), Some("us"));
}

#[test]
fn a_term_is_over_when_we_have_seen_it_stand_still() {
    let mut us = election();
    us.read(seconds(0), Some(term("them", "1")));
    us.read(seconds(10), Some(term("them", "2")));
    assert_eq!(us.next(seconds(12)), Move::Read);
    us.read(seconds(24), Some(term("them", "2")));
    assert_eq!(us.next(seconds(24)), Move::Wait(seconds(2)));
    assert_eq!(us.next(seconds(26)), swap("2"));
    us.wrote(seconds(26), seconds(26), Wrote::RaceLost);
    assert!(!us.is_leading(seconds(26)));
    assert_eq!(us.next(seconds(26)), Move::Read, "they were only slow");
}

#[test]
fn a_term_without_holder_is_free_at_once() {
    let mut us = election();
    us.read(seconds(0), Some(term("", "7")));
    assert_eq!(us.next(seconds(0)), swap("7"));
}

#[test]
fn a_deleted_lease_is_not_free_for_those_who_knew_its_holder() {
    let mut us = election();
    us.read(seconds(0), Some(term("them", "1")));
    us.read(seconds(3), None);
    assert_eq!(us.next(seconds(5)), Move::Read);
    us.read(seconds(5), None);
    assert_eq!(us.next(seconds(17)), Move::Read);
    assert_eq!(us.next(seconds(18)), Move::Create);
}

#[test]
fn a_lost_answer_is_looked_up() {
    let mut us = election();
    us.read(seconds(0), None);
    us.wrote(seconds(0), seconds(5), Wrote::Unknown);
    assert!(!us.is_leading(seconds(5)));
    assert_eq!(us.next(seconds(7)), Move::Read);
    us.read(seconds(7), Some(term("us", "1")));
    assert!(!us.is_leading(seconds(7)), "only a write of which we know when it was sent counts");
    assert_eq!(us.next(seconds(7)), swap("1"));
    us.wrote(seconds(7), seconds(7), done("2"));
    us.wrote(seconds(9), seconds(14), Wrote::Unknown);
    assert!(us.is_leading(seconds(16)) && !us.is_leading(seconds(17)));
}

#[test]
fn whoever_resigns_leads_no_more_and_frees_what_is_his() {
    let mut us = election();
    us.read(seconds(0), None);
    us.wrote(seconds(0), seconds(0), done("1"));
    assert_eq!(us.resign(), Some("1".to_owned()));
    assert!(!us.is_leading(seconds(0)));
    us.read(seconds(1), Some(term("them", "2")));
    assert_eq!(us.resign(), None);
}

/// Random numbers, the same each time (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// The Lease in a world of milliseconds.
#[derive(Default)]
struct Server {
    holder: Option<String>,
    version: u64,
}

/// A process: its clock starts anywhere and runs up to 15 % fast or slow.
struct Process {
    name: String,
    election: Election,
    clock_ahead: u64,
    clock_rate: u64,
    /// It does nothing until then: it waits, is stopped, or its answer is under way.
    busy_until: u64,
    answer: Option<Answer>,
}

/// What was told to a process, which it gets to know later.
enum Answer {
    Read(Option<Term>),
    Wrote(Moment, Wrote),
}

impl Process {
    fn new(name: String, chance: &mut Chance) -> Self {
        Self {
            election: Election::new(name.clone(), Terms::default()),
            name,
            clock_ahead: chance.below(1_000_000),
            clock_rate: 85 + chance.below(31),
            busy_until: 0,
            answer: None,
        }
    }

    fn clock(&self, now: u64) -> Moment {
        Duration::from_millis(self.clock_ahead + now * self.clock_rate / 100)
    }

    fn step(&mut self, server: &mut Server, now: u64, chance: &mut Chance, is_calm: bool) {
        let ours = self.clock(now);
        match self.answer.take() {
            Some(Answer::Read(term)) => self.election.read(ours, term),
            Some(Answer::Wrote(sent, outcome)) => self.election.wrote(sent, ours, outcome),
            None => self.act(server, ours, chance, is_calm),
        }
        let is_stopped = !is_calm && chance.below(40) == 0;
        self.busy_until = now + if is_stopped { chance.below(40_000) } else { 20 + chance.below(200) };
    }

    fn act(&mut self, server: &mut Server, sent: Moment, chance: &mut Chance, is_calm: bool) {
        let (is_lost, is_late) = (!is_calm && chance.below(5) == 0, !is_calm && chance.below(5) == 0);
        let version = match self.election.next(sent) {
            Move::Wait(_) => return,
            Move::Read if is_lost => return,
            Move::Read => {
                self.answer = Some(Answer::Read(server.term()));
                return;
            }
            Move::Create => 0,
            Move::Swap(version) => version.parse().unwrap(),
        };
        let outcome = if is_lost { Wrote::Unknown } else { server.swap(version, &self.name) };
        self.answer = Some(Answer::Wrote(sent, if is_late { Wrote::Unknown } else { outcome }));
    }
}

impl Server {
    fn term(&self) -> Option<Term> {
        let holder = self.holder.as_deref().unwrap_or_default();
        (self.version > 0).then(|| term(holder, &self.version.to_string()))
    }

    fn swap(&mut self, version: u64, name: &str) -> Wrote {
        if version != self.version {
            return Wrote::RaceLost;
        }
        self.version += 1;
        self.holder = Some(name.to_owned());
        Wrote::Done(self.version.to_string())
    }
}

/// Runs the world, and tells how long somebody led.
fn run(
    world: (&mut [Process], &mut Server),
    times: std::ops::Range<u64>,
    chance: &mut Chance,
    is_calm: bool,
) -> u64 {
    let (processes, server) = world;
    let mut led = 0;
    for now in times.step_by(10) {
        for process in processes.iter_mut() {
            if process.busy_until <= now {
                process.step(server, now, chance, is_calm);
            }
        }
        let is_leading = |process: &&Process| process.election.is_leading(process.clock(now));
        let leaders: Vec<&str> = processes.iter().filter(is_leading).map(|one| one.name.as_str()).collect();
        assert!(leaders.len() <= 1, "at {now} ms: {leaders:?}");
        led += 10 * leaders.len() as u64;
    }
    led
}

#[test]
fn never_do_two_lead() {
    const STORM: u64 = 300_000;
    let mut led_in_storms = 0;
    for seed in 1..=60_u64 {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let mut server = Server::default();
        let mut processes: Vec<Process> =
            ["a", "b", "c"].map(|name| Process::new(name.to_owned(), &mut chance)).into();
        led_in_storms += run((&mut processes, &mut server), 0..STORM, &mut chance, false);
        // Once nobody is stopped any more, somebody leads within the twenty seconds, and goes on.
        for process in &mut processes {
            process.busy_until = STORM;
        }
        run((&mut processes, &mut server), STORM..STORM + 20_000, &mut chance, true);
        let led = run((&mut processes, &mut server), STORM + 20_000..STORM + 80_000, &mut chance, true);
        assert_eq!(led, 60_000, "seed {seed}");
    }
    assert!(
        led_in_storms > 60 * STORM / 4,
        "they lead in storms too, or this proves nothing: {led_in_storms}"
    );
}
