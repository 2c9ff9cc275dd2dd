//! From a call of the plan to the one request that does it.

use rolecall_core::plan::Call;
use rolecall_engine::port::{PortError, PortErrorKind};
use serde_json::json;

use crate::cluster::KubeCluster;
use crate::connection::Request;
use crate::wire::{MAP, MAP_PATH};

/// A `resourceVersion` that no object has: etcd's first write has revision 2.
///
/// Server-side apply makes an object that is not there whatever version it asks for, and refuses with 409 to
/// touch one that is there in another version than asked for (kube-apiserver 1.37, `registry.Store.Update`).
/// So this says "create, or conflict", under an authorisation that carries the object's name.
const VERSION_OF_NOTHING: &str = "1";

impl KubeCluster {
    /// Does `call`, or only asks about it.
    pub(crate) async fn send_call(&self, call: &Call, is_rehearsal: bool) -> Result<(), PortError> {
        let request = request(call);
        let request = if is_rehearsal { request.rehearsed() } else { request };
        match self.connection.send(request).await {
            // It was there when it was observed, so somebody else's delete came first.
            Err(error) if error.kind == PortErrorKind::NotFound => {
                Err(PortError { kind: PortErrorKind::Conflict, ..error })
            }
            outcome => outcome.map(|_| ()),
        }
    }
}

/// The request for `call`. Only the keys that change are in a patch, and its precondition is in its body.
fn request(call: &Call) -> Request {
    match call {
        Call::CreateMap { data } => Request::apply(
            MAP,
            MAP_PATH,
            &json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": "aws-auth",
                    "namespace": "kube-system",
                    "resourceVersion": VERSION_OF_NOTHING,
                },
                "data": data,
            }),
        ),
        Call::PatchMap { resource_version, set } => {
            let patch = json!({ "metadata": { "resourceVersion": resource_version }, "data": set });
            Request::merge_patch(MAP, MAP_PATH, &patch)
        }
    }
}
