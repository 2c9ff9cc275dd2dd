//! `rolecall.yaml`: which clusters, and which policy. A repository with only `aws-auth.yml` needs none.
//!
//! Unknown keys are findings with a place and the key that was probably meant, never ignored.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{Document, Limits, LineIndex, Span, Value, to_json};

mod fields;

#[cfg(test)]
mod tests;

use crate::finding::{Code, Finding, Level, Place, has_errors};
use crate::policy::{Growth, MaxRemovals, Policy, Unmanaged};
use crate::principal::PrincipalArn;
use fields::{Fields, Reader};

/// What `rolecall.yaml` says. The default is that of a repository without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The clusters it names, in their order.
    pub clusters: Vec<ClusterConfig>,
    /// What plans are judged by.
    pub policy: Policy,
    /// Codes of rules whose warnings are not shown.
    pub disabled_rules: Vec<String>,
}

/// One cluster of `rolecall.yaml`. Either `name` or `context` is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterConfig {
    /// The name of the EKS cluster.
    pub name: Option<String>,
    /// The kubeconfig context instead of it.
    pub context: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The role that is assumed for this cluster.
    pub role_arn: Option<String>,
    /// The folder of its files, from the folder of `rolecall.yaml`; that folder itself if not given.
    pub path: Option<String>,
}

/// Parses the content of `file`. `None` where a finding is an error.
pub fn parse(file: &str, text: &str) -> (Option<Config>, Vec<Finding>) {
    let lines = LineIndex::new(text);
    let limits = Limits { bytes: 1024 * 1024, ..Limits::default() };
    let parsed =
        Document::parse(text, &limits).map_err(|error| (error.message, error.at)).and_then(|document| {
            Ok((to_json(&document, &limits).map_err(|error| (error.message, error.at))?, document))
        });
    let (root, document) = match parsed {
        Ok(parsed) => parsed,
        Err((message, at)) => {
            let place = Place::of(file, text, &lines, Span { start: at, end: at });
            return (
                None,
                [finding(place, format!("the file is not readable as YAML: {message}"), None)].into(),
            );
        }
    };
    let mut reader = Reader { file, text, lines: &lines, document: &document, findings: Vec::new() };
    let config = match root.value {
        Value::Null => Config::default(),
        _ => reader.fields(&root, "the file").map(|fields| config(&mut reader, fields)).unwrap_or_default(),
    };
    let findings = reader.findings;
    ((!has_errors(&findings)).then_some(config), findings)
}

impl Config {
    /// The findings that are shown: errors, and those whose rule is not disabled.
    pub fn shown(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let is_disabled =
            |finding: &Finding| self.disabled_rules.iter().any(|code| code == finding.code.as_str());
        findings
            .into_iter()
            .filter(|finding| finding.level == Level::Error || !is_disabled(finding))
            .collect()
    }
}

fn finding(place: Place, message: String, help: Option<String>) -> Finding {
    Finding { code: Code::Configuration, level: Level::Error, place, message, help, fix: None, allowed: None }
}

fn config(reader: &mut Reader<'_>, mut fields: Fields<'_>) -> Config {
    reader.expect_text(&mut fields, "apiVersion", "rolecall.dev/v1alpha1");
    reader.expect_text(&mut fields, "kind", "Config");
    let mut config = Config::default();
    for item in reader.list(&mut fields, "clusters") {
        if let Some(fields) = reader.fields(item, "a cluster") {
            config.clusters.push(cluster(reader, fields));
        }
    }
    if let Some(fields) = reader.mapping(&mut fields, "policy") {
        config.policy = policy(reader, fields);
    }
    if let Some(mut rules) = reader.mapping(&mut fields, "rules") {
        config.disabled_rules = reader.texts(&mut rules, "disable");
        reader.finish(&rules);
    }
    reader.finish(&fields);
    config
}

fn cluster(reader: &mut Reader<'_>, mut fields: Fields<'_>) -> ClusterConfig {
    let holder = fields.node();
    let cluster = ClusterConfig {
        name: reader.text(&mut fields, "name"),
        context: reader.text(&mut fields, "context"),
        region: reader.text(&mut fields, "region"),
        role_arn: reader.text(&mut fields, "roleArn"),
        path: reader.text(&mut fields, "path"),
    };
    if let Some((backend, node)) = reader.text_at(&mut fields, "backend")
        && !matches!(backend.as_str(), "configMap" | "auto")
    {
        let message = format!("the backend `{backend}` is not supported by this version");
        reader.error(node, message, Some("use `configMap`".to_owned()));
    }
    if !fields.has("name") && !fields.has("context") {
        reader.error(holder, "a cluster needs a `name` or a `context`".to_owned(), None);
    }
    reader.finish(&fields);
    cluster
}

fn policy(reader: &mut Reader<'_>, mut fields: Fields<'_>) -> Policy {
    let mut policy = Policy::default();
    let unmanaged = [("keep", Unmanaged::Keep), ("remove", Unmanaged::Remove), ("refuse", Unmanaged::Refuse)];
    policy.unmanaged = reader.choice(&mut fields, "unmanaged", &unmanaged).unwrap_or_default();
    let growth = [("show", Growth::Show), ("refuse", Growth::Refuse)];
    policy.growth = reader.choice(&mut fields, "growth", &growth).unwrap_or_default();
    for (arn, node) in reader.texts_at(&mut fields, "protect") {
        if let Err(error) = PrincipalArn::parse(&arn) {
            reader.error(node, format!("a protected principal must be an ARN: {error}"), None);
        }
        policy.protect.push(arn);
    }
    if let Some(mut max) = reader.mapping(&mut fields, "maxRemovals") {
        let default = MaxRemovals::default();
        policy.max_removals = MaxRemovals {
            count: reader.number(&mut max, "count").unwrap_or(default.count),
            percent: reader.number(&mut max, "percent").unwrap_or(default.percent),
        };
        reader.finish(&max);
    }
    reader.finish(&fields);
    policy
}
