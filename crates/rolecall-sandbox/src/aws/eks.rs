//! Elastic Kubernetes Service: the reading calls about clusters and access entries.
//! Writing ones are answered 501, so that nobody takes silence for success.

use http::{Method, Request, StatusCode};
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::answer::Failure;
use super::cluster::{AccessEntry, AccessScope, AuthenticationMode, PolicyAssociation};
use super::directory::{Directory, KnownCluster};
use super::signature::{Caller, decode, pairs};

/// The calls that are offered, with what their paths name.
#[derive(Debug, PartialEq, Eq)]
enum Route {
    ListClusters,
    DescribeCluster { cluster: String },
    ListAccessEntries { cluster: String },
    DescribeAccessEntry { cluster: String, principal: String },
    ListAssociatedAccessPolicies { cluster: String, principal: String },
}

/// Returns the operation that is asked for, or method and path of one that is not offered.
pub(super) fn action(request: &Request<Bytes>) -> String {
    match route(request) {
        Some(route) => route.action().to_owned(),
        None => format!("{} {}", request.method(), request.uri().path()),
    }
}

/// Answers the call with the body that EKS would send.
pub(super) fn call(
    directory: &Directory,
    caller: &Caller,
    request: &Request<Bytes>,
) -> Result<Value, Failure> {
    let Some(route) = route(request) else {
        let message = format!("the practice EKS does not offer {}", action(request));
        return Err(Failure::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message));
    };
    let account = caller.principal.account();
    let action = format!("eks:{}", route.action());
    let cluster_arn = |name| format!("arn:aws:eks:{}:{account}:cluster/{name}", caller.region);
    if directory.is_denied(&caller.principal.arn, &action) {
        let resource = cluster_arn(route.cluster().unwrap_or("*"));
        return Err(Failure::denied("AccessDeniedException", &caller.arn(), &action, &resource));
    }
    let find = |name: &str| directory.cluster(account, &caller.region, name).ok_or_else(|| no_cluster(name));
    match &route {
        Route::ListClusters => page("clusters", &directory.cluster_names(account, &caller.region), request),
        Route::DescribeCluster { cluster } => Ok(json!({ "cluster": describe_cluster(&find(cluster)?) })),
        Route::ListAccessEntries { cluster } => list_access_entries(&find(cluster)?, request),
        Route::DescribeAccessEntry { cluster, principal } => {
            let known = find(cluster)?;
            let entry = find_entry(&known, principal)?;
            Ok(json!({ "accessEntry": describe_access_entry(&known, entry) }))
        }
        Route::ListAssociatedAccessPolicies { cluster, principal } => {
            let known = find(cluster)?;
            list_policies(&known, find_entry(&known, principal)?, request)
        }
    }
}

impl Route {
    fn action(&self) -> &'static str {
        match self {
            Self::ListClusters => "ListClusters",
            Self::DescribeCluster { .. } => "DescribeCluster",
            Self::ListAccessEntries { .. } => "ListAccessEntries",
            Self::DescribeAccessEntry { .. } => "DescribeAccessEntry",
            Self::ListAssociatedAccessPolicies { .. } => "ListAssociatedAccessPolicies",
        }
    }

    fn cluster(&self) -> Option<&str> {
        match self {
            Self::ListClusters => None,
            Self::DescribeCluster { cluster }
            | Self::ListAccessEntries { cluster }
            | Self::DescribeAccessEntry { cluster, .. }
            | Self::ListAssociatedAccessPolicies { cluster, .. } => Some(cluster),
        }
    }
}

fn route(request: &Request<Bytes>) -> Option<Route> {
    if request.method() != Method::GET {
        return None;
    }
    let segments = request.uri().path().split('/').skip(1);
    let segments: Vec<String> =
        segments.map(|part| String::from_utf8(decode(part))).collect::<Result<_, _>>().ok()?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (cluster, rest) = match segments[..] {
        ["clusters"] => return Some(Route::ListClusters),
        ["clusters", cluster, ref rest @ ..] => (cluster.to_owned(), rest),
        _ => return None,
    };
    match *rest {
        [] => Some(Route::DescribeCluster { cluster }),
        ["access-entries"] => Some(Route::ListAccessEntries { cluster }),
        ["access-entries", principal] => {
            Some(Route::DescribeAccessEntry { cluster, principal: principal.to_owned() })
        }
        ["access-entries", principal, "access-policies"] => {
            Some(Route::ListAssociatedAccessPolicies { cluster, principal: principal.to_owned() })
        }
        _ => None,
    }
}

fn describe_cluster(known: &KnownCluster) -> Value {
    let cluster = &known.cluster;
    let mut body = json!({
        "name": cluster.name,
        "arn": cluster.arn(),
        "createdAt": known.created_at.as_second(),
        "version": cluster.version,
        "platformVersion": "eks.1",
        "status": cluster.status,
        "roleArn": format!("arn:aws:iam::{}:role/eks-cluster", cluster.account),
        "resourcesVpcConfig": { "endpointPublicAccess": true, "endpointPrivateAccess": false },
        "tags": {},
    });
    if let Some(endpoint) = &cluster.endpoint {
        body["endpoint"] = json!(endpoint);
    }
    if let Some(data) = &cluster.certificate_authority {
        body["certificateAuthority"] = json!({ "data": data });
    }
    if let Some(mode) = cluster.authentication_mode {
        body["accessConfig"] = json!({ "authenticationMode": mode.as_str() });
    }
    body
}

fn list_access_entries(known: &KnownCluster, request: &Request<Bytes>) -> Result<Value, Failure> {
    let entries = access_entries(known)?;
    let policy = parameter(request, "associatedPolicyArn");
    let has_policy = |entry: &&AccessEntry| match &policy {
        Some(arn) => entry.policies.iter().any(|association| association.policy_arn == *arn),
        None => true,
    };
    let arns: Vec<&str> =
        entries.iter().filter(has_policy).map(|entry| entry.principal_arn.as_str()).collect();
    page("accessEntries", &arns, request)
}

fn describe_access_entry(known: &KnownCluster, entry: &AccessEntry) -> Value {
    let modified_at = known.entries_modified_at.as_second();
    json!({
        "clusterName": known.cluster.name,
        "principalArn": entry.principal_arn,
        "accessEntryArn": access_entry_arn(known, entry),
        "kubernetesGroups": entry.kubernetes_groups,
        "username": entry.username,
        "type": entry.entry_type,
        "createdAt": modified_at,
        "modifiedAt": modified_at,
        "tags": {},
    })
}

fn list_policies(
    known: &KnownCluster,
    entry: &AccessEntry,
    request: &Request<Bytes>,
) -> Result<Value, Failure> {
    let at = known.entries_modified_at.as_second();
    let associated: Vec<Value> = entry.policies.iter().map(|policy| describe_policy(policy, at)).collect();
    let mut body = page("associatedAccessPolicies", &associated, request)?;
    body["clusterName"] = json!(known.cluster.name);
    body["principalArn"] = json!(entry.principal_arn);
    Ok(body)
}

fn describe_policy(policy: &PolicyAssociation, at: i64) -> Value {
    let (kind, namespaces) = match &policy.scope {
        AccessScope::Cluster => ("cluster", &[][..]),
        AccessScope::Namespaces(namespaces) => ("namespace", &namespaces[..]),
    };
    json!({
        "policyArn": policy.policy_arn,
        "accessScope": { "type": kind, "namespaces": namespaces },
        "associatedAt": at,
        "modifiedAt": at,
    })
}

/// Returns the entries, which a cluster that reads the map alone does not show.
fn access_entries(known: &KnownCluster) -> Result<&[AccessEntry], Failure> {
    match known.cluster.authentication_mode {
        Some(AuthenticationMode::Api | AuthenticationMode::ApiAndConfigMap) => {
            Ok(&known.cluster.access_entries)
        }
        Some(AuthenticationMode::ConfigMap) | None => {
            let message = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to \
                           perform this operation.";
            Err(Failure::new(StatusCode::BAD_REQUEST, "InvalidRequestException", message))
        }
    }
}

fn find_entry<'a>(known: &'a KnownCluster, principal: &str) -> Result<&'a AccessEntry, Failure> {
    access_entries(known)?.iter().find(|entry| entry.principal_arn == principal).ok_or_else(|| {
        let message = "The specified principalArn could not be found. You can view your available access entries \
                       with 'list-access-entries'.";
        Failure::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
    })
}

fn no_cluster(name: &str) -> Failure {
    let message = format!("No cluster found for name: {name}.");
    Failure::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
}

/// Returns `arn:aws:eks:REGION:ACCOUNT:access-entry/CLUSTER/KIND/ACCOUNT/NAME/ID`; the id is a stand-in.
fn access_entry_arn(known: &KnownCluster, entry: &AccessEntry) -> String {
    let cluster = &known.cluster;
    let kind = if entry.principal_arn.contains(":user/") { "user" } else { "role" };
    let account = entry.principal_arn.split(':').nth(4).unwrap_or_default();
    let name = entry.principal_arn.rsplit('/').next().unwrap_or_default();
    format!(
        "arn:aws:eks:{}:{}:access-entry/{}/{kind}/{account}/{name}/practice",
        cluster.region, cluster.account, cluster.name
    )
}

/// Cuts one page out of a list: at most `maxResults` (100), from where `nextToken` says.
fn page<T: serde::Serialize>(field: &str, all: &[T], request: &Request<Bytes>) -> Result<Value, Failure> {
    let invalid = |name: &str| {
        let message = format!("the parameter {name} is not valid");
        Failure::new(StatusCode::BAD_REQUEST, "InvalidParameterException", message)
    };
    let number = |name: &str, default: usize, most: usize| match parameter(request, name) {
        None => Ok(default),
        Some(text) => text.parse().ok().filter(|number| *number <= most).ok_or_else(|| invalid(name)),
    };
    let size = number("maxResults", 100, 100)?.max(1);
    let start = number("nextToken", 0, all.len())?;
    let end = all.len().min(start + size);
    let mut body = json!({ field: all[start..end] });
    if end < all.len() {
        body["nextToken"] = json!(end.to_string());
    }
    Ok(body)
}

fn parameter(request: &Request<Bytes>, name: &str) -> Option<String> {
    let query = pairs(request.uri().query().unwrap_or_default());
    let (_, value) = query.into_iter().find(|(key, _)| key == name.as_bytes())?;
    String::from_utf8(value).ok()
}
