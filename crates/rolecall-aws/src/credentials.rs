//! The credentials of a session: found once, kept until shortly before they end, one at a time.
//!
//! The SDK's clients and our own signing share them, so that a role is assumed once and not once for each.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Providing;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::time::TimeSource as _;
use aws_types::SdkConfig;
use tokio::sync::Mutex;

use crate::clock::SharedClock;
use crate::session::AssumeRole;

/// How long before their end credentials are replaced: a request on its way must not outlive them.
const RENEW_BEFORE_END: Duration = Duration::from_mins(1);

/// A source of credentials that remembers the last ones.
#[derive(Clone)]
pub(crate) struct CredentialStore {
    source: SharedCredentialsProvider,
    kept: Arc<Mutex<Option<Credentials>>>,
    clock: SharedClock,
}

impl CredentialStore {
    pub(crate) fn new(source: SharedCredentialsProvider, clock: SharedClock) -> Self {
        Self { source, kept: Arc::default(), clock }
    }

    /// The credentials, kept or new. While one caller looks for them, the others wait for what he finds.
    pub(crate) async fn current(&self) -> Result<Credentials, CredentialsError> {
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = kept.as_ref().filter(|credentials| !self.ends_soon(credentials)) {
            return Ok(credentials.clone());
        }
        let credentials = self.source.provide_credentials().await?;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }

    fn ends_soon(&self, credentials: &Credentials) -> bool {
        credentials.expiry().is_some_and(|end| end <= self.clock.now() + RENEW_BEFORE_END)
    }
}

impl ProvideCredentials for CredentialStore {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        Providing::new(self.current())
    }
}

impl fmt::Debug for CredentialStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialStore(…)")
    }
}

/// Where credentials come from: the named profile and nothing else, or the usual chain.
///
/// The chain is environment, profile (static, SSO, assume-role, process, web identity), web identity, container
/// (ECS, Pod Identity), instance. As in the AWS CLI, a profile named on the command line outranks the environment.
pub(crate) async fn source(profile: Option<&str>, config: ProviderConfig) -> SharedCredentialsProvider {
    match profile {
        Some(name) => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build(),
        ),
        None => {
            SharedCredentialsProvider::new(DefaultCredentialsChain::builder().configure(config).build().await)
        }
    }
}

/// The credentials of a role's session, opened with those of `config`.
pub(crate) async fn assumed(
    role: &AssumeRole,
    session_name: &str,
    config: &SdkConfig,
) -> SharedCredentialsProvider {
    let mut builder =
        AssumeRoleProvider::builder(&role.role_arn).configure(config).session_name(session_name);
    if let Some(external_id) = &role.external_id {
        builder = builder.external_id(external_id);
    }
    SharedCredentialsProvider::new(builder.build().await)
}
