//! One bit that is not as it was signed, anywhere, and the delivery is refused.

use http::HeaderValue;

use super::*;

/// Headers that are proof or are signed, of those deliveries that sign their bodies.
const SIGNED: [&str; 6] = [
    "x-hub-signature-256",
    "x-hub-signature",
    "x-gitea-signature",
    "x-forgejo-signature",
    "x-rolecall-signature",
    "x-rolecall-timestamp",
];

#[test]
fn every_bit_of_a_body_counts() {
    for delivery in all().into_iter().filter(|delivery| delivery.kind != ReceiverKind::GitLab) {
        for bit in 0..delivery.body.len() * 8 {
            let mut changed = delivery.clone();
            changed.body[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(changed.verify(), Err(Refusal::Signature), "{:?} bit {bit}", delivery.kind);
        }
        let mut longer = delivery.clone();
        longer.body.push(b'\n');
        assert_eq!(longer.verify(), Err(Refusal::Signature));
        let mut shorter = delivery;
        shorter.body.pop();
        assert_eq!(shorter.verify(), Err(Refusal::Signature));
    }
}

/// But for the bit that makes `a` an `A`: digits may be large.
#[test]
fn every_bit_of_a_proof_counts() {
    for delivery in all() {
        for name in SIGNED.into_iter().chain(["x-gitlab-token"]) {
            let Some(value) = delivery.headers.get(name).cloned() else { continue };
            let is_case =
                |byte: u8, bit: usize| bit % 8 == 5 && byte.is_ascii_hexdigit() && byte.is_ascii_alphabetic();
            for bit in 0..value.len() * 8 {
                let mut bytes = value.as_bytes().to_vec();
                let is_digit =
                    name != "x-gitlab-token" && is_case(bytes[bit / 8], bit) && bit / 8 >= value.len() - 64;
                bytes[bit / 8] ^= 1 << (bit % 8);
                let Ok(value) = HeaderValue::from_bytes(&bytes) else { continue };
                let mut changed = delivery.clone();
                changed.headers.insert(name, value);
                let is_refused = matches!(changed.verify(), Err(Refusal::Unsigned | Refusal::Signature));
                assert_eq!(is_refused, !is_digit, "{:?} {name} bit {bit}", delivery.kind);
            }
        }
    }
}
