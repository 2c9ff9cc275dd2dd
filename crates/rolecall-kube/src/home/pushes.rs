//! A push of which a process heard that waits: it is passed on to the one that works, by a ConfigMap that this one
//! watches. Only the last push is in it; whoever misses one sees it in time.

use std::convert::Infallible;

use rolecall_engine::port::PortError;
use serde_json::{Value, json};

use super::follow::Followed;
use super::{Change, KubeHome};
use crate::connection::Request;
use crate::wire::{CONFIG_MAPS_PATH, MANAGED_BY_LABEL, NAMESPACE};

const NAME: &str = "rolecall-pushes";

const PUSHES: Followed = Followed {
    shown: "configmap rolecall/rolecall-pushes",
    path: CONFIG_MAPS_PATH,
    selector: "fieldSelector=metadata.name%3Drolecall-pushes&",
};

impl KubeHome {
    /// Passes on that something was pushed to a repository of these addresses. Two of the same moment are one.
    pub async fn pass_on(&self, addresses: &[String]) -> Result<(), PortError> {
        let object = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": NAME, "namespace": NAMESPACE, "labels": { MANAGED_BY_LABEL: "rolecall" } },
            "data": {
                "addresses": json!(addresses).to_string(),
                "at": jiff::Timestamp::now().to_string(),
            },
        });
        let request = Request::apply(PUSHES.shown, &format!("{CONFIG_MAPS_PATH}/{NAME}"), &object);
        self.cluster.connection.send(request).await.map(drop)
    }

    /// Tells of each push that is passed on from now on. Comes back with an error only.
    pub async fn pushes(&self, hear: &mut (dyn FnMut(Vec<String>) + Send)) -> Result<Infallible, PortError> {
        let mut tell = |change| {
            if let Change::Written(object) = change {
                hear(addresses(&object));
            }
        };
        self.followed(&PUSHES, &mut tell).await
    }
}

fn addresses(object: &Value) -> Vec<String> {
    let text = object["data"]["addresses"].as_str().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}
