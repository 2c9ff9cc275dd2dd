//! Where credentials and regions come from, and what is said when there are none or bad ones.

use std::time::Duration;

use rolecall_sandbox::aws::{Fault, Service};
use serde_json::json;

use crate::practice::{ACCOUNT, Practice, REGION, assert_error};

#[tokio::test]
async fn the_environment_says_who_and_where() {
    let practice = Practice::start().await;
    let answer = practice.ask(&practice.environment(), json!({ "do": "identity" })).await;
    let expected = json!({ "arn": practice.user.arn, "session": "", "account": ACCOUNT });
    assert_eq!(answer["ok"], expected);
    assert_eq!(practice.actions(), ["GetCallerIdentity"]);
}

#[tokio::test]
async fn a_profile_on_the_command_line_outranks_the_environment() {
    let practice = Practice::start().await;
    let other = practice.directory.add_user(ACCOUNT, "/", "other");
    let key = practice.directory.add_access_key(&other);
    practice.write_config(&format!(
        "[profile other]\nregion = ap-northeast-1\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key.access_key_id, key.secret_access_key
    ));
    let ask = |request| async { practice.ask(&practice.environment(), request).await["ok"].clone() };
    assert_eq!(ask(json!({ "do": "identity", "profile": "other" })).await["arn"], other.arn);
    assert_eq!(ask(json!({ "do": "identity" })).await["arn"], practice.user.arn);
}

#[tokio::test]
async fn a_profile_may_assume_a_role_through_another() {
    let practice = Practice::start().await;
    practice.write_config(&format!(
        "[profile jane]\naws_access_key_id = {}\naws_secret_access_key = {}\n\
         [profile hop]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/hop\nsource_profile = jane\nrole_session_name = jane\n\
         [profile deploy]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/deploy\nsource_profile = hop\n\
         external_id = blue\nrole_session_name = pipeline\nregion = {REGION}\n",
        practice.key.access_key_id, practice.key.secret_access_key
    ));
    let environment = [("AWS_ENDPOINT_URL", practice.server.endpoint_url())];
    let answer = practice.ask(&environment, json!({ "do": "identity", "profile": "deploy" })).await;
    assert_eq!(
        answer["ok"]["arn"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/deploy/pipeline"),
        "{answer}"
    );
    assert_eq!(practice.actions(), ["AssumeRole", "AssumeRole", "GetCallerIdentity"]);
}

#[tokio::test]
async fn roles_are_assumed_one_through_another_and_once_each() {
    let practice = Practice::start().await;
    let roles = json!([
        { "arn": format!("arn:aws:iam::{ACCOUNT}:role/hop"), "keepCallerName": true },
        { "arn": format!("arn:aws:iam::{ACCOUNT}:role/deploy"), "externalId": "blue" },
    ]);
    let request = json!({ "do": "entries", "cluster": "prod", "roles": roles });
    practice.ask(&practice.environment(), request).await;
    let expected = ["GetCallerIdentity", "AssumeRole", "AssumeRole", "DescribeCluster"];
    assert_eq!(practice.actions(), expected, "the last one with the credentials of the first");
    let callers: Vec<_> =
        practice.server.requests().into_iter().filter_map(|request| request.caller).collect();
    assert_eq!(callers[2], format!("arn:aws:sts::{ACCOUNT}:assumed-role/hop/jane"));
    assert_eq!(callers[3], format!("arn:aws:sts::{ACCOUNT}:assumed-role/deploy/rolecall"));
}

#[tokio::test]
async fn a_session_is_called_what_one_is_told() {
    let practice = Practice::start().await;
    let hop = format!("arn:aws:iam::{ACCOUNT}:role/hop");
    let mut environment = practice.environment();
    environment.push(("AWS_ROLE_SESSION_NAME", "from-environment".to_owned()));
    let given = json!({ "do": "identity", "roles": [{ "arn": hop, "session": "given" }] });
    assert_eq!(practice.ask(&environment, given).await["ok"]["session"], "given");
    let unnamed = json!({ "do": "identity", "roles": [{ "arn": hop }] });
    assert_eq!(practice.ask(&environment, unnamed).await["ok"]["session"], "from-environment");
}

#[tokio::test]
async fn a_role_that_does_not_trust_us_says_so() {
    let practice = Practice::start().await;
    let deploy = format!("arn:aws:iam::{ACCOUNT}:role/deploy");
    let request = json!({ "do": "identity", "roles": [{ "arn": deploy, "externalId": "blue" }] });
    let answer = practice.ask(&practice.environment(), request).await;
    assert_error(&answer, "Denied", "sts:AssumeRole", "trust policy");
}

#[tokio::test]
async fn without_credentials_every_place_is_named() {
    let practice = Practice::start().await;
    let environment =
        [("AWS_REGION", REGION.to_owned()), ("AWS_ENDPOINT_URL", practice.server.endpoint_url())];
    let answer = practice.ask(&environment, json!({ "do": "describe", "cluster": "prod" })).await;
    for place in ["AWS_ACCESS_KEY_ID", "~/.aws/config", "AWS_WEB_IDENTITY_TOKEN_FILE", "CREDENTIALS", "IMDS"]
    {
        assert_error(&answer, "Unauthenticated", place, "aws sso login");
    }
    assert!(practice.actions().is_empty());
    let answer = practice.ask(&environment, json!({ "do": "identity", "profile": "typo" })).await;
    assert_error(&answer, "Unauthenticated", "in profile `typo`: nothing is there", "--profile typo");
    practice.write_config("[profile known]\nregion = eu-west-1\n");
    let answer = practice.ask(&environment, json!({ "do": "identity", "profile": "typo" })).await;
    assert_error(&answer, "Unauthenticated", "profile `typo` was not defined", "--profile typo");
}

#[tokio::test]
async fn the_region_comes_from_the_flag_the_environment_or_the_profile() {
    let practice = Practice::start().await;
    practice.write_config("[default]\nregion = sa-east-1\n[profile other]\nregion = us-west-2\n");
    let check = async |environment: &[(&str, &str)], request, expected: &str| {
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        assert_eq!(practice.ask(&environment, request).await["ok"], expected);
    };
    let plain = || json!({ "do": "region" });
    check(&[], plain(), "sa-east-1").await;
    check(&[("AWS_PROFILE", "other")], plain(), "us-west-2").await;
    check(&[], json!({ "do": "region", "profile": "other" }), "us-west-2").await;
    check(&[("AWS_DEFAULT_REGION", "eu-north-1")], plain(), "eu-north-1").await;
    check(&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "eu-north-1")], plain(), "eu-north-1").await;
    check(&[("AWS_REGION", "eu-west-3"), ("AWS_DEFAULT_REGION", "eu-north-1")], plain(), "eu-west-3").await;
    let flag = json!({ "do": "region", "region": "ca-central-1" });
    check(&[("AWS_REGION", "eu-west-3")], flag, "ca-central-1").await;
}

#[tokio::test]
async fn a_region_that_is_none_is_refused_before_anything_is_asked() {
    let practice = Practice::start().await;
    let answer = practice.ask(&[], json!({ "do": "region" })).await;
    assert_error(&answer, "Invalid", "`AWS_DEFAULT_REGION`", "--region");
    let answer = practice.ask(&[], json!({ "do": "region", "region": "eu_west_1" })).await;
    assert_error(&answer, "Invalid", "`eu_west_1`", "ap-northeast-1");
}

#[tokio::test]
async fn bad_credentials_say_what_is_bad_about_them() {
    let practice = Practice::start().await;
    let describe = || json!({ "do": "describe", "cluster": "prod" });
    let with = |name: &'static str, value: &str| {
        let mut environment = practice.environment();
        environment.retain(|(other, _)| *other != name);
        environment.push((name, value.to_owned()));
        environment
    };
    let answer = practice.ask(&with("AWS_SECRET_ACCESS_KEY", "wrong"), describe()).await;
    assert_error(&answer, "Unauthenticated", "signature is wrong", "secret access key");
    let answer = practice.ask(&with("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSME000"), describe()).await;
    assert_error(&answer, "Unauthenticated", "does not know the access key", "deleted");
    assert!(!answer.to_string().contains("AKIANOBODY"));

    let hop = practice.directory.add_role(rolecall_sandbox::aws::RoleSpec::new(ACCOUNT, "ended"));
    let session = practice.directory.assume_role_session(&hop, "s", Duration::from_mins(15));
    practice.directory.expire_session(&session.access_key_id);
    let mut environment = session.environment();
    environment
        .extend([("AWS_REGION", REGION.to_owned()), ("AWS_ENDPOINT_URL", practice.server.endpoint_url())]);
    for request in [describe(), json!({ "do": "identity" })] {
        let answer = practice.ask(&environment, request).await;
        assert_error(&answer, "Unauthenticated", "credentials have expired", "sign in");
    }
}

#[tokio::test]
async fn a_clock_an_hour_off_is_named() {
    let practice = Practice::start().await;
    for (shift, words) in [(3600, "behind AWS's"), (-3600, "ahead of AWS's")] {
        practice.directory.shift_clock(shift);
        for request in [json!({ "do": "describe", "cluster": "prod" }), json!({ "do": "identity" })] {
            let answer = practice.ask(&practice.environment(), request).await;
            assert_error(&answer, "Unauthenticated", words, "NTP");
        }
    }
}

#[tokio::test]
async fn an_aws_that_is_gone_slow_or_busy_is_named_within_the_timeout() {
    let practice = Practice::start().await;
    let mut environment = practice.environment();
    let check = async |environment: &[(&str, String)], kind: &str, message: &str, hint: &str| {
        let request = json!({ "do": "identity", "timeoutMs": 2000 });
        assert_error(&practice.ask(environment, request).await, kind, message, hint);
    };
    practice.server.faults().inject(Service::Sts, Fault::Throttled);
    check(&environment, "Throttled", "Throttling", "later").await;
    practice.server.faults().inject(Service::Sts, Fault::Unavailable);
    check(&environment, "Unavailable", "ServiceUnavailable", "later").await;
    practice.server.faults().inject(Service::Sts, Fault::Cut);
    check(&environment, "Unavailable", "cannot be reached", "AWS_ENDPOINT_URL").await;
    practice.server.faults().inject(Service::Sts, Fault::Slow(Duration::from_mins(10)));
    check(&environment, "Timeout", "in time", "--timeout").await;
    // A port that nobody listens on any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    environment.push(("AWS_ENDPOINT_URL", format!("http://{gone}")));
    check(&environment, "Unavailable", "cannot be reached in region `eu-west-1`", "right region").await;
}

#[tokio::test]
async fn one_dropped_connection_is_forgiven() {
    let practice = Practice::start().await;
    practice.server.faults().inject_times(Service::Sts, Fault::Cut, 1);
    let answer = practice.ask(&practice.environment(), json!({ "do": "identity" })).await;
    assert_eq!(answer["ok"]["account"], ACCOUNT, "{answer}");
}
