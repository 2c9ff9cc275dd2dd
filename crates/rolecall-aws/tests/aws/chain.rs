//! Sources of credentials beyond keys: the container's endpoint, which is how EKS Pod Identity comes, and a process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rolecall_core::Timestamp;
use rolecall_sandbox::aws::{Credentials, RoleSpec};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::practice::{ACCOUNT, Practice, REGION};

#[tokio::test]
async fn pod_identity_gives_credentials() {
    let practice = Practice::start().await;
    let session = session(&practice);
    let end: Timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
    let agent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = agent.local_addr().unwrap();
    tokio::spawn(answer_like_the_agent(agent, credentials(&session, end)));
    let token_file = practice.home().join("token");
    std::fs::write(&token_file, "service-account-token").unwrap();
    let mut environment = elsewhere(&practice);
    environment.push(("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{address}/v1/credentials")));
    environment.push(("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file.display().to_string()));
    let answer = practice.ask(&environment, json!({ "do": "identity" })).await;
    assert_eq!(answer["ok"]["arn"], format!("arn:aws:sts::{ACCOUNT}:assumed-role/pod/build-7"), "{answer}");
}

#[tokio::test]
async fn a_process_gives_credentials_and_the_token_ends_with_them() {
    let practice = Practice::start().await;
    let session = session(&practice);
    let end = Timestamp::from_second(now() + 300).unwrap();
    let mut printed = credentials(&session, end);
    printed["Version"] = json!(1);
    printed["SessionToken"] = printed["Token"].clone();
    let file = practice.home().join("credentials.json");
    std::fs::write(&file, printed.to_string()).unwrap();
    practice.write_config(&format!("[profile tool]\ncredential_process = cat {}\n", file.display()));
    let mut environment = elsewhere(&practice);
    environment.push(("PATH", "/usr/bin:/bin".to_owned()));
    let ask = |request: Value| {
        let environment = &environment;
        let practice = &practice;
        async move { practice.ask(environment, request).await }
    };
    let answer = ask(json!({ "do": "identity", "profile": "tool" })).await;
    assert_eq!(answer["ok"]["session"], "build-7", "{answer}");
    let answer = ask(json!({ "do": "tokens", "cluster": "prod", "profile": "tool" })).await;
    assert_eq!(answer["ok"][0]["expiresAt"], end.to_string(), "{answer}");
}

#[tokio::test]
async fn the_instance_is_asked_for_nothing_that_is_known() {
    let practice = Practice::start().await;
    let instance = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = instance.local_addr().unwrap();
    let n_asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&n_asked);
    tokio::spawn(async move {
        while instance.accept().await.is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut environment = practice.environment();
    environment.push(("AWS_EC2_METADATA_DISABLED", "false".to_owned()));
    environment.push(("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://{address}")));
    let answer = practice.ask(&environment, json!({ "do": "identity" })).await;
    assert_eq!((answer["ok"]["account"].as_str(), n_asked.load(Ordering::Relaxed)), (Some(ACCOUNT), 0));
    environment.retain(|(name, _)| *name != "AWS_REGION");
    let answer = practice.ask(&environment, json!({ "do": "region" })).await;
    assert_eq!(answer["error"]["kind"], "Invalid", "{answer}");
    assert!(n_asked.load(Ordering::Relaxed) > 0, "it is the last one to be asked for a region");
}

fn session(practice: &Practice) -> Credentials {
    let role = practice.directory.add_role(RoleSpec::new(ACCOUNT, "pod"));
    practice.directory.assume_role_session(&role, "build-7", Duration::from_mins(15))
}

/// The practice AWS, and no key.
fn elsewhere(practice: &Practice) -> Vec<(&'static str, String)> {
    vec![("AWS_REGION", REGION.to_owned()), ("AWS_ENDPOINT_URL", practice.server.endpoint_url())]
}

fn credentials(session: &Credentials, end: Timestamp) -> Value {
    json!({
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "Token": session.session_token,
        "Expiration": end.to_string(),
    })
}

fn now() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since_epoch.as_secs()).unwrap()
}

/// Gives credentials to whoever shows the ServiceAccount's token.
async fn answer_like_the_agent(agent: TcpListener, credentials: Value) {
    loop {
        let (mut client, _) = agent.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(client.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap().to_ascii_lowercase();
        let is_known = request.contains("authorization: service-account-token\r\n");
        let (status, body) =
            if is_known { ("200 OK", credentials.to_string()) } else { ("401 No", String::new()) };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        client.write_all(answer.as_bytes()).await.unwrap();
    }
}
