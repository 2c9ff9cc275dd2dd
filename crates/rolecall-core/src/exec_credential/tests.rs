//! What kubectl may ask for, and what it gets.

use super::*;

#[test]
fn the_version_is_what_kubectl_asks_for_if_we_speak_it() {
    let check = |info: Option<&str>, expected: Result<ExecApiVersion, &str>| {
        let version = ExecApiVersion::from_exec_info(info).map_err(|error| error.asked);
        assert_eq!(version, expected.map_err(str::to_owned), "{info:?}");
    };
    check(None, Ok(ExecApiVersion::V1Beta1));
    check(Some(""), Ok(ExecApiVersion::V1Beta1));
    check(Some("not JSON"), Ok(ExecApiVersion::V1Beta1));
    check(Some("{}"), Ok(ExecApiVersion::V1Beta1));
    let asks_for_v1 = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":true}}"#;
    check(Some(asks_for_v1), Ok(ExecApiVersion::V1));
    check(Some(r#"{"apiVersion":"client.authentication.k8s.io/v1beta1"}"#), Ok(ExecApiVersion::V1Beta1));
    check(Some(r#"{"apiVersion":"bogus/v9"}"#), Err("bogus/v9"));
    check(
        Some(r#"{"apiVersion":"client.authentication.k8s.io/v2"}"#),
        Err("client.authentication.k8s.io/v2"),
    );
}

#[test]
fn the_answer_is_one_line_with_whole_seconds() {
    let expires = "2023-04-28T00:14:00.75Z".parse().unwrap();
    assert_eq!(
        render(ExecApiVersion::V1, "k8s-aws-v1.x", expires),
        r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false},"status":{"expirationTimestamp":"2023-04-28T00:14:00Z","token":"k8s-aws-v1.x"}}"#
    );
}
