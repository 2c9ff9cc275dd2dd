//! What upstream's tests say about the call of STS, and what ours say about the words.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::PREFIX;
use super::*;

const CASES: &str = include_str!("../../../tests/cases/authenticator.jsonl");
const NOW: &str = "2023-04-28T00:00:00Z";
const GOOD: &str = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15\
    &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAR2TG44V6AS3ZZE7C%2F20230428%2Feu-west-1%2Fsts%2Faws4_request\
    &X-Amz-Date=20230428T000000Z&X-Amz-Expires=60&X-Amz-Security-Token=SECRETSESSION\
    &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=5ec2e7";

fn context(partition: Option<&str>) -> InspectContext<'_> {
    InspectContext { now: NOW.parse().unwrap(), partition, region: None }
}

fn token(url: &str) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url))
}

/// The rows about STS: the request is made, and its answer is judged as upstream judges it.
#[test]
fn the_call_of_sts_is_judged_as_upstream_does() {
    let mut n = 0;
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if !case["area"].as_str().unwrap().ends_with("token.verify_sts") {
            continue;
        }
        let (input, expected) = (&case["input"], &case["expected"]);
        let url = input["url"].as_str().unwrap().replace("{NOW}", "20230428T000000Z");
        let request = sts_request(&token(&url), &context(input["verifier_partition"].as_str()), "prod");
        let request = request.unwrap_or_else(|remark| panic!("{remark:?}: {url}"));
        assert_eq!(format!("https://{}{}", request.host, request.path_and_query), url);
        n += 1;
        let response = &input["sts_response"];
        // Nobody answers: rolecall-aws has a test of it.
        let Some(status) = response["status"].as_u64() else { continue };
        let body = response["body_text"].as_str().map_or_else(|| response["body"].to_string(), str::to_owned);
        let judged = judge_answer(u16::try_from(status).unwrap(), body.as_bytes(), "prod");
        match (judged, expected["message_contains"].as_str()) {
            (Ok(identity), None) => {
                assert_eq!(identity.user_id, expected["identity"]["user_id"].as_str().unwrap());
                assert_eq!(identity.session_name, expected["identity"]["session_name"].as_str().unwrap());
            }
            (Err(remark), Some(message)) => assert_eq!(remark.code, check_of(message), "{case}"),
            (Err(remark), None) => {
                assert_eq!((remark.code, &expected["redirect_followed"]), (Check::StsAnswer, &json!(false)));
            }
            (judged, _) => panic!("{case}: {judged:?}"),
        }
    }
    assert_eq!(n, 11);
}

fn check_of(message: &str) -> Check {
    let table = [
        ("invalid character", Check::StsAnswer),
        ("malformed UserID", Check::Identity),
        ("is invalid", Check::Identity),
        ("expected 200, got 503", Check::Unanswered),
        ("expected 200, got", Check::Sts),
    ];
    table.iter().find(|(fragment, _)| message.contains(fragment)).unwrap().1
}

#[test]
fn a_refusal_of_sts_says_what_the_client_did_wrong() {
    let check = |status: u16, code: &str, message: &str, expected: Check, words: &str| {
        let body = json!({ "Error": { "Code": code, "Message": message, "Type": "Sender" } }).to_string();
        let remark = judge_answer(status, body.as_bytes(), "prod").unwrap_err();
        assert_eq!(remark.code, expected, "{remark:?}");
        assert!(remark.message.contains(words) && !remark.hint.is_empty(), "{remark:?}");
        assert!(!format!("{remark:?}").contains("SECRET"));
    };
    let canonical = "The Canonical String for this request should have been 'x-amz-security-token:SECRET'";
    check(403, "SignatureDoesNotMatch", canonical, Check::Signature, "cluster `prod`");
    check(403, "SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", Check::Clock, "clock");
    check(403, "SignatureDoesNotMatch", "Signature not yet current: SECRET", Check::Clock, "future");
    check(403, "ExpiredToken", "SECRET", Check::Credentials, "have expired");
    check(403, "InvalidClientTokenId", "SECRET", Check::AccessKey, "access key");
    check(403, "RegionDisabledException", "SECRET", Check::Region, "not active");
    check(403, "AccessDenied", "SECRET", Check::Sts, "`AccessDenied`, status 403");
    check(400, "Throttling", "Rate exceeded", Check::Unanswered, "429");
    check(500, "InternalFailure", "SECRET", Check::Unanswered, "failing");
}

#[test]
fn every_step_is_told_and_stops_at_the_first_that_fails() {
    let results = |url: &str| {
        let verification = verify(&token(url), &context(None));
        let failed = verification.steps.iter().find(|step| step.result == StepResult::Failed);
        let not_reached = verification.steps.iter().filter(|step| step.result == StepResult::NotReached);
        (verification.outcome, failed.map(|step| step.check), not_reached.count())
    };
    assert_eq!(results(GOOD), (Outcome::Unproven, None, 1));
    assert_eq!(results(&GOOD.replace("https", "http")), (Outcome::Refused, Some(Check::Scheme), 12));
    let old = GOOD.replace("Date=20230428", "Date=20230427");
    assert_eq!(results(&old), (Outcome::Refused, Some(Check::Expired), 1));
    // The server would ask STS, and STS would refuse it.
    let unsigned = GOOD.replace("&X-Amz-Signature=5ec2e7", "");
    assert_eq!(results(&unsigned), (Outcome::Refused, Some(Check::Sts), 0));
}

#[test]
fn the_answer_of_sts_decides() {
    let verified = || verify(&token(GOOD), &context(None));
    let arn = "arn:aws:sts::111122223333:assumed-role/dev/me";
    let identity = CallerIdentity::from_sts(arn, "111122223333", "AROAX:me").unwrap();
    let valid = verified().answered(Ok(identity.clone()));
    assert_eq!((valid.outcome, valid.identity, valid.failure), (Outcome::Valid, Some(identity), None));
    let refusal = judge_answer(403, b"{}", "prod");
    assert_eq!(verified().answered(refusal).outcome, Outcome::Refused);
    let unanswered = verified().answered(judge_answer(503, b"", "prod"));
    assert_eq!(unanswered.outcome, Outcome::Unknown);
    assert_eq!(unanswered.steps.last().unwrap().result, StepResult::NotReached);
}

#[test]
fn nothing_odd_is_sent_to_sts_and_nothing_secret_is_shown() {
    let code = |url: String| sts_request(&token(&url), &context(None), "prod").unwrap_err().code;
    assert_eq!(code(GOOD.replace("//sts", "//user:password@sts")), Check::UserInfo);
    assert_eq!(code(GOOD.replace("5ec2e7", "5ec2e7#x")), Check::Fragment);
    assert_eq!(code(GOOD.replace("sts.eu", "evil.eu")), Check::Host);
    let request = sts_request(&token(GOOD), &context(None), "prod").unwrap();
    assert_eq!(request.headers[0], ("x-k8s-aws-id", "prod".to_owned()));
    assert_eq!(format!("{request:?}"), "StsRequest { host: \"sts.eu-west-1.amazonaws.com\", .. }");
}

/// A host of another region is taken, and said.
#[test]
fn another_region_than_the_cluster_s_is_a_warning() {
    let of = |region: &'static str| {
        let context = InspectContext { region: Some(region), ..context(Some("aws")) };
        verify(&token(GOOD), &context).warnings.into_iter().map(|warning| warning.code).collect::<Vec<_>>()
    };
    assert_eq!(of("eu-west-1"), []);
    assert_eq!(of("ap-northeast-1"), [Check::OtherRegion]);
}
