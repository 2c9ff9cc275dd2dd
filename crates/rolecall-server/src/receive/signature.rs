//! HMAC-SHA256 and comparisons that take the same time wherever the difference is.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(super) type Code = [u8; 32];

/// The code of the parts, one after the other.
pub(super) fn code(secret: &SecretString, parts: &[&[u8]]) -> Code {
    let key = secret.expose_secret().as_bytes();
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The code in hexadecimal digits.
pub(super) fn hex(code: &Code) -> String {
    code.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a text cannot fail");
        text
    })
}

/// Whether the text is this code in hexadecimal digits.
pub(super) fn is_code(text: &str, code: &Code) -> bool {
    decode(text).is_some_and(|given| bool::from(given.ct_eq(code)))
}

/// Whether two tokens are equal. Their digests are compared, so that not even the length shows.
pub(super) fn is_token(given: &str, secret: &SecretString) -> bool {
    let digest = |text: &str| <[u8; 32]>::from(Sha256::digest(text.as_bytes()));
    digest(given).ct_eq(&digest(secret.expose_secret())).into()
}

/// 64 hexadecimal digits as bytes. What was given is no secret, so this need not take equal time.
fn decode(text: &str) -> Option<Code> {
    let digits = text.as_bytes();
    let mut code = [0; 32];
    if digits.len() != 2 * code.len() {
        return None;
    }
    for (byte, pair) in code.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(code)
}

fn digit(c: u8) -> Option<u8> {
    char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
