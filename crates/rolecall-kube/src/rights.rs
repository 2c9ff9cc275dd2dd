//! Which rights the caller lacks for keeping records: two questions at once, more only where an authorizer
//! cannot list its rules (EKS has a webhook among its authorizers).

use rolecall_engine::port::PortError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::KubeCluster;
use crate::connection::Request;
use crate::wire::NAMESPACE;

#[cfg(test)]
mod tests;

const AUTHORIZATION: &str = "/apis/authorization.k8s.io/v1";

/// A right, on every object of a namespace where there is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Right {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    namespace: &'static str,
    name: &'static str,
}

/// What `observe`, the records, the ledger and the lock need in our namespace.
const OURS: [Right; 7] = [
    ours("list", "", "configmaps"),
    ours("get", "", "configmaps"),
    ours("create", "", "configmaps"),
    ours("patch", "", "configmaps"),
    ours("get", "coordination.k8s.io", "leases"),
    ours("create", "coordination.k8s.io", "leases"),
    ours("patch", "coordination.k8s.io", "leases"),
];

/// What the change itself needs. The authorizer must be asked: a rule may name the object.
const THE_MAP: Right =
    Right { verb: "patch", group: "", resource: "configmaps", namespace: "kube-system", name: "aws-auth" };

const fn ours(verb: &'static str, group: &'static str, resource: &'static str) -> Right {
    Right { verb, group, resource, namespace: NAMESPACE, name: "" }
}

impl KubeCluster {
    pub(crate) async fn rights_we_lack(&self) -> Result<Vec<String>, PortError> {
        let (rules, may_patch) = tokio::try_join!(self.rules(), self.may(&THE_MAP))?;
        let mut lacking = Vec::new();
        for right in &OURS {
            let is_allowed = rules.allow(right) || rules.incomplete && self.may(right).await?;
            if !is_allowed {
                lacking.push(right.to_string());
            }
        }
        if !may_patch {
            lacking.push(THE_MAP.to_string());
        }
        Ok(lacking)
    }

    pub(crate) async fn may_patch_map(&self) -> Result<bool, PortError> {
        self.may(&THE_MAP).await
    }

    async fn rules(&self) -> Result<Rules, PortError> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": { "namespace": NAMESPACE },
        });
        let path = format!("{AUTHORIZATION}/selfsubjectrulesreviews");
        let answer: Reviewed<Rules> =
            self.connection.send(Request::review("our rights", &path, &review)).await?.json()?;
        Ok(answer.status)
    }

    async fn may(&self, right: &Right) -> Result<bool, PortError> {
        let path = format!("{AUTHORIZATION}/selfsubjectaccessreviews");
        let answer: Reviewed<Allowed> =
            self.connection.send(Request::review("our rights", &path, &right.review())).await?.json()?;
        Ok(answer.status.allowed)
    }
}

impl Right {
    fn review(&self) -> Value {
        json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "namespace": self.namespace,
                "verb": self.verb,
                "group": self.group,
                "resource": self.resource,
                "name": self.name,
            } },
        })
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = if self.name.is_empty() { "*" } else { self.name };
        write!(f, "{} {} {}/{name}", self.verb, self.resource, self.namespace)
    }
}

#[derive(Debug, Deserialize)]
struct Reviewed<T> {
    status: T,
}

#[derive(Debug, Deserialize)]
struct Allowed {
    allowed: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Rules {
    resource_rules: Vec<Rule>,
    incomplete: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

impl Rules {
    fn allow(&self, right: &Right) -> bool {
        let holds = |list: &[String], wanted: &str| list.iter().any(|one| one == "*" || one == wanted);
        self.resource_rules.iter().any(|rule| {
            rule.resource_names.is_empty()
                && holds(&rule.verbs, right.verb)
                && holds(&rule.api_groups, right.group)
                && holds(&rule.resources, right.resource)
        })
    }
}
