//! The HTTP client that all SDK clients of a session share: proxies from the environment, private CAs, one pool.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured by the TLS library itself. `AWS_CA_BUNDLE`, which the AWS CLI
//! knows and the SDK does not, is read here, and as there it replaces the system's certificates.

use std::path::Path;

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rolecall_engine::port::{PortError, PortErrorKind};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Makes the client. A CA bundle that cannot be read is an error here, and not a refused handshake later.
pub(crate) fn http_client(ca_bundle: Option<&Path>) -> Result<SharedHttpClient, PortError> {
    let tls_context = tls_context(ca_bundle)?;
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let sleep = components.and_then(RuntimeComponents::sleep_impl);
        build(&tls_context, settings.cloned(), sleep)
    });
    Ok(SharedHttpClient::new(OnDemand(client)))
}

/// The same for one request that is no call of the SDK's.
pub(crate) fn connector(ca_bundle: Option<&Path>) -> Result<Connector, PortError> {
    Ok(build(&tls_context(ca_bundle)?, None, None))
}

/// Leaves the reading of the system's certificates, which takes milliseconds, to the first request that needs them.
///
/// The SDK's own client reads them again for every service client that is made, whether it is used or not.
#[derive(Debug)]
struct OnDemand(SharedHttpClient);

impl HttpClient for OnDemand {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

fn build(
    tls_context: &TlsContext,
    settings: Option<HttpConnectorSettings>,
    sleep: Option<SharedAsyncSleep>,
) -> Connector {
    let mut connector = ConnectorBuilder::default()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(tls_context.clone());
    connector.set_connector_settings(settings);
    connector.set_sleep_impl(sleep);
    connector.set_proxy_config(Some(ProxyConfig::from_env()));
    connector.build()
}

fn tls_context(ca_bundle: Option<&Path>) -> Result<TlsContext, PortError> {
    let trust_store = match ca_bundle {
        Some(path) => TrustStore::empty().with_pem_certificate(read_ca_bundle(path)?),
        None => TrustStore::default(),
    };
    TlsContext::builder()
        .with_trust_store(trust_store)
        .build()
        .map_err(|error| PortError::new(PortErrorKind::Other, "set up", "TLS", error.to_string()))
}

/// The bundle's text, of which every certificate has been looked at: the SDK panics on a bad one.
fn read_ca_bundle(path: &Path) -> Result<Vec<u8>, PortError> {
    let refused = |message: String| {
        let resource = format!("`{}`", path.display());
        PortError::new(PortErrorKind::Invalid, "read the CA bundle", &resource, message)
            .with_hint("set `AWS_CA_BUNDLE` to a file of PEM certificates, or unset it")
    };
    let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| refused(error.to_string()))?;
        roots.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(refused("there is no certificate in it".to_owned()));
    }
    Ok(pem)
}
