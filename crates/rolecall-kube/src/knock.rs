//! Knocking at the door: who we are taken for, or what is known of a refusal.
//!
//! The token that was shown is handed out, so that what is wrong with it can be looked for. Why a caller is refused is
//! not decided here: the API server never says.

use jiff::SignedDuration;
use rolecall_core::cluster::AuthenticationMode;
use rolecall_core::observed::{Caller, Knowledge};
use rolecall_engine::port::PortError;
use secrecy::SecretString;

use crate::cluster::KubeCluster;
use crate::connection::Connection;
use crate::observe::{UserInfo, user_info};

/// What came of a knock.
pub struct Knock {
    /// Who we are, or why that is not known.
    pub answer: Result<Seen, PortError>,
    /// What was shown.
    pub shown: Shown,
    /// How far the API server's clock is ahead of ours; `None` where it did not answer.
    pub server_ahead: Option<SignedDuration>,
}

/// Who we are to the API server, and what the authenticator told it besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who we are.
    pub caller: Caller,
    /// The ARN as STS reported it.
    pub arn: Option<String>,
    /// The name of the role's session.
    pub session_name: Option<String>,
    /// The id of the access key.
    pub access_key_id: Option<String>,
    /// Kubernetes' own id of what was shown, such as `X509SHA256=…`.
    pub credential_id: Option<String>,
}

/// What was shown to the API server.
pub enum Shown {
    /// This bearer token.
    Token(SecretString),
    /// A bearer token of a file, a user name, or what else kube sends by itself.
    Other,
    /// A client certificate.
    ClientCertificate,
    /// Nothing.
    Nothing,
}

/// The names by which a kubeconfig calls the cluster, where it tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimedNames {
    /// The name of its `clusters` entry: an ARN, where AWS's tools or ours wrote it.
    pub entry: Option<String>,
    /// The cluster for which its exec plugin makes tokens.
    pub plugin: Option<String>,
}

impl KubeCluster {
    /// Asks who we are, with a token that is new on connections of their own. An error means that there was nothing
    /// to knock with.
    pub async fn knock(&self) -> Result<Knock, PortError> {
        let connection = Connection::open_afresh(&self.target).await?;
        let answer = user_info(&connection).await.map(Seen::of);
        Ok(Knock { answer, shown: self.shown(&connection), server_ahead: connection.server_ahead() })
    }

    /// May we patch the map?
    pub async fn may_edit_map(&self) -> Result<bool, PortError> {
        self.may_patch_map().await
    }

    /// The names that the kubeconfig gives the cluster.
    pub fn claimed_names(&self) -> &ClaimedNames {
        &self.target.claimed
    }

    /// How EKS says that the cluster authenticates, if it was asked.
    pub fn mode(&self) -> &Knowledge<AuthenticationMode> {
        &self.mode
    }

    /// The access entries, if EKS was asked.
    pub fn access_entries(&self) -> &Knowledge<Vec<rolecall_core::cluster::AccessEntry>> {
        &self.access_entries
    }

    fn shown(&self, connection: &Connection) -> Shown {
        let told = &self.target.config.auth_info;
        let has_certificate = told.client_certificate.is_some() || told.client_certificate_data.is_some();
        match (connection.token(), &told.token) {
            (Some(token), _) | (None, Some(token)) => Shown::Token(token.clone()),
            (None, None) if told.token_file.is_some() || told.username.is_some() => Shown::Other,
            (None, None) if has_certificate => Shown::ClientCertificate,
            (None, None) => Shown::Nothing,
        }
    }
}

impl Seen {
    fn of(user: UserInfo) -> Self {
        let first = |key: &str| {
            user.extra.get(key).and_then(|values| values.first()).filter(|value| !value.is_empty()).cloned()
        };
        Self {
            arn: first("arn"),
            session_name: first("sessionName"),
            access_key_id: first("accessKeyId"),
            credential_id: first("authentication.kubernetes.io/credential-id"),
            caller: user.into(),
        }
    }
}
