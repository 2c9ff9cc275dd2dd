//! Which requests one deploy makes, what each is for, and the same as a script for the bare client.
//!
//! Taken from the API server's audit log, so that nothing is forgotten; a request that nobody has given a
//! reason for is an error. The log holds no bodies: they are made from the objects as the deploy left them.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use http::Method;
use rolecall_sandbox::aws::Service;
use rolecall_testenv::Cluster;
use serde_json::{Value, json};

use super::bare::{Bare, RUN};

const MAP: &str = "/api/v1/namespaces/kube-system/configmaps/aws-auth";
const OURS: &str = "/api/v1/namespaces/rolecall/configmaps";
const LEDGER: &str = "/api/v1/namespaces/rolecall/configmaps/rolecall-ledger";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/rolecall/leases/rolecall";
const WHO_AM_I: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const MAY_I: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// What was asked while something ran.
pub(super) struct Recording {
    /// The EKS calls.
    pub(super) aws: Vec<String>,
    /// The API server's requests, in the order of their beginning.
    pub(super) requests: Vec<Recorded>,
}

/// A request as the API server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) method: String,
    /// Path and query.
    pub(super) uri: String,
    /// Times, of equal length, so that they compare as texts.
    began: String,
    ended: String,
}

/// Runs `work` and tells what it asked for.
pub(super) fn record(cluster: &Cluster, work: impl FnOnce() -> Result<()>) -> Result<Recording> {
    let (log, aws) = (audit_log(cluster)?, cluster.aws().server.requests().len());
    work()?;
    let after = audit_log(cluster)?;
    let lines = after[log.len()..].lines().map(|line| Recorded::read(&serde_json::from_str(line)?));
    let mut requests: Vec<Recorded> = lines.collect::<Result<_>>()?;
    requests.sort_by(|one, other| one.began.cmp(&other.began));
    let calls = cluster.aws().server.requests().split_off(aws);
    let aws = calls.into_iter().filter(|call| call.service == Service::Eks).map(|call| call.action).collect();
    Ok(Recording { aws, requests })
}

/// A request with what it is for.
pub(super) struct Reasoned {
    /// Which round trip it is part of, from 1: what was asked at once has the same number.
    pub(super) trip: usize,
    pub(super) request: String,
    pub(super) reason: &'static str,
}

impl Recording {
    /// Each request with what it is for, as the documents list them.
    pub(super) fn reasons(&self) -> Result<Vec<Reasoned>> {
        let mut listed = Vec::new();
        for (call, trip) in self.aws.iter().zip(1..) {
            let reason = match call.as_str() {
                "DescribeCluster" => "the endpoint, whom to trust there, and the authentication mode",
                other => bail!("nobody has said what the EKS call `{other}` is for"),
            };
            listed.push(Reasoned { trip, request: format!("EKS `{call}`"), reason });
        }
        for (group, trip) in self.groups().iter().zip(self.aws.len() + 1..) {
            for &(request, nth) in group {
                let shown = format!("`{} {}`", request.method, request.shown());
                let reason =
                    request.reason(nth).with_context(|| format!("nobody has said what {shown} is for"))?;
                listed.push(Reasoned { trip, request: shown, reason });
            }
        }
        Ok(listed)
    }

    /// The same requests for the bare client. `before` is the map's data before the deploy.
    pub(super) fn script(&self, cluster: &Cluster, before: &Value) -> Result<Vec<Vec<Bare>>> {
        let bare = |&(request, nth): &(&Recorded, usize)| {
            let body = request.body(nth, cluster, before)?;
            Ok(Bare {
                method: request.method.clone(),
                path: request.uri.replace(&request.record(), RUN),
                content_type: request.content_type().to_owned(),
                body: if body.is_null() { String::new() } else { body.to_string() },
                is_afresh: request.path() == WHO_AM_I && nth == 2,
            })
        };
        self.groups().iter().map(|group| group.iter().map(bare).collect()).collect()
    }

    /// What was asked at once, each request with how many like it came before.
    fn groups(&self) -> Vec<Vec<(&Recorded, usize)>> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut groups: Vec<Vec<(&Recorded, usize)>> = Vec::new();
        let mut ended = "";
        for request in &self.requests {
            let number = seen.entry(format!("{} {}", request.method, request.shown())).or_default();
            if request.began.as_str() >= ended {
                groups.push(Vec::new());
            }
            groups.last_mut().expect("the first begins after nothing").push((request, *number));
            *number += 1;
            ended = ended.max(&request.ended);
        }
        // Which of them was first is chance.
        for group in &mut groups {
            group.sort_by_key(|(request, _)| request.path());
        }
        groups
    }
}

impl Recorded {
    fn read(event: &Value) -> Result<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned).context("the audit log has all fields");
        let method = match event["verb"].as_str() {
            Some("get" | "list" | "watch") => "GET",
            Some("create") => "POST",
            Some("patch") => "PATCH",
            Some("update") => "PUT",
            Some("delete" | "deletecollection") => "DELETE",
            other => bail!("the audit log has the verb {other:?}"),
        };
        Ok(Self {
            method: method.to_owned(),
            uri: text(&event["requestURI"])?,
            began: text(&event["requestReceivedTimestamp"])?,
            ended: text(&event["stageTimestamp"])?,
        })
    }

    /// What it is for; `nth` counts from 0 among requests of the same method and path.
    fn reason(&self, nth: usize) -> Option<&'static str> {
        let record = format!("{OURS}/<record>");
        Some(match (self.method.as_str(), self.shown().as_str(), nth) {
            ("GET", MAP, 0) => "observe: what the map says now, and its version",
            ("GET", MAP, 1) => "verify: what the map says afterwards",
            ("GET", OURS, 0) => "observe: the ledger (what is ours) and what earlier runs left unfinished",
            ("GET", OURS, 1) => "verify: the same afterwards",
            ("POST", WHO_AM_I, 0) => "observe: who we are here, for the guard against locking oneself out",
            ("POST", WHO_AM_I, 1) => "verify: who we are afterwards, as part of the same observation",
            ("POST", WHO_AM_I, 2) => "verify: knock with a new token over a new connection",
            ("POST", RULES, 0) => "before anything is written: may we keep a record?",
            ("POST", MAY_I, 0) => "before anything is written: may we patch this map?",
            ("GET", LEASE, 0) => "lock: who has it, and its version",
            ("PATCH", LEASE, 0) => "lock: take it, if nobody else did meanwhile",
            ("POST", OURS, 0) => "record: what is about to be done, by whom, from which commit",
            ("PATCH", MAP, 0) => "the change itself, if the map is still as observed",
            ("PATCH", LEDGER, 0) => "ledger: what is ours from now on",
            ("PATCH", path, 0) if path == record => "record: what came of it",
            ("PATCH", LEASE, 1) => "lock: release it, so that nobody waits",
            _ => return None,
        })
    }

    /// The body that brings about what the deploy left behind. Preconditions are left out, so that it can be
    /// sent again.
    fn body(&self, nth: usize, cluster: &Cluster, before: &Value) -> Result<Value> {
        let ask =
            |kind: &str, group: &str, spec: Value| json!({"apiVersion": group, "kind": kind, "spec": spec});
        let read = |path: &str| cluster.request(Method::GET, path, None)?.success();
        let path = self.path();
        Ok(match (self.method.as_str(), path) {
            ("GET", _) => Value::Null,
            ("POST", WHO_AM_I) => {
                json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
            }
            ("POST", RULES) => {
                ask("SelfSubjectRulesReview", "authorization.k8s.io/v1", json!({"namespace": "rolecall"}))
            }
            ("POST", MAY_I) => ask(
                "SelfSubjectAccessReview",
                "authorization.k8s.io/v1",
                json!({"resourceAttributes": {"namespace": "kube-system", "verb": "patch", "group": "",
                    "resource": "configmaps", "name": "aws-auth"}}),
            ),
            ("PATCH", MAP) => json!({"data": changed(before, &read(MAP)?["data"])}),
            ("PATCH", LEASE) if nth == 1 => json!({"spec": {"holderIdentity": ""}}),
            ("PATCH", LEASE) => taken(&read(LEASE)?),
            ("PATCH", LEDGER) => without(&read(LEDGER)?, &[]),
            ("POST", OURS) => begun(&newest_record(cluster)?),
            ("PATCH", _) => completed(&read(path)?),
            _ => bail!("nobody has said what the body of `{} {path}` is", self.method),
        })
    }

    fn content_type(&self) -> &'static str {
        if self.method == "PATCH" { "application/merge-patch+json" } else { "application/json" }
    }

    fn path(&self) -> &str {
        self.uri.split('?').next().unwrap_or_default()
    }

    /// The path, with a placeholder for the name of a record.
    fn shown(&self) -> String {
        self.path().replace(&self.record(), "<record>")
    }

    /// The name of the record that it is about; a text that is in no path if it is about none.
    fn record(&self) -> String {
        let name = self.path().strip_prefix(OURS).and_then(|rest| rest.strip_prefix('/'));
        name.filter(|name| name.starts_with("apply-")).unwrap_or("<record>").to_owned()
    }
}

/// Without a line that is being written at this moment.
fn audit_log(cluster: &Cluster) -> Result<String> {
    let mut log = fs::read_to_string(cluster.home().join("audit.jsonl")).context("read the audit log")?;
    log.truncate(log.rfind('\n').map_or(0, |end| end + 1));
    Ok(log)
}

/// The keys whose texts differ.
fn changed(before: &Value, after: &Value) -> Value {
    let mut after = after.clone();
    if let Some(after) = after.as_object_mut() {
        after.retain(|key, text| before[key.as_str()] != *text);
    }
    after
}

/// The lock, taken by the bare client.
fn taken(lease: &Value) -> Value {
    let mut spec = lease["spec"].clone();
    spec["holderIdentity"] = "bare".into();
    json!({ "spec": spec })
}

fn newest_record(cluster: &Cluster) -> Result<Value> {
    let list = cluster.request(Method::GET, OURS, None)?.success()?;
    let name = |item: &Value| item["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let records =
        list["items"].as_array().into_iter().flatten().filter(|item| name(item).starts_with("apply-"));
    records.max_by_key(|item| name(item)).cloned().context("the deploy has left a record")
}

/// A record as it was before the end.
fn begun(record: &Value) -> Value {
    let mut object = without(record, &["completion"]);
    object["apiVersion"] = "v1".into();
    object["kind"] = "ConfigMap".into();
    object["metadata"]["name"] = RUN.into();
    object["metadata"]["labels"]["rolecall.dev/record"] = "unfinished".into();
    object
}

/// What makes it complete.
fn completed(record: &Value) -> Value {
    json!({
        "metadata": {"labels": {"rolecall.dev/record": "completed"}},
        "data": {"completion": record["data"]["completion"]},
        "binaryData": {"completion.gz": null},
    })
}

/// An object's labels and data, without these keys.
fn without(object: &Value, keys: &[&str]) -> Value {
    let mut kept = json!({
        "metadata": {"labels": object["metadata"]["labels"]},
        "data": object["data"],
    });
    if object["binaryData"].is_object() {
        kept["binaryData"] = object["binaryData"].clone();
    }
    if let Some(data) = kept["data"].as_object_mut() {
        data.retain(|key, _| !keys.contains(&key.as_str()));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(method: &str, uri: &str, began: &str, ended: &str) -> Recorded {
        let [method, uri, began, ended] = [method, uri, began, ended].map(str::to_owned);
        Recorded { method, uri, began, ended }
    }

    #[test]
    fn what_overlaps_is_one_round_trip_and_everything_has_a_reason() {
        let requests = vec![
            recorded("POST", WHO_AM_I, "10", "15"),
            recorded("GET", MAP, "12", "14"),
            recorded("GET", &format!("{OURS}?labelSelector=x"), "14", "16"),
            recorded("PATCH", &format!("{OURS}/apply-1?fieldManager=rolecall"), "16", "18"),
            recorded("GET", MAP, "19", "20"),
        ];
        let recording = Recording { aws: vec!["DescribeCluster".into()], requests };
        let reasons = recording.reasons().unwrap();
        let listed: Vec<_> = reasons.iter().map(|one| (one.trip, one.request.as_str())).collect();
        let expect = [
            (1, "EKS `DescribeCluster`".to_owned()),
            (2, format!("`GET {MAP}`")),
            (2, format!("`GET {OURS}`")),
            (2, format!("`POST {WHO_AM_I}`")),
            (3, format!("`PATCH {OURS}/<record>`")),
            (4, format!("`GET {MAP}`")),
        ];
        assert_eq!(listed, expect.each_ref().map(|(trip, text)| (*trip, text.as_str())));
        assert_ne!(reasons[1].reason, reasons[5].reason);
    }

    #[test]
    fn a_request_without_a_reason_is_an_error() {
        let recording = Recording { aws: Vec::new(), requests: vec![recorded("GET", "/api", "1", "2")] };
        assert!(recording.reasons().is_err());
    }
}
