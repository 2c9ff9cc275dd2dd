//! One line on a terminal that says what is being waited for, once it has taken a second.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

const AFTER: Duration = Duration::from_secs(1);

/// The last line of the terminal, and what there is to say on it.
#[derive(Debug, Clone, Default)]
pub(super) struct StatusLine(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// How many columns of it are ours to clear.
    columns: AtomicUsize,
    stage: Mutex<String>,
}

impl StatusLine {
    /// Takes the line away, so that something else can be written.
    pub(super) fn clear(&self) {
        let columns = self.0.columns.swap(0, Ordering::Relaxed);
        if columns > 0 {
            // What cannot be shown is not missed.
            let _ = write!(io::stderr(), "\r{:columns$}\r", "");
        }
    }

    /// What the command is at, or was at last; empty if it never said so.
    pub(super) fn stage(&self) -> MutexGuard<'_, String> {
        self.0.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, text: &str) {
        self.clear();
        self.0.columns.store(text.chars().count(), Ordering::Relaxed);
        let mut stderr = io::stderr();
        let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
    }
}

/// Shows what a command is at, as long as it lives. Needs a tokio runtime around it.
pub(crate) struct Progress {
    line: StatusLine,
    drawing: JoinHandle<()>,
}

impl Progress {
    pub(super) fn start(line: StatusLine, stage: &str) -> Self {
        let drawing = tokio::spawn(keep_drawing(line.clone(), io::stderr().is_terminal()));
        let progress = Self { line, drawing };
        progress.at(stage);
        progress
    }

    /// It is at something else now. `stage` says what, as in "while waiting".
    pub(crate) fn at(&self, stage: &str) {
        stage.clone_into(&mut self.line.stage());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.drawing.abort();
        self.line.clear();
    }
}

async fn keep_drawing(line: StatusLine, is_seen: bool) {
    if !is_seen {
        return;
    }
    let started = Instant::now();
    loop {
        tokio::time::sleep(AFTER).await;
        let text = format!("{} ({} s)", line.stage(), started.elapsed().as_secs());
        line.draw(&text);
    }
}
