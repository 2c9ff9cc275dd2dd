//! Several processes and one Lease in memory, in a time of its own: never two leaders, and one again soon after.
#![expect(clippy::unwrap_used, reason = "everything here is a test")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rolecall_engine::election::{Term, Terms};
use rolecall_engine::port::{KeepTerm, PortError, PortErrorKind, PortFuture};
use rolecall_server::lead::{Ears, Leadership, stand};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Lease {
    term: Mutex<(u64, Option<Term>)>,
    is_away: AtomicBool,
    hangs: AtomicBool,
}

impl Lease {
    fn write(&self, from: Option<&str>, holder: &str, duration: Duration) -> Result<String, PortError> {
        let mut term = self.term.lock().unwrap();
        if term.1.as_ref().map(|term| term.version.as_str()) != from {
            return Err(PortError::new(PortErrorKind::Conflict, "patch", "`it`", "it has moved"));
        }
        let version = (term.0 + 1).to_string();
        let holder = Some(holder.to_owned()).filter(|holder| !holder.is_empty());
        *term = (term.0 + 1, Some(Term { holder, version: version.clone(), duration }));
        Ok(version)
    }

    fn answer<'a, T: Send + 'a>(
        &'a self,
        work: impl FnOnce() -> Result<T, PortError> + Send + 'a,
    ) -> PortFuture<'a, T> {
        Box::pin(async move {
            sleep(Duration::from_millis(20)).await;
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            if self.is_away.load(Ordering::Relaxed) {
                return Err(PortError::new(PortErrorKind::Unavailable, "ask", "`it`", "it is away"));
            }
            work()
        })
    }
}

impl KeepTerm for Lease {
    fn read(&self) -> PortFuture<'_, Option<Term>> {
        self.answer(|| Ok(self.term.lock().unwrap().1.clone()))
    }

    fn create<'a>(&'a self, holder: &'a str, length: Duration) -> PortFuture<'a, String> {
        self.answer(move || self.write(None, holder, length))
    }

    fn swap<'a>(&'a self, version: &'a str, holder: &'a str, length: Duration) -> PortFuture<'a, String> {
        self.answer(move || self.write(Some(version), holder, length))
    }

    fn free<'a>(&'a self, version: &'a str) -> PortFuture<'a, ()> {
        self.answer(move || self.write(Some(version), "", SECOND).map(drop))
    }
}

#[derive(Default)]
struct Ear {
    told: Mutex<Vec<(Option<String>, bool)>>,
    complaints: Mutex<usize>,
}

impl Ears for Ear {
    fn leads(&self, leader: Option<&str>, is_us: bool) {
        self.told.lock().unwrap().push((leader.map(str::to_owned), is_us));
    }

    fn cannot_elect(&self, _: &PortError) {
        *self.complaints.lock().unwrap() += 1;
    }
}

struct Process {
    leadership: Leadership,
    stop: watch::Sender<bool>,
    ear: Arc<Ear>,
    task: JoinHandle<()>,
}

impl Process {
    fn start(name: &'static str, lease: &Arc<Lease>) -> Self {
        let (leads, _) = watch::channel(None);
        let leadership = Leadership::of(&leads);
        let (stop, stopped) = watch::channel(false);
        let (lease, ear) = (lease.clone(), Arc::new(Ear::default()));
        let heard = ear.clone();
        let task = tokio::spawn(async move {
            let term: &dyn KeepTerm = lease.as_ref();
            stand((term, name), Terms::default(), &leads, (heard.as_ref(), stopped)).await;
        });
        Self { leadership, stop, ear, task }
    }
}

/// How long it takes until this one leads; meanwhile there are never two.
async fn until_leads(all: &[&Process], wanted: impl Fn(usize) -> bool, patience: Duration) -> Duration {
    let start = Instant::now();
    loop {
        let leaders: Vec<usize> = (0..all.len()).filter(|at| all[*at].leadership.is_held()).collect();
        assert!(leaders.len() < 2, "two lead");
        if leaders.first().is_some_and(|at| wanted(*at)) {
            return start.elapsed();
        }
        assert!(start.elapsed() < patience, "nobody leads after {patience:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_leads_and_when_it_is_killed_another_does_within_20_seconds() {
    let lease = Arc::new(Lease::default());
    let (one, two) = (Process::start("one", &lease), Process::start("two", &lease));
    until_leads(&[&one, &two], |_| true, SECOND).await;
    for _ in 0..6_000 {
        let both = (one.leadership.is_held(), two.leadership.is_held());
        assert!(both.0 != both.1, "a leader who renews leads without a gap: {both:?}");
        sleep(Duration::from_millis(10)).await;
    }
    let (killed, other) = if one.leadership.is_held() { (one, two) } else { (two, one) };
    killed.task.abort();
    let time = until_leads(&[&killed, &other], |at| at == 1, 20 * SECOND).await;
    assert!(time > 10 * SECOND, "whoever was killed might be alive: {time:?}");
    assert!(other.ear.told.lock().unwrap().last().unwrap().1);
}

#[tokio::test(start_paused = true)]
async fn who_stops_lets_the_other_lead_at_once() {
    let lease = Arc::new(Lease::default());
    let one = Process::start("one", &lease);
    until_leads(&[&one], |_| true, SECOND).await;
    let two = Process::start("two", &lease);
    sleep(10 * SECOND).await;
    one.stop.send_replace(true);
    until_leads(&[&one, &two], |at| at == 1, 3 * SECOND).await;
    one.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_nobody_leads_for_longer_than_ten_seconds() {
    for fault in
        [|lease: &Lease| &lease.is_away, |lease: &Lease| &lease.hangs] as [fn(&Lease) -> &AtomicBool; 2]
    {
        let lease = Arc::new(Lease::default());
        let mut one = Process::start("one", &lease);
        let two = Process::start("two", &lease);
        until_leads(&[&one, &two], |_| true, SECOND).await;
        fault(&lease).store(true, Ordering::Relaxed);
        let start = Instant::now();
        one.leadership.lost().await;
        let mut other = two.leadership.clone();
        other.lost().await;
        assert!(start.elapsed() <= 10 * SECOND, "{:?}", start.elapsed());
        sleep(30 * SECOND).await;
        assert!(!one.leadership.is_held() && !two.leadership.is_held());
        assert!(*one.ear.complaints.lock().unwrap() > 2);
        fault(&lease).store(false, Ordering::Relaxed);
        until_leads(&[&one, &two], |_| true, 20 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn alone_it_always_leads() {
    let mut leadership = Leadership::alone();
    leadership.won().await;
    assert!(leadership.is_held());
    assert!(tokio::time::timeout(1_000 * SECOND, leadership.lost()).await.is_err());
}
