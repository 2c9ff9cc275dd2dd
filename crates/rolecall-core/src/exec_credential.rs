//! The answer of an exec plugin to kubectl: one line of JSON, in the version that kubectl asked for.
//!
//! The environment is read by the caller, which passes the text of `KUBERNETES_EXEC_INFO`.

use alloc::string::String;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::token::Token;

#[cfg(test)]
mod tests;

const GROUP: &str = "client.authentication.k8s.io";

/// A version of the exec credential API that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecApiVersion {
    /// `client.authentication.k8s.io/v1`, since Kubernetes 1.22.
    V1,
    /// `client.authentication.k8s.io/v1beta1`, which every other tool defaults to.
    V1Beta1,
}

/// Somebody asks for a version that we do not speak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`KUBERNETES_EXEC_INFO` asks for `{asked}`, and `{GROUP}/v1` and `{GROUP}/v1beta1` are understood")]
pub struct UnknownExecApiVersion {
    /// What was asked for.
    pub asked: String,
}

impl UnknownExecApiVersion {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "set `apiVersion: client.authentication.k8s.io/v1` in the `exec` section of the kubeconfig's user"
    }
}

impl ExecApiVersion {
    /// The version that `KUBERNETES_EXEC_INFO` asks for.
    ///
    /// Unset, empty, unreadable, or without an `apiVersion`: `v1beta1`, as with the other tools, which echo any
    /// other version; kubectl then refuses the answer, so that saying so here is the kinder way.
    pub fn from_exec_info(text: Option<&str>) -> Result<Self, UnknownExecApiVersion> {
        let info: Option<ExecInfo> = text.and_then(|text| serde_json::from_str(text).ok());
        let asked = info.map(|info| info.api_version).unwrap_or_default();
        match asked.strip_prefix(GROUP) {
            Some("/v1") => Ok(Self::V1),
            Some("/v1beta1") => Ok(Self::V1Beta1),
            _ if asked.is_empty() => Ok(Self::V1Beta1),
            _ => Err(UnknownExecApiVersion { asked: asked.chars().take(120).collect() }),
        }
    }

    /// The version as it is written in `apiVersion`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "client.authentication.k8s.io/v1",
            Self::V1Beta1 => "client.authentication.k8s.io/v1beta1",
        }
    }
}

/// The line that goes to stdout, without its line break. It holds the token.
pub fn exec_credential(version: ExecApiVersion, token: &Token, expires: Timestamp) -> String {
    render(version, token.expose(), expires)
}

fn render(version: ExecApiVersion, token: &str, expires: Timestamp) -> String {
    let whole_seconds = Timestamp::from_second(expires.as_second()).unwrap_or(expires);
    let credential = ExecCredential {
        kind: "ExecCredential",
        api_version: version.as_str(),
        spec: Spec { interactive: false },
        status: Status { expiration_timestamp: whole_seconds, token },
    };
    serde_json::to_string(&credential).expect("strings, booleans and times are all JSON can fail on")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecInfo {
    #[serde(default)]
    api_version: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential<'a> {
    kind: &'static str,
    api_version: &'static str,
    spec: Spec,
    status: Status<'a>,
}

#[derive(Serialize)]
struct Spec {
    interactive: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    expiration_timestamp: Timestamp,
    token: &'a str,
}
