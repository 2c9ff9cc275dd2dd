//! Tokens that the practice STS takes, and that differ when they must.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_core::token::PREFIX;
use rolecall_sandbox::aws::RoleSpec;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::practice::{ACCOUNT, Practice, REGION};

#[tokio::test]
async fn sts_takes_every_token_for_its_own_cluster_only() {
    let practice = Practice::start().await;
    let minted = tokens(&practice, &practice.environment(), "prod").await;
    for minted in &minted {
        let (status, body) = verify(&practice, minted, "prod").await;
        assert_eq!(status, 200, "{body}");
        assert!(body.contains(&practice.user.arn), "{body}");
        assert_eq!(verify(&practice, minted, "other").await.0, 403);
    }
    let texts: Vec<_> = minted.iter().map(|minted| minted["token"].as_str().unwrap()).collect();
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0] != texts[2] && texts[2] != texts[3]);
}

#[tokio::test]
async fn a_token_of_a_session_carries_it_and_ends_with_it() {
    let practice = Practice::start().await;
    let role = practice.directory.add_role(RoleSpec::new(ACCOUNT, "runner"));
    let session = practice.directory.assume_role_session(&role, "build-7", Duration::from_mins(15));
    let mut environment = session.environment();
    environment.push(("AWS_REGION", REGION.to_owned()));
    environment.push(("AWS_ENDPOINT_URL", practice.server.endpoint_url()));
    let minted = tokens(&practice, &environment, "prod").await;
    let (status, body) = verify(&practice, &minted[2], "prod").await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("assumed-role/runner/build-7"), "{body}");
    practice.directory.expire_session(&session.access_key_id);
    assert_eq!(verify(&practice, &minted[2], "prod").await.0, 403);
}

#[tokio::test]
async fn a_token_names_the_real_host_though_an_endpoint_is_set() {
    let practice = Practice::start().await;
    let minted = tokens(&practice, &practice.environment(), "prod").await;
    assert!(url(&minted[0]).starts_with("https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&"));
    let mut environment = practice.environment();
    environment.push(("AWS_USE_FIPS_ENDPOINT", "true".to_owned()));
    environment.push(("AWS_REGION", "us-east-1".to_owned()));
    let minted = tokens(&practice, &environment, "prod").await;
    assert!(url(&minted[0]).starts_with("https://sts-fips.us-east-1.amazonaws.com/?"));
    assert!(practice.actions().is_empty(), "signing asks nothing of anybody");
}

async fn tokens(practice: &Practice, environment: &[(&str, String)], cluster: &str) -> Vec<Value> {
    let answer = practice.ask(environment, json!({ "do": "tokens", "cluster": cluster })).await;
    answer["ok"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

fn url(minted: &Value) -> String {
    let encoded = minted["token"].as_str().unwrap().strip_prefix(PREFIX).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

/// Asks the practice STS what the authenticator would ask it: the URL as it stands, for one cluster.
async fn verify(practice: &Practice, minted: &Value, cluster: &str) -> (u16, String) {
    let url = url(minted);
    let (host, path) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();
    let request = format!(
        "GET /{path} HTTP/1.1\r\nhost: {host}\r\nx-k8s-aws-id: {cluster}\r\naccept: application/json\r\n\
         connection: close\r\n\r\n"
    );
    let endpoint = practice.server.endpoint_url();
    let mut stream = TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}
