//! Whole files as people have them: everything that is wrong with the maps in one, and what can be mended.
//!
//! A file may hold several YAML documents and lists; what is not `aws-auth` is passed over. Plans take files
//! that are one document, and read them with the same rules; whoever only reads takes the map out of any file.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rolecall_yaml::{Document, Limits, LineIndex, Member, Span, Value, Valued, parse_stream, to_json};

mod mend;
mod safety;

pub use crate::document::{Mask, Settings, masked};
pub use mend::fixed;

use crate::document::{AwsAuthDocument, finish, is_meant, unreadable_text};
use crate::finding::{Code, Finding, Level, Place};

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Everything, in the order of the file.
    pub findings: Vec<Finding>,
    /// How many maps there are in the file, or are meant to be. A file that is searched, and not named, is
    /// of interest only if there are any.
    pub documents: usize,
}

/// Checks the content of `file`.
pub fn check(file: &str, text: &str, settings: &Settings) -> Checked {
    let Inspection { findings, meant, .. } = inspect(file, text, Some(settings));
    Checked { findings, documents: meant }
}

/// The one map of `file`, be it among other objects or in a list: for commands that only read it.
///
/// It is `None` where there is none, or more than one, and then a finding says so.
pub fn find_map(file: &str, text: &str) -> (Option<AwsAuthDocument>, Vec<Finding>) {
    let inspection = inspect(file, text, Some(&Settings::default()));
    let mut findings = inspection.findings;
    findings.retain(|finding| finding.code != Code::LaterDocument || finding.level == Level::Error);
    (only(inspection.documents), findings)
}

/// The same of a file that nobody will mend: nothing in it is judged, and the findings say only why there is none.
pub fn read_map(file: &str, text: &str) -> Result<AwsAuthDocument, Vec<Finding>> {
    let inspection = inspect(file, text, None);
    only(inspection.documents).ok_or(inspection.findings)
}

fn only(mut documents: Vec<AwsAuthDocument>) -> Option<AwsAuthDocument> {
    documents.pop().filter(|_| documents.is_empty())
}

/// A file with its maps.
struct Inspection {
    documents: Vec<AwsAuthDocument>,
    findings: Vec<Finding>,
    meant: usize,
}

fn inspect(file: &str, text: &str, settings: Option<&Settings>) -> Inspection {
    if !text.contains("---") && !text.contains("\n...") {
        // Nearly every file: it is one document, and need not be read twice to know that.
        let (document, findings) = AwsAuthDocument::judged(file, text, settings);
        if document.is_some() {
            return Inspection { documents: document.into_iter().collect(), findings, meant: 1 };
        }
    }
    let lines = Arc::new(LineIndex::new(text));
    let (stream, error) = parse_stream(text, &Limits::default());
    let (objects, mut errors) = objects(&stream);
    // What stands behind a first document is told as plans tell it.
    let is_first = |object: &Object| !object.in_list && object.document == 0;
    if objects.is_empty() || (objects.len() == 1 && objects.iter().all(is_first)) {
        return alone(file, text, &objects, settings);
    }
    errors.extend(error.map(|error| (error.message, error.at)));
    let mut inspection = Inspection { documents: Vec::new(), findings: Vec::new(), meant: 0 };
    for object in chosen(&objects) {
        inspection.read((file, &lines), object, settings);
    }
    let has_errors = !errors.is_empty();
    let unreadable = errors.iter().map(|(message, at)| unreadable_text((file, text, &lines), message, *at));
    inspection.findings.extend(unreadable);
    if inspection.meant == 0 && !has_errors {
        let message = "no object in the file is the map";
        let finding = Finding::new(Code::NotAwsAuth, Level::Error, Place::start_of(file), message);
        inspection.findings.push(finding.help("it must be a ConfigMap named `aws-auth` in `kube-system`"));
    }
    let Inspection { documents, findings, meant } = inspection;
    let findings = finish((file, text, &lines), &documents, settings, findings);
    Inspection { documents, findings, meant }
}

/// The maps among the objects, by their names; if none has it, by what they hold.
fn chosen(objects: &[Object]) -> Vec<&Object> {
    let meant: Vec<(bool, bool)> = objects.iter().map(|object| is_meant(&object.value)).collect();
    let is_named = meant.iter().any(|(named, _)| *named);
    let chosen =
        objects.iter().zip(meant).filter(|(_, (named, holds))| if is_named { *named } else { *holds });
    chosen.map(|(object, _)| object).collect()
}

/// A file that is one document, as plans read it.
fn alone(file: &str, text: &str, objects: &[Object], settings: Option<&Settings>) -> Inspection {
    let (document, findings) = AwsAuthDocument::judged(file, text, settings);
    let is_named = ["aws-auth", "mapRoles", "mapUsers", "mapAccounts"].iter().any(|word| text.contains(word));
    let is_meant = match objects {
        [object] => {
            let (named, holds) = is_meant(&object.value);
            named || holds
        }
        _ => is_named,
    };
    Inspection {
        meant: usize::from(is_meant || document.is_some()),
        documents: document.into_iter().collect(),
        findings,
    }
}

/// A Kubernetes object in a file.
struct Object {
    outer: Arc<Document>,
    /// Which document of the file it is in, from 0.
    document: usize,
    value: Valued,
    in_list: bool,
}

/// The objects of a stream, those in lists too, and the documents that cannot be read. Empty ones are neither.
fn objects(stream: &[Document]) -> (Vec<Object>, Vec<(String, usize)>) {
    let (mut objects, mut errors) = (Vec::new(), Vec::new());
    for (document, parsed) in stream.iter().enumerate() {
        let value = match to_json(parsed, &Limits::default()) {
            Ok(value) => value,
            Err(error) => {
                errors.push((error.message, error.at));
                continue;
            }
        };
        let outer = Arc::new(parsed.clone());
        let object = |value, in_list| Object { outer: Arc::clone(&outer), document, value, in_list };
        match items(&value) {
            Some(items) => objects.extend(items.iter().map(|item| object(item.clone(), true))),
            None if value.value == Value::Null => {}
            None => objects.push(object(value, false)),
        }
    }
    (objects, errors)
}

/// The items of a Kubernetes list.
fn items(value: &Valued) -> Option<&[Valued]> {
    let Value::Object(members) = &value.value else { return None };
    let find =
        |key: &str| members.iter().find(|member| member.key == key).map(|Member { value, .. }| &value.value);
    match (find("kind")?, find("items")?) {
        (Value::String(kind), Value::Array(items)) if kind.ends_with("List") => Some(items),
        _ => None,
    }
}

impl Inspection {
    fn read(&mut self, (file, lines): (&str, &Arc<LineIndex>), object: &Object, settings: Option<&Settings>) {
        let span = object.outer.node(object.value.node).span;
        let place = Place::of(file, object.outer.text(), lines, Span::at(span.start));
        self.findings.push(if self.meant > 0 {
            let message = "the map is in the file already: with `kubectl apply`, only the last one counts";
            Finding::new(Code::RepeatedKey, Level::Error, place, message).help("make one of the two")
        } else {
            let message = "the map shares its file: `plan` and `apply` take it only from a file of its own";
            Finding::new(Code::LaterDocument, Level::Warning, place, message)
                .help("keep `aws-auth` in a file of its own")
        });
        self.meant += 1;
        let mut findings = Vec::new();
        let source = (&object.outer, &object.value);
        let document = AwsAuthDocument::of_object(file, lines, source, settings, &mut findings);
        for fix in findings.iter_mut().filter_map(|finding| finding.fix.as_mut()) {
            fix.document = self.documents.len();
        }
        self.findings.append(&mut findings);
        self.documents.extend(document);
    }
}
