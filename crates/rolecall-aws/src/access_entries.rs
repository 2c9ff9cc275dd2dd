//! The access entries of a cluster, which outrank the map; all of them, or the reason why not.
//!
//! There is no bulk read: a page of ARNs for every hundred, then two calls an entry, a few at a time.

use std::sync::Arc;

use aws_sdk_eks::Client;
use aws_sdk_eks::types::AccessScopeType;
use rolecall_core::cluster::{AccessEntry, AuthenticationMode};
use rolecall_core::observed::Knowledge;
use rolecall_engine::port::{PortError, PortErrorKind};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::eks::EksCluster;
use crate::error::{self, Attempt};
use crate::session::AwsSession;

/// How many entries are read at once; EKS publishes no limit, and throttles.
const N_AT_ONCE: usize = 8;

impl EksCluster {
    /// The cluster's access entries: known to be none in mode `CONFIG_MAP`, unknown where we may not read them.
    ///
    /// Any other failure is an error: nobody knows then, but somebody who tries again may.
    pub async fn access_entries(
        &self,
        session: &AwsSession,
    ) -> Result<Knowledge<Vec<AccessEntry>>, PortError> {
        if self.authentication_mode == Knowledge::Known(AuthenticationMode::ConfigMap) {
            return Ok(Knowledge::Known(Vec::new()));
        }
        match read_all(session, &self.name).await {
            Ok(entries) => Ok(Knowledge::Known(entries)),
            Err(error) if has_none(&error) => Ok(Knowledge::Known(Vec::new())),
            Err(error) if error.kind == PortErrorKind::Denied => Ok(Knowledge::Unknown(error.to_string())),
            Err(error) => Err(error),
        }
    }
}

/// EKS refuses to list the entries of a cluster that does not go by them, which is how one learns of an old
/// cluster that its mode is `CONFIG_MAP`.
fn has_none(error: &PortError) -> bool {
    error.kind == PortErrorKind::Invalid && error.message.contains("authentication mode must be set to")
}

async fn read_all(session: &AwsSession, cluster_name: &str) -> Result<Vec<AccessEntry>, PortError> {
    session.credentials().await?;
    let reader = Reader {
        client: Client::new(session.config()),
        session: session.clone(),
        cluster_name: cluster_name.to_owned(),
    };
    let mut reading = JoinSet::new();
    let permits = Arc::new(Semaphore::new(N_AT_ONCE));
    for arn in reader.list().await? {
        let (reader, permits) = (reader.clone(), Arc::clone(&permits));
        reading.spawn(async move {
            let _permit = permits.acquire().await.expect("the semaphore is never closed");
            reader.read(arn).await
        });
    }
    let mut entries = Vec::new();
    while let Some(read) = reading.join_next().await {
        let entry = read.map_err(|error| reader.failure("read", &error.to_string()))?;
        entries.extend(entry?);
    }
    entries.sort();
    Ok(entries)
}

#[derive(Clone)]
struct Reader {
    client: Client,
    session: AwsSession,
    cluster_name: String,
}

impl Reader {
    /// The principals that have an entry, page by page.
    async fn list(&self) -> Result<Vec<String>, PortError> {
        let resource = format!("the access entries of cluster `{}`", self.cluster_name);
        let mut pages =
            self.client.list_access_entries().cluster_name(&self.cluster_name).into_paginator().send();
        let mut arns = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.refused(&error, "list", &resource))?;
            arns.extend(page.access_entries.unwrap_or_default());
        }
        Ok(arns)
    }

    /// One entry and its policies; `None` if it was deleted in the meantime.
    async fn read(&self, arn: String) -> Result<Option<AccessEntry>, PortError> {
        let described = self.describe(&arn).await;
        let policies = match &described {
            Ok(_) => self.cluster_policies(&arn).await,
            Err(_) => Ok(Vec::new()),
        };
        match described.and_then(|entry| Ok((entry, policies?))) {
            Ok((entry, cluster_policies)) => Ok(Some(AccessEntry { cluster_policies, ..entry })),
            Err(error) if error.kind == PortErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn describe(&self, arn: &str) -> Result<AccessEntry, PortError> {
        let resource = format!("the access entry of `{arn}`");
        let answer = self
            .client
            .describe_access_entry()
            .cluster_name(&self.cluster_name)
            .principal_arn(arn)
            .send()
            .await
            .map_err(|error| self.refused(&error, "describe", &resource))?;
        let Some(entry) = answer.access_entry else {
            return Err(self.failure("describe", "the answer holds no entry"));
        };
        Ok(AccessEntry {
            principal_arn: entry.principal_arn().unwrap_or(arn).to_owned(),
            entry_type: entry.r#type().unwrap_or_default().to_owned(),
            username: entry.username().unwrap_or_default().to_owned(),
            groups: entry.kubernetes_groups().to_vec(),
            cluster_policies: Vec::new(),
        })
    }

    /// The names of the access policies that count in the whole cluster.
    async fn cluster_policies(&self, arn: &str) -> Result<Vec<String>, PortError> {
        let resource = format!("the access policies of `{arn}`");
        let mut pages = self
            .client
            .list_associated_access_policies()
            .cluster_name(&self.cluster_name)
            .principal_arn(arn)
            .into_paginator()
            .send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.refused(&error, "list", &resource))?;
            for policy in page.associated_access_policies() {
                let scope = policy.access_scope().and_then(|scope| scope.r#type());
                if scope == Some(&AccessScopeType::Cluster) {
                    let policy_arn = policy.policy_arn().unwrap_or_default();
                    names.push(policy_arn.rsplit('/').next().unwrap_or(policy_arn).to_owned());
                }
            }
        }
        names.sort();
        Ok(names)
    }

    fn refused<E>(
        &self,
        error: &aws_sdk_eks::error::SdkError<E>,
        operation: &'static str,
        resource: &str,
    ) -> PortError
    where
        E: aws_sdk_eks::error::ProvideErrorMetadata + std::error::Error + 'static,
    {
        error::from_sdk(error, &Attempt::new(operation, resource, &self.session))
    }

    fn failure(&self, operation: &str, message: &str) -> PortError {
        let resource = format!("the access entries of cluster `{}`", self.cluster_name);
        PortError::new(PortErrorKind::Other, operation, &resource, message)
    }
}
