//! `token verify`, each mistake of a client in turn, against an STS that checks signatures.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_sandbox::aws::{Fault, Service};
use serde_json::Value;

use crate::run::{Desk, Outcome, answers_once};
use crate::schema::check;
use crate::token::{ACCOUNT, REGION, World};

const PREFIX: &str = "k8s-aws-v1.";

fn minted(desk: &Desk) -> String {
    desk.run(&["token", "-i", "prod", "--token-only"]).ends(0).stdout.trim_end().to_owned()
}

fn url_of(token: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX).unwrap()).unwrap()).unwrap()
}

/// The same token with another text in its URL.
fn altered(token: &str, from: &str, to: &str) -> String {
    let url = url_of(token);
    assert!(url.contains(from), "`{from}` is not in {url}");
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url.replacen(from, to, 1)))
}

fn verify(desk: &Desk, token: &str, more: &[&str]) -> Outcome {
    let outcome = desk.run_with(&[&["token", "verify", "-"], more].concat(), token);
    let url = url_of(token);
    let values = url.split(['&', '?']).filter(|part| part.starts_with("X-Amz-") && part.len() > 40);
    let secrets = values.filter_map(|part| part.split_once('=')).map(|(_, value)| value);
    for secret in secrets.chain([token, &url]) {
        let is_shown = outcome.stdout.contains(secret) || outcome.stderr.contains(secret);
        assert!(!is_shown, "a secret is shown:\n{}{}", outcome.stdout, outcome.stderr);
    }
    outcome
}

fn json(desk: &Desk, token: &str, more: &[&str], status: i32) -> Value {
    let document = verify(desk, token, &[more, &["-o", "json"]].concat()).ends(status).json();
    check("token-verification", &document);
    document
}

#[test]
fn sts_says_who_it_is_only_if_it_is_asked() {
    let world = World::start();
    let desk = world.user_desk();
    let token = minted(&desk);
    verify(&desk, &token, &[]).ends(0).quietly().prints("not reached     sts").prints("`--online` asks STS");
    assert_eq!(json(&desk, &token, &[], 0)["outcome"], "unproven");
    let online = ["--online", "--cluster-name", "prod"];
    verify(&desk, &token, &online).ends(0).quietly().prints("It is valid for cluster `prod`");
    let valid = json(&desk, &token, &online, 0);
    assert_eq!(valid["identity"]["canonicalArn"], format!("arn:aws:iam::{ACCOUNT}:user/creator"));
    assert!(valid["checks"].as_array().unwrap().iter().all(|step| step["result"] == "passed"));
    verify(&desk, &token, &["--online"]).ends(64).says("no cluster is named");
    let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod");
    assert_eq!(json(&desk, &token, &["--online", "-i", &arn], 0)["clusterName"], "prod");
}

/// Without an endpoint of its own, as the authenticator has none: through a proxy, to the host in the token.
#[test]
fn sts_is_asked_at_the_host_in_the_token() {
    let world = World::start();
    let token = minted(&world.user_desk());
    let desk = Desk::new().set("HTTPS_PROXY", &world.server().proxy_url());
    desk.write("ca.pem", world.server().ca_pem());
    let ca = desk.path("ca.pem").display().to_string();
    for variable in ["SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
        let desk = Desk::new().set("HTTPS_PROXY", &world.server().proxy_url()).set(variable, &ca);
        assert_eq!(json(&desk, &token, &["--online", "-i", "prod"], 0)["outcome"], "valid");
    }
    let untrusting = json(&desk, &token, &["--online", "-i", "prod"], 1);
    assert_eq!(
        (&untrusting["outcome"], &untrusting["failure"]["code"]),
        (&"unknown".into(), &"unanswered".into())
    );
}

#[test]
fn what_the_client_did_wrong_is_said() {
    let world = World::start();
    let desk = world.user_desk();
    let token = minted(&desk);
    let code = |token: &str, more: &[&str]| -> String {
        let document = json(&desk, token, more, 3);
        assert_eq!(document["outcome"], "refused");
        document["failure"]["code"].as_str().unwrap().to_owned()
    };
    let online = |cluster| ["--online", "-i", cluster];
    assert_eq!(code(&token, &online("other")), "signature");
    assert_eq!(code(&token, &["--region", "cn-north-1"]), "host");
    assert_eq!(code(&altered(&token, "X-Amz-Expires=60", "X-Amz-Expires=61"), &online("prod")), "signature");
    assert_eq!(code(&altered(&token, "GetCallerIdentity", "GetSessionToken"), &[]), "action");
    assert_eq!(code(&altered(&token, "sts.ap-northeast-1", "sts.eu-west-1"), &[]), "scope");
    assert_eq!(code(&altered(&token, "sts.ap-northeast-1.amazonaws.com", "sts.evil.example"), &[]), "host");
    assert_eq!(code(&altered(&token, "X-Amz-Date=20", "X-Amz-Date=19"), &[]), "expired");
    verify(&desk, &altered(&token, "X-Amz-Date=20", "X-Amz-Date=19"), &[])
        .ends(3)
        .prints("x refused: it was signed ")
        .prints("not reached     sts");
    let elsewhere = json(&desk, &token, &["--region", "eu-west-1"], 0);
    assert_eq!(elsewhere["warnings"][0]["code"], "other-region");
    world.directory().shift_clock(20 * 60);
    assert_eq!(code(&token, &online("prod")), "clock");
}

#[test]
fn keys_and_sessions_that_are_no_more_are_told_apart() {
    let world = World::start();
    let online = ["--online", "-i", "prod"];
    let session = world.session("short");
    let desk = world.desk(&session);
    let token = minted(&desk);
    assert_eq!(json(&desk, &token, &online, 0)["identity"]["sessionName"], "short");
    world.directory().expire_session(&session.access_key_id);
    assert_eq!(json(&desk, &token, &online, 3)["failure"]["code"], "credentials");
    world.directory().remove_access_key(&session.access_key_id);
    assert_eq!(json(&desk, &token, &online, 3)["failure"]["code"], "access-key");
    for fault in [Fault::Unavailable, Fault::Throttled, Fault::Cut] {
        world.server().faults().inject(Service::Sts, fault);
        assert_eq!(json(&desk, &token, &online, 1)["outcome"], "unknown", "{fault:?}");
    }
}

#[test]
fn what_is_no_token_is_not_repeated() {
    let desk = Desk::new();
    let document = desk.run_with(&["token", "verify", "-o", "json"], "wJalrXUtnFEMI").ends(3);
    assert!(!document.stdout.contains("wJalr"));
    check("token-verification", &document.json());
    assert_eq!(document.json()["failure"]["code"], "prefix");
    let long = format!("{PREFIX}{}", "A".repeat(4097));
    assert_eq!(
        desk.run_with(&["token", "verify", "-o", "json"], &long).ends(3).json()["failure"]["code"],
        "length"
    );
}

/// The server's own client follows none either: whoever could redirect it could tell it who somebody is.
#[test]
fn a_redirect_is_not_followed() {
    let token = minted(&World::start().user_desk());
    let redirect = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let desk = Desk::new().set("AWS_ENDPOINT_URL", &format!("http://{}", answers_once(redirect)));
    assert_eq!(json(&desk, &token, &["--online", "-i", "prod"], 3)["failure"]["code"], "sts-answer");
    let page = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<html>hi</html>";
    let desk = Desk::new().set("AWS_ENDPOINT_URL", &format!("http://{}", answers_once(page)));
    assert_eq!(json(&desk, &token, &["--online", "-i", "prod"], 3)["failure"]["code"], "sts-answer");
}
