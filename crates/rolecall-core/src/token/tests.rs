//! The facts of `tests/cases/authenticator.jsonl` about tokens, and what they leave open.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::*;
use crate::exec_credential::{ExecApiVersion, exec_credential};

const CASES: &str = include_str!("../../tests/cases/authenticator.jsonl");
/// The clock of the published signing vector.
const NOW: &str = "2023-04-28T00:00:00Z";

/// Areas about tokens that this crate does not replay, each with its reason.
const ELSEWHERE: [(&str, &str); 4] = [
    ("token.generate", "needs a secret: replayed in rolecall-aws, which signs"),
    ("observed.token.canonical_request", "the signature over it: replayed in rolecall-aws"),
    ("token.verify_sts", "the call of STS: replayed in `verify/tests.rs`"),
    ("observed.token.verify_sts", "the call of STS: replayed in `verify/tests.rs`"),
];

#[test]
fn every_case_about_tokens_holds() {
    let mut left = BTreeSet::new();
    let mut n_replayed = 0;
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let area = case["area"].as_str().unwrap();
        let known = area.strip_prefix("observed.").unwrap_or(area);
        let (input, expected) = (&case["input"], &case["expected"]);
        match known {
            "token.host" => host_case(input, expected),
            "token.default_host" => default_host_case(input, expected),
            "token.region_format" => region_format_case(input, expected),
            "token.host_region" => host_region_case(input, expected),
            "token.host_cache" => host_cache_case(input, expected),
            "token.verify_format" => verify_format_case(input, expected),
            "token.identity" => identity_case(input, expected),
            "token.exec_credential" | "token.exec_credential_json" => exec_credential_case(input, expected),
            _ if known.starts_with("token.") => {
                left.insert(area.to_owned());
                continue;
            }
            _ => continue,
        }
        n_replayed += 1;
    }
    let elsewhere: BTreeSet<_> = ELSEWHERE.iter().map(|(area, _)| (*area).to_owned()).collect();
    assert_eq!(left, elsewhere, "an area is neither replayed nor left to somebody else");
    assert_eq!(n_replayed, 97, "the copy of the cases has changed");
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` in {value}"))
}

fn host_case(input: &Value, expected: &Value) {
    let region = Some(text(input, "verifier_region")).filter(|region| !region.is_empty());
    let answer = accept_host(text(input, "host"), text(input, "verifier_partition"), region);
    assert_eq!(answer.is_ok(), expected["accepted"], "{input}: {answer:?}");
}

/// What upstream caches is what it accepts; ours has no cache, which a hostile client could fill.
fn host_cache_case(input: &Value, expected: &Value) {
    let partition = text(input, "verifier_partition");
    for host in input["hosts"].as_array().unwrap() {
        let is_accepted = accept_host(host.as_str().unwrap(), partition, None).is_ok();
        assert_eq!(is_accepted, expected["cached"].as_array().unwrap().contains(host), "{host}");
    }
}

fn default_host_case(input: &Value, expected: &Value) {
    let hosts = regional_hosts(text(input, "service"), text(input, "region"), text(input, "partition"));
    match expected["contains"].as_str() {
        Some(host) => assert!(hosts.unwrap().iter().any(|h| h == host), "{input}"),
        None => assert!(hosts.is_err() && expected["error"] == true, "{input}"),
    }
}

fn region_format_case(input: &Value, expected: &Value) {
    assert_eq!(is_region(text(input, "region")), expected["valid"], "{input}");
}

fn host_region_case(input: &Value, expected: &Value) {
    let region = host_region(text(input, "host"));
    match expected["region"].as_str() {
        Some(expected) => assert_eq!(region.unwrap(), expected),
        None => assert!(region.is_err() && expected["error"] == true, "{input}"),
    }
}

fn verify_format_case(input: &Value, expected: &Value) {
    let now: Timestamp = NOW.parse().unwrap();
    let context = InspectContext { now, partition: input["verifier_partition"].as_str(), region: None };
    let inspection = inspect(&case_token(input), &context);
    let code = inspection.failure.as_ref().map(|remark| remark.code);
    if let Some(message) = expected["message_contains"].as_str() {
        assert_eq!(code, Some(check_of(message)), "{input}");
    } else if let Some(rejected) = expected["rejected_for_length"].as_bool() {
        assert_eq!(code == Some(Check::Length), rejected, "{input}");
    } else {
        assert_eq!((code, &expected["ok"]), (None, &Value::Bool(true)), "{input}");
    }
    if expected["identity"]["access_key_id"] == "" {
        assert_eq!(inspection.facts.access_key_id, None);
    }
}

fn case_token(input: &Value) -> String {
    if let Some(bytes) = input["token_length_bytes"].as_u64() {
        return format!("{PREFIX}{}", "A".repeat(usize::try_from(bytes).unwrap() - PREFIX.len()));
    }
    match input["token"].as_str() {
        Some(described) if described.contains("WITH = padding") => format!("{PREFIX}aHR0cA=="),
        Some(described) if described.contains("base64") => panic!("a token only described: {described}"),
        Some(token) => token.to_owned(),
        None => token_of(&dated(text(input, "url"))),
    }
}

/// The URL with the file's placeholders for times around "now" filled in.
fn dated(url: &str) -> String {
    [
        ("{NOW}", "20230428T000000Z"),
        ("{NOW-15m10s}", "20230427T234450Z"),
        ("{NOW-14m50s}", "20230427T234510Z"),
        ("{NOW+1h}", "20230428T010000Z"),
        ("{NOW with lower-case z}", "20230428T000000z"),
        ("{NOW with .5 fractional second before Z}", "20230428T000000.5Z"),
    ]
    .into_iter()
    .fold(url.to_owned(), |url, (placeholder, date)| url.replace(placeholder, date))
}

fn token_of(url: &str) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url))
}

/// Our check for a fragment of upstream's message.
fn check_of(message: &str) -> Check {
    let table = [
        ("token is missing expected", Check::Prefix),
        ("illegal base64 data", Check::Encoding),
        ("missing protocol scheme", Check::Url),
        ("unexpected scheme", Check::Scheme),
        ("could not parse region", Check::Host),
        ("unexpected hostname", Check::Host),
        ("unexpected path", Check::Path),
        ("malformed query parameter", Check::Query),
        ("duplicate query parameter", Check::DuplicateParameter),
        ("non-whitelisted query parameter", Check::UnknownParameter),
        ("unexpected action parameter", Check::Action),
        ("client did not sign the x-k8s-aws-id header", Check::SignedHeaders),
        ("invalid X-Amz-Expires parameter", Check::Expires),
        ("X-Amz-Date parameter must be present", Check::Date),
        ("error parsing X-Amz-Date parameter", Check::Date),
        ("X-Amz-Date parameter is expired", Check::Expired),
    ];
    let found = table.iter().find(|(fragment, _)| message.contains(fragment));
    found.unwrap_or_else(|| panic!("no check for upstream's `{message}`")).1
}

fn identity_case(input: &Value, expected: &Value) {
    let identity =
        CallerIdentity::from_sts(text(input, "arn"), text(input, "account"), text(input, "user_id"));
    if expected["ok"] == false {
        assert!(matches!(identity, Err(IdentityError::UserId(_))), "{input}");
        return;
    }
    let identity = identity.unwrap();
    assert_eq!(identity.arn.canonical(), text(expected, "canonical_arn"));
    assert_eq!(identity.account, text(expected, "account_id"));
    assert_eq!(identity.user_id, text(expected, "user_id"));
    assert_eq!(identity.session_name, text(expected, "session_name"));
}

fn exec_credential_case(input: &Value, expected: &Value) {
    let info = match (&input["KUBERNETES_EXEC_INFO"], &input["KUBERNETES_EXEC_INFO_text"]) {
        (_, Value::String(text)) | (Value::String(text), _) => Some(text.clone()),
        (Value::Null, _) => None,
        (object, _) => Some(object.to_string()),
    };
    let version = ExecApiVersion::from_exec_info(info.as_deref());
    // Two rows where we do better than upstream, which makes an answer that kubectl refuses.
    if expected["apiVersion_absent"] == true {
        assert_eq!(version, Ok(ExecApiVersion::V1Beta1));
        return;
    }
    if expected["apiVersion"] == "client.authentication.k8s.io/v1alpha1" {
        assert!(version.unwrap_err().to_string().contains("v1alpha1"));
        return;
    }
    let token = Token(input["token"].as_str().unwrap_or("k8s-aws-v1.x").to_owned());
    let line = exec_credential(version.unwrap(), &token, case_expiration(input));
    check_exec_credential(&line, expected);
}

fn case_expiration(input: &Value) -> Timestamp {
    match input["expiration"].as_str() {
        Some(time) => time.parse().unwrap(),
        None => Timestamp::from_second(input["expiration_unix"].as_i64().unwrap_or(0)).unwrap(),
    }
}

fn check_exec_credential(line: &str, expected: &Value) {
    if let Some(exact) = expected["exact_stdout"].as_str() {
        assert_eq!(format!("{line}\n"), exact);
        return;
    }
    let answer: Value = serde_json::from_str(line).unwrap();
    for (path, value) in expected.as_object().unwrap() {
        let found = path.split('.').fold(&answer, |value, key| &value[key]);
        assert_eq!(found, value, "`{path}` of {line}");
    }
}

const GOOD: &str = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15\
    &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAR2TG44V6AS3ZZE7C%2F20230428%2Feu-west-1%2Fsts%2Faws4_request\
    &X-Amz-Date=20230428T000000Z&X-Amz-Expires=60&X-Amz-Security-Token=SECRETSESSION\
    &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=5ec2e7";

fn inspect_url(url: &str) -> Inspection {
    let context = InspectContext { now: NOW.parse().unwrap(), partition: None, region: None };
    inspect(&token_of(url), &context)
}

#[test]
fn a_good_token_tells_what_it_is_and_no_secret() {
    let inspection = inspect_url(GOOD);
    assert_eq!((&inspection.failure, inspection.warnings.len()), (&None, 0));
    let facts = &inspection.facts;
    assert_eq!(facts.host.as_deref(), Some("sts.eu-west-1.amazonaws.com"));
    assert_eq!(facts.region.as_deref(), Some("eu-west-1"));
    assert_eq!(facts.signing_region.as_deref(), Some("eu-west-1"));
    assert_eq!(facts.access_key_id.as_deref(), Some("ASIA…ZE7C"));
    assert_eq!(facts.signed_at, NOW.parse().ok());
    assert_eq!(facts.valid_until, "2023-04-28T00:15:00Z".parse().ok());
    assert_eq!(facts.expires_secs, Some(60));
    assert_eq!(facts.signed_headers, ["host", "x-k8s-aws-id"]);
    assert!(facts.has_session_token && facts.has_signature);
    let shown = serde_json::to_string(&inspection).unwrap() + &format!("{inspection:?}");
    for secret in ["SECRETSESSION", "5ec2e7", "R2TG44V6AS3Z", "aHR0c"] {
        assert!(!shown.contains(secret), "`{secret}` in {shown}");
    }
}

#[test]
fn the_first_failing_check_speaks() {
    let check = |from: &str, to: &str, expected: Check| {
        let url = GOOD.replace(from, to);
        assert_ne!(url, GOOD, "`{from}` is in the good URL");
        let failure = inspect_url(&url).failure.unwrap_or_else(|| panic!("{url}"));
        assert_eq!(failure.code, expected, "{url}: {failure:?}");
        assert!(!failure.hint.is_empty());
    };
    check("https:", "http:", Check::Scheme);
    check("https://", "//", Check::Scheme);
    let scheme = |to: &str| inspect_url(&GOOD.replace("https:", to)).failure.unwrap().message;
    assert_eq!(scheme("http:"), "the scheme of its URL is `http`, not `https`");
    assert_eq!(scheme(""), "its URL does not begin with `https://`");
    check("https", "ht\u{1}tps", Check::Url);
    check(".com/", ".com:443/", Check::Host);
    check(".com/", ".com./", Check::Host);
    check("sts.eu", "STS.eu", Check::Host);
    check(".com/", ".com", Check::Path);
    check(".com/", ".com//", Check::Path);
    check(".com/", ".com/%zz", Check::Url);
    check("&X-Amz-Date", ";X-Amz-Date", Check::Query);
    check("&X-Amz-Date", "&x-amz-CREDENTIAL=eve&X-Amz-Date", Check::DuplicateParameter);
    check("&X-Amz-Date", "&X-Amz-Content-Sha256=x&X-Amz-Date", Check::UnknownParameter);
    check("&X-Amz-Date", "&Version=1&X-Amz-Date", Check::RepeatedParameter);
    check("GetCaller", "getCaller", Check::Action);
    check("%3Bx-k8s-aws-id", "", Check::SignedHeaders);
    check("Expires=60", "Expires=901", Check::Expires);
    check("Expires=60", "Expires=-1", Check::Expires);
    check("20230428T000000Z", "20230428T000000.Z", Check::Date);
    check("20230428T000000Z", "20230231T000000Z", Check::Date);
    check("20230428T000000Z", "20230427T234459Z", Check::Expired);
}

#[test]
fn an_age_is_told_as_people_say_it() {
    for (date, age) in [
        ("20230427T234459Z", "15 minutes"),
        ("20230427T220100Z", "119 minutes"),
        ("20230427T220000Z", "2 hours"),
        ("20230426T000100Z", "47 hours"),
        ("20220312T000000Z", "412 days"),
    ] {
        let failure = inspect_url(&GOOD.replace("20230428T000000Z", date)).failure.unwrap();
        assert_eq!(failure.message, format!("it was signed {age} ago, and is good for 15 minutes"));
    }
}

#[test]
fn what_only_sts_minds_is_a_warning() {
    let check = |from: &str, to: &str, expected: &[Check]| {
        let inspection = inspect_url(&GOOD.replace(from, to));
        let codes: Vec<_> = inspection.warnings.iter().map(|remark| remark.code).collect();
        assert_eq!((inspection.failure, codes.as_slice()), (None, expected));
    };
    check("&X-Amz-Date=20230428T000000Z", "&X-Amz-Date=20230428T000501Z", &[Check::FutureDate]);
    check("&X-Amz-Date=20230428T000000Z", "&X-Amz-Date=20230428T000500Z", &[]);
    check("//sts", "//user:password@sts", &[Check::UserInfo]);
    check("5ec2e7", "5ec2e7#x", &[Check::Fragment]);
    check("&X-Amz-Signature=5ec2e7", "", &[Check::Unsigned]);
    check("host%3Bx-k8s", "x-k8s", &[Check::Unsigned]);
    check("%2Feu-west-1%2Fsts", "%2Fus-west-2%2Fsts", &[Check::Scope]);
    check("%2Fsts%2F", "%2Fs3%2F", &[Check::Scope]);
    check("&X-Amz-Security-Token=SECRETSESSION", "", &[Check::SessionToken]);
}

#[test]
fn something_that_is_no_token_is_not_repeated() {
    let check = |token: &str, hint: &str| {
        let context = InspectContext { now: NOW.parse().unwrap(), partition: None, region: None };
        let remark = inspect(token, &context).failure.unwrap();
        assert_eq!(remark.code, Check::Prefix);
        assert!(remark.hint.contains(hint), "{}", remark.hint);
        assert!(token.is_empty() || !format!("{remark:?}").contains(token));
    };
    check("", "rolecall token");
    check("wJalrXUtnFEMI", "rolecall token");
    check("{\"kind\":\"ExecCredential\"}", "status.token");
    check("eyJhbGciOi", "JSON web token");
    check(" k8s-aws-v1.x", "blank");
}

#[test]
fn a_token_is_wrapped_unless_it_is_too_long() {
    // Three bytes become four letters, and no number of bytes becomes the 4085 letters that would fill the limit.
    let longest = "x".repeat((MAX_BYTES - PREFIX.len()) * 3 / 4);
    let token = Token::from_presigned_url(&longest).unwrap();
    assert_eq!(token.expose().len(), MAX_BYTES - 1);
    assert_eq!(format!("{token:?}"), "Token(…)");
    let error = Token::from_presigned_url(&format!("{longest}x")).unwrap_err();
    assert_eq!(error, TokenTooLong { bytes: MAX_BYTES + 1 });
    assert_eq!(
        inspect(&format!("{PREFIX}{}", "A".repeat(4086)), &at_now()).failure.unwrap().code,
        Check::Length
    );
}

fn at_now() -> InspectContext<'static> {
    InspectContext { now: NOW.parse().unwrap(), partition: None, region: None }
}

#[test]
fn a_token_is_said_to_last_14_minutes_or_as_long_as_the_credentials() {
    let check = |credentials_end: Option<&str>, expected: &str| {
        let end = credentials_end.map(|end| end.parse().unwrap());
        assert_eq!(expiry(NOW.parse().unwrap(), end), expected.parse::<Timestamp>().unwrap());
    };
    check(None, "2023-04-28T00:14:00Z");
    check(Some("2023-04-28T01:00:00Z"), "2023-04-28T00:14:00Z");
    check(Some("2023-04-28T00:03:00Z"), "2023-04-28T00:03:00Z");
    check(Some("2023-04-27T23:59:00Z"), "2023-04-27T23:59:00Z");
}

#[test]
fn every_region_has_its_host() {
    let check = |region: &str, fips, dual_stack, expected: Option<&str>| {
        let host = sts_host(region, Endpoint { fips, dual_stack });
        assert_eq!(host.ok().as_deref(), expected);
    };
    check("ap-northeast-1", false, false, Some("sts.ap-northeast-1.amazonaws.com"));
    check("us-east-1", true, false, Some("sts-fips.us-east-1.amazonaws.com"));
    check("us-east-1", true, true, Some("sts-fips.us-east-1.api.aws"));
    check("us-gov-west-1", true, false, Some("sts.us-gov-west-1.amazonaws.com"));
    check("us-gov-west-1", true, true, Some("sts-fips.us-gov-west-1.api.aws"));
    check("cn-north-1", false, true, Some("sts.cn-north-1.api.amazonwebservices.com.cn"));
    check("eusc-de-east-1", false, false, Some("sts.eusc-de-east-1.amazonaws.eu"));
    check("us-isob-east-1", false, false, Some("sts.us-isob-east-1.sc2s.sgov.gov"));
    check("us-iso-east-1", false, true, None);
    check("mars-north-1", false, false, Some("sts.mars-north-1.amazonaws.com"));
    check("us_east_1", false, false, None);
    check("", false, false, None);
    assert_eq!(partition_of("us-gov-east-1"), "aws-us-gov");
    assert_eq!(partition_of("us-isof-south-1"), "aws-iso-f");
}

#[test]
fn an_endpoint_tells_its_region() {
    let check = |endpoint: &str, region: Option<&str>| assert_eq!(region_in(endpoint), region, "{endpoint}");
    check("https://ABC0.gr7.eu-west-1.eks.amazonaws.com", Some("eu-west-1"));
    check("https://ABC0.sk1.cn-north-1.eks.amazonaws.com.cn/", Some("cn-north-1"));
    check("https://ABC0.eks-cluster.us-gov-west-1.api.aws:443", Some("us-gov-west-1"));
    check("https://127.0.0.1:6443", None);
}
