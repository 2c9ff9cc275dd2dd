//! What is said, and where: data on stdout, talk on stderr; colour only where somebody looks.

mod difference;
mod documents;
mod finding;
mod progress;
mod telling;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use rolecall_core::check::Mask;
use rolecall_core::finding::{Level, has_errors};
use rolecall_core::observed::ObservedAccess;
use rolecall_core::render::{CheckReport, CheckedFile, Line, Tone, json_text, spelt_out, spelt_out_line};
use serde_json::Value;

pub(crate) use difference::difference;
pub(crate) use documents::{apply_report, rehearsed, token_inspection, token_verification, verification};
pub(crate) use progress::Progress;
use progress::StatusLine;
pub(crate) use telling::Telling;

use crate::failure::Failure;

/// The width of a page that nobody looks at.
const WIDTH_OF_NO_TERMINAL: usize = 100;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Markdown,
    Sarif,
    Junit,
    Github,
    Gitlab,
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Where a command prints.
pub(crate) struct Screen {
    command: String,
    format: Format,
    color: ColorChoice,
    status: StatusLine,
    /// What hides the secrets of all that was read.
    mask: Mutex<Mask>,
}

impl Screen {
    pub(crate) fn new(command: String, format: Format, color: Color) -> Self {
        let color = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let typed: Vec<_> = std::env::args_os().skip(1).collect();
        let typed: Vec<_> = typed.iter().map(|argument| argument.to_string_lossy()).collect();
        let mask = Mutex::new(Mask::repeating(typed.iter().map(AsRef::as_ref)));
        Self { command, format, color, status: StatusLine::default(), mask }
    }

    /// Tells from now on nothing that is secret in `text`, which was read.
    pub(crate) fn heed(&self, text: &str) {
        self.mask().heed(text);
    }

    /// The same of a cluster's map.
    pub(crate) fn heed_map(&self, observed: &ObservedAccess) {
        observed.data().values().for_each(|text| self.heed(text));
    }

    /// A document for scripts as it is told: without the secrets of what was read.
    pub(crate) fn masked(&self, document: &Value) -> Value {
        let mut document = document.clone();
        self.mask().over_document(&mut document);
        document
    }

    fn mask(&self) -> MutexGuard<'_, Mask> {
        self.mask.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The command that speaks.
    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    /// The voice that was asked for.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Is the data for a script?
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Is the data for a person?
    pub(crate) fn is_text(&self) -> bool {
        self.format == Format::Text
    }

    /// Prints data as it is.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        self.status.clear();
        let mut stdout = AutoStream::new(io::stdout(), self.color);
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        written.map_err(|error| Failure::io("write to stdout", error))
    }

    /// Prints a document for scripts.
    pub(crate) fn json(&self, document: &Value) -> Result<(), Failure> {
        self.data(&json_text(&self.masked(document)))
    }

    /// Prints a text with its tones.
    pub(crate) fn lines(&self, lines: &[Line]) -> Result<(), Failure> {
        self.data(&page(&self.mask(), lines))
    }

    /// Shows a text with its tones beside the data.
    pub(crate) fn show(&self, lines: &[Line]) {
        let page = page(&self.mask(), lines);
        self.talk(&page);
    }

    /// Tells something beside the data.
    pub(crate) fn note(&self, text: impl Display) {
        self.say(AnsiColor::Cyan.on_default(), "note:", &text);
    }

    /// Warns of something that does not stop the command.
    pub(crate) fn warning(&self, text: impl Display) {
        self.say(AnsiColor::Yellow.on_default().bold(), "warning:", &text);
    }

    /// Says the next step.
    pub(crate) fn hint(&self, text: impl Display) {
        self.say(AnsiColor::Cyan.on_default(), "hint:", &text);
    }

    /// The end of a command that took too long, and what it was at.
    pub(crate) fn timed_out(&self, timeout: Duration) -> Failure {
        let stage = self.status.stage().clone();
        let at = if stage.is_empty() { stage } else { format!(", while {stage}") };
        Failure::new(format!("the command did not end within {} s{at}", timeout.as_secs()))
            .hint("check the network on the way to AWS and the cluster, or give it longer with `--timeout`")
    }

    /// Asks a question; the cursor stays behind it.
    pub(crate) fn question(&self, text: &str) {
        self.talk(&format!("{} ", painted(Style::new().bold(), text)));
    }

    /// Tells why the command failed: what was tried, its causes, the next step.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.say(AnsiColor::Red.on_default().bold(), "error:", &failure.error);
        for cause in failure.error.chain().skip(1) {
            self.say(Style::new(), "  caused by:", &cause);
        }
        if let Some(hint) = &failure.hint {
            self.hint(hint);
        }
    }

    /// Shows what was found in a file; in the voice that was asked for as well, if it refuses the file.
    pub(crate) fn findings(&self, file: CheckedFile) -> Result<(), Failure> {
        let is_told = has_errors(file.findings()) || self.format == Format::Github;
        if self.is_text() || !is_told {
            self.talk_of_findings(&file);
            return Ok(());
        }
        if self.is_json() {
            self.talk_of_findings(&file);
        }
        self.report(&CheckReport::new(&self.command, vec![file], Level::Error))
    }

    /// Shows what was found in a file beside the data.
    pub(crate) fn talk_of_findings(&self, file: &CheckedFile) {
        for finding in file.findings() {
            self.talk(&finding::paragraph(file, finding));
        }
    }

    /// Says what is being waited for, on a terminal, once it has taken a second.
    pub(crate) fn progress(&self, stage: &str) -> Progress {
        Progress::start(self.status.clone(), stage)
    }

    fn say(&self, style: Style, label: &str, text: &dyn Display) {
        let text = self.mask().over(&text.to_string());
        self.talk(&format!("{} {}\n", painted(style, label), spelt_out(&text)));
    }

    /// Talk goes nowhere if stderr is closed; that is no reason to stop an apply.
    fn talk(&self, text: &str) {
        self.status.clear();
        let mut stderr = AutoStream::new(io::stderr(), self.color);
        let _ = stderr.write_all(self.mask().over_known(text).as_bytes());
    }
}

/// How many columns there are: of `COLUMNS`, of the terminal, or a page's.
pub(crate) fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let is_sensible = |width: &usize| *width >= 20;
    let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    told.or_else(terminal).filter(is_sensible).unwrap_or(WIDTH_OF_NO_TERMINAL)
}

/// Could somebody answer a question?
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn page(mask: &Mask, lines: &[Line]) -> String {
    let shown = |line: &Line| painted(style(line.tone), &spelt_out_line(&mask.over(&line.text))) + "\n";
    lines.iter().map(shown).collect()
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Title => Style::new().bold(),
        Tone::Added => AnsiColor::Green.on_default(),
        Tone::Updated => AnsiColor::Yellow.on_default(),
        Tone::Removed => AnsiColor::Red.on_default(),
        Tone::Alarm => AnsiColor::Yellow.on_default().bold(),
        Tone::Plain => Style::new(),
        Tone::Quiet => Style::new().dimmed(),
    }
}

fn painted(style: Style, text: &str) -> String {
    if style.is_plain() { text.to_owned() } else { format!("{style}{text}{style:#}") }
}
