//! The child's side: does what `PROBE` asks, in the environment that it was started with, and prints the answer.
//!
//! The environment of a process cannot be changed safely while it runs, and the SDK reads it; hence a child.

use std::sync::Arc;
use std::time::Duration;

use rolecall_aws::{AssumeRole, AwsSession, EksCluster, MintedToken, SessionOptions, TokenSource};
use rolecall_core::observed::Knowledge;
use rolecall_engine::port::PortError;
use serde_json::{Value, json};

#[tokio::test]
#[ignore = "the other tests run it as a child process"]
async fn answer_one_request() {
    let request = std::env::var("PROBE").expect("the parent sets `PROBE`");
    let request: Value = serde_json::from_str(&request).unwrap();
    let answer = match answer(&request).await {
        Ok(value) => json!({ "ok": value }),
        Err(error) => json!({ "error": {
            "kind": format!("{:?}", error.kind),
            "operation": error.operation,
            "resource": error.resource,
            "message": error.message,
            "hint": error.hint,
        }}),
    };
    println!("PROBE {answer}");
}

async fn answer(request: &Value) -> Result<Value, PortError> {
    let text = |key: &str| request[key].as_str().map(str::to_owned);
    let timeout = request["timeoutMs"].as_u64().map(Duration::from_millis);
    let options = SessionOptions { profile: text("profile"), region: text("region"), timeout, clock: None };
    let mut session = AwsSession::load(&options).await?;
    for role in request["roles"].as_array().into_iter().flatten() {
        session = session.assume_role(&assume_role(role)).await?;
    }
    match request["do"].as_str().unwrap() {
        "region" => Ok(session.region().into()),
        "identity" => {
            let caller = session.caller_identity().await?;
            Ok(json!({ "arn": caller.arn.text(), "session": caller.session_name, "account": caller.account }))
        }
        "describe" => EksCluster::describe(&session, request["cluster"].as_str().unwrap())
            .await
            .map(|cluster| described(&cluster)),
        "entries" => entries(&session, request["cluster"].as_str().unwrap()).await,
        "tokens" => tokens(session, request["cluster"].as_str().unwrap()).await,
        other => panic!("`{other}` is not a request"),
    }
}

fn assume_role(role: &Value) -> AssumeRole {
    let text = |key: &str| role[key].as_str().map(str::to_owned);
    AssumeRole {
        role_arn: text("arn").unwrap(),
        external_id: text("externalId"),
        session_name: text("session"),
        keep_caller_name: role["keepCallerName"] == true,
    }
}

fn described(cluster: &EksCluster) -> Value {
    json!({
        "arn": cluster.arn,
        "endpoint": cluster.endpoint,
        "ca": cluster.certificate_authority,
        "fingerprint": cluster.identity().ca_fingerprint,
        "status": cluster.status,
        "version": cluster.version,
        "mode": cluster.authentication_mode,
    })
}

async fn entries(session: &AwsSession, name: &str) -> Result<Value, PortError> {
    let cluster = EksCluster::describe(session, name).await?;
    Ok(match cluster.access_entries(session).await? {
        Knowledge::Known(entries) => json!({ "known": entries }),
        Knowledge::Unknown(why) => json!({ "unknown": why }),
    })
}

/// A kept token twice, and two fresh ones.
async fn tokens(session: AwsSession, cluster: &str) -> Result<Value, PortError> {
    let source = Arc::new(TokenSource::new(session, cluster)?);
    let minted = [source.token().await?, source.token().await?, source.fresh().await?, source.fresh().await?];
    let show =
        |minted: &MintedToken| json!({ "token": minted.token.expose(), "expiresAt": minted.expires_at });
    Ok(minted.iter().map(show).collect())
}
