//! Observing a cluster: three requests at once.
//!
//! The ledger and the unfinished records are read by one list, so that they are of one moment: an apply that
//! ends between two reads would have its entries in neither. Only a list without a ledger is followed by a read
//! of its name: a ledger that lost its label is a ledger still, and what it owns is not forgotten.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::PoisonError;

use jiff::Timestamp;
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess, ObservedLedger, ObservedMap};
use rolecall_core::plan::Call;
use rolecall_core::record::Intent;
use rolecall_engine::port::{ObserveAccess, PortError, PortErrorKind, PortFuture};
use serde::Deserialize;
use serde_json::json;

use crate::cluster::KubeCluster;
use crate::connection::{Connection, Request};
use crate::packing::Packed;
use crate::wire::{CONFIG_MAPS_PATH, ConfigMap, ConfigMaps, LEDGER_NAME, MAP, MAP_PATH, RECORD_LABEL};

#[cfg(test)]
mod tests;

impl ObserveAccess for KubeCluster {
    /// One refused read is not an empty one: the map must be readable (or known to be absent); what may not
    /// be known is `Unknown` with the API server's own words.
    fn observe(&self) -> PortFuture<'_, ObservedAccess> {
        Box::pin(async {
            let (map, ours, caller) =
                tokio::try_join!(self.observe_map(), self.observe_ours(), self.observe_caller())?;
            Ok(ObservedAccess {
                cluster: self.target.identity.clone(),
                observed_at: Some(Timestamp::now()),
                mode: self.mode.clone(),
                access_entries: self.access_entries.clone(),
                map,
                ledger: ours.ledger,
                unfinished: ours.unfinished,
                caller,
            })
        })
    }

    /// A kubeconfig's own token or client certificate cannot be made anew; the connection is.
    fn authenticate_afresh(&self) -> PortFuture<'_, Caller> {
        Box::pin(async { who_am_i(&Connection::open_afresh(&self.target).await?).await })
    }

    fn rehearse<'a>(&'a self, call: &'a Call) -> PortFuture<'a, ()> {
        Box::pin(self.send_call(call, true))
    }
}

impl KubeCluster {
    async fn observe_map(&self) -> Result<Option<ObservedMap>, PortError> {
        let Some(answer) = self.connection.find(Request::read(MAP, MAP_PATH)).await? else { return Ok(None) };
        let map: ConfigMap = answer.json()?;
        let mut observed = ObservedMap::of_data(map.data).at(&map.metadata.resource_version);
        observed.annotations = map.metadata.annotations;
        Ok(Some(observed))
    }

    async fn observe_ours(&self) -> Result<Ours, PortError> {
        let mut path = format!("{CONFIG_MAPS_PATH}?labelSelector={RECORD_LABEL}%20in%20(ledger,unfinished)");
        // A list of "now" may wait until etcd has told the API server how far it is. After a write of our own
        // it is enough, and quick, to ask for nothing older than that.
        if let Some(version) = self.written.lock().unwrap_or_else(PoisonError::into_inner).as_deref() {
            write!(path, "&resourceVersion={version}&resourceVersionMatch=NotOlderThan")
                .expect("writing to a text cannot fail");
        }
        match self.connection.send(Request::read("configmaps in rolecall", path)).await {
            Ok(answer) => {
                let ours = Ours::of(answer.json::<ConfigMaps>()?.items);
                if ours.ledger == Knowledge::Known(None) {
                    self.look_for_ledger(ours).await
                } else {
                    Ok(ours)
                }
            }
            Err(error) if error.kind == PortErrorKind::Denied => Ok(Ours::unknown(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// After the list, never before it: what ended in between is in the ledger by now.
    async fn look_for_ledger(&self, ours: Ours) -> Result<Ours, PortError> {
        match self.find_config_map(LEDGER_NAME).await {
            Ok(Some(ledger)) => Ok(ours.with_ledger(&ledger)),
            Ok(None) => Ok(ours),
            Err(error) if error.kind == PortErrorKind::Denied => Ok(Ours::unknown(error.to_string())),
            Err(error) => Err(error),
        }
    }

    async fn observe_caller(&self) -> Result<Knowledge<Caller>, PortError> {
        match who_am_i(&self.connection).await {
            Ok(caller) => Ok(Knowledge::Known(caller)),
            Err(error) if matches!(error.kind, PortErrorKind::Denied | PortErrorKind::NotFound) => {
                Ok(Knowledge::Unknown(error.to_string()))
            }
            Err(error) => Err(error),
        }
    }
}

/// What Rolecall keeps in the cluster.
#[derive(Debug, PartialEq, Eq)]
struct Ours {
    ledger: Knowledge<Option<ObservedLedger>>,
    unfinished: Vec<Intent>,
}

impl Ours {
    /// Neither is known. An unfinished intent owns what it added, so that without the records the ledger
    /// alone does not tell what is ours, and counts as unknown too.
    fn unknown(why: String) -> Self {
        Self { ledger: Knowledge::Unknown(why), unfinished: Vec::new() }
    }

    fn of(items: Vec<ConfigMap>) -> Self {
        let nothing = Self { ledger: Knowledge::Known(None), unfinished: Vec::new() };
        items.into_iter().try_fold(nothing, |ours, item| ours.with(&item)).unwrap_or_else(Self::unknown)
    }

    fn with_ledger(self, item: &ConfigMap) -> Self {
        self.with(item).unwrap_or_else(Self::unknown)
    }

    fn with(mut self, item: &ConfigMap) -> Result<Self, String> {
        let name = &item.metadata.name;
        let read = if name == LEDGER_NAME { self.take_ledger(item) } else { self.take_record(item) };
        read.map_err(|why| format!("configmap `rolecall/{name}` cannot be read: {why}"))?;
        Ok(self)
    }

    fn take_ledger(&mut self, item: &ConfigMap) -> Result<(), String> {
        let ledger = Packed::read(item, "ledger")?;
        let resource_version = item.metadata.resource_version.clone();
        self.ledger = Knowledge::Known(Some(ObservedLedger { resource_version, ledger }));
        Ok(())
    }

    fn take_record(&mut self, item: &ConfigMap) -> Result<(), String> {
        self.unfinished.push(Packed::read(item, "intent")?);
        Ok(())
    }
}

async fn who_am_i(connection: &Connection) -> Result<Caller, PortError> {
    Ok(user_info(connection).await?.into())
}

/// SelfSubjectReview, which everybody may ask who is authenticated (`system:basic-user`).
pub(crate) async fn user_info(connection: &Connection) -> Result<UserInfo, PortError> {
    let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    let request = Request::review("who we are", "/apis/authentication.k8s.io/v1/selfsubjectreviews", &review);
    let answer: SelfSubjectReview = connection.send(request).await?.json()?;
    Ok(answer.status.user_info)
}

impl From<UserInfo> for Caller {
    fn from(user: UserInfo) -> Self {
        let canonical_arn = user.extra.get("canonicalArn").and_then(|values| values.first()).cloned();
        Self { username: user.username, groups: user.groups, canonical_arn }
    }
}

#[derive(Deserialize)]
struct SelfSubjectReview {
    status: ReviewStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewStatus {
    user_info: UserInfo,
}

/// `authentication.k8s.io/v1`, `UserInfo`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UserInfo {
    pub(crate) username: String,
    pub(crate) groups: Vec<String>,
    pub(crate) extra: BTreeMap<String, Vec<String>>,
}
