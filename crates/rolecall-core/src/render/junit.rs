//! JUnit's XML, which CodeBuild, GitLab, Jenkins and others show as test results.
//!
//! It is written by hand: five elements are no reason for a library.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::check::{CheckReport, CheckedFile};
use super::level_word;
use super::printable::printable;
use crate::finding::Finding;
use crate::guard::{Judgement, Verdict};
use crate::plan::Plan;

/// A group of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// What it is about.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What kind of thing, such as a code.
    pub class: String,
    /// Which one.
    pub name: String,
    /// How it went.
    pub outcome: CaseOutcome,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseOutcome {
    /// Well; there may be something to say nevertheless.
    Passed(Option<String>),
    /// It was left out, for this reason.
    Skipped(String),
    /// Not well: the message, and all that is to be said.
    Failed(String, String),
}

/// The suites as one XML document.
pub fn junit(name: &str, suites: &[Suite]) -> String {
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let failed = all().filter(|case| case.is_failed()).count();
    let (name, tests) = (escaped(name), all().count());
    let suites: String = suites.iter().map(Suite::xml).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" time=\"0\">\n\
         {suites}</testsuites>\n"
    )
}

/// A suite a file, and a case a finding; a file without any has one that passes.
pub fn check_suites(report: &CheckReport) -> Vec<Suite> {
    let suite = |file: &CheckedFile| {
        let mut cases: Vec<Case> =
            file.findings().iter().map(|finding| case(report, file, finding)).collect();
        if cases.is_empty() {
            cases.push(Case::passed("check", "no findings"));
        }
        Suite { name: file.file().to_string(), cases }
    };
    report.files().iter().map(suite).collect()
}

/// A case a guard, and one each for what else speaks against the plan.
pub fn plan_suite(plan: &Plan, judgements: &[Judgement]) -> Suite {
    let guard = |judgement: &Judgement| Case {
        class: "guard".to_string(),
        name: judgement.guard.as_str().to_string(),
        outcome: match &judgement.verdict {
            Verdict::Passed => CaseOutcome::Passed(Some(judgement.message.clone())),
            Verdict::Allowed(reason) => CaseOutcome::Skipped(format!("allowed: {reason}")),
            Verdict::Refused => CaseOutcome::failed(&judgement.message, judgement.hint.as_deref()),
        },
    };
    let cases = judgements.iter().map(guard).chain(against(plan)).collect();
    Suite { name: format!("plan for {}", plan.cluster()), cases }
}

/// A case a change that is pending, and for what else speaks against the plan; one that passes without any.
pub fn drift_suite(plan: &Plan) -> Suite {
    let mut cases: Vec<Case> = against(plan).collect();
    for change in plan.changes() {
        let (kind, principal) = (change.kind(), change.principal());
        let message = format!("{kind} {principal} is not as the files say");
        let detail = change.effects.join("\n");
        let outcome =
            CaseOutcome::failed(&message, Some(&detail).filter(|detail| !detail.is_empty()).map(|x| &**x));
        cases.push(Case { class: "drift".to_string(), name: format!("{kind} {principal}"), outcome });
    }
    for entry in plan.unmanaged().iter().filter(|entry| entry.is_new) {
        let message = "an entry that was not there at the last pass";
        let name = entry.mapping.principal.clone();
        cases.push(Case { class: "drift".to_string(), name, outcome: CaseOutcome::failed(message, None) });
    }
    if cases.is_empty() {
        cases.push(Case::passed("drift", "the map is as the files say"));
    }
    Suite { name: format!("drift of {}", plan.cluster()), cases }
}

impl Case {
    /// A case that went well.
    pub fn passed(class: &str, name: &str) -> Self {
        Self { class: class.to_string(), name: name.to_string(), outcome: CaseOutcome::Passed(None) }
    }

    fn is_failed(&self) -> bool {
        matches!(self.outcome, CaseOutcome::Failed(..))
    }

    fn xml(&self) -> String {
        let (class, name) = (escaped(&self.class), escaped(&self.name));
        let outcome = match &self.outcome {
            CaseOutcome::Passed(None) => String::new(),
            CaseOutcome::Passed(Some(said)) => format!("<system-out>{}</system-out>", escaped(said)),
            CaseOutcome::Skipped(why) => format!("<skipped message=\"{}\"/>", escaped(why)),
            CaseOutcome::Failed(message, detail) => {
                let (message, detail) = (escaped(message), escaped(detail));
                format!("<failure type=\"{class}\" message=\"{message}\">{detail}</failure>")
            }
        };
        format!("    <testcase classname=\"{class}\" name=\"{name}\" time=\"0\">{outcome}</testcase>\n")
    }
}

impl CaseOutcome {
    /// It went wrong, and what to do now.
    pub fn failed(message: &str, hint: Option<&str>) -> Self {
        let detail = match hint {
            Some(hint) => format!("{message}\n{hint}"),
            None => message.to_string(),
        };
        Self::Failed(message.to_string(), detail)
    }
}

impl Suite {
    fn xml(&self) -> String {
        let (name, tests) = (escaped(&self.name), self.cases.len());
        let failed = self.cases.iter().filter(|case| case.is_failed()).count();
        let skipped =
            self.cases.iter().filter(|case| matches!(case.outcome, CaseOutcome::Skipped(_))).count();
        let cases: String = self.cases.iter().map(Case::xml).collect();
        format!(
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" \
             skipped=\"{skipped}\" time=\"0\">\n{cases}  </testsuite>\n"
        )
    }
}

fn against(plan: &Plan) -> impl Iterator<Item = Case> {
    let conflicts = plan.conflicts().iter().map(|conflict| Case {
        class: "owner".to_string(),
        name: conflict.key.principal().to_string(),
        outcome: CaseOutcome::failed(&format!("it is owned by another source, {}", conflict.owner), None),
    });
    conflicts.chain(plan.blocked().iter().map(|blocked| Case {
        class: "cluster".to_string(),
        name: "can be changed".to_string(),
        outcome: CaseOutcome::failed(&blocked.reason, Some(&blocked.hint)),
    }))
}

fn case(report: &CheckReport, file: &CheckedFile, finding: &Finding) -> Case {
    let place = &finding.place;
    let help = finding.help.as_ref().map(|help| format!("help: {help}\n")).unwrap_or_default();
    let excerpt = file.excerpt(finding).map(|excerpt| excerpt.text()).unwrap_or_default();
    let detail = format!("{place}\n{excerpt}{help}");
    Case {
        class: finding.code.to_string(),
        name: format!("line {}: {}", place.line, finding.message),
        outcome: match &finding.allowed {
            Some(reason) => CaseOutcome::Skipped(format!("allowed: {reason}")),
            None if report.fails(finding) => CaseOutcome::Failed(finding.message.clone(), detail),
            None => CaseOutcome::Passed(Some(format!(
                "{}: {}\n{detail}",
                level_word(finding.level),
                finding.message
            ))),
        },
    }
}

/// Text as XML has it, in an attribute or between tags. Lines stay lines.
fn escaped(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(escaped_line).collect();
    lines.join("&#10;")
}

fn escaped_line(line: &str) -> String {
    let mut escaped = String::new();
    for c in printable(line).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}
