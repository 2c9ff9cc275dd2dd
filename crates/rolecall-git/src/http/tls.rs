//! Whom we trust to be the server: the machine's authorities, or one private authority and nobody else.

use std::sync::Arc;

use rolecall_engine::port::PortError;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::problem::Problem;

/// `private_ca` is a PEM text. As with Git's `http.sslCAInfo`, it stands in the place of the machine's authorities.
pub(crate) fn config(private_ca: Option<&str>) -> Result<Arc<ClientConfig>, PortError> {
    let invalid = |message: &str| Problem::invalid(message).of("read", "`certificate authority`");
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&error.to_string()))?;
    let mut config = match private_ca {
        Some(pem) => {
            let roots = roots(pem).ok_or_else(|| invalid("it is not a certificate in PEM"))?;
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        None => builder
            .with_platform_verifier()
            .map_err(|error| invalid(&format!("the machine's authorities cannot be read: {error}")))?
            .with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn roots(pem: &str) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}
