//! Back to an empty cluster, so that one cluster serves many tests.
//!
//! Removed are `aws-auth`, everything in the namespace `rolecall` and the
//! namespace itself, and roles and bindings whose names begin with `rolecall`.
//! EKS announces the cluster as at its start; principals and keys stay.
//! There is no namespace controller here, so it is emptied and finalised by hand.

use anyhow::Result;
use http::{Method, StatusCode};
use rolecall_sandbox::aws::Service;
use serde_json::{Value, json};

use super::Cluster;

const NAMESPACE: &str = "/api/v1/namespaces/rolecall";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
/// Collections in the namespace that a client of this project may write to.
const NAMESPACED: [&str; 6] = [
    "/api/v1/namespaces/rolecall/configmaps",
    "/api/v1/namespaces/rolecall/secrets",
    "/api/v1/namespaces/rolecall/serviceaccounts",
    "/apis/coordination.k8s.io/v1/namespaces/rolecall/leases",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/rolecall/rolebindings",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/rolecall/roles",
];

impl Cluster {
    /// Removes what tests leave behind.
    pub fn reset(&self) -> Result<()> {
        self.delete_aws_auth()?;
        if self.request(Method::GET, NAMESPACE, None)?.status != StatusCode::NOT_FOUND {
            NAMESPACED.iter().try_for_each(|collection| self.delete(collection))?;
            self.delete(NAMESPACE)?;
            let empty = json!({
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": "rolecall"}, "spec": {"finalizers": []},
            });
            self.request(Method::PUT, &format!("{NAMESPACE}/finalize"), Some(&empty))?.success()?;
        }
        for kind in ["namespaces/kube-system/rolebindings", "namespaces/kube-system/roles"] {
            self.delete_ours(&format!("{RBAC}/{kind}"))?;
        }
        self.delete_ours(&format!("{RBAC}/clusterrolebindings"))?;
        self.delete_ours(&format!("{RBAC}/clusterroles"))?;
        self.announce(self.eks_record());
        self.aws().server.faults().clear(Service::Sts);
        self.aws().server.faults().clear(Service::Eks);
        Ok(())
    }

    fn delete_ours(&self, collection: &str) -> Result<()> {
        let list = self.request(Method::GET, collection, None)?.success()?;
        let names = list["items"].as_array().into_iter().flatten().map(|item| &item["metadata"]["name"]);
        names
            .filter_map(Value::as_str)
            .filter(|name| name.starts_with("rolecall"))
            .try_for_each(|name| self.delete(&format!("{collection}/{name}")))
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.request(Method::DELETE, path, None)?.success().map(drop)
    }
}
