//! What a long setup shows: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

const PLAIN_INTERVAL: Duration = Duration::from_secs(30);

/// One piece of work on the screen.
pub(super) struct Progress {
    title: String,
    total: u64,
    done: u64,
    started: Instant,
    said: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// `total` steps are expected; zero means that nobody knows.
    pub(super) fn start(title: &str, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(title, total));
        if bar.is_none() {
            say(title);
        }
        let now = Instant::now();
        Self { title: title.into(), total, done: 0, started: now, said: now, bar }
    }

    pub(super) fn step(&mut self, message: &str) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
            bar.set_message(message.to_owned());
        } else if self.said.elapsed() > PLAIN_INTERVAL {
            self.said = Instant::now();
            let seconds = self.started.elapsed().as_secs();
            say(&format!("{}: {} of up to {} steps, {seconds} s", self.title, self.done, self.total));
        }
    }

    pub(super) fn finish(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        say(&format!("{}: done in {} s", self.title, self.started.elapsed().as_secs()));
    }
}

/// One line to stderr: it is talk, not data.
pub(super) fn say(line: &str) {
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(std::io::stderr(), "setup: {line}");
}

fn bar(title: &str, total: u64) -> ProgressBar {
    let template = if total == 0 {
        "{spinner} {prefix} {elapsed} {wide_msg}"
    } else {
        "{spinner} {prefix} [{bar:24}] {pos}/{len} {elapsed} {wide_msg}"
    };
    let style =
        ProgressStyle::with_template(template).expect("both templates are constants that a test parses");
    let bar = ProgressBar::new(total).with_style(style).with_prefix(title.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_of_known_and_of_unknown_length_can_be_drawn() {
        let check = |total, expect| assert_eq!(bar("build", total).length(), expect);
        check(3, Some(3));
        check(0, Some(0));
    }
}
