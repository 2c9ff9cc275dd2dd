//! `rolecall check`: what is wrong with the files, all of it, without a cluster.

mod mend;
mod search;
mod settings;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rolecall_core::finding::Level;
use rolecall_core::render::{CheckReport, CheckedFile};

use crate::failure::{Failure, Status};
use crate::output::Screen;
use search::Source;
use settings::AllSettings;

/// Check files offline: what the authenticator would make of them, and what is wrong
///
/// Shows every problem with its place and the next step; `rolecall rule CODE` says more about each. Folders are
/// searched for `aws-auth` documents, also in `List`s and files with several documents; hidden ones are left out.
/// Ends with status 3 if a finding is an error.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files, or folders to search; `-` for stdin
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Mends what can only mean one thing, shows what it did, and reports what is left; every other byte stays
    #[arg(long)]
    fix: bool,
    /// Ends with status 3 for these, too
    #[arg(long, value_enum, value_name = "LEVEL")]
    deny: Option<Deny>,
    /// The `rolecall.yaml` with `rules:` and `accounts:`; the nearest beside or above each file, if not given
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What stdin is called in findings, and where its `rolecall.yaml` is looked for
    #[arg(long, value_name = "FILE", default_value = "stdin")]
    stdin_filename: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
    Notes,
}

pub(crate) fn run(args: &CheckArgs, screen: &Screen) -> Result<Status, Failure> {
    let is_filter = args.fix && args.paths.iter().any(|path| path == Path::new("-"));
    if is_filter && !(args.paths.len() == 1 && screen.is_text()) {
        return Err(Failure::usage("`--fix -` writes the text to stdout, where nothing else has room")
            .hint("check stdin alone, without `--output`"));
    }
    let mut settings = AllSettings::new(args.config.as_deref());
    let mut files = Vec::new();
    let found = search::search(&args.paths, &args.stdin_filename)?;
    for source in found.sources {
        files.extend(check(source, args, &mut settings, screen)?);
    }
    files.splice(0..0, settings.report());
    let fails_at = match args.deny {
        None => Level::Error,
        Some(Deny::Warnings) => Level::Warning,
        Some(Deny::Notes) => Level::Note,
    };
    let report = CheckReport::new("check", files, fails_at);
    let mut unread = found.unread.into_iter();
    if report.files().is_empty() {
        return Err(unread.next().unwrap_or_else(|| nothing_in(&args.paths)));
    }
    if is_filter {
        screen.show_report(&report);
    } else {
        screen.report(&report)?;
    }
    if report.counts().mendable > 0 && screen.is_text() {
        screen.hint(if args.fix {
            "what is left to mend would change who gets in: that is decided by a person"
        } else {
            "`--fix` mends what can only mean one thing, and shows what it did"
        });
    }
    // All that could be read is told before; what could not be may hold worse.
    let first = unread.next();
    unread.for_each(|failure| screen.warning(failure.error));
    match first {
        Some(failure) => Err(failure),
        None => Ok(if report.is_refused() { Status::Refused } else { Status::Done }),
    }
}

/// What is found in one file; nothing where a search came across something else.
fn check(
    mut source: Source,
    args: &CheckArgs,
    settings: &mut AllSettings,
    screen: &Screen,
) -> Result<Option<CheckedFile>, Failure> {
    if source.is_configuration() {
        if source.is_named {
            settings.check(source.place(), &source.name, &source.text);
        } else {
            settings.of(&source.place())?;
        }
        return Ok(None);
    }
    let settings = settings.of(&source.place())?;
    let mut checked = rolecall_core::check::check(&source.name, &source.text, &settings);
    if checked.documents == 0 && !source.is_named {
        return Ok(None);
    }
    screen.heed(&source.text);
    if args.fix && mend::mend(&mut source, &settings, screen)? {
        checked = rolecall_core::check::check(&source.name, &source.text, &settings);
    }
    Ok(Some(CheckedFile::new(&source.name, &source.text, checked.documents, checked.findings)))
}

fn nothing_in(paths: &[PathBuf]) -> Failure {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    Failure::new(format!("there is no `aws-auth` document in {}", paths.join(", ")))
        .hint("name the file, or the folder that holds it; hidden folders are not searched")
}
