//! Pushes that webhooks tell of: fetched if this process works, and passed on to the one that does if it waits.

use std::sync::Arc;
use std::time::Duration;

use rolecall_engine::port::PortError;
use rolecall_kube::KubeHome;
use rolecall_server::receive::{Nudge, is_of};
use tokio::sync::mpsc;

use super::Process;

/// After the watch has failed, or somebody could not be told.
const PAUSE: Duration = Duration::from_secs(5);

/// Takes what the receivers hear, for ever.
pub(super) async fn take(
    mut pushes: mpsc::Receiver<Nudge>,
    process: Arc<Process>,
    home: Option<Arc<KubeHome>>,
) {
    while let Some(Nudge { push, .. }) = pushes.recv().await {
        let addresses = push.repository_urls;
        match &home {
            Some(home) if !process.leadership.is_held() => {
                if let Err(error) = home.pass_on(&addresses).await {
                    not_passed_on(&process, &error);
                }
            }
            _ => process.sources.nudge(|url| is_of(&addresses, url)),
        }
    }
}

/// Hears what others pass on, for ever.
pub(super) async fn hear(process: Arc<Process>, home: Arc<KubeHome>) {
    let mut hear = |addresses: Vec<String>| process.sources.nudge(|url| is_of(&addresses, url));
    loop {
        let Err(error) = home.pushes(&mut hear).await;
        not_passed_on(&process, &error);
        tokio::time::sleep(error.retry_after.unwrap_or(PAUSE)).await;
    }
}

fn not_passed_on(process: &Process, error: &PortError) {
    process.ears.cannot_pass_on(error);
}
