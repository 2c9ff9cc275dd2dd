//! Tokens, and what strangers send instead.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use rolecall_core::Timestamp;
use rolecall_core::token::{InspectContext, PREFIX, Token, inspect};

use crate::cases;

const SECRET: &str = "c2VjcmV0LXNlc3Npb24tdG9rZW4";

fn urlish() -> impl Strategy<Value = String> {
    let start = prop::sample::select(vec![
        "https://",
        "http://",
        "sts.amazonaws.com",
        "sts.eu-west-1.amazonaws.com",
        "user:pw@",
        ":443",
        "/",
        "?",
        "#",
        "%",
        "\u{e9}",
        "\0",
        "[::1]",
    ]);
    let parameter = prop::sample::select(vec![
        "Action=GetCallerIdentity",
        "X-Amz-Expires=60",
        "x-amz-expires=-1",
        "X-Amz-Date=20261124T120000Z",
        "X-Amz-Date=x",
        "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
        "X-Amz-Signature=0f",
        "x-amz-signature=%",
        "X-Amz-Security-Token=c2VjcmV0LXNlc3Npb24tdG9rZW4",
        "x-amz-security-token=c2VjcmV0LXNlc3Npb24tdG9rZW4",
        "X-Amz-Credential=AKIA%2F20261124%2Feu-west-1%2Fsts%2Faws4_request",
        "%zz=%",
        ";",
        "=",
        "",
        "a=\0",
    ]);
    (prop::collection::vec(start, 0..5), prop::collection::vec(parameter, 0..9)).prop_map(
        |(start, parameters)| {
            let start =
                if start.is_empty() { "https://sts.amazonaws.com/".to_owned() } else { start.concat() };
            format!("{start}?{}", parameters.join("&"))
        },
    )
}

fn check(token: &str) -> Result<(), TestCaseError> {
    let now = "2026-11-24T12:00:00Z".parse::<Timestamp>().unwrap();
    for partition in [None, Some("aws"), Some("aws-cn"), Some("nowhere")] {
        let inspection = inspect(token, &InspectContext { now, partition, region: Some("eu-west-1") });
        let told = format!("{inspection:?}");
        prop_assert!(!told.contains(SECRET), "a session token is told: {}", told);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn a_presigned_url_or_its_ruins(url in urlish()) {
        check(&format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&url)))?;
        if let Ok(token) = Token::from_presigned_url(&url) {
            let shown = format!("{token:?}");
            prop_assert!(url.is_empty() || !shown.contains(&token.expose()[PREFIX.len()..]));
        }
    }

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text)?;
        check(&format!("{PREFIX}{text}"))?;
    }

    #[test]
    fn any_bytes_behind_the_prefix(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes)))?;
    }
}
