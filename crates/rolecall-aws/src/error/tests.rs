//! What AWS may answer, and what the engine and people get of it.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use rolecall_engine::port::PortErrorKind as Kind;

use super::*;

const NOW: &str = "2023-04-28T00:00:00Z";

fn attempt() -> Attempt<'static> {
    Attempt {
        operation: "describe",
        resource: "cluster `prod`",
        region: "eu-west-1",
        profile: None,
        now: NOW.parse().unwrap(),
    }
}

fn translated(code: &str, message: &str, status: u16, date: Option<&str>) -> PortError {
    let attempt = attempt();
    let date = date.map(|date| date.parse().unwrap());
    let retry_after = Some(Duration::from_secs(3));
    Answer { attempt: &attempt, code, message, status, date, retry_after }.translate()
}

#[test]
fn every_code_has_its_kind() {
    let check = |code: &str, status: u16, kind: Kind, message: &str| {
        let error = translated(code, "AWS says so", status, None);
        assert_eq!(error.kind, kind, "{code} {status}");
        assert!(error.message.contains(message), "{code}: {}", error.message);
        assert!(error.hint.is_some() && error.retry_after == Some(Duration::from_secs(3)));
    };
    check("ResourceNotFoundException", 404, Kind::NotFound, "AWS says so (`ResourceNotFoundException`)");
    check("AccessDeniedException", 403, Kind::Denied, "AWS says so");
    check("AccessDenied", 403, Kind::Denied, "AWS says so");
    check("", 403, Kind::Denied, "AWS says so");
    check("RegionDisabledException", 403, Kind::Denied, "AWS says so");
    check("ExpiredTokenException", 403, Kind::Unauthenticated, "have expired");
    check("ExpiredToken", 403, Kind::Unauthenticated, "have expired");
    check("UnrecognizedClientException", 403, Kind::Unauthenticated, "does not know the access key");
    check("InvalidClientTokenId", 403, Kind::Unauthenticated, "does not know the access key");
    check("MissingAuthenticationToken", 403, Kind::Unauthenticated, "AWS says so");
    check("SignatureDoesNotMatch", 403, Kind::Unauthenticated, "signature is wrong");
    check("InvalidSignatureException", 403, Kind::Unauthenticated, "signature is wrong");
    check("RequestExpired", 400, Kind::Unauthenticated, "too old or too new");
    check("Throttling", 400, Kind::Throttled, "AWS says so");
    check("ThrottlingException", 429, Kind::Throttled, "AWS says so");
    check("TooManyRequestsException", 429, Kind::Throttled, "AWS says so");
    check("", 429, Kind::Throttled, "AWS says so");
    check("ResourceInUseException", 409, Kind::Conflict, "AWS says so");
    check("", 409, Kind::Conflict, "AWS says so");
    check("InvalidParameterException", 400, Kind::Invalid, "AWS says so");
    check("ClientException", 400, Kind::Invalid, "AWS says so");
    check("ServerException", 500, Kind::Unavailable, "AWS says so");
    check("ServiceUnavailableException", 503, Kind::Unavailable, "AWS says so");
    check("", 504, Kind::Timeout, "AWS says so");
    check("", 301, Kind::Other, "AWS says so");
}

#[test]
fn a_clock_that_is_off_is_told_from_a_wrong_secret() {
    let check = |date: Option<&str>, message: &str, hint: &str| {
        let error = translated("SignatureDoesNotMatch", "Signature expired: secret-canonical", 403, date);
        assert!(error.message.contains(message) && error.hint.unwrap().contains(hint), "{}", error.message);
        assert!(!error.message.contains("canonical"));
    };
    check(Some("2023-04-28T01:00:10Z"), "clock is 60 minutes behind AWS's", "NTP");
    check(Some("2023-04-27T22:59:00Z"), "clock is 61 minutes ahead of AWS's", "NTP");
    check(Some("2023-04-28T00:00:01Z"), "too old or too new", "NTP");
    check(None, "too old or too new", "NTP");
    let late = "Signature expired: 20230428T000000Z is now earlier than 20230428T004500Z (20230428T010000Z - 15 min.)";
    let error = translated("SignatureDoesNotMatch", late, 403, Some(NOW));
    assert_eq!(error.message, "this machine's clock is 60 minutes behind AWS's");
    let wrong = translated("InvalidSignatureException", "does not match", 403, Some(NOW));
    assert!(wrong.hint.unwrap().contains("secret access key does not belong"));
}

#[test]
fn words_of_others_stay_short_and_on_one_line() {
    let error = translated("ClientException", &format!("a\n b{}", "x".repeat(400)), 400, None);
    assert!(error.message.starts_with("a bxxx") && error.message.chars().count() < 330, "{}", error.message);
    assert_eq!(translated("ClientException", "", 400, None).message, "AWS answered `ClientException`");
    assert_eq!(translated("", "", 502, None).message, "AWS answered with status 502");
}

#[test]
fn what_never_got_an_answer_has_its_kind() {
    let check = |error: SdkError<GetCallerIdentityError, HttpResponse>, kind: Kind, message: &str| {
        let error = from_sdk(&error, &attempt());
        assert_eq!(error.kind, kind);
        assert!(error.message.contains(message), "{}", error.message);
        assert!(error.hint.is_some());
    };
    let cause = || -> Box<dyn Error + Send + Sync> { "connection refused".into() };
    check(SdkError::timeout_error(cause()), Kind::Timeout, "in time");
    check(SdkError::dispatch_failure(ConnectorError::timeout(cause())), Kind::Timeout, "in time");
    check(SdkError::dispatch_failure(ConnectorError::io(cause())), Kind::Unavailable, "connection refused");
    check(SdkError::construction_failure(cause()), Kind::Other, "connection refused");
}

#[test]
fn the_refusal_of_a_role_is_found_inside_an_error_of_credentials() {
    let refusal = AssumeRoleError::unhandled("no");
    let raw = HttpResponse::new(403.try_into().unwrap(), aws_smithy_types::body::SdkBody::empty());
    let error = CredentialsError::provider_error(SdkError::service_error(refusal, raw));
    let translated = sts_refusal(&error, &attempt()).unwrap();
    assert_eq!((translated.kind, translated.operation.as_str()), (Kind::Denied, "assume"));
    assert!(translated.hint.unwrap().contains("trust policy"));
    assert!(sts_refusal(&CredentialsError::not_loaded("x"), &attempt()).is_none());
}

#[test]
fn a_source_that_failed_is_named() {
    assert!(
        source_failed("request forbidden: IMDS is disabled").contains("none in the environment, profile")
    );
    assert_eq!(
        source_failed("the SSO session has expired"),
        "the credentials cannot be loaded: the SSO session has expired"
    );
}
