//! The format of `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig), and whether a signature is right.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::wire::{Reader, put};

const MAGIC: &[u8] = b"SSHSIG";
const NAMESPACE: &[u8] = b"git";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// A signature that was read, and not yet checked.
pub(super) struct Signature {
    /// The public key, as SSH writes it.
    pub(super) key: Vec<u8>,
    reserved: Vec<u8>,
    hash: Hash,
    algorithm: Vec<u8>,
    blob: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha512,
}

impl Signature {
    /// Reads the armour and what is in it.
    pub(super) fn parse(armoured: &[u8]) -> Result<Self, String> {
        let not_ours = || "it is not an SSH signature".to_owned();
        let text = std::str::from_utf8(armoured).map_err(|_| not_ours())?.trim();
        let inner = text.strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END)).ok_or_else(not_ours)?;
        let base64: String = inner.split_whitespace().collect();
        let bytes = STANDARD.decode(base64).map_err(|_| "its base64 is broken".to_owned())?;
        Self::read(&bytes)?.ok_or_else(|| "it is cut off, or has too much at its end".to_owned())
    }

    fn read(bytes: &[u8]) -> Result<Option<Self>, String> {
        let mut reader = Reader(bytes);
        let fields = (|| {
            let start = (reader.bytes(MAGIC.len())?, reader.number()?);
            let key = reader.string()?;
            Some((start, key, reader.string()?, reader.string()?, reader.string()?, reader.string()?))
        })();
        let Some((start, key, namespace, reserved, hash, signature)) = fields else { return Ok(None) };
        if start != (MAGIC, 1) {
            return Err("it is of a version that is not known".to_owned());
        }
        if namespace != NAMESPACE {
            return Err("it was made for something else than Git".to_owned());
        }
        let hash = match hash {
            b"sha256" => Hash::Sha256,
            b"sha512" => Hash::Sha512,
            _ => return Err("its hash is not SHA-256 or SHA-512".to_owned()),
        };
        let mut inner = Reader(signature);
        let parts = (|| Some((inner.string()?, inner.string()?, inner.0)))();
        let Some((algorithm, blob, rest)) = parts.filter(|_| reader.end().is_some()) else { return Ok(None) };
        // What follows the blob are the flags and the counter of a security key, part of its signature.
        let blob = [blob, rest].concat();
        let reserved = reserved.to_vec();
        Ok(Some(Self { key: key.to_vec(), reserved, hash, algorithm: algorithm.to_vec(), blob }))
    }

    /// Is it the key's signature of `payload`?
    pub(super) fn verify(&self, payload: &[u8]) -> Result<(), String> {
        match is_right(&self.key, &self.algorithm, &self.blob, &self.signed(payload)) {
            Some(true) => Ok(()),
            Some(false) => Err("it does not fit the commit: one of them was changed".to_owned()),
            None => Err("its kind of key, or the form of its key, is not known".to_owned()),
        }
    }

    /// What the key signs: not the payload, but a text about it.
    fn signed(&self, payload: &[u8]) -> Vec<u8> {
        let (name, algorithm): (&[u8], _) = match self.hash {
            Hash::Sha256 => (b"sha256", &digest::SHA256),
            Hash::Sha512 => (b"sha512", &digest::SHA512),
        };
        let mut signed = MAGIC.to_vec();
        put(&mut signed, NAMESPACE);
        put(&mut signed, &self.reserved);
        put(&mut signed, name);
        put(&mut signed, digest::digest(algorithm, payload).as_ref());
        signed
    }
}

/// `None` where the key cannot be read, or its kind is not known.
fn is_right(key: &[u8], algorithm: &[u8], blob: &[u8], signed: &[u8]) -> Option<bool> {
    let mut reader = Reader(key);
    let kind = reader.string()?;
    match (kind, algorithm) {
        (b"ssh-ed25519", b"ssh-ed25519") => {
            let public = last(reader)?;
            Some(checks(&ED25519, public, signed, blob))
        }
        (b"sk-ssh-ed25519@openssh.com", b"sk-ssh-ed25519@openssh.com") => security_key(reader, blob, signed),
        (b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp256") => {
            reader.string().filter(|curve| *curve == b"nistp256")?;
            Some(checks(&ECDSA_P256_SHA256_FIXED, last(reader)?, signed, &fixed(blob, 32)?))
        }
        (b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp384") => {
            reader.string().filter(|curve| *curve == b"nistp384")?;
            Some(checks(&ECDSA_P384_SHA384_FIXED, last(reader)?, signed, &fixed(blob, 48)?))
        }
        (b"ssh-rsa", b"rsa-sha2-256" | b"rsa-sha2-512") => {
            let (e, n) = (reader.unsigned()?, reader.unsigned()?);
            reader.end()?;
            let parameters = if algorithm == b"rsa-sha2-256" {
                &RSA_PKCS1_2048_8192_SHA256
            } else {
                &RSA_PKCS1_2048_8192_SHA512
            };
            Some(RsaPublicKeyComponents { n, e }.verify(parameters, signed, blob).is_ok())
        }
        _ => None,
    }
}

fn checks(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], signed: &[u8], blob: &[u8]) -> bool {
    UnparsedPublicKey::new(algorithm, key).verify(signed, blob).is_ok()
}

fn last(mut reader: Reader<'_>) -> Option<&[u8]> {
    let value = reader.string()?;
    reader.end()?;
    Some(value)
}

/// The two numbers of an ECDSA signature at their full width, one after the other.
fn fixed(blob: &[u8], width: usize) -> Option<Vec<u8>> {
    let mut reader = Reader(blob);
    let mut fixed = Vec::new();
    for number in [reader.unsigned()?, reader.unsigned()?] {
        fixed.resize(fixed.len() + width.checked_sub(number.len())?, 0);
        fixed.extend_from_slice(number);
    }
    reader.end()?;
    Some(fixed)
}

/// A security key signs what it knows around the hash; it must have seen a finger (flag 1).
fn security_key(mut reader: Reader<'_>, blob: &[u8], signed: &[u8]) -> Option<bool> {
    let (public, application) = (reader.string()?, reader.string()?);
    reader.end()?;
    let (signature, flags_and_counter) = blob.split_at_checked(64)?;
    let is_touched = flags_and_counter.len() == 5 && flags_and_counter[0] & 1 == 1;
    let mut message = digest::digest(&digest::SHA256, application).as_ref().to_vec();
    message.extend_from_slice(flags_and_counter);
    message.extend_from_slice(digest::digest(&digest::SHA256, signed).as_ref());
    Some(is_touched && checks(&ED25519, public, &message, signature))
}
