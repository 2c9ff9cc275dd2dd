//! Hosts and their regions; a password as botocore computes it.

use rolecall_core::source::code_commit_host as host;

use super::*;

#[test]
fn hosts_and_their_regions() {
    let cases = [
        ("git-codecommit.eu-west-1.amazonaws.com", Some("eu-west-1")),
        ("git-codecommit-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
        ("git-codecommit.cn-northwest-1.amazonaws.com.cn", Some("cn-northwest-1")),
        ("vpce-0ab-1cd.git-codecommit.us-east-1.vpce.amazonaws.com", Some("us-east-1")),
        ("vpce-0ab-1cd.git-codecommit.us-east-1.amazonaws.com", None),
        ("git-codecommit.eu-west-1.amazonaws.com.evil.example", None),
        ("git-codecommit.eu-west-1.example.com", None),
        ("git-codecommit.evil.example.eu-west-1.amazonaws.com", None),
        ("xgit-codecommit.eu-west-1.amazonaws.com", None),
        ("git-codecommit.amazonaws.com", None),
        ("github.com", None),
    ];
    for (host, expected) in cases {
        assert_eq!(region(host), expected, "{host}");
    }
    assert_eq!(region(&host("eu-central-1")), Some("eu-central-1"));
    assert_eq!(region(&host("cn-north-1")), Some("cn-north-1"));
}

fn keys(token: Option<&str>) -> AwsKeys {
    AwsKeys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: SecretString::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        session_token: token.map(SecretString::from),
    }
}

#[test]
fn a_password_is_what_botocore_computes() {
    let web = Web {
        host: "git-codecommit.eu-west-1.amazonaws.com".to_owned(),
        port: 443,
        path: "/v1/repos/access".to_owned(),
    };
    let now = "2026-11-24T15:04:05.999Z".parse().unwrap();
    let (user, password) = user_and_password(&keys(Some("to+ken/=")), &web, "eu-west-1", now);
    assert_eq!(user, "AKIDEXAMPLE%to+ken/=");
    assert_eq!(
        password.expose_secret(),
        "20261124T150405Z35b6795d2ab7cb3bd2de1ffbddad642ab0b024eb0a7a5b4999614be6a705c0b8"
    );
    let (user, again) = user_and_password(&keys(None), &web, "eu-west-1", now);
    assert_eq!((user.as_str(), again.expose_secret()), ("AKIDEXAMPLE", password.expose_secret()));
}

#[test]
fn keys_are_not_told() {
    let told = format!("{:?}", keys(Some("session")));
    assert!(told.contains("AKIDEXAMPLE") && !told.contains("wJalr") && !told.contains("session"), "{told}");
}
