//! Records and the ledger, as ConfigMaps in the namespace `rolecall`.
//!
//! A record is readable as far as a person wants to read it (`data.intent`, `data.completion`); the plan and
//! the documents before and after are compressed in `binaryData.content`, which goes on in `NAME-1`,
//! `NAME-2`, … where it does not fit. Completed records are kept: nothing in here deletes.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use rolecall_core::cluster::fingerprint;
use rolecall_core::ledger::Ledger;
use rolecall_core::record::{Completion, Record};
use rolecall_engine::port::{KeepRecords, PortError, PortErrorKind, PortFuture};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cluster::KubeCluster;
use crate::connection::{Answer, Request};
use crate::packing::{self, CAPACITY, Packed};
use crate::wire::{
    CONFIG_MAPS_PATH, ConfigMap, LEDGER_NAME, MANAGED_BY_LABEL, NAMESPACE, PART_LABEL, RECORD_LABEL,
};

#[cfg(test)]
mod tests;

/// What is left free in a record for its completion, in bytes.
const ROOM_FOR_COMPLETION: usize = 32 * 1024;

impl KeepRecords for KubeCluster {
    fn missing_rights(&self) -> PortFuture<'_, Vec<String>> {
        Box::pin(self.rights_we_lack())
    }

    /// The parts go first, so that a record that is there is whole. What is there already may be of an attempt
    /// whose answer was lost: a part is judged by the digest in the record, a record by being the same.
    fn begin<'a>(&'a self, record: &'a Record) -> PortFuture<'a, ()> {
        Box::pin(async {
            let drafts = Drafts::of(record);
            for (name, part) in &drafts.parts {
                match self.create(name, part).await {
                    Err(error) if error.kind != PortErrorKind::Conflict => return Err(error),
                    _ => {}
                }
            }
            let (name, object) = &drafts.record;
            match self.create(name, object).await {
                Err(error) if error.kind == PortErrorKind::Conflict => {
                    let there = self.read_record(name).await?;
                    if there == *record { Ok(()) } else { Err(error) }
                }
                outcome => outcome,
            }
        })
    }

    fn complete<'a>(&'a self, name: &'a str, completion: &'a Completion) -> PortFuture<'a, ()> {
        Box::pin(async {
            let mut packed = Packed::default();
            packed.put("completion", text(completion));
            let patch = packed.patch(&json!({ "labels": { RECORD_LABEL: "completed" } }));
            self.connection.send(Request::merge_patch(&resource(name), &path(name), &patch)).await?;
            Ok(())
        })
    }

    fn recall<'a>(&'a self, name: &'a str) -> PortFuture<'a, Option<Record>> {
        Box::pin(async move {
            match self.read_record(name).await {
                Err(error) if error.kind == PortErrorKind::NotFound => Ok(None),
                read => read.map(Some),
            }
        })
    }

    fn write_ledger<'a>(&'a self, ledger: &'a Ledger, precondition: Option<&'a str>) -> PortFuture<'a, ()> {
        Box::pin(async move {
            let mut packed = Packed::default();
            packed.put("ledger", text(ledger));
            let mut metadata = metadata(LEDGER_NAME, RECORD_LABEL, "ledger");
            let Some(resource_version) = precondition else {
                return self.create(LEDGER_NAME, &packed.object(&metadata)).await;
            };
            metadata["resourceVersion"] = json!(resource_version);
            let patch = packed.patch(&metadata);
            let request = Request::merge_patch(&resource(LEDGER_NAME), &path(LEDGER_NAME), &patch);
            match self.connection.send(request).await {
                // It was there when it was observed, so somebody else's delete came first.
                Err(error) if error.kind == PortErrorKind::NotFound => {
                    Err(PortError { kind: PortErrorKind::Conflict, ..error })
                }
                outcome => outcome.map(|answer| self.note_written(&answer)),
            }
        })
    }
}

impl KubeCluster {
    /// Reads a record back, with all its parts.
    pub async fn read_record(&self, name: &str) -> Result<Record, PortError> {
        let item = self.read_config_map(name).await?;
        let head = Head::of(&item).map_err(|why| unreadable(name, &why))?;
        let mut content = packing::bytes(&item, "content").map_err(|why| unreadable(name, &why))?;
        for number in 1..=head.n_parts {
            let name = part_name(name, number);
            let part = self.read_config_map(&name).await?;
            content.extend(packing::bytes(&part, "content").map_err(|why| unreadable(&name, &why))?);
        }
        record(&item, &head, &content).map_err(|why| unreadable(name, &why))
    }

    async fn create(&self, name: &str, object: &Value) -> Result<(), PortError> {
        let created =
            self.connection.send(Request::create(&resource(name), CONFIG_MAPS_PATH, object)).await?;
        self.note_written(&created);
        Ok(())
    }

    /// Remembers which version the write made; an answer that does not say is no failed write.
    fn note_written(&self, answer: &Answer) {
        let version = answer.json::<ConfigMap>().ok().map(|written| written.metadata.resource_version);
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = version;
    }

    /// A ConfigMap in our namespace, `None` where there is none of this name.
    pub(crate) async fn find_config_map(&self, name: &str) -> Result<Option<ConfigMap>, PortError> {
        let found = self.connection.find(Request::read(&resource(name), path(name))).await?;
        found.map(|answer| answer.json()).transpose()
    }

    async fn read_config_map(&self, name: &str) -> Result<ConfigMap, PortError> {
        self.connection.send(Request::read(&resource(name), path(name))).await?.json()
    }
}

/// The part of a record that is compressed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    plan: &'a Value,
    data_before: &'a Option<BTreeMap<String, String>>,
    data_after: &'a BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnedContent {
    plan: Value,
    data_before: Option<BTreeMap<String, String>>,
    data_after: BTreeMap<String, String>,
}

/// The ConfigMaps that a record becomes, with their names.
struct Drafts {
    record: (String, Value),
    parts: Vec<(String, Value)>,
}

impl Drafts {
    fn of(record: &Record) -> Self {
        let Record { intent, plan, data_before, data_after, .. } = record;
        let content = packing::gzip(text(&Content { plan, data_before, data_after }).as_bytes());
        let mut packed = Packed::default();
        packed.put("intent", text(intent));
        if let Some(completion) = &record.completion {
            packed.put("completion", text(completion));
        }
        let room = CAPACITY.saturating_sub(packed.len() + ROOM_FOR_COMPLETION).min(content.len());
        let (first, rest) = content.split_at(room);
        let chunks: Vec<&[u8]> = rest.chunks(CAPACITY).collect();
        packed.put_bytes("content", first);
        packed.put("parts", chunks.len().to_string());
        packed.put("digest", fingerprint(&content));
        let state = if record.completion.is_some() { "completed" } else { "unfinished" };
        let object = packed.object(&metadata(&intent.name, RECORD_LABEL, state));
        let parts = chunks.iter().zip(1..).map(|(chunk, number)| part(&intent.name, number, chunk)).collect();
        Self { record: (intent.name.clone(), object), parts }
    }
}

fn part(record: &str, number: usize, chunk: &[u8]) -> (String, Value) {
    let name = part_name(record, number);
    let mut packed = Packed::default();
    packed.put_bytes("content", chunk);
    let object = packed.object(&metadata(&name, PART_LABEL, record));
    (name, object)
}

fn part_name(record: &str, number: usize) -> String {
    format!("{record}-{number}")
}

/// What a record says of its own content.
struct Head {
    n_parts: usize,
    digest: String,
}

impl Head {
    fn of(item: &ConfigMap) -> Result<Self, String> {
        let field = |key: &str| item.data.get(key).ok_or_else(|| format!("there is no `{key}` in it"));
        let n_parts = field("parts")?.parse().map_err(|error| format!("`parts`: {error}"))?;
        Ok(Self { n_parts, digest: field("digest")?.clone() })
    }
}

fn record(item: &ConfigMap, head: &Head, content: &[u8]) -> Result<Record, String> {
    if fingerprint(content) != head.digest {
        return Err("its content is not what its digest says".to_owned());
    }
    let content: OwnedContent =
        serde_json::from_slice(&packing::gunzip(content)?).map_err(|error| format!("`content`: {error}"))?;
    Ok(Record {
        intent: Packed::read(item, "intent")?,
        completion: Packed::find(item, "completion")?,
        plan: content.plan,
        data_before: content.data_before,
        data_after: content.data_after,
    })
}

fn metadata(name: &str, label: &str, value: &str) -> Value {
    json!({ "name": name, "namespace": NAMESPACE, "labels": { label: value, MANAGED_BY_LABEL: "rolecall" } })
}

fn path(name: &str) -> String {
    format!("{CONFIG_MAPS_PATH}/{name}")
}

fn resource(name: &str) -> String {
    format!("configmap {NAMESPACE}/{name}")
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value)
        .expect("records and ledgers have string keys, and that is all JSON asks")
}

fn unreadable(name: &str, why: &str) -> PortError {
    PortError::new(PortErrorKind::Invalid, "read", &format!("`{}`", resource(name)), why)
}
