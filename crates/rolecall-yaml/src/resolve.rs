//! What a single scalar means to yaml.v2: null, boolean, number or text, and what its tag demands.

use crate::number::{self, Number};
use crate::timestamp::is_timestamp;
use crate::tree::Node;

const LONG_TAG: &str = "tag:yaml.org,2002:";

/// The meaning of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
}

/// Resolves the scalar `value` that is written in `node`. An error is fatal for the whole document.
pub(crate) fn resolve(node: &Node, value: &str) -> Result<Scalar, String> {
    let tag = match node.tag.as_deref() {
        Some(tag) => tag,
        None if node.implicit => return Ok(plain(value)),
        None => return Ok(Scalar::Text(value.to_owned())),
    };
    match tag.strip_prefix(LONG_TAG) {
        Some("binary") => {
            let bytes = decode_base64(value).ok_or("!!binary value contains invalid base64 data")?;
            Ok(Scalar::Text(text_of(&bytes)))
        }
        Some("timestamp") if is_timestamp(value) && starts_number(value) => {
            Ok(Scalar::Text(value.to_owned()))
        }
        Some(short @ ("bool" | "int" | "float" | "null" | "timestamp")) => demanded(short, value),
        _ => Ok(Scalar::Text(value.to_owned())),
    }
}

/// Whether a mapping key is a merge key.
pub(crate) fn is_merge(node: &Node) -> bool {
    node.scalar() == Some("<<") && (node.implicit || node.tag.as_deref() == Some("tag:yaml.org,2002:merge"))
}

/// Whether `text`, written without quotes, is this very text and not null, a boolean or a number.
pub(crate) fn is_plain_text(text: &str) -> bool {
    text != "<<" && matches!(plain(text), Scalar::Text(_))
}

/// A scalar without a tag.
fn plain(value: &str) -> Scalar {
    if let Some(word) = known_word(value) {
        return word;
    }
    let number = if value.starts_with('.') {
        number::parse_after_dot(value).map(Number::Float)
    } else if starts_number(value) {
        number::parse(value)
    } else {
        None
    };
    number.map_or_else(|| Scalar::Text(value.to_owned()), Scalar::Number)
}

fn starts_number(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))
}

/// The words of YAML 1.1 that yaml.v2 knows, in their three spellings.
fn known_word(value: &str) -> Option<Scalar> {
    let float = |value| Some(Scalar::Number(Number::Float(value)));
    match value {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Some(Scalar::Bool(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(Scalar::Bool(false))
        }
        _ if is_null(value) => Some(Scalar::Null),
        ".nan" | ".NaN" | ".NAN" => float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => float(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Does the plain scalar `value` stand for nothing at all?
pub fn is_null(value: &str) -> bool {
    matches!(value, "" | "~" | "null" | "Null" | "NULL")
}

/// A scalar whose tag demands a type: an error unless it is of that type (an integer is a float).
fn demanded(tag: &str, value: &str) -> Result<Scalar, String> {
    let found = plain(value);
    let name = match &found {
        Scalar::Null => "null",
        Scalar::Bool(_) => "bool",
        Scalar::Number(Number::Float(_)) => "float",
        Scalar::Number(_) => "int",
        Scalar::Text(_) => "str",
    };
    match (tag, &found) {
        ("float", Scalar::Number(Number::Int(number))) => {
            #[expect(clippy::cast_precision_loss, reason = "the loss is Go's")]
            let number = *number as f64;
            Ok(Scalar::Number(Number::Float(number)))
        }
        _ if tag == name => Ok(found),
        _ => Err(format!("cannot decode !!{name} `{value}` as a !!{tag}")),
    }
}

/// Base 64 as Go's standard encoding reads it: padded, line ends ignored.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let symbols: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    if !symbols.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(symbols.len() / 4 * 3);
    let groups = symbols.len() / 4;
    for (index, group) in symbols.chunks(4).enumerate() {
        let padding = group.iter().rev().take_while(|symbol| **symbol == b'=').count();
        if padding > 2 || (padding > 0 && index + 1 < groups) {
            return None;
        }
        let mut bits: u32 = 0;
        for symbol in &group[..4 - padding] {
            bits = (bits << 6) | base64_digit(*symbol)?;
        }
        bits <<= 6 * padding;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    Some(bytes)
}

fn base64_digit(symbol: u8) -> Option<u32> {
    let digit = match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(digit))
}

/// Bytes as text; each byte that is not part of a character becomes U+FFFD, as in Go's JSON.
fn text_of(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    text
}
