//! Identifiers and secrets that nobody can guess, in AWS's shapes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs;

/// Returns an access key id: `AKIA` or `ASIA` and sixteen characters.
pub(super) fn access_key_id(prefix: &str) -> String {
    identifier::<16>(prefix)
}

/// Returns a principal's unique id: `AIDA` or `AROA` and seventeen characters.
pub(super) fn principal_id(prefix: &str) -> String {
    identifier::<17>(prefix)
}

/// Returns a secret access key: forty characters of base64.
pub(super) fn secret() -> String {
    STANDARD.encode(bytes::<30>())
}

/// Returns a session token of the usual length, which contains what needs escaping in a URL (`+`, `/`, `=`).
pub(super) fn session_token() -> String {
    STANDARD.encode(bytes::<256>())
}

/// Returns a request id, shaped like a UUID.
pub(super) fn request_id() -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(bytes()));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn identifier<const N: usize>(prefix: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letters = bytes::<N>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    prefix.chars().chain(letters).collect()
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut bytes)
        .expect("the operating system gives random bytes");
    bytes
}
