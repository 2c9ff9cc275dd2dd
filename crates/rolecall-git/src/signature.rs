//! Commit signatures: SSH's, against a file of allowed signers. OpenPGP's are not read yet, and say so.
//!
//! As with Git, a key's dates are compared with the committer's date, which the committer chooses: to withdraw a
//! key, take its line out. Everything here is a function of values.

use jiff::Timestamp;

mod allowed;
mod sshsig;
mod wire;

#[cfg(test)]
mod tests;

pub use allowed::AllowedSigners;

/// Who signed `payload`, as the allowed signers know him; or why that is not accepted.
pub(crate) fn signer(
    armoured: &[u8],
    payload: &[u8],
    allowed: &AllowedSigners,
    committed_at: Timestamp,
) -> Result<String, String> {
    if armoured.starts_with(b"-----BEGIN PGP") {
        return Err("it is an OpenPGP signature, and only SSH signatures are read so far".to_owned());
    }
    let signature = sshsig::Signature::parse(armoured)?;
    // The key is looked up first: it costs less than the arithmetic, and says more.
    let signer = allowed.signer(&signature.key, committed_at)?;
    signature.verify(payload)?;
    Ok(signer.to_owned())
}
