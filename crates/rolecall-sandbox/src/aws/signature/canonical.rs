//! The text that a signature is made over: the canonical request, and the string to sign.
//! The rules are AWS's for every service but S3: the path is normalised, and encoded once more.

use http::Request;
use hyper::body::Bytes;
use sha2::{Digest as _, Sha256};

use super::parse::{Form, Presented};
use super::percent::{encode, hex, pairs};

/// Returns the string to sign for the request as it came in.
pub(super) fn string_to_sign(presented: &Presented, request: &Request<Bytes>) -> String {
    let hash = hex(&Sha256::digest(canonical_request(presented, request)));
    format!("AWS4-HMAC-SHA256\n{}\n{}\n{hash}", presented.date, presented.scope.text())
}

/// Returns the canonical request. The payload's hash is computed, never taken from a header.
pub(super) fn canonical_request(presented: &Presented, request: &Request<Bytes>) -> Vec<u8> {
    let mut canonical = Vec::new();
    for line in [request.method().as_str(), &path(request.uri().path()), &query(presented.form, request)] {
        canonical.extend_from_slice(line.as_bytes());
        canonical.push(b'\n');
    }
    for name in &presented.signed_headers {
        canonical.extend_from_slice(format!("{name}:").as_bytes());
        canonical.extend_from_slice(&header_value(request, name));
        canonical.push(b'\n');
    }
    let headers = presented.signed_headers.join(";");
    let payload = hex(&Sha256::digest(request.body()));
    canonical.extend_from_slice(format!("\n{headers}\n{payload}").as_bytes());
    canonical
}

/// Removes empty, `.` and `..` segments, and encodes what is already encoded.
fn path(raw: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let encoded: Vec<String> = segments.iter().map(|segment| encode(segment.as_bytes())).collect();
    let end = if raw.ends_with('/') && !encoded.is_empty() { "/" } else { "" };
    format!("/{}{end}", encoded.join("/"))
}

/// Sorts the encoded parameters by name, then value; the signature itself is not part of what it signs.
fn query(form: Form, request: &Request<Bytes>) -> String {
    let mut parameters: Vec<(String, String)> = pairs(request.uri().query().unwrap_or_default())
        .into_iter()
        .filter(|(name, _)| form == Form::Header || name != b"X-Amz-Signature")
        .map(|(name, value)| (encode(&name), encode(&value)))
        .collect();
    parameters.sort();
    let written: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    written.join("&")
}

/// Joins a header's values by commas, with single spaces inside and none around.
fn header_value(request: &Request<Bytes>, name: &str) -> Vec<u8> {
    let values = request.headers().get_all(name).into_iter().map(|value| {
        let words = value.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(&b' ')
    });
    values.collect::<Vec<_>>().join(&b',')
}
