//! A context of a kubeconfig as a target, read as kubectl reads it.
//!
//! Exec plugins are run by [`crate::exec_plugin`]; writing kubeconfig files is the core's business.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::Config;
use kube::config::{AuthInfo, Cluster, Context, ExecAuthCluster, Kubeconfig, KubeconfigError};
use rolecall_engine::port::{PortError, PortErrorKind};

use crate::exec_plugin::ExecPlugin;
use crate::knock::ClaimedNames;
use crate::target::{Target, Timeouts, certificates, config, identity};
use crate::tokens::BearerTokens;

const HOW_TO_GET_ONE: &str =
    "`rolecall kubeconfig --name CLUSTER --region REGION` writes one, `--cluster` and `--region` need none";

/// Which kubeconfig, and which context of it.
#[derive(Debug, Clone, Default)]
pub struct KubeconfigChoice {
    /// The file; `None` for those of `KUBECONFIG`, else `~/.kube/config`.
    pub file: Option<PathBuf>,
    /// The context; `None` for the current one.
    pub context: Option<String>,
}

/// The context that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenContext {
    /// Its name.
    pub name: String,
    /// The user named it; otherwise it is what the file calls current.
    pub was_named: bool,
}

impl Target {
    /// The target that a context stands for. Runs its exec plugin, if it has one.
    pub(crate) async fn of_kubeconfig(
        choice: &KubeconfigChoice,
        timeouts: Timeouts,
    ) -> Result<(Self, ChosenContext), PortError> {
        let kubeconfig = load(choice.file.as_deref())?;
        Self::of_context(&kubeconfig, choice.context.as_deref(), timeouts).await
    }

    /// The target of the current context of a kubeconfig that somebody else wrote.
    pub(crate) async fn of_foreign_kubeconfig(text: &str, timeouts: Timeouts) -> Result<Self, PortError> {
        let what = "the kubeconfig of the Secret";
        let kubeconfig =
            Kubeconfig::from_yaml(text).map_err(|error| invalid(what, unreadable_because(&error)))?;
        if let Some(why) = reaches_out(&kubeconfig) {
            return Err(invalid(what, format!("it {why}, which one from a Secret may not"))
                .with_hint("put certificates and tokens into it, or name the cluster as `eks`"));
        }
        Ok(Self::of_context(&kubeconfig, None, timeouts).await?.0)
    }

    async fn of_context(
        kubeconfig: &Kubeconfig,
        named: Option<&str>,
        timeouts: Timeouts,
    ) -> Result<(Self, ChosenContext), PortError> {
        let chosen = choose(kubeconfig, named)?;
        let context = context(kubeconfig, &chosen.name)?;
        let cluster = cluster(kubeconfig, &context.cluster)?;
        let server = cluster.server.as_deref().ok_or_else(|| {
            invalid(&format!("cluster `{}` of the kubeconfig", context.cluster), "it has no `server`")
        })?;
        let mut config = config(server, cluster.proxy_url.as_deref())?;
        let ca_pem = trust(&mut config, cluster)?;
        let user = user(kubeconfig, &context);
        let claimed = ClaimedNames { entry: Some(context.cluster.clone()), plugin: plugin_cluster(&user) };
        let tokens = authenticate(&mut config, user, cluster).await?;
        let identity = identity(&chosen.name, server, ca_pem.as_deref());
        Ok((Self { identity, config, tokens, timeouts, claimed }, chosen))
    }
}

fn load(file: Option<&Path>) -> Result<Kubeconfig, PortError> {
    let files: Vec<PathBuf> = match (file, env::var_os("KUBECONFIG").filter(|list| !list.is_empty())) {
        (Some(file), _) => vec![file.to_owned()],
        (None, Some(list)) => env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect(),
        (None, None) => env::home_dir().map(|home| home.join(".kube/config")).into_iter().collect(),
    };
    let present: Vec<&PathBuf> = files.iter().filter(|path| path.exists()).collect();
    if present.is_empty() {
        let names: Vec<String> = files.iter().map(|path| format!("`{}`", path.display())).collect();
        let message = format!("there is no such file: {}", names.join(", "));
        return Err(PortError::new(PortErrorKind::NotFound, "read", "the kubeconfig", message)
            .with_hint(HOW_TO_GET_ONE));
    }
    let mut merged = Kubeconfig::default();
    for path in present {
        let read = Kubeconfig::read_from(path).and_then(|next| merged.merge(next));
        merged = read.map_err(|error| unreadable(path, &error))?;
    }
    Ok(merged)
}

/// The parser's own message may quote the line, and a kubeconfig may hold a token: only the place is told.
fn unreadable(path: &Path, error: &KubeconfigError) -> PortError {
    invalid(&format!("`{}`", path.display()), unreadable_because(error))
}

fn unreadable_because(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(error) => match error.location() {
            Some(place) => format!(
                "it cannot be read as a kubeconfig, see line {}, column {}",
                place.line(),
                place.column()
            ),
            None => "it cannot be read as a kubeconfig".to_owned(),
        },
        other => other.to_string(),
    }
}

/// What a kubeconfig does on the machine that uses it, if anything: whoever may write a Secret may not run programs
/// as the controller, nor send its files somewhere.
fn reaches_out(kubeconfig: &Kubeconfig) -> Option<&'static str> {
    let users: Vec<&AuthInfo> =
        kubeconfig.auth_infos.iter().filter_map(|user| user.auth_info.as_ref()).collect();
    let clusters: Vec<&Cluster> = kubeconfig.clusters.iter().filter_map(|one| one.cluster.as_ref()).collect();
    if users.iter().any(|user| user.exec.is_some() || user.auth_provider.is_some()) {
        return Some("runs a program");
    }
    let names_a_file = users.iter().any(|user| {
        user.token_file.is_some() || user.client_certificate.is_some() || user.client_key.is_some()
    }) || clusters.iter().any(|cluster| cluster.certificate_authority.is_some());
    names_a_file.then_some("names a file")
}

fn choose(kubeconfig: &Kubeconfig, named: Option<&str>) -> Result<ChosenContext, PortError> {
    match (named, kubeconfig.current_context.as_deref().filter(|name| !name.is_empty())) {
        (Some(name), _) => Ok(ChosenContext { name: name.to_owned(), was_named: true }),
        (None, Some(name)) => Ok(ChosenContext { name: name.to_owned(), was_named: false }),
        (None, None) => Err(invalid("the kubeconfig", "it has no current context")
            .with_hint(format!("name one with `--context`: {}", names(kubeconfig)))),
    }
}

fn context(kubeconfig: &Kubeconfig, name: &str) -> Result<Context, PortError> {
    let found = kubeconfig.contexts.iter().find(|context| context.name == name);
    found.and_then(|context| context.context.clone()).ok_or_else(|| {
        let message = format!("there is no context `{name}`");
        PortError::new(PortErrorKind::NotFound, "read", "the kubeconfig", message)
            .with_hint(format!("its contexts: {}", names(kubeconfig)))
    })
}

fn cluster<'a>(kubeconfig: &'a Kubeconfig, name: &str) -> Result<&'a Cluster, PortError> {
    let found = kubeconfig.clusters.iter().find(|cluster| cluster.name == name);
    found.and_then(|cluster| cluster.cluster.as_ref()).ok_or_else(|| {
        PortError::new(
            PortErrorKind::NotFound,
            "read",
            "the kubeconfig",
            format!("there is no cluster `{name}`"),
        )
    })
}

/// No user is somebody too: kubectl sends his requests without credentials.
fn user(kubeconfig: &Kubeconfig, context: &Context) -> AuthInfo {
    let found = kubeconfig.auth_infos.iter().find(|user| Some(&user.name) == context.user.as_ref());
    found.and_then(|user| user.auth_info.clone()).unwrap_or_default()
}

/// The cluster for which an exec plugin makes tokens, by the flags of `rolecall token`, `aws eks get-token` and
/// `aws-iam-authenticator token`.
fn plugin_cluster(user: &AuthInfo) -> Option<String> {
    const FLAGS: [&str; 4] = ["--cluster-name", "--cluster-id", "--cluster", "-i"];
    let arguments = user.exec.as_ref()?.args.as_ref()?;
    let value = |(at, word): (usize, &String)| match word.split_once('=') {
        Some((flag, value)) => FLAGS.contains(&flag).then(|| value.to_owned()),
        None => FLAGS.contains(&word.as_str()).then(|| arguments.get(at + 1).cloned()).flatten(),
    };
    arguments.iter().enumerate().find_map(value)
}

/// Gives the CA that was set, if one is checked.
fn trust(config: &mut Config, cluster: &Cluster) -> Result<Option<Vec<u8>>, PortError> {
    let pem = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) if !data.is_empty() => Some(
            STANDARD
                .decode(data)
                .map_err(|error| invalid("`certificate-authority-data`", error.to_string()))?,
        ),
        (_, Some(file)) if !file.is_empty() => {
            Some(std::fs::read(file).map_err(|error| invalid(&format!("`{file}`"), error.to_string()))?)
        }
        _ => None,
    };
    config.root_cert = pem.as_deref().map(certificates).transpose()?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    Ok(pem.filter(|_| !config.accept_invalid_certs))
}

/// What the kubeconfig says outright is kube's to use; an exec plugin is ours.
async fn authenticate(
    config: &mut Config,
    mut user: AuthInfo,
    cluster: &Cluster,
) -> Result<Option<Arc<dyn BearerTokens>>, PortError> {
    let is_told = user.token.is_some() || user.token_file.is_some() || user.username.is_some();
    let exec = user.exec.take().filter(|_| !is_told);
    config.auth_info = user;
    let Some(mut exec) = exec else { return Ok(None) };
    if exec.provide_cluster_info {
        let told = ExecAuthCluster::try_from(cluster);
        exec.cluster = Some(told.map_err(|error| invalid("the kubeconfig's cluster", error.to_string()))?);
    }
    let (plugin, certificate) = ExecPlugin::start(exec).await?;
    if let Some((certificate, key)) = certificate {
        config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
        config.auth_info.client_key_data = Some(key);
    }
    Ok(plugin.map(|plugin| Arc::new(plugin) as Arc<dyn BearerTokens>))
}

fn names(kubeconfig: &Kubeconfig) -> String {
    let names: Vec<String> =
        kubeconfig.contexts.iter().map(|context| format!("`{}`", context.name)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn invalid(what: &str, message: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Invalid, "read", what, message)
}
