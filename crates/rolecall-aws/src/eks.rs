//! What EKS knows about a cluster: where it listens, whom it trusts, how it authenticates.

use aws_sdk_eks::Client;
use aws_sdk_eks::types::{Cluster, ClusterStatus};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rolecall_core::cluster::{AuthenticationMode, ClusterIdentity, fingerprint};
use rolecall_core::observed::Knowledge;
use rolecall_engine::port::{PortError, PortErrorKind};

use crate::error::{self, Attempt};
use crate::session::AwsSession;

const OPERATION: &str = "describe";

/// A cluster as somebody names it: by name, or by ARN, which tells region and account as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterName {
    /// The name alone.
    pub name: String,
    /// The region in the ARN; it is the region of the session to load.
    pub region: Option<String>,
    /// The account in the ARN.
    pub account: Option<String>,
}

impl ClusterName {
    /// Reads `prod` or `arn:aws:eks:eu-west-1:111122223333:cluster/prod`.
    pub fn parse(text: &str) -> Self {
        let parts: Vec<_> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "eks", region, account, resource] => Self {
                name: resource.strip_prefix("cluster/").unwrap_or(resource).to_owned(),
                region: Some(region.to_owned()),
                account: Some(account.to_owned()),
            },
            _ => Self { name: text.to_owned(), region: None, account: None },
        }
    }
}

/// A cluster that can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EksCluster {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its region.
    pub region: String,
    /// The URL of its API server.
    pub endpoint: String,
    /// Its CA certificates, base64 of PEM, as kubeconfig's `certificate-authority-data` has them.
    pub certificate_authority: String,
    /// `ACTIVE` or `UPDATING`.
    pub status: String,
    /// Its Kubernetes version, such as `1.33`.
    pub version: String,
    /// How it decides who enters; unknown where EKS does not say or says something new.
    pub authentication_mode: Knowledge<AuthenticationMode>,
}

impl EksCluster {
    /// Asks EKS: one request, `eks:DescribeCluster`.
    ///
    /// A cluster that is being made or deleted, or that failed, is refused: it has no endpoint, or will not have.
    pub async fn describe(session: &AwsSession, name: &str) -> Result<Self, PortError> {
        session.credentials().await?;
        let resource = format!("cluster `{name}` in `{}`", session.region());
        let attempt = Attempt::new(OPERATION, &resource, session);
        match Client::new(session.config()).describe_cluster().name(name).send().await {
            Ok(answer) => Self::from_answer(answer.cluster, session.region(), &resource),
            Err(sdk_error) => {
                let error = error::from_sdk(&sdk_error, &attempt);
                Err(if error.kind == PortErrorKind::NotFound {
                    not_found(error, name, session).await
                } else {
                    error
                })
            }
        }
    }

    /// The CA certificates as PEM.
    pub fn certificate_authority_pem(&self) -> Vec<u8> {
        STANDARD.decode(&self.certificate_authority).unwrap_or_default()
    }

    /// The cluster as plans name it.
    pub fn identity(&self) -> ClusterIdentity {
        ClusterIdentity {
            name: self.name.clone(),
            endpoint: Some(self.endpoint.clone()),
            ca_fingerprint: Some(fingerprint(&self.certificate_authority_pem())),
        }
    }

    fn from_answer(cluster: Option<Cluster>, region: &str, resource: &str) -> Result<Self, PortError> {
        let refused = |kind, message: &str, hint: &str| {
            Err(PortError::new(kind, OPERATION, resource, message).with_hint(hint))
        };
        let Some(cluster) = cluster else {
            return Err(PortError::new(
                PortErrorKind::Other,
                OPERATION,
                resource,
                "the answer holds no cluster",
            ));
        };
        let status = cluster.status().map_or("", ClusterStatus::as_str).to_owned();
        if !matches!(status.as_str(), "ACTIVE" | "UPDATING") {
            let message = format!("its status is `{status}`, not `ACTIVE` or `UPDATING`");
            return refused(
                PortErrorKind::Unavailable,
                &message,
                "wait until it is, or name another cluster",
            );
        }
        let authority = cluster.certificate_authority().and_then(|authority| authority.data());
        let (Some(endpoint), Some(authority)) = (cluster.endpoint(), authority) else {
            let message = "EKS tells no endpoint or no CA certificates";
            return refused(PortErrorKind::Unavailable, message, "wait a minute and try again");
        };
        if STANDARD.decode(authority).is_err() {
            return refused(
                PortErrorKind::Other,
                "its CA certificates are not base64",
                "ask the cluster's owner",
            );
        }
        Ok(Self {
            name: cluster.name().unwrap_or_default().to_owned(),
            arn: cluster.arn().unwrap_or_default().to_owned(),
            region: region.to_owned(),
            endpoint: endpoint.to_owned(),
            certificate_authority: authority.to_owned(),
            version: cluster.version().unwrap_or_default().to_owned(),
            authentication_mode: authentication_mode(&cluster),
            status,
        })
    }
}

fn authentication_mode(cluster: &Cluster) -> Knowledge<AuthenticationMode> {
    let mode = cluster.access_config().and_then(|config| config.authentication_mode());
    match mode.map(aws_sdk_eks::types::AuthenticationMode::as_str) {
        Some("CONFIG_MAP") => Knowledge::Known(AuthenticationMode::ConfigMap),
        Some("API_AND_CONFIG_MAP") => Knowledge::Known(AuthenticationMode::ApiAndConfigMap),
        Some("API") => Knowledge::Known(AuthenticationMode::Api),
        Some(other) => {
            Knowledge::Unknown(format!("EKS calls it `{other}`, which this version does not know"))
        }
        None => Knowledge::Unknown("EKS does not say".to_owned()),
    }
}

/// Says in which account and region the cluster is not, which is the answer to most wrong names.
async fn not_found(error: PortError, name: &str, session: &AwsSession) -> PortError {
    let region = session.region();
    let account = session.caller_identity().await.map(|caller| format!(" of account `{}`", caller.account));
    let message = format!("there is no cluster `{name}` in region `{region}`{}", account.unwrap_or_default());
    let hint = format!(
        "check the name, `--region` and the credentials' account; `aws eks list-clusters --region {region}` shows what is there"
    );
    PortError { message, hint: Some(hint), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_by_name_or_arn() {
        let check = |text: &str, name: &str, region: Option<&str>, account: Option<&str>| {
            let parsed = ClusterName::parse(text);
            let found = (parsed.name.as_str(), parsed.region.as_deref(), parsed.account.as_deref());
            assert_eq!(found, (name, region, account));
        };
        check("prod", "prod", None, None);
        let arn = "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod";
        check(arn, "prod", Some("cn-north-1"), Some("111122223333"));
        check("arn:aws:iam::1:role/x", "arn:aws:iam::1:role/x", None, None);
    }

    #[test]
    fn only_a_cluster_that_answers_is_taken() {
        let check =
            |status: ClusterStatus, endpoint: Option<&str>, authority: &str, expected: Result<(), &str>| {
                let authority = aws_sdk_eks::types::Certificate::builder().data(authority).build();
                let cluster = Cluster::builder()
                    .name("prod")
                    .status(status)
                    .set_endpoint(endpoint.map(str::to_owned))
                    .certificate_authority(authority)
                    .build();
                let answer = EksCluster::from_answer(Some(cluster), "eu-west-1", "cluster `prod`");
                match expected {
                    Ok(()) => assert_eq!(answer.unwrap().certificate_authority_pem(), b"pem"),
                    Err(message) => assert!(answer.unwrap_err().message.contains(message)),
                }
            };
        let endpoint = Some("https://example.eks.amazonaws.com");
        check(ClusterStatus::Active, endpoint, "cGVt", Ok(()));
        check(ClusterStatus::Updating, endpoint, "cGVt", Ok(()));
        check(ClusterStatus::Creating, None, "cGVt", Err("`CREATING`"));
        check(ClusterStatus::Deleting, endpoint, "cGVt", Err("`DELETING`"));
        check(ClusterStatus::from("PAUSED"), endpoint, "cGVt", Err("`PAUSED`"));
        check(ClusterStatus::Active, None, "cGVt", Err("no endpoint"));
        check(ClusterStatus::Active, endpoint, "not base64", Err("base64"));
        assert!(EksCluster::from_answer(None, "eu-west-1", "x").is_err());
    }
}
