//! The file of allowed signers; real commits and signatures are in `tests/git/signed.rs`.

use super::*;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

#[test]
fn lines_that_are_read() {
    let text = format!(
        "# who may\n\nann@example.com {KEY} ann's\n\"bob, the other\" namespaces=\"git,file\",valid-after=\"20260101Z\" {KEY}\n\
         *@example.com valid-before=20270101123000 {KEY}\n"
    );
    assert!(AllowedSigners::parse(&text).is_ok(), "{:?}", AllowedSigners::parse(&text));
}

#[test]
fn lines_that_are_not_taken() {
    let cases = [
        (String::new(), "no signer"),
        ("# nobody".to_owned(), "no signer"),
        ("ann".to_owned(), "kind"),
        (format!("ann {}", KEY.replace("ed25519 ", "rsa ")), "kind"),
        ("ann ssh-ed25519 AAAA!".to_owned(), "base64"),
        ("ann ssh-dss AAAA".to_owned(), "kind"),
        (format!("ann cert-authority {KEY}"), "authority"),
        (format!("ann no-touch-required {KEY}"), "option"),
        (format!("ann valid-after=\"tomorrow\" {KEY}"), "time"),
        (format!("ann valid-after=\"20261301\" {KEY}"), "time"),
        (format!("ann valid-after=\"2026\" {KEY}"), "time"),
    ];
    for (line, word) in cases {
        let error = AllowedSigners::parse(&line).unwrap_err();
        assert!(error.message.contains(word), "{line}: {error}");
    }
}

#[test]
fn a_key_has_its_time() {
    let allowed =
        AllowedSigners::parse(&format!("ann valid-after=20260101,valid-before=\"20260201\" {KEY}")).unwrap();
    let key = base64_of(KEY);
    let at = |time: &str| allowed.signer(&key, time.parse().unwrap()).map(str::to_owned);
    assert!(at("2025-12-31T23:59:59Z").unwrap_err().contains("yet"));
    assert_eq!(at("2026-01-01T00:00:00Z").unwrap(), "ann");
    assert_eq!(at("2026-01-31T23:59:59Z").unwrap(), "ann");
    assert!(at("2026-02-01T00:00:00Z").unwrap_err().contains("any more"));
    assert!(allowed.signer(&key[1..], Timestamp::UNIX_EPOCH).unwrap_err().contains("not one of"));
}

fn base64_of(line: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(line.split(' ').next_back().unwrap()).unwrap()
}

#[test]
fn what_is_no_signature() {
    let allowed = AllowedSigners::parse(&format!("ann {KEY}")).unwrap();
    let armour =
        |inner: &str| format!("-----BEGIN SSH SIGNATURE-----\n{inner}\n-----END SSH SIGNATURE-----\n");
    let cases = [
        ("-----BEGIN PGP SIGNATURE-----\n\nx\n".to_owned(), "OpenPGP"),
        ("-----BEGIN SIGNED MESSAGE-----".to_owned(), "not an SSH"),
        (String::new(), "not an SSH"),
        (armour("?"), "base64"),
        (armour("U1NIU0lH"), "cut off"),
        (armour("U1NIU0lHAAAAAf////8="), "cut off"),
    ];
    for (text, words) in cases {
        let why = signer(text.as_bytes(), b"payload", &allowed, Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(why.contains(words), "{text}: {why}");
    }
}

/// A security key cannot be had in a test; what it signs is written down in OpenSSH's PROTOCOL.u2f.
#[test]
fn a_security_key_must_have_been_touched() {
    use aws_lc_rs::digest::{SHA256, SHA512, digest};
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    const KIND: &[u8] = b"sk-ssh-ed25519@openssh.com";
    let strings = |values: &[&[u8]]| {
        values.iter().fold(Vec::new(), |mut bytes, value| {
            wire::put(&mut bytes, value);
            bytes
        })
    };
    let pair = Ed25519KeyPair::generate().unwrap();
    let key = strings(&[KIND, pair.public_key().as_ref(), b"ssh:"]);
    let line = format!("ann {} {}", String::from_utf8_lossy(KIND), STANDARD.encode(&key));
    let allowed = AllowedSigners::parse(&line).unwrap();
    let hash = digest(&SHA512, b"payload");
    let signed = [b"SSHSIG".to_vec(), strings(&[b"git", b"", b"sha512", hash.as_ref()])].concat();
    let with = |flags: u8, told: u8| {
        let rest = |flags: u8| [flags, 0, 0, 0, 7];
        let message =
            [digest(&SHA256, b"ssh:").as_ref(), &rest(flags), digest(&SHA256, &signed).as_ref()].concat();
        let blob = [strings(&[KIND, pair.sign(&message).as_ref()]), rest(told).to_vec()].concat();
        let fields = strings(&[&key, b"git", b"", b"sha512", &blob]);
        let bytes = [b"SSHSIG\0\0\0\x01".to_vec(), fields].concat();
        let inner = STANDARD.encode(bytes);
        let armour = format!("-----BEGIN SSH SIGNATURE-----\n{inner}\n-----END SSH SIGNATURE-----\n");
        signer(armour.as_bytes(), b"payload", &allowed, Timestamp::UNIX_EPOCH)
    };
    assert_eq!(with(1, 1).as_deref(), Ok("ann"));
    assert!(with(0, 0).unwrap_err().contains("does not fit"));
    assert!(with(0, 1).unwrap_err().contains("does not fit"));
}
