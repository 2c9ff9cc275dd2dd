//! An STS and an EKS on loopback, for practice and for tests.
//!
//! It answers the few calls that Rolecall, the AWS CLI and aws-iam-authenticator make on their way into a
//! cluster, and it checks what AWS checks: signatures, session tokens, dates, scopes, trust.
//! It deliberately knows the partition `aws` only, evaluates no IAM policies (a principal may do everything
//! in its account, unless [`Directory::deny`] says otherwise), and keeps everything in memory.

mod answer;
mod clock;
mod cluster;
mod connect_proxy;
mod credentials;
mod directory;
mod dispatch;
mod eks;
mod fault;
mod principal;
mod random;
mod request_log;
mod server;
mod signature;
mod sts;
mod tls;

pub use cluster::{AccessEntry, AccessScope, AuthenticationMode, Cluster, PolicyAssociation};
pub use credentials::Credentials;
pub use directory::Directory;
pub use fault::{Fault, Faults};
pub use principal::{Principal, RoleSpec};
pub use request_log::LoggedRequest;
pub use server::{Server, StartError};

/// The two AWS services that the practice cluster offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Security Token Service, query protocol.
    Sts,
    /// Elastic Kubernetes Service, REST with JSON.
    Eks,
}

impl Service {
    /// Returns the name as it stands in credential scopes and host names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Eks => "eks",
        }
    }
}
