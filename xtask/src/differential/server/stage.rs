//! One document before the real authenticator: put, seen, and asked about.

use std::time::Duration;

use anyhow::{Result, ensure};
use http::Method;
use rolecall_core::identity_mapping::Section;
use rolecall_testenv::{Cluster, ClusterOptions, Webhook, WebhookUser, eventually};
use serde_json::json;

use super::Gate;
use super::cast::{Cast, Person};
use crate::differential::Data;

const CONFIG_MAPS: &str = "/api/v1/namespaces/kube-system/configmaps";
/// The watch takes milliseconds; a machine that builds something beside takes longer.
const SEEN: Duration = Duration::from_secs(20);

/// A document, and which of its sections is clean: there a sentinel stands before what `data` has.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) data: Data,
    pub(super) clean: Section,
}

/// A cluster, those who knock, and how many documents there were.
pub(super) struct Stage {
    cluster: Cluster,
    webhook: Webhook,
    cast: Cast,
    version: u64,
}

impl Stage {
    pub(super) fn set(gate: Gate) -> Result<Self> {
        let options = ClusterOptions { sso_role_match: gate == Gate::On, ..ClusterOptions::default() };
        let cluster = Cluster::start(options)?;
        let object = json!({"metadata": {"name": "aws-auth"}});
        cluster.request(Method::POST, CONFIG_MAPS, Some(&object))?.success()?;
        Ok(Self { webhook: cluster.webhook()?, cast: Cast::assemble(&cluster)?, cluster, version: 0 })
    }

    pub(super) fn people(&self) -> &[Person] {
        self.cast.others()
    }

    /// Makes the case the map, and gives it as it was put once the authenticator has it; nothing where it
    /// does not get it, so that nobody knows what it goes by.
    pub(super) fn put(&mut self, case: &Case) -> Result<Option<Data>> {
        self.cast.renew(&self.cluster)?;
        self.version += 1;
        let name = format!("sentinel-{}", self.version);
        let (sentinel, key) = match case.clean {
            Section::MapRoles => (self.cast.sentinel_role(), "rolearn"),
            _ => (self.cast.sentinel_user(), "userarn"),
        };
        let entry = format!("- {key}: {}\n  username: {name}\n", sentinel.arn.canonical());
        let mut data = case.data.clone();
        data.entry(case.clean.key().to_owned()).or_default().insert_str(0, &entry);
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth"}, "data": data,
        });
        self.cluster.request(Method::PUT, &format!("{CONFIG_MAPS}/aws-auth"), Some(&object))?.success()?;
        let (webhook, token) = (&self.webhook, sentinel.token());
        let mut refusal = Ok(());
        let is_seen = eventually(SEEN, || match webhook.review(&[token]) {
            Ok(answers) => answers.into_iter().flatten().any(|user| user.username == name),
            Err(error) => {
                refusal = Err(error);
                true
            }
        });
        refusal?;
        Ok(is_seen.then_some(data))
    }

    /// Asks about everybody whose number stands in `who`, as often as it stands there.
    pub(super) fn ask(&self, who: &[usize]) -> Result<Vec<Option<WebhookUser>>> {
        let tokens: Vec<&str> = who.iter().map(|&number| self.people()[number].token()).collect();
        let answers = self.webhook.review(&tokens)?;
        ensure!(answers.len() == who.len(), "the authenticator did not answer everybody");
        Ok(answers)
    }
}
