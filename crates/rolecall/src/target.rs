//! From "which cluster" to a cluster that is connected. Following the current context is for reading only.

use std::env;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rolecall_aws::{AssumeRole, AwsSession, ClusterName, EksCluster, SessionOptions, TokenSource};
use rolecall_core::Timestamp;
use rolecall_core::config::ClusterConfig;
use rolecall_engine::line::{Line, Reading};
use rolecall_engine::port::{Clock, KeepRecords, NoHistory, PortFuture};
use rolecall_kube::{BearerTokens, Endpoint, KubeCluster, KubeconfigChoice, SERVICE_ACCOUNT, Timeouts};
use secrecy::SecretString;
use tokio::runtime::Runtime;

use crate::cli::ClusterArgs;
use crate::failure::Failure;
use crate::output::Screen;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The cluster that the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A kubeconfig context.
    Context(String),
    /// An EKS cluster.
    Cluster(ClusterName),
}

/// The cluster that the flags name, or else `EKS_CLUSTER_NAME`.
pub(crate) fn named(args: &ClusterArgs) -> Option<Named> {
    let by_name = |text: &str| Named::Cluster(ClusterName::parse(text));
    let flag = args.context.clone().map(Named::Context);
    flag.or_else(|| args.cluster.as_deref().map(by_name))
        .or_else(|| variable("EKS_CLUSTER_NAME").as_deref().map(by_name))
}

/// The EKS cluster that `flag` names, or else `EKS_CLUSTER_NAME`.
pub(crate) fn eks_name(given: Option<&str>, flag: &str) -> Result<ClusterName, Failure> {
    let name = given.map(str::to_owned).or_else(|| variable("EKS_CLUSTER_NAME"));
    let named = name.map(|name| ClusterName::parse(&name));
    named.ok_or_else(|| {
        Failure::usage("no cluster is named")
            .hint(format!("name it with `{flag}`, or set `EKS_CLUSTER_NAME`"))
    })
}

/// A cluster that can be observed and changed.
pub(crate) struct Target {
    pub(crate) cluster: KubeCluster,
    clock: SystemClock,
    /// The flags that name it.
    flags: String,
}

impl Target {
    /// Connects to the cluster that was named, that `rolecall.yaml` has, or that is the current context.
    pub(crate) async fn connect(
        args: &ClusterArgs,
        config: Option<&ClusterConfig>,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let configured = config.cloned().unwrap_or_default();
        let named = named(args).or(configured.context.clone().map(Named::Context));
        let named = named.or(configured.name.as_deref().map(ClusterName::parse).map(Named::Cluster));
        let (cluster, flags) = match named {
            Some(Named::Cluster(name)) => {
                let region = region(&name, args, &configured).or_else(|| variable("AWS_REGION"));
                let region = region.map(|region| format!(" --region {}", quoted(&region)));
                let flags = format!("--cluster {}{}", quoted(&name.name), region.unwrap_or_default());
                (at_eks(&name, args, &configured).await?, flags)
            }
            Some(Named::Context(_)) | None if args.role_arn.is_some() => {
                return Err(Failure::usage("`--role-arn` is for a cluster that is reached by `--cluster`")
                    .hint("with a context, the kubeconfig says as whom the cluster is entered"));
            }
            Some(Named::Context(name)) => at_context(Some(name), args, screen).await?,
            None => at_context(None, args, screen).await?,
        };
        Ok(Self { cluster, clock: SystemClock, flags })
    }

    /// The command by which an administrator sets this cluster up.
    pub(crate) fn bootstrap_command(&self) -> String {
        format!("rolecall bootstrap cluster {}", self.flags)
    }

    /// A failure whose hint, where it speaks of bootstrapping, can be pasted.
    pub(crate) fn failure(&self, failure: impl Into<Failure>) -> Failure {
        let mut failure = failure.into();
        let command = format!("`{}`", self.bootstrap_command());
        failure.hint = failure.hint.map(|hint| hint.replace("`rolecall bootstrap cluster`", &command));
        failure
    }

    /// What a command is given that only reads, and of no files.
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading { observe: &self.cluster, clock: &self.clock, history: &NoHistory }
    }

    /// What an apply is given; without records if the user said so.
    pub(crate) fn line(&self, is_recorded: bool) -> Line<'_> {
        let records = is_recorded.then_some(&self.cluster as &dyn KeepRecords);
        Line { reading: self.reading(), change: &self.cluster, records, lock: &self.cluster }
    }
}

/// A cluster of `rolecall.yaml`, for a program that stays.
pub(crate) async fn connect_configured(config: &ClusterConfig) -> Result<KubeCluster, Failure> {
    let args = ClusterArgs { timeout: REQUEST_TIMEOUT, ..ClusterArgs::default() };
    if let Some(name) = &config.name {
        return at_eks(&ClusterName::parse(name), &args, config).await;
    }
    let choice = KubeconfigChoice { file: None, context: config.context.clone() };
    let (cluster, _) = KubeCluster::of_kubeconfig(&choice, timeouts(&args)).await?;
    Ok(cluster)
}

/// The cluster of a kubeconfig that somebody else wrote, for a program that stays.
pub(crate) async fn connect_with_kubeconfig(text: &str) -> Result<KubeCluster, Failure> {
    let args = ClusterArgs { timeout: REQUEST_TIMEOUT, ..ClusterArgs::default() };
    Ok(KubeCluster::of_foreign_kubeconfig(text, timeouts(&args)).await?)
}

/// The cluster that this program runs in, for a program that stays.
pub(crate) fn connect_in_cluster() -> Result<KubeCluster, Failure> {
    let at = ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"].map(variable);
    let [Some(host), Some(port)] = at else {
        return Err(Failure::usage("this is not a pod of a cluster: `KUBERNETES_SERVICE_HOST` is not set")
            .hint("outside of one, name a `context`"));
    };
    let args = ClusterArgs { timeout: REQUEST_TIMEOUT, ..ClusterArgs::default() };
    Ok(KubeCluster::in_cluster(Path::new(SERVICE_ACCOUNT), (&host, &port), timeouts(&args))?)
}

/// Runs a command's dealings with the outside, for so long at most.
pub(crate) fn within<T>(
    timeout: Duration,
    screen: &Screen,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    bounded(&runtime()?, timeout, screen, work)
}

/// The same on a runtime that goes on living, and with it the connections.
pub(crate) fn bounded<T>(
    runtime: &Runtime,
    timeout: Duration,
    screen: &Screen,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let bounded = async { tokio::time::timeout(timeout, work).await };
    runtime.block_on(bounded).unwrap_or_else(|_| Err(screen.timed_out(timeout)))
}

/// One thread is enough for one cluster, and starts faster than several.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failure::io("start the runtime", error))
}

/// Time as the machine has it.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

fn region(name: &ClusterName, args: &ClusterArgs, configured: &ClusterConfig) -> Option<String> {
    args.region.clone().or_else(|| name.region.clone()).or_else(|| configured.region.clone())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

async fn at_eks(
    name: &ClusterName,
    args: &ClusterArgs,
    configured: &ClusterConfig,
) -> Result<KubeCluster, Failure> {
    let options = SessionOptions {
        profile: args.profile.clone(),
        region: region(name, args, configured),
        timeout: Some(args.timeout.min(REQUEST_TIMEOUT)),
        clock: None,
    };
    let mut session = AwsSession::load(&options).await?;
    if let Some(role_arn) = args.role_arn.clone().or_else(|| configured.role_arn.clone()) {
        session = session.assume_role(&AssumeRole { role_arn, ..AssumeRole::default() }).await?;
    }
    let eks = EksCluster::describe(&session, &name.name).await?;
    let access_entries = eks.access_entries(&session).await?;
    let endpoint = Endpoint {
        name: eks.name.clone(),
        url: eks.endpoint.clone(),
        ca_pem: eks.certificate_authority_pem(),
        tokens: Arc::new(EksTokens(TokenSource::new(session, &name.name)?)),
    };
    let cluster = KubeCluster::at_endpoint(endpoint, timeouts(args))?;
    Ok(cluster.with_eks(eks.authentication_mode, access_entries))
}

async fn at_context(
    context: Option<String>,
    args: &ClusterArgs,
    screen: &Screen,
) -> Result<(KubeCluster, String), Failure> {
    let choice = KubeconfigChoice { file: None, context };
    let (cluster, chosen) = KubeCluster::of_kubeconfig(&choice, timeouts(args)).await?;
    if !chosen.was_named {
        screen.note(format!("using the current context `{}`", chosen.name));
    }
    Ok((cluster, format!("--context {}", quoted(&chosen.name))))
}

fn timeouts(args: &ClusterArgs) -> Timeouts {
    Timeouts {
        connect: CONNECT_TIMEOUT.min(args.timeout),
        request: REQUEST_TIMEOUT.min(args.timeout),
        ..Timeouts::default()
    }
}

/// EKS tokens, as the Kubernetes adapter takes them.
struct EksTokens(TokenSource);

impl BearerTokens for EksTokens {
    fn token(&self) -> PortFuture<'_, SecretString> {
        Box::pin(async { Ok(SecretString::from(self.0.token().await?.token.expose())) })
    }

    fn fresh(&self) -> PortFuture<'_, SecretString> {
        Box::pin(async { Ok(SecretString::from(self.0.fresh().await?.token.expose())) })
    }
}

/// An environment variable; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_takes_a_word_as_it_is() {
        for (word, expect) in [
            ("prod", "prod"),
            (
                "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
                "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
            ),
            ("my context", "'my context'"),
            ("it's; rm", r"'it'\''s; rm'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expect);
        }
    }
}
