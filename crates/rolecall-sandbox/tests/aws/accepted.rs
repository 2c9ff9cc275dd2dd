//! What botocore signs is accepted, and answered as AWS would.

use std::time::Duration;

use rolecall_sandbox::aws::Credentials;
use serde_json::json;

use crate::python::{Unsigned, sign};
use crate::wire::{Answer, Request};
use crate::world::{ACCOUNT, IDENTITY, REGION, STS, VIEW_POLICY, World, eks_get, sts_post, token_url};

fn percent_encoded(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

#[tokio::test]
async fn a_presigned_token_url_tells_the_identity_in_json() {
    let world = World::start().await;
    for (key, arn, id) in [
        (&world.user_key, world.user.arn.clone(), world.user.id.clone()),
        (
            &world.session_key,
            format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/build1"),
            format!("{}:build1", world.role.id),
        ),
    ] {
        let signed = sign(key, vec![token_url("prod")]).await.remove(0);
        let answer = world.send(&signed.with("Accept", "application/json")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let identity = json!({ "Account": ACCOUNT, "Arn": arn, "UserId": id });
        assert_eq!(answer.json()["GetCallerIdentityResponse"]["GetCallerIdentityResult"], identity);
    }
}

#[tokio::test]
async fn a_posted_identity_call_is_answered_in_xml() {
    let world = World::start().await;
    let check = |answer: Answer, arn: &str| {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.head.contains("content-type: text/xml"), "{}", answer.head);
        assert_eq!(answer.element("Arn"), Some(arn));
        assert_eq!(answer.element("Account"), Some(ACCOUNT));
    };
    check(world.ask(&world.user_key, sts_post(IDENTITY)).await, &world.user.arn);
    let session_arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/build1");
    check(world.ask(&world.session_key, sts_post(IDENTITY)).await, &session_arn);
}

#[tokio::test]
async fn the_global_and_a_loopback_host_are_accepted() {
    let world = World::start().await;
    let global = Unsigned {
        request: Request::post("https://sts.amazonaws.com/", IDENTITY),
        region: "us-east-1",
        ..sts_post(IDENTITY)
    };
    assert_eq!(world.ask(&world.user_key, global).await.status, 200);
    let loopback = format!("{}/", world.server.endpoint_url());
    let loopback = Unsigned { request: Request::post(&loopback, IDENTITY), ..sts_post(IDENTITY) };
    assert_eq!(world.ask(&world.user_key, loopback).await.status, 200);
}

#[tokio::test]
async fn an_assumed_role_can_call_at_once() {
    let world = World::start().await;
    let body = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName=a%40b%2Bc&DurationSeconds=900",
        percent_encoded(&world.role.arn)
    );
    let answer = world.ask(&world.user_key, sts_post(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/a@b+c");
    assert_eq!(answer.element("Arn"), Some(arn.as_str()));
    assert_eq!(answer.element("AssumedRoleId"), Some(format!("{}:a@b+c", world.role.id).as_str()));
    let key = Credentials {
        access_key_id: answer.element("AccessKeyId").unwrap().to_owned(),
        secret_access_key: answer.element("SecretAccessKey").unwrap().to_owned(),
        session_token: answer.element("SessionToken").map(str::to_owned),
    };
    assert!(key.access_key_id.starts_with("ASIA"));
    let identity = world.ask(&key, sts_post(IDENTITY)).await;
    assert_eq!(identity.element("Arn"), Some(arn.as_str()));
}

#[tokio::test]
async fn a_session_ends_when_it_said_it_would() {
    let world = World::start().await;
    // A session of 900 s that began 700 s ago has 200 s left.
    world.directory.shift_clock(-700);
    let key = world.directory.assume_role_session(&world.role, "brief", Duration::from_mins(15));
    let requests = sign(&key, vec![token_url("prod"), eks_get("/clusters/prod")]).await;
    for (shift, outcomes) in
        [(140, [None, None]), (200, [Some("ExpiredToken"), Some("ExpiredTokenException")])]
    {
        world.directory.shift_clock(shift);
        for (request, outcome) in requests.iter().zip(outcomes) {
            assert_eq!(world.send(request).await.code(), outcome, "{shift} {}", request.url);
        }
    }
}

#[tokio::test]
async fn clusters_are_described_with_and_without_a_session() {
    let world = World::start().await;
    for key in [&world.user_key, &world.session_key] {
        let answer = world.ask(key, eks_get("/clusters/prod")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let cluster = &answer.json()["cluster"];
        assert_eq!(cluster["arn"], format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod"));
        assert_eq!(cluster["endpoint"], "https://127.0.0.1:6443");
        assert_eq!(cluster["certificateAuthority"]["data"], "LS0tLS1CRUdJTg==");
        assert_eq!(cluster["accessConfig"]["authenticationMode"], "API_AND_CONFIG_MAP");
        assert_eq!(cluster["status"], "ACTIVE");
    }
}

#[tokio::test]
async fn paths_with_escapes_and_queries_verify() {
    let world = World::start().await;
    let entry = format!("/clusters/prod/access-entries/{}", percent_encoded(&world.role.arn));
    let listed =
        format!("/clusters/prod/access-entries?associatedPolicyArn={}", percent_encoded(VIEW_POLICY));
    let unused = "/clusters/prod/access-entries?maxResults=1&associatedPolicyArn=x%20y%2Bz";
    let calls = [entry.as_str(), &format!("{entry}/access-policies"), &listed, unused].map(eks_get);
    let mut bodies = Vec::new();
    for signed in sign(&world.session_key, Vec::from(calls)).await {
        let answer = world.send(&signed).await;
        assert_eq!(answer.status, 200, "{}: {}", signed.url, answer.body);
        bodies.push(answer.json());
    }
    assert_eq!(bodies[0]["accessEntry"]["kubernetesGroups"], json!(["deployers"]));
    let username = format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/{{{{SessionName}}}}");
    assert_eq!(bodies[0]["accessEntry"]["username"], username);
    let scope = json!({ "type": "namespace", "namespaces": ["dev-*"] });
    assert_eq!(bodies[1]["associatedAccessPolicies"][0]["accessScope"], scope);
    assert_eq!(bodies[2]["accessEntries"], json!([world.role.arn]));
    assert_eq!(bodies[3]["accessEntries"], json!([]));
}

#[tokio::test]
async fn a_request_inside_the_window_of_time_is_accepted() {
    let world = World::start().await;
    let signed =
        sign(&world.user_key, vec![sts_post(IDENTITY), token_url("prod"), eks_get("/clusters")]).await;
    for (shift, statuses) in
        [(-840, [200, 200, 403]), (840, [200, 200, 403]), (-240, [200; 3]), (240, [200; 3])]
    {
        world.directory.shift_clock(shift);
        for (request, status) in signed.iter().zip(statuses) {
            let answer = world.send(request).await;
            assert_eq!(answer.status, status, "{shift} {}: {}", request.url, answer.body);
        }
    }
    assert!(signed[1].url.starts_with(STS));
}
