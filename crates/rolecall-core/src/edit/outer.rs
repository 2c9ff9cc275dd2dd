//! A section's text carried out into the file that holds it, whatever its form; made where it is not there yet.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rolecall_yaml::edit::{self, EditError, NewValue};
use rolecall_yaml::{
    Document, Limits, Member, NodeId, NodeKind, ScalarStyle, Span, Splice, Value, Valued, apply, to_json,
};

use crate::document::AwsAuthDocument;
use crate::identity_mapping::Section;

/// The file with `splices` made in the text of `section`.
pub(super) fn carried(
    document: &AwsAuthDocument,
    section: Section,
    splices: &[Splice],
) -> Result<String, String> {
    let of_edit = |error: EditError| error.to_string();
    if document.has_text(section) {
        return document.edited(section, splices).map_err(of_edit);
    }
    let with_key = with_key(document.text(), section)?;
    let (with_key, _) = AwsAuthDocument::parse(document.file(), &with_key);
    let with_key = with_key.ok_or("there is no place for the section")?;
    with_key.edited(section, splices).map_err(of_edit)
}

/// The file with an empty text in place of a list that says nothing between quotes: what comes may stand on
/// lines of its own.
pub(super) fn unquoted(document: &AwsAuthDocument, section: Section) -> Result<AwsAuthDocument, String> {
    let is_empty_list = document.data().get(section.key()).is_some_and(|text| text.trim() == "[]");
    let outer = parse(document.text())?;
    let data = member(&outer, outer.root(), "data").map(|(_, data)| data);
    let value = member(&outer, data, section.key()).map(|(_, value)| &outer.node(value).kind);
    let is_block =
        matches!(value, Some(NodeKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. }));
    if !is_empty_list || is_block {
        return Ok(document.clone());
    }
    let text = with_key(document.text(), section)?;
    AwsAuthDocument::parse(document.file(), &text).0.ok_or_else(|| "it could not be read".to_owned())
}

/// Do both texts say the same beside this section, also what is no text?
pub(super) fn is_the_rest_same(before: &str, after: &str, section: Section) -> bool {
    let rest = |text: &str| -> Option<Vec<(String, String)>> {
        let root = to_json(&parse(text).ok()?, &Limits::default()).ok()?;
        let Value::Object(members) = root.value else { return None };
        let (data, mut rest): (Vec<Member>, Vec<Member>) =
            members.into_iter().partition(|member| member.key == "data");
        for member in data {
            if let Value::Object(data) = member.value.value {
                rest.extend(data.into_iter().filter(|member| member.key != section.key()));
            }
        }
        Some(rest.iter().map(|member| (member.key.clone(), said(&member.value))).collect())
    };
    rest(before).is_some_and(|before| rest(after) == Some(before))
}

/// What a value says, wherever it stands.
fn said(value: &Valued) -> String {
    match &value.value {
        Value::Array(items) => format!("{:?}", items.iter().map(said).collect::<Vec<_>>()),
        Value::Object(members) => {
            let members = members.iter().map(|member| (&member.key, said(&member.value)));
            format!("{:?}", members.collect::<Vec<_>>())
        }
        plain => format!("{plain:?}"),
    }
}

/// The file with an empty text for `section`, which it has not, or as a null.
fn with_key(text: &str, section: Section) -> Result<String, String> {
    let text = with_data(text, section)?;
    let outer = parse(&text)?;
    let data = member(&outer, outer.root(), "data").map(|(_, data)| data);
    let empty = NewValue::Text(String::new());
    let splices = match (data, member(&outer, data, section.key())) {
        (Some(data), Some((key, _))) => edit::set_value(&outer, data, key, &empty),
        (Some(data), None) => edit::insert_member(&outer, data, section.key(), &empty),
        (None, _) => Err(EditError::NotThere),
    };
    let mut text = apply(&text, &splices.map_err(|error| error.to_string())?);
    // A text of lines at the end of a file needs the end of its last line.
    let is_of_lines = outer.root().is_some_and(|root| is_block_mapping(&outer, root));
    if is_of_lines && !text.ends_with(['\n', '\r']) {
        let ending = ending(&text);
        text.push_str(ending);
    }
    Ok(text)
}

/// The file with a mapping as its `data`, which may be missing, null or empty.
fn with_data(text: &str, section: Section) -> Result<String, String> {
    let outer = parse(text)?;
    let root = outer.root().ok_or("the file is empty")?;
    let NodeKind::Mapping { flow: is_flow, .. } = outer.node(root).kind else {
        return Err("the file is not a mapping".to_owned());
    };
    let Some((key, data)) = member(&outer, Some(root), "data") else {
        let empty = NewValue::Text(String::new());
        let splices = edit::insert_member(&outer, root, "data", &empty).map_err(|error| error.to_string())?;
        return with_data(&apply(text, &splices), section);
    };
    let is_empty = match &outer.node(data).kind {
        NodeKind::Mapping { entries, flow: true } => entries.is_empty() && !is_flow,
        NodeKind::Scalar { .. } => true,
        _ => false,
    };
    if !is_empty {
        return Ok(text.to_owned());
    }
    let span = outer.node(data).whole();
    if is_flow {
        return Ok(apply(text, &[Splice { span, text: "{}".to_owned() }]));
    }
    // A mapping of lines needs a member: the one that comes anyway.
    let ending = ending(text);
    let key_end = outer.node(key).span.end;
    let colon = text[key_end..].find(':').map_or(key_end, |at| key_end + at + 1);
    let line_end = text[span.end..].find(['\r', '\n']).map_or(text.len(), |at| span.end + at);
    let gone = Splice { span: Span { start: colon, end: span.end.max(colon) }, text: String::new() };
    let member = format!("{ending}  {section}: \"\"");
    Ok(apply(text, &[gone, Splice { span: Span { start: line_end, end: line_end }, text: member }]))
}

fn is_block_mapping(document: &Document, node: NodeId) -> bool {
    matches!(document.node(node).kind, NodeKind::Mapping { flow: false, .. })
}

fn ending(text: &str) -> &'static str {
    let is_crlf = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    if is_crlf { "\r\n" } else { "\n" }
}

fn parse(text: &str) -> Result<Document, String> {
    Document::parse(text, &Limits::default()).map_err(|error| error.message)
}

/// The last member under a key, as Go reads it.
fn member(document: &Document, mapping: Option<NodeId>, key: &str) -> Option<(NodeId, NodeId)> {
    let NodeKind::Mapping { entries, .. } = &document.node(document.resolve(mapping?)).kind else {
        return None;
    };
    entries.iter().rev().find(|(found, _)| document.node(*found).scalar() == Some(key)).copied()
}
