//! How a cluster is reached: endpoint, whom to trust, how long to wait.
//!
//! Kubeconfig files are read in [`crate::kubeconfig`]; nothing in here opens a connection.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::Config;
use rolecall_core::cluster::{ClusterIdentity, fingerprint};
use rolecall_engine::port::{PortError, PortErrorKind};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::knock::ClaimedNames;
use crate::proxy;
use crate::tokens::BearerTokens;

/// A cluster that somebody else (EKS) told the endpoint and the CA of.
pub struct Endpoint {
    /// The name of the cluster.
    pub name: String,
    /// The URL of its API server.
    pub url: String,
    /// The certificates that its API server's certificate may be signed by, as PEM.
    pub ca_pem: Vec<u8>,
    /// Who we are.
    pub tokens: Arc<dyn BearerTokens>,
}

/// How long is waited, at most.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection, TLS and proxy included.
    pub connect: Duration,
    /// For one request with its answer, the connection included. Of a watch: until it has begun.
    pub request: Duration,
    /// For how long a watch is asked for, give or take a tenth, before it is begun anew.
    pub watch: Duration,
}

impl Default for Timeouts {
    /// 5 s for a connection, 30 s for a request, 5 minutes for a watch.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(30),
            watch: Duration::from_mins(5),
        }
    }
}

/// All that it takes to open a connection, and another one like it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) identity: ClusterIdentity,
    pub(crate) config: Config,
    pub(crate) tokens: Option<Arc<dyn BearerTokens>>,
    pub(crate) timeouts: Timeouts,
    /// What the kubeconfig calls the cluster.
    pub(crate) claimed: ClaimedNames,
}

impl Target {
    /// The target that an endpoint stands for.
    pub(crate) fn of_endpoint(endpoint: Endpoint, timeouts: Timeouts) -> Result<Self, PortError> {
        let mut config = config(&endpoint.url, None)?;
        config.root_cert = Some(certificates(&endpoint.ca_pem)?);
        let identity = identity(&endpoint.name, &endpoint.url, Some(&endpoint.ca_pem));
        Ok(Self {
            identity,
            config,
            tokens: Some(endpoint.tokens),
            timeouts,
            claimed: ClaimedNames::default(),
        })
    }
}

/// A configuration of kube that retries nothing, and goes through a proxy where the user wants one.
pub(crate) fn config(server: &str, proxy_url: Option<&str>) -> Result<Config, PortError> {
    let url: http::Uri = server.parse().map_err(|error| invalid(&format!("`{server}`"), error))?;
    let proxy = proxy::for_server(&url, proxy_url, |name| std::env::var(name).ok());
    let mut config = Config::new(url);
    config.default_retry = false;
    config
        .headers
        .push((USER_AGENT, HeaderValue::from_static(concat!("rolecall/", env!("CARGO_PKG_VERSION")))));
    config.proxy_url = match proxy {
        Some(proxy) => Some(proxy.parse().map_err(|error| invalid("the proxy's URL", error))?),
        None => None,
    };
    Ok(config)
}

/// Every certificate of a PEM file, as DER.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, PortError> {
    let all: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(pem).map(|one| one.map(|certificate| certificate.to_vec())).collect();
    match all {
        Ok(certificates) if certificates.is_empty() => {
            Err(invalid("the CA of the cluster", "there is no certificate in it"))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(invalid("the CA of the cluster", error)),
    }
}

/// The identity of a cluster, with the fingerprint of its CA's PEM as EKS and kubeconfigs hold it.
pub(crate) fn identity(name: &str, url: &str, ca_pem: Option<&[u8]>) -> ClusterIdentity {
    ClusterIdentity {
        name: name.to_owned(),
        endpoint: Some(url.trim_end_matches('/').to_owned()),
        ca_fingerprint: ca_pem.map(fingerprint),
    }
}

fn invalid(what: &str, error: impl std::fmt::Display) -> PortError {
    PortError::new(PortErrorKind::Invalid, "read", what, error.to_string())
}
