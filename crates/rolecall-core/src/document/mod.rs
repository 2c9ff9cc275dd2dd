//! The `aws-auth` ConfigMap as a text: what its author wrote, and where.
//!
//! A document is parsed once. Every section keeps the way from its own bytes to those of the file, so that
//! a finding inside the YAML that is inside the YAML is shown at its line and column in the file.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rolecall_yaml::{
    Document, Limits, LineIndex, Node, NodeId, NodeKind, ScalarStyle, SourceMap, Span, Splice, Valued, apply,
    edit,
};

mod allow;
mod config_map;
mod hindrance;
mod rules;
mod secrets;
mod settings;
mod slip;
mod tabs;
mod verdict;

#[cfg(test)]
mod tests;

pub(crate) use config_map::is_meant;
pub(crate) use rules::{Claims, braces, filled_in, without_hidden};
pub use secrets::{Mask, masked};
pub use settings::Settings;
pub(crate) use verdict::finish;

use crate::effective::{EffectiveMap, Via};
use crate::finding::{Code, Edit, Finding, Fix, Level, Place};
use crate::identity_mapping::Section;
use config_map::Parts;

/// The most that Kubernetes stores in one ConfigMap: the bytes of all its keys and values.
pub const MAX_DATA_BYTES: usize = 1024 * 1024;

/// The largest file that is read at all; quoting can make a text longer than what it says.
const MAX_FILE_BYTES: usize = 4 * MAX_DATA_BYTES;

/// An `aws-auth` ConfigMap as a text, lossless, with the place of everything in it.
#[derive(Debug, Clone)]
pub struct AwsAuthDocument {
    file: String,
    lines: Arc<LineIndex>,
    outer: Arc<Document>,
    object: NodeId,
    data_node: Option<NodeId>,
    scalars: BTreeMap<Section, NodeId>,
    maps: BTreeMap<Section, SourceMap>,
    data: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    resource_version: Option<String>,
    effective: EffectiveMap,
}

impl AwsAuthDocument {
    /// The map with these data, as a file that says so and no more: what it says is judged as in any file.
    pub(crate) fn of_data(file: &str, data: &BTreeMap<String, String>) -> (Option<Self>, Vec<Finding>) {
        let map = serde_json::json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "aws-auth", "namespace": "kube-system" },
            "data": data,
        });
        Self::parse(file, &format!("{map:#}"))
    }

    /// Parses the content of `file`, which holds nothing else, and checks it with the default settings.
    ///
    /// The document is `None` where the file is not the ConfigMap `aws-auth` at all. A document that comes
    /// with findings of level error says what can be read of it, and must not be applied.
    pub fn parse(file: &str, text: &str) -> (Option<Self>, Vec<Finding>) {
        Self::checked(file, text, &Settings::default())
    }

    /// The same, with the levels and accounts of a repository.
    pub fn checked(file: &str, text: &str, settings: &Settings) -> (Option<Self>, Vec<Finding>) {
        Self::judged(file, text, Some(settings))
    }

    /// The same; without settings nothing is judged, and what is told is only what hinders reading.
    pub(crate) fn judged(
        file: &str,
        text: &str,
        settings: Option<&Settings>,
    ) -> (Option<Self>, Vec<Finding>) {
        let lines = Arc::new(LineIndex::new(text));
        let mut findings = Vec::new();
        let document = Self::read(file, text, &lines, settings, &mut findings);
        let findings = verdict::finish((file, text, &lines), document.as_slice(), settings, findings);
        (document, findings)
    }

    fn read(
        file: &str,
        text: &str,
        lines: &Arc<LineIndex>,
        settings: Option<&Settings>,
        findings: &mut Vec<Finding>,
    ) -> Option<Self> {
        if text.len() > MAX_FILE_BYTES {
            let span = Span { start: MAX_DATA_BYTES, end: MAX_DATA_BYTES };
            findings.push(too_large(Place::of(file, text, lines, span), text.len()));
            return None;
        }
        let outer = match Document::parse(text, &Limits::default()) {
            Ok(outer) => Arc::new(outer),
            Err(error) => {
                findings.push(unreadable_text((file, text, lines), &error.message, error.at));
                return None;
            }
        };
        let parts = config_map::read(file, text, lines, &outer, findings)?;
        Self::of(file, lines, &outer, parts).check(settings, findings)
    }

    /// The map that one object of a larger file is.
    pub(crate) fn of_object(
        file: &str,
        lines: &Arc<LineIndex>,
        (outer, object): (&Arc<Document>, &Valued),
        settings: Option<&Settings>,
        findings: &mut Vec<Finding>,
    ) -> Option<Self> {
        let parts = config_map::read_object(file, lines, (outer, object), findings)?;
        Self::of(file, lines, outer, parts).check(settings, findings)
    }

    fn of(file: &str, lines: &Arc<LineIndex>, outer: &Arc<Document>, parts: Parts) -> Self {
        let maps =
            parts.scalars.iter().filter_map(|(section, node)| Some((*section, outer.source_map(*node)?)));
        Self {
            file: file.to_owned(),
            maps: maps.collect(),
            effective: EffectiveMap::default(),
            lines: Arc::clone(lines),
            outer: Arc::clone(outer),
            object: parts.object,
            data_node: parts.data_node,
            scalars: parts.scalars,
            data: parts.data,
            annotations: parts.annotations,
            resource_version: parts.resource_version,
        }
    }

    /// Reads what the sections say, unless Kubernetes would not take them whatever they say.
    fn check(mut self, settings: Option<&Settings>, findings: &mut Vec<Finding>) -> Option<Self> {
        let bytes: usize = self.data.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > MAX_DATA_BYTES {
            let largest = self.scalars.iter().max_by_key(|(section, _)| self.data[section.key()].len());
            let span = largest.map_or(Span { start: 0, end: 0 }, |(_, node)| self.outer.node(*node).span);
            findings.push(too_large(self.place_in_file(span), bytes));
            return None;
        }
        self.effective = EffectiveMap::read(&self.data);
        if let Some(settings) = settings {
            rules::check(&self, settings, findings);
        }
        Some(self)
    }

    /// The file as the user named it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        self.outer.text()
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

    /// Does the file hold a text for this section, be it an empty one?
    pub(crate) fn has_text(&self, section: Section) -> bool {
        self.scalars.contains_key(&section)
    }

    /// The place in the file of a span of a section's own text.
    pub fn place(&self, section: Section, span: Span) -> Place {
        let outer = self.maps.get(&section).map_or(Span { start: 0, end: 0 }, |map| map.outer(span));
        self.place_in_file(outer)
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
            return Ok(self.text().to_owned());
        };
        let lifted = edit::lift(&self.outer, *scalar, inner, splices)?;
        Ok(apply(self.text(), &lifted))
    }

    /// The same edits, as edits of the file.
    pub(crate) fn lifted(&self, section: Section, splices: &[Splice]) -> Option<Vec<Splice>> {
        let (scalar, inner) = (self.scalars.get(&section)?, self.data.get(section.key())?);
        edit::lift(&self.outer, *scalar, inner, splices).ok()
    }

    /// Where texts with this word stand in the file; the sections themselves are no texts but YAML.
    fn texts_with(&self, word: &str) -> Vec<Span> {
        let holds = |node: &Node| node.scalar().is_some_and(|text| text.contains(word));
        let is_section = |id: NodeId| self.scalars.values().any(|section| *section == id);
        let outer = self.outer.nodes().filter(|(id, node)| holds(node) && !is_section(*id));
        let mut texts: Vec<Span> = outer.map(|(_, node)| node.span).collect();
        for reading in self.effective.sections() {
            let (Some(inner), Some(map)) = (reading.document(), self.maps.get(&reading.section())) else {
                continue;
            };
            let inner = inner.nodes().filter(|(_, node)| holds(node));
            texts.extend(inner.map(|(_, node)| map.outer(node.span)));
        }
        texts
    }

    fn place_in_file(&self, span: Span) -> Place {
        Place::of(&self.file, self.text(), &self.lines, span)
    }

    fn outer(&self) -> &Document {
        &self.outer
    }

    fn object(&self) -> NodeId {
        self.object
    }

    fn data_node(&self) -> Option<NodeId> {
        self.data_node
    }

    fn section_node(&self, section: Section) -> Option<NodeId> {
        self.scalars.get(&section).copied()
    }

    fn section_style(&self, section: Section) -> Option<ScalarStyle> {
        match self.outer.node(self.section_node(section)?).kind {
            NodeKind::Scalar { style, .. } => Some(style),
            _ => None,
        }
    }
}

pub(crate) fn unreadable_file(place: Place, problem: &str) -> Finding {
    let message = format!("the file is not readable as YAML: {problem}");
    Finding::new(Code::UnreadableFile, Level::Error, place, message)
        .help("nothing is applied until it is; check the indentation and quotes at this place")
}

/// A file that YAML gives up at the byte `at`, with the likely mistake.
pub(crate) fn unreadable_text(
    (file, text, lines): (&str, &str, &LineIndex),
    problem: &str,
    at: usize,
) -> Finding {
    let Some(slip) = slip::conflict(text).or_else(|| slip::slip(text, at)) else {
        return unreadable_file(Place::of(file, text, lines, Span::at(at)), problem);
    };
    let problem = format!("{problem}: {}", slip.what);
    let mut finding = unreadable_file(Place::of(file, text, lines, slip.at), &problem).help(slip.help);
    let splices = if slip.is_tab(text) { tabs::expanded_in_file(text) } else { None };
    finding.fix = splices.map(|splices| Fix::new(tabs::FIX, Edit::File(splices)));
    finding
}

fn too_large(place: Place, bytes: usize) -> Finding {
    let message =
        format!("the map has {bytes} bytes, and Kubernetes stores at most {MAX_DATA_BYTES} in a ConfigMap");
    Finding::new(Code::TooLarge, Level::Error, place, message)
        .help("map roles that people assume instead of single people, or split the cluster's access")
}
