//! The `aws-auth` ConfigMap as a text: what its author wrote, and where.
//!
//! A document is parsed once. Every section keeps the way from its own bytes to those of the file, so that
//! a finding inside the YAML that is inside the YAML is shown at its line and column in the file.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{Document, Limits, LineIndex, NodeId, SourceMap, Span, Splice, apply, edit};

mod config_map;
mod rules;

#[cfg(test)]
mod tests;

use crate::effective::{EffectiveMap, Via};
use crate::finding::{Code, Finding, Level, Place};
use crate::identity_mapping::Section;

/// The most that Kubernetes stores in one ConfigMap: the bytes of all its keys and values.
pub const MAX_DATA_BYTES: usize = 1024 * 1024;

/// The largest file that is read at all; quoting can make a text longer than what it says.
const MAX_FILE_BYTES: usize = 4 * MAX_DATA_BYTES;

/// An `aws-auth` ConfigMap as a text, lossless, with the place of everything in it.
#[derive(Debug, Clone)]
pub struct AwsAuthDocument {
    file: String,
    text: String,
    lines: LineIndex,
    outer: Document,
    scalars: BTreeMap<Section, NodeId>,
    maps: BTreeMap<Section, SourceMap>,
    data: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    resource_version: Option<String>,
    effective: EffectiveMap,
}

impl AwsAuthDocument {
    /// Parses the content of `file`.
    ///
    /// The document is `None` where the file is not the ConfigMap `aws-auth` at all. A document that comes
    /// with findings of level error says what can be read of it, and must not be applied.
    pub fn parse(file: &str, text: &str) -> (Option<Self>, Vec<Finding>) {
        let lines = LineIndex::new(text);
        if text.len() > MAX_FILE_BYTES {
            let span = Span { start: MAX_DATA_BYTES, end: MAX_DATA_BYTES };
            return (None, [too_large(Place::of(file, text, &lines, span), text.len())].into());
        }
        let outer = match Document::parse(text, &Limits::default()) {
            Ok(outer) => outer,
            Err(error) => {
                let span = Span { start: error.at, end: error.at };
                let place = Place::of(file, text, &lines, span);
                return (None, [unreadable_file(place, &error.message)].into());
            }
        };
        let mut findings = Vec::new();
        let Some(parts) = config_map::read(file, text, &lines, &outer, &mut findings) else {
            return (None, findings);
        };
        // Before anything in it is read: whatever it says, Kubernetes would not take it.
        let bytes: usize = parts.data.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > MAX_DATA_BYTES {
            let largest = parts.scalars.iter().max_by_key(|(section, _)| parts.data[section.key()].len());
            let span = largest.map_or(Span { start: 0, end: 0 }, |(_, node)| outer.node(*node).span);
            findings.push(too_large(Place::of(file, text, &lines, span), bytes));
            return (None, findings);
        }
        let maps =
            parts.scalars.iter().filter_map(|(section, node)| Some((*section, outer.source_map(*node)?)));
        let document = Self {
            file: file.to_owned(),
            text: text.to_owned(),
            maps: maps.collect(),
            effective: EffectiveMap::read(&parts.data),
            lines,
            outer,
            scalars: parts.scalars,
            data: parts.data,
            annotations: parts.annotations,
            resource_version: parts.resource_version,
        };
        rules::check(&document, &mut findings);
        findings.sort_by(|a, b| (&a.place, a.code).cmp(&(&b.place, b.code)));
        (Some(document), findings)
    }

    /// The file as the user named it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The data of the ConfigMap, also keys that the authenticator does not read.
    pub fn data(&self) -> &BTreeMap<String, String> {
        &self.data
    }

    /// The annotations of the ConfigMap.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// The `resourceVersion`, in a document that was saved from a cluster.
    pub fn resource_version(&self) -> Option<&str> {
        self.resource_version.as_deref()
    }

    /// What the authenticator would make of it.
    pub fn effective(&self) -> &EffectiveMap {
        &self.effective
    }

    /// The place in the file of a span of a section's own text.
    pub fn place(&self, section: Section, span: Span) -> Place {
        let outer = self.maps.get(&section).map_or(Span { start: 0, end: 0 }, |map| map.outer(span));
        Place::of(&self.file, &self.text, &self.lines, outer)
    }

    /// `via` with the file, line and column at which the entry stands, also one that was dropped.
    pub fn locate(&self, via: &Via) -> Via {
        let place =
            self.effective.section(via.section).span_of(via.index).map(|s| self.place(via.section, s));
        let (line, column) = (place.as_ref().map(|place| place.line), place.map(|place| place.column));
        Via { file: Some(self.file.clone()), line, column, ..via.clone() }
    }

    /// The whole text with these edits of one section's own text carried out in it.
    pub fn edited(&self, section: Section, splices: &[Splice]) -> Result<String, edit::EditError> {
        let (Some(scalar), Some(inner)) = (self.scalars.get(&section), self.data.get(section.key())) else {
            return Ok(self.text.clone());
        };
        let lifted = edit::lift(&self.outer, *scalar, inner, splices)?;
        Ok(apply(&self.text, &lifted))
    }
}

fn unreadable_file(place: Place, problem: &str) -> Finding {
    Finding {
        code: Code::UnreadableFile,
        level: Level::Error,
        place,
        message: format!("the file is not readable as YAML: {problem}"),
        help: Some(
            "nothing is applied until it is; check the indentation and quotes at this place".to_owned(),
        ),
    }
}

fn too_large(place: Place, bytes: usize) -> Finding {
    Finding {
        code: Code::TooLarge,
        level: Level::Error,
        place,
        message: format!(
            "the map has {bytes} bytes, and Kubernetes stores at most {MAX_DATA_BYTES} in a ConfigMap"
        ),
        help: Some(
            "map roles that people assume instead of single people, or split the cluster's access".to_owned(),
        ),
    }
}
