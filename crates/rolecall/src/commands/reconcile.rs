//! `rolecall reconcile`: asks the controller for a pass over one `AccessSync` now, and waits for what comes of it.

use std::time::Duration;

use clap::Args;
use rolecall_core::Timestamp;
use rolecall_core::render::{API_VERSION, printable_line};
use rolecall_engine::port::{PortError, PortErrorKind};
use rolecall_kube::KubeHome;
use rolecall_server::resource::{AccessSync, AccessSyncStatus, RECONCILE_ANNOTATION};
use serde_json::json;

use crate::cli::ClusterArgs;
use crate::failure::{Failure, Status};
use crate::output::Screen;
use crate::target::{Target, within};

/// How often it is looked for the answer.
const POLL: Duration = Duration::from_millis(300);

/// Have the controller fetch and look at one `AccessSync` now
///
/// Ends with status 0 if all is as the files say then, 3 if its commit cannot be used or is refused, 2 if something
/// differs or is held, and 1 if it could not be looked at.
#[derive(Debug, Args)]
pub(crate) struct ReconcileArgs {
    /// The name of the `AccessSync` in the namespace `rolecall`
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &ReconcileArgs, screen: &Screen) -> Result<Status, Failure> {
    let status = within(args.cluster.timeout, screen, async {
        let progress = screen.progress("looking for the cluster");
        let home = KubeHome::new(Target::connect(&args.cluster, None, screen).await?.cluster);
        progress.at("asking the controller");
        let object = read(&home, &args.name).await?;
        if object.spec.suspend {
            let command = format!(
                "kubectl patch accs {} -n rolecall --type merge -p '{{\"spec\":{{\"suspend\":false}}}}'",
                args.name
            );
            return Err(Failure::new(format!("`{}` is suspended", args.name)).hint(command));
        }
        let wish = Timestamp::now();
        home.annotate(&args.name, RECONCILE_ANNOTATION, &wish.to_string()).await?;
        progress.at("waiting for the controller; is one running? `kubectl get pods -n rolecall`");
        loop {
            tokio::time::sleep(POLL).await;
            let status = read(&home, &args.name).await?.status.unwrap_or_default();
            // A later wish of somebody else is followed with ours.
            let handled = status.last_handled_reconcile.as_deref().and_then(|text| text.parse().ok());
            if handled.is_some_and(|handled: Timestamp| handled >= wish) {
                return Ok(status);
            }
        }
    })?;
    tell(&args.name, &status, screen)?;
    Ok(ended(&status))
}

async fn read(home: &KubeHome, name: &str) -> Result<AccessSync, Failure> {
    let object = home.resource(name).await.map_err(|error| match error.kind {
        PortErrorKind::NotFound => {
            PortError { hint: None, ..error }.with_hint("`kubectl get accs -n rolecall` lists what there is")
        }
        _ => error,
    })?;
    serde_json::from_value(object)
        .map_err(|error| Failure::new(format!("`{name}` is of another version than this program: {error}")))
}

fn tell(name: &str, status: &AccessSyncStatus, screen: &Screen) -> Result<(), Failure> {
    let ready = status.condition("Ready");
    let message = ready.map(|ready| ready.message.as_str()).unwrap_or_default();
    if screen.is_json() {
        return screen.json(&json!({
            "apiVersion": API_VERSION,
            "kind": "ReconcileReport",
            "name": name,
            "isReady": ready.is_some_and(|ready| ready.status == "True"),
            "reason": ready.map(|ready| &ready.reason),
            "message": message,
            "revision": status.last_attempted_revision,
            "appliedRevision": status.last_applied_revision,
        }));
    }
    screen.data(&format!("{}\n", printable_line(&format!("{name}: {message}"))))
}

fn ended(status: &AccessSyncStatus) -> Status {
    let is = |r#type: &str| status.condition(r#type).is_some_and(|condition| condition.status == "True");
    if is("Ready") {
        Status::Done
    } else if is("Stalled") {
        Status::Refused
    } else if is("Reconciling") {
        Status::Failed
    } else {
        Status::Changed
    }
}
