//! The files of one cluster in a repository: its map, and the nearest `rolecall.yaml` above it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::Timestamp;

use crate::config;
use crate::desired::DesiredAccess;
use crate::document::AwsAuthDocument;
use crate::finding::Finding;
use crate::source::{SourceId, SourceRevision};

#[cfg(test)]
mod tests;

/// What the map's file may be called, the first that is there.
pub const MAP_NAMES: [&str; 2] = ["aws-auth.yml", "aws-auth.yaml"];

/// What the configuration's file is called.
pub const CONFIG_NAME: &str = "rolecall.yaml";

/// Why nothing can be applied of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// There is no map, or something stands in its place that is not read.
    NoMap(String),
    /// The files have errors: all that was found in them.
    Findings(Vec<Finding>),
}

/// Reads what a commit wants of the cluster whose files are in `folder`; `""` is the root of the repository.
///
/// `file` gives the content at a path, `None` where there is nothing, or the reason why it is not read.
///
/// # Errors
/// Where there is no map, or where the files have errors.
pub fn desired<'a>(
    file: impl Fn(&str) -> Result<Option<&'a [u8]>, String>,
    folder: &str,
    (url, commit, committed_at): (&str, &str, Timestamp),
) -> Result<(DesiredAccess, Vec<Finding>), Unusable> {
    let (config, mut findings) = config(&file, folder)?;
    let (path, text) = map(&file, folder)?;
    let (document, found) = AwsAuthDocument::checked(&path, text, &config.checks);
    let source = SourceId::repository(url, &path);
    let (commit, committed_at) = (Some(commit.to_owned()), Some(committed_at));
    let revision = SourceRevision { source, commit, committed_at, modified: false };
    let desired = DesiredAccess::new(document, &found, revision, config.policy);
    findings.extend(found);
    match desired {
        Some(desired) => Ok((desired, findings)),
        None => Err(Unusable::Findings(findings)),
    }
}

/// The paths that [`desired`] may ask for.
pub fn paths(folder: &str) -> Vec<String> {
    map_paths(folder).chain(folders_up(folder).map(|folder| joined(folder, CONFIG_NAME))).collect()
}

/// The paths at which the map of a folder may be, the first that is there.
pub fn map_paths(folder: &str) -> impl Iterator<Item = String> {
    MAP_NAMES.iter().map(move |name| joined(folder, name))
}

fn map<'a>(
    file: &impl Fn(&str) -> Result<Option<&'a [u8]>, String>,
    folder: &str,
) -> Result<(String, &'a str), Unusable> {
    for path in map_paths(folder) {
        if let Some(bytes) = file(&path).map_err(Unusable::NoMap)? {
            let text = text(&path, bytes)?;
            return Ok((path, text));
        }
    }
    let [name, other] = MAP_NAMES;
    let place =
        if folder.is_empty() { "the root of the repository".to_owned() } else { format!("`{folder}`") };
    Err(Unusable::NoMap(format!("there is no `{name}` or `{other}` in {place}")))
}

fn config<'a>(
    file: &impl Fn(&str) -> Result<Option<&'a [u8]>, String>,
    folder: &str,
) -> Result<(config::Config, Vec<Finding>), Unusable> {
    for folder in folders_up(folder) {
        let path = joined(folder, CONFIG_NAME);
        if let Some(bytes) = file(&path).map_err(Unusable::NoMap)? {
            let (config, findings) = config::parse(&path, text(&path, bytes)?);
            return match config {
                Some(config) => Ok((config, findings)),
                None => Err(Unusable::Findings(findings)),
            };
        }
    }
    Ok((config::Config::default(), Vec::new()))
}

fn text<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, Unusable> {
    core::str::from_utf8(bytes).map_err(|error| {
        Unusable::NoMap(format!("`{path}` is not UTF-8: byte {} cannot be read", error.valid_up_to()))
    })
}

/// The folder, and every one above it, up to the root.
fn folders_up(folder: &str) -> impl Iterator<Item = &str> {
    core::iter::successors(Some(folder), |folder| match folder.rsplit_once('/') {
        Some((above, _)) => Some(above),
        None if folder.is_empty() => None,
        None => Some(""),
    })
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
