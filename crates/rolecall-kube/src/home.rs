//! The cluster in which a controller is at home: its custom resources, their Secrets, what it says of them, and what
//! its processes tell each other.
//!
//! Objects go in and out as JSON: what they mean is the controller's business. All of them are in the namespace
//! `rolecall`.

use std::collections::BTreeMap;
use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_engine::port::{PortError, PortErrorKind};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::KubeCluster;
use crate::connection::Request;
use crate::wire::{NAMESPACE, or_default};

mod follow;
mod pushes;

pub use follow::Change;
use follow::Followed;

/// The custom resources.
const RESOURCES_PATH: &str = "/apis/rolecall.dev/v1alpha1/namespaces/rolecall/accesssyncs";
const RESOURCES: Followed = Followed { shown: "accesssyncs rolecall", path: RESOURCES_PATH, selector: "" };

/// A controller's home.
pub struct KubeHome {
    cluster: KubeCluster,
}

/// What people read about an object in `kubectl describe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// A word for it, such as `Applied`.
    pub reason: &'static str,
    /// What happened.
    pub message: String,
    /// Should somebody look at it?
    pub is_warning: bool,
}

#[derive(Deserialize)]
struct Secret {
    #[serde(default, deserialize_with = "or_default")]
    data: BTreeMap<String, String>,
}

impl KubeHome {
    /// The home in this cluster.
    pub fn new(cluster: KubeCluster) -> Self {
        Self { cluster }
    }

    /// Tells of the resources as they are, and of each change from then on. Comes back with an error only; what was
    /// told stays true until the next [`Change::All`].
    pub async fn follow(&self, hear: &mut (dyn FnMut(Change) + Send)) -> Result<Infallible, PortError> {
        self.followed(&RESOURCES, hear).await.map_err(with_next_step)
    }

    /// Writes the status of a resource, and nothing else of it; of no other one of its name.
    pub async fn write_status(&self, (name, uid): (&str, &Value), status: &Value) -> Result<(), PortError> {
        let path = format!("{RESOURCES_PATH}/{name}/status");
        let change = json!({ "metadata": { "uid": uid }, "status": status });
        let request = Request::merge_patch(&resource(name), &path, &change);
        self.cluster.connection.send(request).await.map(drop)
    }

    /// Writes an annotation of a resource.
    pub async fn annotate(&self, name: &str, key: &str, value: &str) -> Result<(), PortError> {
        let change = json!({ "metadata": { "annotations": { key: value } } });
        let request = Request::merge_patch(&resource(name), &format!("{RESOURCES_PATH}/{name}"), &change);
        self.cluster.connection.send(request).await.map(drop)
    }

    /// A resource as it is.
    pub async fn resource(&self, name: &str) -> Result<Value, PortError> {
        let request = Request::read(&resource(name), format!("{RESOURCES_PATH}/{name}"));
        self.cluster.connection.send(request).await?.json()
    }

    /// What is in a Secret, as texts. What is none is an error: to leave it out could leave out a demand.
    pub async fn secret(&self, name: &str) -> Result<BTreeMap<String, SecretString>, PortError> {
        let shown = format!("secret {NAMESPACE}/{name}");
        let request = Request::read(&shown, format!("{}/{name}", path("secrets")));
        let secret: Secret = self.cluster.connection.send(request).await?.json()?;
        let text = |base64: &String| String::from_utf8(STANDARD.decode(base64).ok()?).ok();
        let texts = secret.data.iter().map(|(key, base64)| match text(base64) {
            Some(text) => Ok((key.clone(), text.into())),
            None => Err(PortError::new(
                PortErrorKind::Invalid,
                "read",
                &format!("`{shown}`"),
                format!("its key `{key}` is no text in UTF-8"),
            )),
        });
        texts.collect()
    }

    /// Says what happened to `object`, which is one of the resources.
    pub async fn tell(&self, object: &Value, happening: &Happening) -> Result<(), PortError> {
        let now = self.cluster.connection.server_time().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let event = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "generateName": format!("{name}."), "namespace": NAMESPACE },
            "involvedObject": {
                "apiVersion": object["apiVersion"],
                "kind": object["kind"],
                "namespace": NAMESPACE,
                "name": name,
                "uid": object["metadata"]["uid"],
                "resourceVersion": object["metadata"]["resourceVersion"],
            },
            "type": if happening.is_warning { "Warning" } else { "Normal" },
            "reason": happening.reason,
            "message": cut(&happening.message),
            "source": { "component": "rolecall" },
            "reportingComponent": "rolecall.dev/rolecall",
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        });
        let request = Request::create(&format!("event of {name}"), &path("events"), &event);
        self.cluster.connection.send(request).await.map(drop)
    }
}

fn resource(name: &str) -> String {
    format!("accesssync {NAMESPACE}/{name}")
}

fn path(plural: &str) -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/{plural}")
}

/// An Event's message may have 1,024 characters.
fn cut(message: &str) -> String {
    const MOST: usize = 1_000;
    match message.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// The same with what to do where nothing of that kind is known.
fn with_next_step(error: PortError) -> PortError {
    match error.kind {
        PortErrorKind::NotFound => error.with_hint(
            "the custom resource is not installed: `rolecall bootstrap controller --print | kubectl apply -f -`, or the Helm chart, does so",
        ),
        _ => error,
    }
}
