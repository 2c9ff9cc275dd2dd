//! One account with a user, a role, a session of it, a cluster, and the running server.

use std::time::Duration;

use rolecall_sandbox::aws::{
    AccessEntry, AccessScope, AuthenticationMode, Cluster, Credentials, Directory, PolicyAssociation,
    Principal, RoleSpec, Server,
};

use crate::python::{Unsigned, sign};
use crate::wire::{Answer, Request, send};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "ap-northeast-1";
pub(crate) const VIEW_POLICY: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
/// The signed URL's host decides nothing but what is signed: all requests go to the plain listener.
pub(crate) const STS: &str = "https://sts.ap-northeast-1.amazonaws.com/";
pub(crate) const EKS: &str = "https://eks.ap-northeast-1.amazonaws.com";
pub(crate) const IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

pub(crate) struct World {
    pub(crate) directory: Directory,
    pub(crate) server: Server,
    pub(crate) user: Principal,
    pub(crate) user_key: Credentials,
    pub(crate) role: Principal,
    pub(crate) session_key: Credentials,
}

impl World {
    pub(crate) async fn start() -> Self {
        let directory = Directory::new();
        let user = directory.add_user(ACCOUNT, "/people/", "creator");
        let user_key = directory.add_access_key(&user);
        let spec = RoleSpec { path: "/team/".to_owned(), ..RoleSpec::new(ACCOUNT, "deployer") };
        let role = directory.add_role(spec.trusting(&user.arn));
        let session_key = directory.assume_role_session(&role, "build1", Duration::from_mins(15));
        directory.put_cluster(cluster(&role));
        let server = Server::start(directory.clone()).await.unwrap();
        Self { directory, server, user, user_key, role, session_key }
    }

    pub(crate) async fn send(&self, request: &Request) -> Answer {
        send(&self.server.endpoint_url(), request).await
    }

    /// Signs one request and sends it as it is.
    pub(crate) async fn ask(&self, key: &Credentials, call: Unsigned) -> Answer {
        let signed = sign(key, vec![call]).await;
        self.send(&signed[0]).await
    }
}

/// Describes the URL of `aws eks get-token`, with the header that is signed but not part of it.
pub(crate) fn token_url(cluster: &str) -> Unsigned {
    let request = Request::get(&format!("{STS}?{IDENTITY}")).with("x-k8s-aws-id", cluster);
    Unsigned { request, service: "sts", region: REGION, how: "query" }
}

pub(crate) fn sts_post(body: &str) -> Unsigned {
    Unsigned { request: Request::post(STS, body), service: "sts", region: REGION, how: "header" }
}

pub(crate) fn eks_get(path: &str) -> Unsigned {
    Unsigned { request: Request::get(&format!("{EKS}{path}")), service: "eks", region: REGION, how: "header" }
}

fn cluster(role: &Principal) -> Cluster {
    let scope = AccessScope::Namespaces(vec!["dev-*".to_owned()]);
    let entry = AccessEntry {
        kubernetes_groups: vec!["deployers".to_owned()],
        policies: vec![PolicyAssociation { policy_arn: VIEW_POLICY.to_owned(), scope }],
        ..AccessEntry::new(&role.arn)
    };
    Cluster {
        endpoint: Some("https://127.0.0.1:6443".to_owned()),
        certificate_authority: Some("LS0tLS1CRUdJTg==".to_owned()),
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        access_entries: vec![entry],
        ..Cluster::new(ACCOUNT, REGION, "prod")
    }
}
