//! A session with AWS: a region, credentials, and the settings that every call shares.
//!
//! It is set up once for a run; nothing is asked of the network before something is wanted, except that a region
//! that nobody names is asked of the instance (IMDS).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use rolecall_core::token::{Endpoint, is_region};
use rolecall_engine::port::{Clock, PortError, PortErrorKind};

use crate::clock::SharedClock;
use crate::credentials::{CredentialStore, assumed, source};
use crate::error;
use crate::http_client::http_client;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// A dropped connection or a throttled call is tried once more; everything beyond that is the engine's to decide.
const MAX_ATTEMPTS: u32 = 2;
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// What a session is made from.
#[derive(Clone, Default)]
pub struct SessionOptions {
    /// `--profile`: this profile's credentials, and no others.
    pub profile: Option<String>,
    /// `--region`, or the region in a cluster's ARN. It outranks everything else.
    pub region: Option<String>,
    /// How long one call may take in all, its second attempt included; 30 s if unset.
    pub timeout: Option<Duration>,
    /// The clock; the machine's if unset.
    pub clock: Option<Arc<dyn Clock>>,
}

/// A role to take on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role's ARN, with its path.
    pub role_arn: String,
    /// What the role's trust policy may ask for.
    pub external_id: Option<String>,
    /// The session's name, which is what audit logs and `{{SessionName}}` show.
    ///
    /// If unset: `AWS_ROLE_SESSION_NAME`, then, with `keep_caller_name`, the caller's own, then `rolecall`.
    pub session_name: Option<String>,
    /// Name the session after the caller's own session or user, at the price of one more call of STS.
    pub keep_caller_name: bool,
}

/// A session with AWS. Clones share credentials and connections.
#[derive(Clone)]
pub struct AwsSession {
    config: SdkConfig,
    region: String,
    profile: Option<String>,
    credentials: CredentialStore,
    clock: SharedClock,
}

impl AwsSession {
    /// Sets a session up: region, settings, and where credentials will be looked for.
    ///
    /// The region is the option's, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, or the instance's.
    pub async fn load(options: &SessionOptions) -> Result<Self, PortError> {
        let clock = SharedClock::new(options.clock.clone());
        let http_client = http_client(ca_bundle().as_deref())?;
        let providers = ProviderConfig::without_region()
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_http_client(http_client.clone())
            .with_time_source(clock.clone())
            .with_retry_config(retry())
            .with_timeout_config(timeouts(options.timeout));
        let region = region(options, &providers).await?;
        let config =
            loader(options, &region).http_client(http_client).time_source(clock.clone()).load().await;
        let providers = providers
            .with_region(config.region().cloned())
            .with_use_fips(config.use_fips())
            .with_use_dual_stack(config.use_dual_stack());
        let credentials =
            CredentialStore::new(source(options.profile.as_deref(), providers).await, clock.clone());
        Ok(Self {
            config: with_credentials(&config, &credentials),
            region,
            profile: options.profile.clone().or_else(|| variable("AWS_PROFILE")),
            credentials,
            clock,
        })
    }

    /// The same session as a role, opened with this session's credentials. Asks nothing yet, unless the caller's
    /// name is wanted.
    pub async fn assume_role(&self, role: &AssumeRole) -> Result<Self, PortError> {
        let session_name = self.session_name(role).await?;
        let source = assumed(role, &session_name, &self.config).await;
        let credentials = CredentialStore::new(source, self.clock.clone());
        Ok(Self { config: with_credentials(&self.config, &credentials), credentials, ..self.clone() })
    }

    /// The region that calls and tokens are for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Finds the credentials, or says where they were looked for; afterwards a call fails for other reasons only.
    pub async fn check_credentials(&self) -> Result<(), PortError> {
        self.credentials().await.map(|_| ())
    }

    pub(crate) async fn credentials(&self) -> Result<Credentials, PortError> {
        self.credentials.current().await.map_err(|error| error::from_credentials(&error, self))
    }

    pub(crate) fn config(&self) -> &SdkConfig {
        &self.config
    }

    pub(crate) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    pub(crate) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// Which of STS's endpoints tokens name.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint {
            fips: self.config.use_fips().unwrap_or(false),
            dual_stack: self.config.use_dual_stack().unwrap_or(false),
        }
    }

    async fn session_name(&self, role: &AssumeRole) -> Result<String, PortError> {
        if let Some(name) = &role.session_name {
            return Ok(name.clone());
        }
        if let Some(name) = variable("AWS_ROLE_SESSION_NAME") {
            return Ok(name);
        }
        if role.keep_caller_name {
            let caller = self.caller_identity().await?;
            let own = if caller.session_name.is_empty() { caller.arn.name() } else { &caller.session_name };
            return Ok(own.to_owned());
        }
        Ok("rolecall".to_owned())
    }
}

impl fmt::Debug for AwsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSession").field("region", &self.region).finish_non_exhaustive()
    }
}

impl fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOptions")
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

async fn region(options: &SessionOptions, providers: &ProviderConfig) -> Result<String, PortError> {
    let region = match named_region(options) {
        Some(region) => Some(region),
        None => found_region(options, providers).await,
    };
    let refused = |message: String, hint| {
        Err(PortError::new(PortErrorKind::Invalid, "choose", "the region", message).with_hint(hint))
    };
    match region {
        Some(region) if is_region(&region) => Ok(region),
        Some(region) => refused(format!("`{region}` is not a region"), "regions look like `ap-northeast-1`"),
        None => refused(
            "no region is set: looked at `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile and the instance (IMDS)"
                .to_owned(),
            "pass `--region`, or set `AWS_REGION`",
        ),
    }
}

fn named_region(options: &SessionOptions) -> Option<String> {
    options.region.clone().or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"))
}

/// The profile's region, or else the instance's, which takes a second where there is no instance.
async fn found_region(options: &SessionOptions, providers: &ProviderConfig) -> Option<String> {
    let mut profile = ProfileFileRegionProvider::builder().configure(providers);
    if let Some(name) = &options.profile {
        profile = profile.profile_name(name);
    }
    let region = match profile.build().region().await {
        Some(region) => Some(region),
        None => ImdsRegionProvider::builder().configure(providers).build().region().await,
    };
    region.map(|region| region.to_string())
}

fn loader(options: &SessionOptions, region: &str) -> ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .identity_cache(IdentityCache::no_cache())
        .retry_config(retry())
        .timeout_config(timeouts(options.timeout))
        // A clock that is off would break tokens all the same, so that it is better to say so at once.
        .disable_clock_skew_correction(true)
        .no_credentials();
    match &options.profile {
        Some(profile) => loader.profile_name(profile),
        None => loader,
    }
}

fn with_credentials(config: &SdkConfig, credentials: &CredentialStore) -> SdkConfig {
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials.clone())).build()
}

fn retry() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_initial_backoff(RETRY_AFTER)
}

fn timeouts(timeout: Option<Duration>) -> TimeoutConfig {
    let timeout = timeout.unwrap_or(2 * ATTEMPT_TIMEOUT);
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .operation_attempt_timeout(ATTEMPT_TIMEOUT.min(timeout))
        .operation_timeout(timeout)
        .build()
}

/// The CA bundle that the user set for AWS.
pub(crate) fn ca_bundle() -> Option<PathBuf> {
    variable("AWS_CA_BUNDLE").map(PathBuf::from)
}

/// An environment variable; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
impl AwsSession {
    /// A session that finds nothing in the environment.
    pub(crate) fn for_tests(
        region: &str,
        provider: impl aws_credential_types::provider::ProvideCredentials + 'static,
        clock: SharedClock,
    ) -> Self {
        let credentials = CredentialStore::new(SharedCredentialsProvider::new(provider), clock.clone());
        let config = SdkConfig::builder().region(Region::new(region.to_owned())).build();
        Self { config, region: region.to_owned(), profile: None, credentials, clock }
    }
}
