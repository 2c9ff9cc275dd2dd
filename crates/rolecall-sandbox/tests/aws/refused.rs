//! What is not signed rightly, or not allowed, is refused with AWS's code and status, in its shape.

use std::time::Duration;

use rolecall_sandbox::aws::{Cluster, Credentials, RoleSpec};
use serde_json::Value;

use crate::python::{Unsigned, sign};
use crate::wire::{Answer, Request};
use crate::world::{ACCOUNT, EKS, IDENTITY, REGION, STS, World, eks_get, sts_post, token_url};

fn check(name: &str, answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, Some(code)), "{name}: {}", answer.body);
}

/// Checks the STS and the EKS refusal of requests that are signed with this key.
async fn check_key(world: &World, name: &str, key: &Credentials, sts: &str, eks: &str) {
    let calls = vec![sts_post(IDENTITY), token_url("prod"), eks_get("/clusters/prod")];
    let signed = sign(key, calls).await;
    check(name, &world.send(&signed[0]).await, 403, sts);
    check(name, &world.send(&signed[1]).await, 403, sts);
    check(name, &world.send(&signed[2]).await, 403, eks);
}

#[tokio::test]
async fn wrong_keys() {
    let world = World::start().await;
    let user = &world.user_key;
    let wrong_secret = Credentials { secret_access_key: "wrong".to_owned(), ..user.clone() };
    check_key(&world, "secret", &wrong_secret, "SignatureDoesNotMatch", "InvalidSignatureException").await;
    let unknown = Credentials { access_key_id: "AKIAAAAAAAAAAAAAAAAA".to_owned(), ..user.clone() };
    check_key(&world, "unknown", &unknown, "InvalidClientTokenId", "UnrecognizedClientException").await;
    world.directory.remove_access_key(&user.access_key_id);
    check_key(&world, "removed", user, "InvalidClientTokenId", "UnrecognizedClientException").await;
}

#[tokio::test]
async fn wrong_session_tokens() {
    let world = World::start().await;
    let session = &world.session_key;
    let other = world.directory.assume_role_session(&world.role, "other", Duration::from_mins(15));
    for (name, key) in [
        ("missing", Credentials { session_token: None, ..session.clone() }),
        ("foreign", Credentials { session_token: other.session_token, ..session.clone() }),
        ("on a user", Credentials { session_token: session.session_token.clone(), ..world.user_key.clone() }),
    ] {
        check_key(&world, name, &key, "InvalidClientTokenId", "UnrecognizedClientException").await;
    }
    world.directory.expire_session(&session.access_key_id);
    check_key(&world, "expired", session, "ExpiredToken", "ExpiredTokenException").await;
}

#[tokio::test]
async fn altered_presigned_urls() {
    let world = World::start().await;
    let signed = sign(&world.session_key, vec![token_url("prod")]).await.remove(0);
    assert_eq!(world.send(&signed).await.status, 200);
    let mismatch = "SignatureDoesNotMatch";
    for (name, request, status, code) in [
        ("action", signed.clone().altered("GetCallerIdentity", "AssumeRole"), 403, mismatch),
        ("one more", signed.clone().altered("?", "?DurationSeconds=1&"), 403, mismatch),
        ("expiry", signed.clone().altered("Expires=60", "Expires=61"), 403, mismatch),
        ("other cluster", signed.clone().without("x-k8s-aws-id").with("x-k8s-aws-id", "dev"), 403, mismatch),
        ("no cluster", signed.clone().without("x-k8s-aws-id"), 403, mismatch),
        ("the same twice", signed.clone().with("x-k8s-aws-id", "prod"), 403, mismatch),
        ("two clusters", signed.clone().with("x-k8s-aws-id", "dev"), 403, mismatch),
        ("unsigned header", signed.clone().altered("host%3Bx-k8s-aws-id", "host"), 403, mismatch),
        ("other host", signed.clone().altered("sts.", "sts-fips."), 403, mismatch),
        ("body", Request { body: "x".to_owned(), ..signed.clone() }, 403, mismatch),
        ("method", Request { method: "POST".to_owned(), ..signed.clone() }, 403, mismatch),
        ("no date", signed.clone().altered("X-Amz-Date", "X-Amz-Day"), 400, "IncompleteSignature"),
        ("unsigned", signed.clone().altered("X-Amz-Signature", "X"), 403, "MissingAuthenticationToken"),
        ("twice", signed.clone().with("Authorization", "Basic dTpw"), 400, "IncompleteSignature"),
    ] {
        check(name, &world.send(&request).await, status, code);
    }
    // An absent header and an empty one look the same under the signature.
    let empty = sign(&world.session_key, vec![token_url("")]).await.remove(0);
    assert_eq!(world.send(&empty).await.status, 200);
    check("absent", &world.send(&empty.without("x-k8s-aws-id")).await, 403, mismatch);
}

#[tokio::test]
async fn altered_signed_headers() {
    let world = World::start().await;
    let calls = vec![sts_post(IDENTITY), eks_get("/clusters/prod"), eks_get("/clusters/prod")];
    let signed = sign(&world.session_key, calls).await;
    let [post, get] = [&signed[0], &signed[1]];
    let body = Request { body: format!("{IDENTITY}&"), ..post.clone() };
    check("body", &world.send(&body).await, 403, "SignatureDoesNotMatch");
    let path = get.clone().altered("prod", "prob");
    check("path", &world.send(&path).await, 403, "InvalidSignatureException");
    let date = get.clone().without("X-Amz-Date");
    check("no date", &world.send(&date).await, 400, "IncompleteSignatureException");
    let bare = Request::get(&format!("{EKS}/clusters/prod"));
    check("bare", &world.send(&bare).await, 403, "MissingAuthenticationTokenException");
    check("bare", &world.send(&Request::post(STS, IDENTITY)).await, 403, "MissingAuthenticationToken");
}

#[tokio::test]
async fn wrong_scopes_and_unsigned_headers() {
    let world = World::start().await;
    let calls = vec![
        Unsigned { region: "us-east-1", ..token_url("prod") },
        Unsigned { region: "us-east-1", ..sts_post(IDENTITY) },
        Unsigned { region: "us-east-1", ..eks_get("/clusters/prod") },
        Unsigned { service: "eks", ..token_url("prod") },
        Unsigned { service: "sts", ..eks_get("/clusters/prod") },
        Unsigned { how: "header without host", ..sts_post(IDENTITY) },
        Unsigned { how: "header without host", ..eks_get("/clusters/prod") },
        Unsigned { how: "header without x-amz-date", ..sts_post(IDENTITY) },
        Unsigned { how: "header without x-amz-security-token", ..eks_get("/clusters/prod") },
    ];
    let signed = sign(&world.session_key, calls).await;
    let (sts, eks) = ("SignatureDoesNotMatch", "InvalidSignatureException");
    for ((request, code), part) in signed.iter().zip([sts, sts, eks, sts, eks, sts, eks, sts, eks]).zip([
        "valid region",
        "valid region",
        "valid region",
        "correct service",
        "correct service",
        "host' must be",
        "host' must be",
        "x-amz-date' must be",
        "x-amz-security-token' must be",
    ]) {
        let answer = world.send(request).await;
        check(part, &answer, 403, code);
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
}

#[tokio::test]
async fn old_and_future_dates() {
    let world = World::start().await;
    let signed =
        sign(&world.user_key, vec![sts_post(IDENTITY), token_url("prod"), eks_get("/clusters/prod")]).await;
    for (shift, part) in [(960, "Signature expired"), (-960, "Signature not yet current")] {
        world.directory.shift_clock(shift);
        let codes = ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"];
        for (request, code) in signed.iter().zip(codes) {
            let answer = world.send(request).await;
            check(part, &answer, 403, code);
            assert!(answer.body.contains(part), "{part}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn errors_have_their_protocol_s_shape() {
    let world = World::start().await;
    let xml = world.send(&Request::post(STS, IDENTITY)).await;
    assert!(
        xml.body.starts_with("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>")
    );
    assert_eq!(xml.element("Type"), Some("Sender"));
    let json = world.send(&Request::post(STS, IDENTITY).with("Accept", "application/json")).await.json();
    assert_eq!(json["Error"]["Code"], "MissingAuthenticationToken");
    assert_eq!(json["Error"]["Type"], "Sender");
    let rest = world.send(&Request::get(&format!("{EKS}/clusters"))).await;
    assert!(rest.json()["message"].is_string(), "{}", rest.body);
}

#[tokio::test]
async fn actions_that_are_not_offered() {
    let world = World::start().await;
    let calls =
        vec![sts_post("Action=GetFederationToken"), sts_post("Version=2011-06-15"), eks_get("/nodegroups")];
    let signed = sign(&world.user_key, calls).await;
    check("action", &world.send(&signed[0]).await, 400, "InvalidAction");
    check("none", &world.send(&signed[1]).await, 400, "MissingAction");
    check("route", &world.send(&signed[2]).await, 501, "NotImplemented");
}

#[tokio::test]
async fn roles_that_may_not_be_assumed() {
    let world = World::start().await;
    let user = &world.user.arn;
    let guarded = RoleSpec { external_id: Some("e1".to_owned()), ..RoleSpec::new(ACCOUNT, "guarded") };
    world.directory.add_role(guarded.trusting(user));
    world.directory.add_role(RoleSpec::new(ACCOUNT, "closed"));
    world
        .directory
        .add_role(RoleSpec::new(ACCOUNT, "by-account").trusting(&format!("arn:aws:iam::{ACCOUNT}:root")));
    world.directory.add_role(RoleSpec::new(ACCOUNT, "abroad").trusting("arn:aws:iam::444455556666:root"));
    let cases = [
        ("team%2Fdeployer", "ok", "", 200, None),
        ("by-account", "ok", "", 200, None),
        ("guarded", "ok", "&ExternalId=e1", 200, None),
        ("guarded", "ok", "", 403, Some("AccessDenied")),
        ("guarded", "ok", "&ExternalId=e2", 403, Some("AccessDenied")),
        ("closed", "ok", "", 403, Some("AccessDenied")),
        ("abroad", "ok", "", 403, Some("AccessDenied")),
        ("deployer", "ok", "", 403, Some("AccessDenied")),
        ("team%2Fdeployer", "x", "", 400, Some("ValidationError")),
        ("team%2Fdeployer", "a%20b", "", 400, Some("ValidationError")),
        ("team%2Fdeployer", &"n".repeat(65), "", 400, Some("ValidationError")),
        ("team%2Fdeployer", "ok", "&DurationSeconds=899", 400, Some("ValidationError")),
        ("team%2Fdeployer", "ok", "&DurationSeconds=3601", 400, Some("ValidationError")),
        ("team%2Fdeployer", "ok", "&DurationSeconds=43201", 400, Some("ValidationError")),
    ];
    let call = |role: &str, session: &str, rest: &str| {
        let arn = format!("arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Arole%2F{role}");
        sts_post(&format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName={session}{rest}"))
    };
    let calls = cases.iter().map(|(role, session, rest, _, _)| call(role, session, rest)).collect();
    for (request, (role, session, rest, status, code)) in sign(&world.user_key, calls).await.iter().zip(cases)
    {
        let answer = world.send(request).await;
        let got = (answer.status.as_u16(), answer.code());
        assert_eq!(got, (status, code), "{role} {session} {rest}: {}", answer.body);
    }
    let odd =
        world.ask(&world.user_key, sts_post("Action=AssumeRole&RoleArn=deployer&RoleSessionName=ok")).await;
    check("odd role", &odd, 400, "ValidationError");
    let nobody = world.ask(&world.user_key, sts_post("Action=AssumeRole&RoleSessionName=ok")).await;
    check("no role", &nobody, 400, "ValidationError");
}

#[tokio::test]
async fn a_session_may_only_assume_what_trusts_its_role_and_for_an_hour() {
    let world = World::start().await;
    let long = RoleSpec { max_session: Duration::from_hours(12), ..RoleSpec::new(ACCOUNT, "next") };
    world.directory.add_role(long.trusting(&world.role.arn));
    let call = |secs| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/next");
        sts_post(&format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=ok&DurationSeconds={secs}"))
    };
    assert_eq!(world.ask(&world.session_key, call(3600)).await.status, 200);
    check("chained", &world.ask(&world.session_key, call(3601)).await, 400, "ValidationError");
    check("user", &world.ask(&world.user_key, call(3600)).await, 403, "AccessDenied");
    world.directory.deny(&world.role.arn, "sts:AssumeRole");
    check("denied", &world.ask(&world.session_key, call(3600)).await, 403, "AccessDenied");
}

#[tokio::test]
async fn what_eks_does_not_have_or_may_not_show() {
    let world = World::start().await;
    world.directory.put_cluster(Cluster::new(ACCOUNT, REGION, "old"));
    world.directory.put_cluster(Cluster::new("444455556666", REGION, "theirs"));
    let entries = "/clusters/prod/access-entries";
    let calls = [
        ("/clusters/none", 404, "ResourceNotFoundException"),
        ("/clusters/theirs", 404, "ResourceNotFoundException"),
        ("/clusters/prod/access-entries/arn%3Aaws%3Aiam%3A%3A1%3Auser%2Fx", 404, "ResourceNotFoundException"),
        ("/clusters/old/access-entries", 400, "InvalidRequestException"),
        ("/clusters/prod/access-entries?maxResults=101", 400, "InvalidParameterException"),
    ];
    let paths = calls.iter().map(|(path, ..)| eks_get(path)).chain([eks_get(entries)]).collect();
    let signed = sign(&world.session_key, paths).await;
    for (request, (path, status, code)) in signed.iter().zip(calls) {
        check(path, &world.send(request).await, status, code);
    }
    assert_eq!(world.send(&signed[5]).await.status, 200);
    world.directory.deny(&world.role.arn, "eks:ListAccessEntries");
    let denied = world.send(&signed[5]).await;
    check("denied", &denied, 403, "AccessDeniedException");
    let session = format!("User: arn:aws:sts::{ACCOUNT}:assumed-role/deployer/build1 is not authorized");
    assert!(denied.json()["message"].as_str().is_some_and(|message| message.starts_with(&session)));
    world.directory.allow(&world.role.arn, "eks:ListAccessEntries");
    assert_eq!(world.send(&signed[5]).await.status, 200);
    let elsewhere = Unsigned {
        request: Request::get("https://eks.us-west-2.amazonaws.com/clusters/prod"),
        region: "us-west-2",
        ..eks_get("/clusters/prod")
    };
    check("region", &world.ask(&world.session_key, elsewhere).await, 404, "ResourceNotFoundException");
    let listed: Value = world.ask(&world.user_key, eks_get("/clusters")).await.json();
    assert_eq!(listed["clusters"], serde_json::json!(["old", "prod"]));
}
