//! The outer file: is it the ConfigMap `aws-auth`, and what are its data.
//!
//! kubectl reads it with the same library as the authenticator reads the sections.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rolecall_yaml::{
    Document, Limits, LineIndex, Member, NodeId, NodeKind, Span, Splice, Value, Valued, to_json,
};

use crate::finding::{Code, Edit, Finding, Fix, Level, Place, nearest};
use crate::identity_mapping::Section;

/// What the outer file says.
pub(super) struct Parts {
    pub(super) scalars: BTreeMap<Section, NodeId>,
    pub(super) data: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) resource_version: Option<String>,
    /// The object, and its `data`.
    pub(super) object: NodeId,
    pub(super) data_node: Option<NodeId>,
}

/// Reads the outer file; `None` where it is something else, and then a finding says what.
pub(super) fn read(
    file: &str,
    text: &str,
    lines: &LineIndex,
    outer: &Document,
    findings: &mut Vec<Finding>,
) -> Option<Parts> {
    let mut reader = Reader { file, text, lines, outer, findings };
    let root = reader.root()?;
    reader.object(&root)
}

/// Reads one object of an outer file that holds several.
pub(super) fn read_object(
    file: &str,
    lines: &LineIndex,
    (outer, object): (&Document, &Valued),
    findings: &mut Vec<Finding>,
) -> Option<Parts> {
    Reader { file, text: outer.text(), lines, outer, findings }.object(object)
}

/// Is it the map, or was it meant to be: by its name, or by what it holds?
pub(crate) fn is_meant(object: &Valued) -> (bool, bool) {
    let Value::Object(members) = &object.value else { return (false, false) };
    let is_map = |key| matches!(member(members, key), Some(Valued { value: Value::Object(_), .. }));
    let inside = |key: &str| match member(members, key) {
        Some(Valued { value: Value::Object(members), .. }) => members.as_slice(),
        _ => &[],
    };
    let is_kind = text_of(members, "kind").as_deref() == Some("ConfigMap");
    let is_named = text_of(inside("metadata"), "name").as_deref() == Some("aws-auth");
    let holds = inside("data").iter().any(|member| Section::from_key(&member.key).is_some());
    (is_kind && is_named, is_map("data") && holds)
}

/// Does the file go on after the end of its first document, with more than nothing?
pub(super) fn goes_on(outer: &Document) -> bool {
    outer.has_more() && !is_nothing(outer.text().get(outer.end()..).unwrap_or_default())
}

/// Are there only comments and the marks of documents? Tools that join files end them with `---`.
fn is_nothing(rest: &str) -> bool {
    rest.lines().all(|line| {
        let line = line.strip_prefix("---").or_else(|| line.strip_prefix("...")).unwrap_or(line);
        line.trim().is_empty() || line.trim_start().starts_with('#')
    })
}

const KIND_HELP: &str = "it must be a ConfigMap named `aws-auth` in the namespace `kube-system`";

const LIST_HELP: &str = "take the ConfigMap `aws-auth` out of the list, into a file of its own";

/// What a ConfigMap may consist of.
const KEYS: [&str; 6] = ["apiVersion", "kind", "metadata", "data", "binaryData", "immutable"];

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    lines: &'a LineIndex,
    outer: &'a Document,
    findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    fn root(&mut self) -> Option<Valued> {
        if goes_on(self.outer) {
            let span = Span { start: self.outer.end(), end: self.text.len() };
            let place = Place::of(self.file, self.text, self.lines, span);
            let message = "the file goes on after the end of its first document";
            self.push(Code::LaterDocument, place, message.to_owned(), "keep `aws-auth` in a file of its own");
        }
        let root = match to_json(self.outer, &Limits::default()) {
            Ok(root) => root,
            Err(error) => {
                let span = Span { start: error.at, end: error.at };
                let place = Place::of(self.file, self.text, self.lines, span);
                self.findings.push(super::unreadable_file(place, &error.message));
                return None;
            }
        };
        if self.outer.root().is_none() || matches!(root.value, Value::Null) {
            let message = "the file is empty".to_owned();
            self.push(Code::UnreadableFile, Place::start_of(self.file), message, KIND_HELP);
            return None;
        }
        Some(root)
    }

    fn object(&mut self, object: &Valued) -> Option<Parts> {
        let Value::Object(members) = &object.value else {
            self.error(Code::NotAwsAuth, object.node, "the file is not a Kubernetes object", KIND_HELP);
            return None;
        };
        let is_aws_auth = self.is_aws_auth(members, object.node);
        self.unknown_keys(members);
        let metadata = member(members, "metadata").map(|valued| &valued.value);
        let parts = self.parts(members, object.node, metadata);
        is_aws_auth.then_some(parts)
    }

    /// Checks what the object is, and reports everything that it is not.
    fn is_aws_auth(&mut self, members: &[Member], root: NodeId) -> bool {
        let before = self.findings.len();
        self.expect(members, "apiVersion", "v1", root);
        self.expect(members, "kind", "ConfigMap", root);
        match member(members, "metadata") {
            Some(Valued { value: Value::Object(metadata), node }) => {
                self.expect(metadata, "name", "aws-auth", *node);
                self.expect(metadata, "namespace", "kube-system", *node);
            }
            _ => self.error(Code::NotAwsAuth, root, "the object has no `metadata`", KIND_HELP),
        }
        self.findings[before..].iter().all(|finding| finding.code != Code::NotAwsAuth)
    }

    /// A section beside `data`, by one blank too few, is no section, and all of it would be gone.
    fn unknown_keys(&mut self, members: &[Member]) {
        let is_unknown = |member: &&Member| !KEYS.contains(&member.key.as_str());
        for Member { key, key_node, .. } in members.iter().filter(is_unknown) {
            if let Some(section) = nearest(key, &Section::ALL.map(Section::key)) {
                let message = format!("`{key}` stands beside `data`, where nobody reads it");
                let help = format!("indent it, so that `{section}` is a key of `data`");
                self.error(Code::MisspeltSection, *key_node, &message, &help);
                continue;
            }
            let help = match nearest(key, &KEYS) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "remove it, or move it to where it belongs".to_owned(),
            };
            self.error(Code::UnknownKey, *key_node, &format!("a ConfigMap has no key `{key}`"), &help);
        }
    }

    fn expect(&mut self, members: &[Member], key: &str, wanted: &str, holder: NodeId) {
        match member(members, key) {
            Some(Valued { value: Value::String(text), .. }) if text == wanted => {}
            Some(Valued { value: Value::String(text), node }) => {
                let message = format!("`{key}` is `{text}`, and must be `{wanted}`");
                let help = if key == "kind" && text.ends_with("List") { LIST_HELP } else { KIND_HELP };
                self.error(Code::NotAwsAuth, *node, &message, help);
            }
            Some(valued) => {
                let message = format!("`{key}` is not a text, and must be `{wanted}`");
                self.error(Code::NotAwsAuth, valued.node, &message, KIND_HELP);
            }
            None => {
                let message = format!("`{key}` is missing, and must be `{wanted}`");
                self.error(Code::NotAwsAuth, holder, &message, KIND_HELP);
            }
        }
    }

    fn parts(&mut self, members: &[Member], object: NodeId, metadata: Option<&Value>) -> Parts {
        let metadata = match metadata {
            Some(Value::Object(metadata)) => metadata.as_slice(),
            _ => &[],
        };
        let mut parts = Parts {
            scalars: BTreeMap::new(),
            data: BTreeMap::new(),
            annotations: texts(member(metadata, "annotations")),
            resource_version: text_of(metadata, "resourceVersion"),
            object,
            data_node: member(members, "data").map(|data| data.node),
        };
        match member(members, "data").map(|data| (&data.value, data.node)) {
            None | Some((Value::Null, _)) => {}
            Some((Value::Object(data), _)) => self.data(data, &mut parts),
            Some((_, node)) => self.error(Code::SectionNotText, node, "`data` is not a mapping", KIND_HELP),
        }
        parts
    }

    fn data(&mut self, data: &[Member], parts: &mut Parts) {
        for Member { key, key_node, value, .. } in data {
            match &value.value {
                Value::String(text) => {
                    parts.data.insert(key.clone(), text.clone());
                    if let Some(section) = Section::from_key(key) {
                        parts.scalars.insert(section, value.node);
                    }
                }
                Value::Null => {
                    parts.data.insert(key.clone(), String::new());
                }
                _ => {
                    let message = format!("`{key}` is not a text: Kubernetes would refuse the whole map");
                    let help = format!("write `{key}: |` and indent the list below it");
                    self.error(Code::SectionNotText, value.node, &message, &help);
                    self.mend_with_bar(key, *key_node, value.node);
                }
            }
        }
    }

    /// A list that stands below its key is a text if a `|` stands between the two.
    fn mend_with_bar(&mut self, key: &str, key_node: NodeId, value: NodeId) {
        let (key_span, value) = (self.outer.node(key_node).span, self.outer.node(value));
        let is_block = matches!(value.kind, NodeKind::Sequence { flow: false, .. });
        let between = self.text.get(key_span.end..value.whole().start).unwrap_or_default();
        let is_below = between.trim() == ":" && between.contains('\n');
        if let Some(finding) = self.findings.last_mut()
            && is_block
            && is_below
            && Section::from_key(key).is_some()
        {
            let colon = key_span.end + between.find(':').map_or(0, |at| at + 1);
            let splice = Splice { span: Span::at(colon), text: " |".to_owned() };
            finding.fix = Some(Fix::new("write `|` after the key", Edit::File([splice].into())));
        }
    }

    fn error(&mut self, code: Code, node: NodeId, message: &str, help: &str) {
        let span = self.outer.node(node).span;
        let place = Place::of(self.file, self.text, self.lines, span);
        self.push(code, place, message.to_owned(), help);
    }

    fn push(&mut self, code: Code, place: Place, message: String, help: &str) {
        self.findings.push(Finding::new(code, Level::Error, place, message).help(help));
    }
}

fn member<'a>(members: &'a [Member], key: &str) -> Option<&'a Valued> {
    members.iter().find(|member| member.key == key).map(|member| &member.value)
}

fn text_of(members: &[Member], key: &str) -> Option<String> {
    match &member(members, key)?.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn texts(value: Option<&Valued>) -> BTreeMap<String, String> {
    let Some(Value::Object(members)) = value.map(|valued| &valued.value) else { return BTreeMap::new() };
    members.iter().filter_map(|member| Some((member.key.clone(), text_of(members, &member.key)?))).collect()
}
