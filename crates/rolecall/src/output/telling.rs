//! One thing to tell, in every voice that it has: a plan, what an apply did, what a verification saw.

use std::io::Write;

use rolecall_core::render::{
    CheckReport, Line, Page, Remark, Suite, check_suites, findings, github, github_remarks, gitlab,
    json_text, junit, markdown, markdown_page, sarif,
};
use serde_json::Value;

use super::{Format, Screen, finding};
use crate::failure::Failure;

/// What there is to tell, for people and for scripts.
pub(crate) struct Telling {
    /// What it is about, such as `plan prod`.
    pub(crate) topic: String,
    /// The headline, which is also the last of the remarks.
    pub(crate) title: String,
    /// What must not be missed.
    pub(crate) remarks: Vec<Remark>,
    /// All of it, for people.
    pub(crate) lines: Vec<Line>,
    /// All of it, for scripts.
    pub(crate) document: Value,
    /// All of it, as test results; empty where there is nothing to pass or fail.
    pub(crate) suites: Vec<Suite>,
    /// The file that it is about, where it is about one.
    pub(crate) file: Option<String>,
}

impl Screen {
    /// Tells it in the voice that was asked for.
    pub(crate) fn tell(&self, telling: &Telling) -> Result<(), Failure> {
        match self.format {
            Format::Text => self.lines(&telling.lines),
            Format::Markdown => self.told(&telling.comment()),
            Format::Github => {
                self.show(&telling.lines);
                self.step_summary(&telling.comment());
                self.told(&github_remarks(&telling.remarks, telling.file.as_deref()))
            }
            Format::Junit => self.told(&junit(&format!("rolecall {}", telling.topic), &telling.suites)),
            // No command has the other two for such a thing: `Command::voices`.
            Format::Json | Format::Sarif | Format::Gitlab => self.json(&telling.document),
        }
    }

    /// Tells what a check found in the voice that was asked for.
    pub(crate) fn report(&self, report: &CheckReport) -> Result<(), Failure> {
        match self.format {
            Format::Text => return self.told(&finding::page(report)),
            Format::Json => {}
            Format::Github => {
                self.talk(&finding::page(report));
                self.step_summary(&markdown(report));
            }
            // They go into a file as a rule, and the log shall say something, too.
            _ => self.note(report.summary()),
        }
        self.told(&match self.format {
            Format::Text | Format::Json => json_text(&findings(report)),
            Format::Markdown => markdown(report),
            Format::Sarif => json_text(&sarif(report, env!("CARGO_PKG_VERSION"))),
            Format::Junit => junit(&format!("rolecall {}", report.topic()), &check_suites(report)),
            Format::Github => github(report),
            Format::Gitlab => json_text(&gitlab(report)),
        })
    }

    /// Prints what was put together of masked texts, without what other files hold.
    fn told(&self, text: &str) -> Result<(), Failure> {
        let text = self.mask().over_known(text).into_owned();
        self.data(&text)
    }

    /// Shows a report beside the data.
    pub(crate) fn show_report(&self, report: &CheckReport) {
        self.talk(&finding::page(report));
    }

    /// Adds to the page that GitHub shows for the run, where there is one.
    fn step_summary(&self, text: &str) {
        let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
            return;
        };
        let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
        if let Err(error) = file.and_then(|mut file| writeln!(file, "{}", self.mask().over_known(text))) {
            self.warning(format!("the step summary could not be written: {error}"));
        }
    }
}

impl Telling {
    fn comment(&self) -> String {
        markdown_page(&Page {
            topic: self.topic.clone(),
            title: self.title.clone(),
            remarks: &self.remarks,
            lines: &self.lines,
        })
    }
}
