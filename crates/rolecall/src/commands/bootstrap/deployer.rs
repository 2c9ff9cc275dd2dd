//! The first entry of the pipeline's role, through the line like any other change: planned, guarded, verified.

use std::collections::BTreeMap;
use std::time::Duration;

use rolecall_core::desired::DesiredAccess;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::identity_mapping::{EntryKey, IdentityMapping, Section};
use rolecall_core::observed::ObservedAccess;
use rolecall_core::plan::Action;
use rolecall_core::policy::Policy;
use rolecall_core::principal::{PrincipalArn, PrincipalKind, strip_path};
use rolecall_core::source::{SourceId, SourceRevision};
use rolecall_engine::line::{self, ApplyRequest, Approval, Planned};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::commands::apply::{Watch, failure, finish, holder, tell_remarks};
use crate::commands::plan::{circumstances, is_refused, page};
use crate::failure::Failure;
use crate::output::Screen;
use crate::target::{Target, bounded};

/// Who is to enter, and as whom.
pub(super) struct Deployer {
    section: Section,
    mapping: IdentityMapping,
}

/// What became of the entry.
pub(super) struct Entered {
    principal: String,
    username: String,
    is_new: bool,
    record: Option<String>,
}

impl Deployer {
    /// Reads the ARN, and writes it as the map must have it.
    pub(super) fn new(arn: &str, username: &str, group: &str) -> Result<Self, Failure> {
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("`{arn}` is not the ARN of a role or user: {error}"))
                .hint("it is like `arn:aws:iam::111122223333:role/NAME`")
        };
        let parsed = PrincipalArn::parse(arn).map_err(|error| wrong(&error))?;
        let (section, principal) = match parsed.kind() {
            PrincipalKind::User => (Section::MapUsers, parsed.canonical().to_owned()),
            PrincipalKind::Role | PrincipalKind::AssumedRole => {
                (Section::MapRoles, strip_path(parsed.canonical()).map_err(|error| wrong(&error))?)
            }
            kind => return Err(wrong(&format!("it is a {kind}"))),
        };
        let mapping =
            IdentityMapping { principal, username: username.to_owned(), groups: vec![group.to_owned()] };
        Ok(Self { section, mapping })
    }

    /// Adds the entry, unless it is there.
    pub(super) fn enter(
        &self,
        runtime: &Runtime,
        target: &Target,
        timeout: Duration,
        screen: &Screen,
    ) -> Result<Entered, Failure> {
        let looking = async { Ok(line::observe(target.reading()).await?) };
        let observed = bounded(runtime, timeout, screen, looking)?;
        if let Some(present) = self.present(&observed)? {
            let (principal, username) = (present.principal.clone(), present.username);
            return Ok(Entered { principal, username, is_new: false, record: None });
        }
        let desired = self.desired(&observed)?;
        let declared = circumstances(Some(target.cluster.identity().clone()), Vec::new());
        let planning = async { Ok(line::plan(target.reading(), &desired, &declared).await?) };
        let planned = bounded(runtime, timeout, screen, planning)?;
        screen.show(&page(&planned));
        check(&planned)?;
        let is_recorded = !observed.awaits_first_apply();
        if !is_recorded {
            screen.note("no record is kept of this: what `kubectl apply` left tells what was yours, until your first apply");
        }
        let changes = planned.plan.changes().to_vec();
        let request = ApplyRequest {
            desired: &desired,
            circumstances: declared,
            approval: Approval::Seen(changes.clone()),
            holder: holder(),
            lock_wait: timeout.mul_f64(0.75),
        };
        let outcome = runtime.block_on(async {
            let watch = Watch::new(screen, Some(changes));
            finish(target.line(is_recorded), request, &watch, timeout).await
        })?;
        let report = outcome.or_else(|error| Err(failure(error, screen)?))?;
        tell_remarks(&report, screen);
        let IdentityMapping { principal, username, .. } = self.mapping.clone();
        Ok(Entered { principal, username, is_new: true, record: report.record })
    }

    /// The entry that is there already, if it lets the deployer do its work.
    fn present(&self, observed: &ObservedAccess) -> Result<Option<IdentityMapping>, Failure> {
        let map = observed.effective();
        let key = EntryKey::new(self.section, &self.mapping.principal);
        let Some(mapping) = map.winners().get(&key).map(|entry| entry.mapping.clone()) else {
            return Ok(None);
        };
        let group = &self.mapping.groups[0];
        if mapping.is_cluster_admin() || mapping.groups.contains(group) {
            return Ok(Some(mapping));
        }
        let message =
            format!("`{}` has an entry already, and is not in the group `{group}`", mapping.principal);
        Err(Failure::refused(message)
            .hint(format!("the objects are set up; add `{group}` to its groups in your `aws-auth.yml`")))
    }

    /// The entry, beside those that were made by hand as well: leaving one out would remove it.
    fn desired(&self, observed: &ObservedAccess) -> Result<DesiredAccess, Failure> {
        let map = observed.effective();
        let is_ours = |key: &EntryKey| {
            observed
                .ledger()
                .and_then(|ledger| ledger.owner(key))
                .is_some_and(|owner| *owner == SourceId::bootstrap())
        };
        let mut sections: BTreeMap<Section, String> = BTreeMap::new();
        for (key, entry) in map.winners().iter().filter(|(key, _)| is_ours(key)) {
            sections.entry(key.section()).or_default().push_str(&item(key.section(), &entry.mapping));
        }
        sections.entry(self.section).or_default().push_str(&item(self.section, &self.mapping));
        let data = sections.into_iter().map(|(section, text)| (section.key().to_owned(), json!(text)));
        let document = read(&data.collect::<BTreeMap<_, _>>(), "the entry");
        let (document, findings) = document;
        let revision = SourceRevision {
            source: SourceId::bootstrap(),
            commit: None,
            committed_at: None,
            modified: false,
        };
        let desired = DesiredAccess::new(document, &findings, revision, Policy::default());
        let (nothing, _) = read(&BTreeMap::new(), "nothing");
        match (desired, nothing) {
            // What `kubectl apply` did before us is not ours to take back.
            (Some(desired), Some(nothing)) => Ok(desired.after(nothing)),
            _ => Err(Failure::new("the entry cannot be written").hint("check `--username` and `--group`")),
        }
    }
}

impl Entered {
    pub(super) fn document(&self) -> Value {
        json!({
            "principal": self.principal,
            "username": self.username,
            "outcome": if self.is_new { "created" } else { "unchanged" },
            "record": self.record,
        })
    }

    pub(super) fn sentence(&self) -> String {
        let outcome = if self.is_new { "created" } else { "unchanged" };
        format!("{outcome:<9} entry of {} as `{}`", self.principal, self.username)
    }
}

/// Nothing but additions may come of this.
fn check(planned: &Planned) -> Result<(), Failure> {
    if is_refused(&planned.plan, &planned.judgements) {
        return Err(Failure::refused(
            "the plan is refused: the objects are set up, and the map was not changed",
        ));
    }
    if planned.plan.changes().iter().any(|change| change.action != Action::Add) {
        return Err(Failure::refused("more than one entry would change: the map was not changed")
            .hint("add the entry to your `aws-auth.yml`, and apply that"));
    }
    Ok(())
}

/// One entry as a person would write it.
fn item(section: Section, mapping: &IdentityMapping) -> String {
    let quoted = |text: &str| {
        let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_/.:@".contains(c));
        let starts_plain = text.starts_with(|c: char| c.is_ascii_alphabetic());
        if is_plain && starts_plain && !text.ends_with(':') {
            text.to_owned()
        } else {
            json!(text).to_string()
        }
    };
    if section == Section::MapAccounts {
        return format!("- {}\n", json!(mapping.principal));
    }
    let arn = if section == Section::MapUsers { "userarn" } else { "rolearn" };
    let mut lines = vec![
        format!("- {arn}: {}", quoted(&mapping.principal)),
        format!("  username: {}", quoted(&mapping.username)),
        if mapping.groups.is_empty() { "  groups: []".to_owned() } else { "  groups:".to_owned() },
    ];
    lines.extend(mapping.groups.iter().map(|group| format!("    - {}", quoted(group))));
    lines.join("\n") + "\n"
}

fn read(
    data: &BTreeMap<String, Value>,
    name: &str,
) -> (Option<AwsAuthDocument>, Vec<rolecall_core::finding::Finding>) {
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "aws-auth", "namespace": "kube-system" },
        "data": data,
    });
    AwsAuthDocument::parse(name, &map.to_string())
}
