//! CodeCommit by IAM: a password that is a signature, as AWS' own Git helper makes it.
//!
//! Who signs comes in as plain strings; this crate knows no AWS SDK. "Now" is an argument.

use std::fmt;
use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rolecall_engine::port::PortFuture;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::place::{Place, Web};

#[cfg(test)]
mod tests;

/// Gives AWS credentials that are valid now. It is asked before every fetch, so that they are renewed in time:
/// a password made of them lives for fifteen minutes, longer than any fetch may take.
pub trait AwsKeySource: Send + Sync {
    /// The keys to sign with.
    fn keys(&self) -> PortFuture<'_, AwsKeys>;
}

/// AWS credentials.
#[derive(Clone)]
pub struct AwsKeys {
    /// Who signs.
    pub access_key_id: String,
    /// What with.
    pub secret_access_key: SecretString,
    /// Goes with keys that end.
    pub session_token: Option<SecretString>,
}

impl fmt::Debug for AwsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKeys").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// Is this the URL of a CodeCommit repository over HTTPS, which takes AWS credentials?
pub fn is_code_commit(url: &str) -> bool {
    matches!(Place::parse(url), Ok(Place::Https(web)) if region(&web.host).is_some())
}

/// The region that a host of CodeCommit is in: public, FIPS, China, or a VPC endpoint's. `None` for any other.
pub(crate) fn region(host: &str) -> Option<&str> {
    let host = host.strip_suffix(".cn").filter(|host| host.ends_with(".amazonaws.com")).unwrap_or(host);
    let host = host.strip_suffix(".amazonaws.com")?;
    let host = match host.split_once('.') {
        Some((endpoint, rest)) if endpoint.starts_with("vpce-") => rest.strip_suffix(".vpce")?,
        _ => host,
    };
    let rest = host.strip_prefix("git-codecommit")?;
    let region = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
    let is_region = region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    (is_region && region.contains('-')).then_some(region)
}

/// User and password for one repository in `region`.
pub(crate) fn user_and_password(
    keys: &AwsKeys,
    web: &Web,
    region: &str,
    now: Timestamp,
) -> (String, SecretString) {
    let user = match &keys.session_token {
        Some(token) => format!("{}%{}", keys.access_key_id, token.expose_secret()),
        None => keys.access_key_id.clone(),
    };
    let time = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%S").to_string();
    let signature = signature(keys, web, region, &time);
    (user, SecretString::from(format!("{time}Z{signature}")))
}

/// Signature Version 4 over the method `GIT`, the path and the host. The time has no `Z` in what is signed.
fn signature(keys: &AwsKeys, web: &Web, region: &str, time: &str) -> String {
    let day = time.get(..8).unwrap_or_default();
    let request = format!("GIT\n{}\n\nhost:{}\n\nhost\n", web.path, web.host);
    let scope = format!("{day}/{region}/codecommit/aws4_request");
    let digest = hex(&Sha256::digest(request.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
    let secret = format!("AWS4{}", keys.secret_access_key.expose_secret());
    let parts = [day, region, "codecommit", "aws4_request", &to_sign];
    hex(&parts.iter().fold(secret.into_bytes(), |key, part| hmac(&key, part)))
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
