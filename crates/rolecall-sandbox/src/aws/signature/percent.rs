//! Percent-encoding, as Signature Version 4 wants it: everything but RFC 3986's unreserved characters.
//! And hexadecimal digits, as it wants them: lower-case.

use std::fmt::Write as _;

/// Splits a query or form body into decoded names and values.
pub(in crate::aws) fn pairs(raw: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_form(name), decode_form(value))
        })
        .collect()
}

/// Undoes percent-encoding; what is not a proper escape stays as it is.
pub(in crate::aws) fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (value, length) = escaped(&bytes[at..]).map_or((byte, 1), |value| (value, 3));
        decoded.push(value);
        at += length;
    }
    decoded
}

/// Encodes every byte that is not unreserved, with upper-case digits.
pub(super) fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len()), |mut encoded, &byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// Writes bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// In a query and a form a plus is a space.
fn decode_form(text: &str) -> Vec<u8> {
    decode(&text.replace('+', " "))
}

fn escaped(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*high)? * 16 + digit(*low)?)
}
