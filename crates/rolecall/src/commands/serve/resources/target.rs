//! The cluster of a resource.

use rolecall_core::config::ClusterConfig;
use rolecall_kube::KubeCluster;
use rolecall_server::resource::{AccessSyncSpec, EksSpec, KubeconfigSpec, TargetSpec};
use secrecy::ExposeSecret;

use super::Shared;
use crate::failure::Failure;
use crate::target::{connect_configured, connect_with_kubeconfig};

pub(super) async fn connect(shared: &Shared, spec: &AccessSyncSpec) -> Result<KubeCluster, Failure> {
    match &spec.target {
        None => shared.resources.site.connect().await,
        Some(TargetSpec { eks: None, kubeconfig: None }) => {
            Err(Failure::new("the target names no cluster")
                .hint("leave it out for the cluster of the resource"))
        }
        Some(TargetSpec { eks: Some(EksSpec { name, region, role_arn }), .. }) => {
            let config = ClusterConfig {
                name: Some(name.clone()),
                context: None,
                region: region.clone(),
                role_arn: role_arn.clone(),
                path: None,
            };
            connect_configured(&config).await
        }
        Some(TargetSpec { kubeconfig: Some(KubeconfigSpec { secret_ref, key }), .. }) => {
            let secret = shared.resources.home.secret(&secret_ref.name).await?;
            let text = secret.get(key).ok_or_else(|| {
                Failure::new(format!("the Secret `{}` has no key `{key}`", secret_ref.name))
                    .hint("name the key that holds the kubeconfig with `key`")
            })?;
            connect_with_kubeconfig(text.expose_secret()).await
        }
    }
}
