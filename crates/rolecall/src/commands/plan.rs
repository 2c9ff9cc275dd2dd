//! `rolecall plan`: what would change, against a cluster or a saved observation, and whether it may.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use rolecall_core::Timestamp;
use rolecall_core::cluster::ClusterIdentity;
use rolecall_core::finding::Level;
use rolecall_core::guard::{Allowance, Circumstances, Guard, Judgement, Verdict};
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess};
use rolecall_core::plan::Plan;
use rolecall_core::principal::PrincipalArn;
use rolecall_core::render::{
    self, Case, CaseOutcome, Line, Remark, Suite, Tone, plan_remarks, plan_suite, plan_summary,
};
use rolecall_engine::line::{self, Planned, Rehearsal};
use serde_json::{Value, json};

use crate::cli::{AllowArgs, ClusterArgs, PathArgs};
use crate::failure::{Failure, Status};
use crate::files::{self, Project};
use crate::output::{Screen, Telling, rehearsed, width};
use crate::target::{Target, within};

/// Show what would change: who gains and loses what, what is kept and why, what the guards say
///
/// Ends with a server-side dry run of the change, where that is allowed. Nothing is written to the cluster.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    path: PathArgs,
    /// Plans offline, against what `kubectl get cm aws-auth -n kube-system -o yaml` printed (`-` for stdin)
    #[arg(long, value_name = "FILE")]
    observed: Option<PathBuf>,
    /// Stores the plan as evidence, for `rolecall apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Plans for this role or user, who will apply the plan: the guards judge what becomes of its access, and
    /// nobody else may apply what is stored. Both must be able to see the same of the cluster
    #[arg(long, value_name = "ARN")]
    applier: Option<String>,
    /// Ends with status 2 if there are changes
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &PlanArgs, screen: &Screen) -> Result<Status, Failure> {
    let allowed = allowances(&args.allow)?;
    let applier = args.applier.as_deref().map(applier).transpose()?;
    let project = files::project(&args.path, &args.cluster, screen)?;
    let work = Work { args, project: &project, allowed, applier: applier.as_ref(), screen };
    let Looked { planned, maker, rehearsal, mut remarks } = match &args.observed {
        Some(file) => work.offline(file)?,
        None => within(args.cluster.timeout, screen, work.live())?,
    };
    let mut document = document(&planned, &project.file);
    if let Some(rehearsal) = &rehearsal {
        document["rehearsal"] = rehearsed(rehearsal);
    }
    if applier.is_some() {
        document["plannedBy"] = json!(maker);
    }
    if let Some(out) = &args.out {
        store(out, &screen.masked(&document))?;
    }
    let mut telling = telling("plan", &planned, Some(&project.file), document);
    telling.suites.push(plan_suite(&planned.plan, &planned.judgements));
    if let Some(rehearsal) = &rehearsal {
        remarks.extend(tell_rehearsal(rehearsal, &mut telling));
    }
    before_summary(&mut telling.lines, remarks);
    screen.tell(&telling)?;
    let is_refused =
        is_refused(&planned.plan, &planned.judgements) || matches!(rehearsal, Some(Rehearsal::Refused(_)));
    Ok(match (is_refused, args.detailed_exitcode && !planned.plan.is_empty()) {
        (true, _) => Status::Refused,
        (false, true) => Status::Changed,
        (false, false) => Status::Done,
    })
}

/// What the flags allow by hand.
pub(crate) fn allowances(args: &AllowArgs) -> Result<Vec<Allowance>, Failure> {
    let reason = args.reason.as_deref().map_or("", str::trim);
    if !args.allow.is_empty() && reason.is_empty() {
        return Err(Failure::usage("`--reason` is empty").hint("say why: it is kept in the record"));
    }
    let allowance = |code: &String| {
        let guard = Guard::from_code(code).ok_or_else(|| {
            let known: Vec<_> = Guard::ALL.into_iter().map(Guard::as_str).collect();
            Failure::usage(format!("there is no guard `{code}`"))
                .hint(format!("the guards are {}", known.join(", ")))
        })?;
        Ok(Allowance { guard, reason: reason.to_owned() })
    };
    args.allow.iter().map(allowance).collect()
}

/// What the guards must know, for a cluster that is what it says it is.
pub(crate) fn circumstances(declared: Option<ClusterIdentity>, allowed: Vec<Allowance>) -> Circumstances {
    let lineage = Knowledge::Unknown("nobody was asked".to_owned());
    Circumstances { now: Timestamp::now(), declared, applier: None, lineage, allowed }
}

/// Does a guard, another source or the state of the cluster speak against the plan?
pub(crate) fn is_refused(plan: &Plan, judgements: &[Judgement]) -> bool {
    let is_against = |judgement: &Judgement| judgement.verdict == Verdict::Refused;
    judgements.iter().any(is_against) || !plan.blocked().is_empty() || !plan.conflicts().is_empty()
}

/// The plan for people.
pub(crate) fn page(planned: &Planned) -> Vec<Line> {
    render::plan_text(&planned.plan, &planned.judgements, &planned.observed, width())
}

/// The plan in every voice but that of test results.
pub(crate) fn telling(what: &str, planned: &Planned, file: Option<&Path>, document: Value) -> Telling {
    Telling {
        topic: format!("{what} {}", planned.plan.cluster()),
        title: plan_summary(&planned.plan),
        remarks: plan_remarks(&planned.plan, &planned.judgements),
        lines: page(planned),
        document,
        suites: Vec::new(),
        file: file.map(files::shown),
    }
}

/// The plan for scripts, with the file that it is made from.
pub(crate) fn document(planned: &Planned, file: &Path) -> Value {
    let mut document = render::plan(&planned.plan, &planned.judgements, &planned.observed);
    document["file"] = json!(files::shown(file));
    document
}

fn applier(arn: &str) -> Result<PrincipalArn, Failure> {
    PrincipalArn::parse(arn).map_err(|error| {
        Failure::usage(format!("`--applier`: {error}"))
            .hint("it is the role or user that runs `rolecall apply`")
    })
}

/// One plan to be made.
struct Work<'a> {
    args: &'a PlanArgs,
    project: &'a Project,
    allowed: Vec<Allowance>,
    applier: Option<&'a PrincipalArn>,
    screen: &'a Screen,
}

/// A plan, and what else was seen.
struct Looked {
    planned: Planned,
    /// Who made it.
    maker: Option<Caller>,
    rehearsal: Option<Rehearsal>,
    remarks: Vec<Line>,
}

impl Work<'_> {
    fn offline(&self, file: &Path) -> Result<Looked, Failure> {
        // The file is what was asked, whatever cluster the environment names.
        let cluster = &self.args.cluster;
        let configured = self.project.cluster.as_ref();
        let configured = configured.and_then(|cluster| cluster.name.clone().or(cluster.context.clone()));
        let name = cluster.context.clone().or_else(|| cluster.cluster.clone()).or(configured);
        let observed = files::observation(file, name, self.screen)?;
        Ok(self.looked(observed, &circumstances(None, self.allowed.clone())))
    }

    async fn live(&self) -> Result<Looked, Failure> {
        let progress = self.screen.progress("looking at the cluster");
        let target = Target::connect(&self.args.cluster, self.project.cluster.as_ref(), self.screen).await?;
        let (observed, lineage) = self.project.look(&target, self.screen).await?;
        let circumstances = circumstances(Some(target.cluster.identity().clone()), self.allowed.clone());
        let mut looked = self.looked(observed, &Circumstances { lineage, ..circumstances });
        if is_refused(&looked.planned.plan, &looked.planned.judgements) {
            return Ok(looked);
        }
        progress.at("asking the API server what it would say");
        let rehearsal = line::rehearse(target.reading(), &looked.planned.plan).await?;
        if self.applier.is_none() && looked.planned.observed.ledger.known().is_none() {
            looked.remarks.push(may_not_apply(&target));
        }
        Ok(Looked { rehearsal: Some(rehearsal), ..looked })
    }

    fn looked(&self, observed: ObservedAccess, circumstances: &Circumstances) -> Looked {
        let maker = observed.caller.known().cloned();
        let observed = match self.applier {
            Some(applier) => observed.as_seen_by(applier),
            None => observed,
        };
        let planned = line::planned(observed, &self.project.desired, circumstances);
        let meant = self.applier.map(|applier| Line {
            tone: Tone::Quiet,
            text: format!("To be applied by `{applier}`, and judged for it."),
        });
        Looked { planned, maker, rehearsal: None, remarks: meant.into_iter().collect() }
    }
}

fn may_not_apply(target: &Target) -> Line {
    let text = format!(
        "? this caller could not apply it, for it cannot read what is ours: `{}`, run by an administrator, grants that to the group `rolecall:deployers`",
        target.bootstrap_command()
    );
    Line { tone: Tone::Alarm, text }
}

/// What the API server would say, in the voices that have something to pass or fail, and in a line for people.
fn tell_rehearsal(rehearsal: &Rehearsal, telling: &mut Telling) -> Option<Line> {
    let (tone, text) = match rehearsal {
        Rehearsal::NothingToSend => return None,
        Rehearsal::Accepted => (Tone::Quiet, "The API server would take it (dry run).".to_owned()),
        Rehearsal::Refused(error) => {
            let message = format!("the API server would refuse it: {error}");
            let outcome = CaseOutcome::failed(&message, error.hint.as_deref());
            let case = Case { class: "cluster".to_owned(), name: "dry run".to_owned(), outcome };
            telling.suites.push(Suite { name: "API server".to_owned(), cases: vec![case] });
            let title = "dry run".to_owned();
            let remark =
                Remark { level: Level::Error, title, message: message.clone(), hint: error.hint.clone() };
            telling.remarks.insert(0, remark);
            (Tone::Removed, format!("x {message}"))
        }
        Rehearsal::NotAllowed => {
            (Tone::Quiet, "? the API server was not asked: this caller may not change the map".to_owned())
        }
    };
    Some(Line { tone, text })
}

/// A plan ends with its summary, whatever else there is to say.
fn before_summary(lines: &mut Vec<Line>, remarks: Vec<Line>) {
    if !remarks.is_empty() {
        let summary = lines.iter().rposition(|line| line.text.is_empty()).unwrap_or(lines.len());
        let blank = Line { tone: Tone::Plain, text: String::new() };
        lines.splice(summary..summary, [blank].into_iter().chain(remarks));
    }
}

/// Writes the plan next to its place first, so that nobody ever reads half of it.
fn store(path: &Path, document: &Value) -> Result<(), Failure> {
    let attempt = || format!("write `{}`", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| Failure::io(attempt(), error))?;
    writeln!(file, "{document:#}").map_err(|error| Failure::io(attempt(), error))?;
    file.persist(path).map_err(|error| Failure::io(attempt(), error.error))?;
    Ok(())
}
