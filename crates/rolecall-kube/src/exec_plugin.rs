//! The exec plugin of a kubeconfig's user, run as kubectl runs it.
//!
//! kube runs one twice to connect, and quotes its output in errors, where the token is; hence this one. The
//! plugin's stderr is the user's; its stdout goes nowhere but into the credential.

use std::io::IsTerminal;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use kube::config::{ExecConfig, ExecInteractiveMode};
use rolecall_engine::port::{PortError, PortErrorKind, PortFuture};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::tokens::BearerTokens;

/// A token is renewed this long before it ends, as a request may take a while.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

const A_SECOND_AND_A_BIT: Duration = Duration::from_millis(1100);

/// A plugin that gives tokens, with the last one of them.
pub(crate) struct ExecPlugin {
    config: ExecConfig,
    last: Mutex<Token>,
}

/// A client certificate as PEM, and the base64 of its key's PEM.
pub(crate) type ClientCertificate = (String, SecretString);

#[derive(Clone)]
struct Token {
    secret: SecretString,
    expires: Option<Timestamp>,
}

#[derive(Deserialize)]
struct ExecCredential {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    expiration_timestamp: Option<Timestamp>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl ExecPlugin {
    /// Runs the plugin once: it may give a token, a client certificate, or both.
    pub(crate) async fn start(
        config: ExecConfig,
    ) -> Result<(Option<Self>, Option<ClientCertificate>), PortError> {
        let status = run(&config).await?;
        let certificate = match (status.client_certificate_data, status.client_key_data) {
            (Some(certificate), Some(key)) => Some((certificate, STANDARD.encode(key).into())),
            _ => None,
        };
        let token =
            status.token.map(|token| Token { secret: token.into(), expires: status.expiration_timestamp });
        if token.is_none() && certificate.is_none() {
            return Err(failed(&config, "it gave neither a token nor a client certificate"));
        }
        Ok((token.map(|token| Self { config, last: Mutex::new(token) }), certificate))
    }

    async fn renewed(&self) -> Result<Token, PortError> {
        let status = run(&self.config).await?;
        let secret = status.token.ok_or_else(|| failed(&self.config, "it gave no token this time"))?.into();
        Ok(Token { secret, expires: status.expiration_timestamp })
    }
}

impl BearerTokens for ExecPlugin {
    fn token(&self) -> PortFuture<'_, SecretString> {
        Box::pin(async {
            let mut last = self.last.lock().await;
            if last.expires.is_some_and(|expires| Timestamp::now() + MARGIN >= expires) {
                *last = self.renewed().await?;
            }
            Ok(last.secret.clone())
        })
    }

    /// Tokens that are signed by the second are the same within one. A plugin that keeps its token gives the
    /// same also after that, and then there is no other.
    fn fresh(&self) -> PortFuture<'_, SecretString> {
        Box::pin(async {
            let mut last = self.last.lock().await;
            let mut token = self.renewed().await?;
            if token.secret.expose_secret() == last.secret.expose_secret() {
                tokio::time::sleep(A_SECOND_AND_A_BIT).await;
                token = self.renewed().await?;
            }
            *last = token;
            Ok(last.secret.clone())
        })
    }
}

async fn run(config: &ExecConfig) -> Result<Status, PortError> {
    let has_terminal = std::io::stdin().is_terminal();
    let is_interactive = match config.interactive_mode {
        Some(ExecInteractiveMode::Never) => false,
        Some(ExecInteractiveMode::Always) if !has_terminal => {
            return Err(failed(config, "it wants to ask something, and there is no terminal"));
        }
        _ => has_terminal,
    };
    let output = command(config, is_interactive)?.output().await.map_err(|error| {
        let failed = failed(config, &error.to_string());
        match &config.install_hint {
            Some(hint) => failed.with_hint(hint.trim()),
            None => failed.with_hint("is it installed, and on the `PATH`?"),
        }
    })?;
    if !output.status.success() {
        return Err(failed(config, &format!("it ended with {}", output.status)));
    }
    let credential: Option<ExecCredential> = serde_json::from_slice(&output.stdout).ok();
    credential
        .and_then(|credential| credential.status)
        .ok_or_else(|| failed(config, "what it printed is not an ExecCredential with a status"))
}

fn command(config: &ExecConfig, is_interactive: bool) -> Result<Command, PortError> {
    let program =
        config.command.as_deref().ok_or_else(|| failed(config, "the kubeconfig names no command"))?;
    let mut command = Command::new(program);
    command
        .args(config.args.iter().flatten())
        .env("KUBERNETES_EXEC_INFO", exec_info(config, is_interactive))
        .stdin(if is_interactive { Stdio::inherit() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    for variable in config.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    Ok(command)
}

fn exec_info(config: &ExecConfig, is_interactive: bool) -> String {
    let version = config.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1beta1");
    let mut spec = json!({ "interactive": is_interactive });
    if let Some(cluster) = &config.cluster {
        spec["cluster"] = json!(cluster);
    }
    json!({ "kind": "ExecCredential", "apiVersion": version, "spec": spec }).to_string()
}

fn failed(config: &ExecConfig, message: &str) -> PortError {
    let program = config.command.as_deref().unwrap_or("");
    let resource = format!("the exec plugin `{program}`");
    PortError::new(PortErrorKind::Unauthenticated, "run", &resource, message)
}
