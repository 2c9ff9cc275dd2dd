//! The AWS CLI works against it: by `AWS_ENDPOINT_URL`, and by the real host names through the proxy.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_sandbox::aws::{Credentials, Service};
use serde_json::json;

use crate::python::aws;
use crate::wire::Request;
use crate::world::{ACCOUNT, REGION, World};

fn environment(key: &Credentials) -> Vec<(&'static str, String)> {
    let mut variables = key.environment();
    variables.push(("AWS_DEFAULT_REGION", REGION.to_owned()));
    variables
}

fn by_endpoint(world: &World, key: &Credentials) -> Vec<(&'static str, String)> {
    let mut variables = environment(key);
    variables.push(("AWS_ENDPOINT_URL", world.server.endpoint_url()));
    variables
}

#[tokio::test]
async fn sts_commands() {
    let world = World::start().await;
    let user = by_endpoint(&world, &world.user_key);
    let identity = aws(&user, &["sts", "get-caller-identity"]).await.json();
    assert_eq!(identity, json!({ "Account": ACCOUNT, "Arn": world.user.arn, "UserId": world.user.id }));
    let assume = [
        "sts",
        "assume-role",
        "--role-arn",
        &world.role.arn,
        "--role-session-name",
        "s1",
        "--duration-seconds",
        "900",
    ];
    let assumed = aws(&user, &assume).await.json();
    assert_eq!(assumed["AssumedRoleUser"]["AssumedRoleId"], format!("{}:s1", world.role.id));
    let part = |name: &str| assumed["Credentials"][name].as_str().unwrap().to_owned();
    let session = Credentials {
        access_key_id: part("AccessKeyId"),
        secret_access_key: part("SecretAccessKey"),
        session_token: Some(part("SessionToken")),
    };
    let identity = aws(&by_endpoint(&world, &session), &["sts", "get-caller-identity"]).await.json();
    assert_eq!(identity["Arn"], format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/s1"));
    let wrong = Credentials { secret_access_key: "wrong".to_owned(), ..session };
    let refused = aws(&by_endpoint(&world, &wrong), &["sts", "get-caller-identity"]).await;
    assert!(!refused.success && refused.stderr.contains("(SignatureDoesNotMatch)"), "{}", refused.stderr);
}

#[tokio::test]
async fn eks_commands() {
    let world = World::start().await;
    let session = by_endpoint(&world, &world.session_key);
    let described = aws(&session, &["eks", "describe-cluster", "--name", "prod"]).await.json();
    assert_eq!(described["cluster"]["endpoint"], "https://127.0.0.1:6443");
    let listed = aws(&session, &["eks", "list-access-entries", "--cluster-name", "prod"]).await.json();
    assert_eq!(listed["accessEntries"], json!([world.role.arn]));
    let of_role = ["--cluster-name", "prod", "--principal-arn", &world.role.arn];
    let entry = aws(&session, &[&["eks", "describe-access-entry"], &of_role[..]].concat()).await.json();
    assert_eq!(entry["accessEntry"]["type"], "STANDARD");
    let policies =
        aws(&session, &[&["eks", "list-associated-access-policies"], &of_role[..]].concat()).await.json();
    assert_eq!(policies["associatedAccessPolicies"][0]["accessScope"]["type"], "namespace");
    let missing = aws(&session, &["eks", "describe-cluster", "--name", "none"]).await;
    assert!(!missing.success && missing.stderr.contains("(ResourceNotFoundException)"), "{}", missing.stderr);
}

#[tokio::test]
async fn get_token_makes_a_url_that_is_accepted_for_its_cluster_only() {
    let world = World::start().await;
    let token =
        aws(&environment(&world.session_key), &["eks", "get-token", "--cluster-name", "prod"]).await.json();
    let token = token["status"]["token"].as_str().unwrap().strip_prefix("k8s-aws-v1.").unwrap();
    let url = String::from_utf8(URL_SAFE_NO_PAD.decode(token).unwrap()).unwrap();
    let ask = |cluster| Request::get(&url).with("x-k8s-aws-id", cluster).with("Accept", "application/json");
    let answer = world.send(&ask("prod")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let identity = &answer.json()["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
    assert_eq!(identity["Arn"], format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/build1"));
    assert_eq!(world.send(&ask("dev")).await.status, 403);
}

#[tokio::test]
async fn real_host_names_lead_here_through_the_proxy() {
    let world = World::start().await;
    let ca = std::env::temp_dir().join(format!("rolecall-sandbox-ca-{}.pem", world.user.id));
    std::fs::write(&ca, world.server.ca_pem()).unwrap();
    let mut variables = environment(&world.session_key);
    variables.push(("HTTPS_PROXY", world.server.proxy_url()));
    let untrusted = aws(&variables, &["sts", "get-caller-identity"]).await;
    variables.push(("AWS_CA_BUNDLE", ca.display().to_string()));
    let identity = aws(&variables, &["sts", "get-caller-identity"]).await;
    let described = aws(&variables, &["eks", "describe-cluster", "--name", "prod"]).await;
    std::fs::remove_file(&ca).unwrap();
    assert!(!untrusted.success && untrusted.stderr.contains("SSL"), "{}", untrusted.stderr);
    assert_eq!(identity.json()["Account"], ACCOUNT);
    assert_eq!(described.json()["cluster"]["name"], "prod");
    let requests = world.server.requests();
    let services: Vec<Service> = requests.iter().map(|request| request.service).collect();
    assert_eq!(services, [Service::Sts, Service::Eks]);
}
