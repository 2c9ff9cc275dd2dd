//! The certificate authority of the practice AWS, and a certificate for every host name that is asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// What a TLS listener needs, and what its clients must trust.
pub(super) struct Identity {
    pub(super) config: Arc<ServerConfig>,
    pub(super) ca_pem: String,
}

/// Why there is no certificate authority.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    #[error("make a certificate authority")]
    Certificate(#[from] rcgen::Error),
    #[error("configure TLS")]
    Config(#[from] rustls::Error),
}

/// Makes a new authority, which is never written anywhere.
pub(super) fn identity() -> Result<Identity, TlsError> {
    let authority = CertifiedIssuer::self_signed(authority_params(), KeyPair::generate()?)?;
    let ca_pem = authority.pem();
    let resolver = HostCertificates { authority, issued: Mutex::default() };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { config: Arc::new(config), ca_pem })
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "Rolecall practice AWS");
    params
}

/// Issues a certificate for a name when the first client asks for it.
struct HostCertificates {
    authority: CertifiedIssuer<'static, KeyPair>,
    issued: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl HostCertificates {
    fn certificate(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = issued.get(host) {
            return Some(Arc::clone(known));
        }
        let fresh = Arc::new(self.issue(host).ok()?);
        issued.insert(host.to_owned(), Arc::clone(&fresh));
        Some(fresh)
    }

    fn issue(&self, host: &str) -> Result<CertifiedKey, TlsError> {
        let mut params = CertificateParams::new(vec![host.to_owned()])?;
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, host);
        let key = KeyPair::generate()?;
        let chain = vec![params.signed_by(&key, &self.authority)?.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
    }
}

impl ResolvesServerCert for HostCertificates {
    /// Answers nothing, and so ends the handshake, for a client that names no host.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.certificate(hello.server_name()?)
    }
}

impl fmt::Debug for HostCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostCertificates")
    }
}
