//! One line on a terminal that says what is being waited for, once it has taken a second.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;

const AFTER: Duration = Duration::from_secs(1);

/// How many columns of the terminal's last line are ours to clear.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatusLine(Arc<AtomicUsize>);

impl StatusLine {
    /// Takes the line away, so that something else can be written.
    pub(super) fn clear(&self) {
        let columns = self.0.swap(0, Ordering::Relaxed);
        if columns > 0 {
            // What cannot be shown is not missed.
            let _ = write!(io::stderr(), "\r{:columns$}\r", "");
        }
    }

    fn draw(&self, text: &str) {
        self.clear();
        self.0.store(text.chars().count(), Ordering::Relaxed);
        let mut stderr = io::stderr();
        let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
    }
}

/// Shows what a command is at, as long as it lives. Needs a tokio runtime around it.
pub(crate) struct Progress {
    stage: watch::Sender<String>,
    line: StatusLine,
    drawing: JoinHandle<()>,
}

impl Progress {
    pub(super) fn start(line: StatusLine, stage: &str) -> Self {
        let (sender, receiver) = watch::channel(stage.to_owned());
        let is_seen = io::stderr().is_terminal();
        let drawing = tokio::spawn(keep_drawing(line.clone(), receiver, is_seen));
        Self { stage: sender, line, drawing }
    }

    /// It is at something else now.
    pub(crate) fn at(&self, stage: &str) {
        self.stage.send_replace(stage.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.drawing.abort();
        self.line.clear();
    }
}

async fn keep_drawing(line: StatusLine, stage: watch::Receiver<String>, is_seen: bool) {
    let started = Instant::now();
    if !is_seen {
        return;
    }
    loop {
        tokio::time::sleep(AFTER).await;
        let text = format!("{} ({} s)", stage.borrow().as_str(), started.elapsed().as_secs());
        line.draw(&text);
    }
}
