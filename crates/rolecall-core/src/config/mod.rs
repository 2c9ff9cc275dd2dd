//! `rolecall.yaml`: which clusters, and which policy. A repository with only `aws-auth.yml` needs none.
//!
//! Unknown keys are findings with a place and the key that was probably meant, never ignored.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{Document, Limits, LineIndex, Span, Value, to_json};

mod fields;
mod serve;

#[cfg(test)]
mod tests;

pub use serve::{
    HomeConfig, NotifyConfig, NotifyKind, ReceiverConfig, ReceiverKind, ReferenceConfig, ServeConfig,
    SourceConfig, is_plain_name, parsed_duration,
};

use crate::check::Settings;
use crate::finding::{Code, Finding, Level, Place, has_errors};
use crate::policy::{Growth, MaxRemovals, Policy, Unmanaged};
use crate::principal::{PrincipalArn, may_be_reported, strip_path};
use fields::{Fields, Reader};

/// What `rolecall.yaml` says. The default is that of a repository without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The clusters it names, in their order.
    pub clusters: Vec<ClusterConfig>,
    /// What plans are judged by.
    pub policy: Policy,
    /// How files are checked: the levels of rules, and the accounts that are known.
    pub checks: Settings,
    /// Where a controller finds the files; only a controller reads it.
    pub source: Option<SourceConfig>,
    /// How a controller works; only a controller reads it.
    pub serve: ServeConfig,
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

/// More than any map holds.
const MOST_REMOVALS: usize = 1_000_000;

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

fn finding(place: Place, message: String, help: Option<String>) -> Finding {
    Finding { help, ..Finding::new(Code::Configuration, Level::Error, place, message) }
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
    config.checks.accounts = reader.accounts(&mut fields, "accounts");
    if let Some(fields) = reader.mapping(&mut fields, "rules") {
        rules(reader, fields, &mut config.checks);
    }
    config.source = reader.mapping(&mut fields, "source").and_then(|fields| serve::source(reader, fields));
    if let Some(fields) = reader.mapping(&mut fields, "serve") {
        config.serve = serve::serve(reader, fields);
    }
    reader.finish(&fields);
    config
}

/// The levels of rules by their codes, and the rules that are quiet.
fn rules(reader: &mut Reader<'_>, mut fields: Fields<'_>, checks: &mut Settings) {
    for (text, node) in reader.texts_at(&mut fields, "disable") {
        match Code::from_text(&text) {
            Some(code) => drop(checks.quiet.insert(code)),
            None => reader.error(node, format!("there is no rule `{text}`"), None),
        }
    }
    for code in Code::ALL {
        let Some((level, node)) = reader.level(&mut fields, code.as_str()) else { continue };
        if code.is_inherent() {
            let message =
                format!("`{code}` has no other level: such a file cannot be read, or not be stored");
            reader.error(node, message, Some("mend the file".to_owned()));
        }
        checks.levels.insert(code, level);
    }
    reader.finish(&fields);
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
        if let Some((message, help)) = protects_nobody(&arn) {
            reader.error(node, message, help);
        }
        policy.protect.push(arn);
    }
    if let Some(mut max) = reader.mapping(&mut fields, "maxRemovals") {
        let default = MaxRemovals::default();
        policy.max_removals = MaxRemovals {
            count: reader.number(&mut max, "count", MOST_REMOVALS).unwrap_or(default.count),
            percent: reader.number(&mut max, "percent", 100).unwrap_or(default.percent),
        };
        reader.finish(&max);
    }
    reader.finish(&fields);
    policy
}

/// Why a spelling of `protect` would protect nobody, if so. A role may be written with its path.
fn protects_nobody(arn: &str) -> Option<(String, Option<String>)> {
    let parsed = match PrincipalArn::parse(arn) {
        Ok(parsed) => parsed,
        Err(error) => return Some((format!("a protected principal must be an ARN: {error}"), None)),
    };
    let reported = strip_path(parsed.canonical()).unwrap_or_default();
    (!may_be_reported(&reported)).then(|| {
        let help = "write the exact ARN: no wildcard, no blank, no region, twelve digits";
        (format!("`{arn}` is nobody's ARN, so that it would protect nobody"), Some(help.to_owned()))
    })
}
