//! Signing a `GetCallerIdentity` URL, which is what an EKS token is made of.
//!
//! Nothing is sent anywhere. Signed are `host` and `x-k8s-aws-id`, as the authenticator and every client have it.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningError, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use jiff::Timestamp;
use rolecall_core::token::{CLUSTER_HEADER, QUERY, SERVICE};

use crate::clock::to_system_time;

/// What a token says, besides who made it.
pub(crate) struct Claim<'a> {
    pub(crate) host: &'a str,
    pub(crate) region: &'a str,
    /// The EKS cluster name (or the id of a local cluster on Outposts).
    pub(crate) cluster_name: &'a str,
    pub(crate) signed_at: Timestamp,
    pub(crate) expires_secs: u64,
}

/// The presigned URL, its parameters in byte order and the signature last, as upstream's signer writes them.
pub(crate) fn presign(claim: &Claim<'_>, credentials: &Credentials) -> Result<String, SigningError> {
    let base = format!("https://{}/?{QUERY}", claim.host);
    let headers = [(CLUSTER_HEADER, claim.cluster_name)];
    let request = SignableRequest::new("GET", &base, headers.into_iter(), SignableBody::Bytes(&[]))?;
    let identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(claim.region)
        .name(SERVICE)
        .time(to_system_time(claim.signed_at))
        .settings(settings(claim.expires_secs))
        .build()
        .expect("identity, region, name, time and settings are all that it takes")
        .into();
    let (instructions, signature) = sign(request, &params)?.into_parts();
    let mut parameters: Vec<_> =
        instructions.params().iter().filter(|(name, _)| *name != "X-Amz-Signature").collect();
    parameters.sort_by_key(|(name, _)| *name);
    let mut url = base;
    for (name, value) in parameters {
        url = url + "&" + name + "=" + &escape(value);
    }
    Ok(url + "&X-Amz-Signature=" + &signature)
}

fn settings(expires_secs: u64) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(expires_secs));
    settings
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Percent-encoding as SigV4 wants it: everything but letters, digits and `-._~`.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let [high, low] = [byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]);
            escaped.extend(['%', char::from(high), char::from(low)]);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rolecall_core::token::{Endpoint, Token, sts_host};
    use serde_json::Value;

    const CASES: &str = include_str!("../../rolecall-core/tests/cases/authenticator.jsonl");

    fn cases(area: &str) -> Vec<Value> {
        let all = CASES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        all.filter(|case| case["area"] == area).collect()
    }

    /// The published signing vector, which was reproduced with plain HMAC code as well.
    #[test]
    fn signs_as_upstream_does() {
        let [case] = &cases("token.generate")[..] else { panic!("one case is expected") };
        let (input, expected) = (&case["input"], &case["expected"]);
        let text = |key: &str| input[key].as_str().unwrap();
        let decoded = |key: &str| String::from_utf8(STANDARD.decode(text(key)).unwrap()).unwrap();
        let credentials = Credentials::new(
            decoded("access_key_id_base64"),
            decoded("secret_key_base64"),
            None,
            None,
            "test",
        );
        let host = sts_host(text("region"), Endpoint::default()).unwrap();
        let claim = Claim {
            host: &host,
            region: text("region"),
            cluster_name: text("cluster_id"),
            signed_at: Timestamp::from_second(input["now_unix"].as_i64().unwrap()).unwrap(),
            expires_secs: 60,
        };
        let url = presign(&claim, &credentials).unwrap();
        let [canonical] = &cases("observed.token.canonical_request")[..] else {
            panic!("one case is expected")
        };
        assert_eq!(url, canonical["input"]["url"].as_str().unwrap());
        let token = Token::from_presigned_url(&url).unwrap();
        assert_eq!(token.expose(), expected["token"].as_str().unwrap());
    }

    #[test]
    fn the_session_token_is_in_the_query_and_escaped() {
        let session = Some("a+b/c==".to_owned());
        let credentials = Credentials::new("ASIAEXAMPLE", "secret", session, None, "test");
        let claim = Claim {
            host: "sts.eu-west-1.amazonaws.com",
            region: "eu-west-1",
            cluster_name: "prod",
            signed_at: Timestamp::UNIX_EPOCH,
            expires_secs: 61,
        };
        let url = presign(&claim, &credentials).unwrap();
        assert!(url.contains("&X-Amz-Expires=61&X-Amz-Security-Token=a%2Bb%2Fc%3D%3D&X-Amz-SignedHeaders="));
        assert!(!url.contains("secret"));
    }
}
