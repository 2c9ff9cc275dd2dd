//! Security Token Service: `GetCallerIdentity` and `AssumeRole`.
//! It evaluates no policies: a role's trust, its external id, and the directory's denials decide.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::answer::Failure;
use super::directory::{Directory, Role};
use super::signature::{Caller, pairs};

/// Returns the action that is asked for, or an empty text.
pub(super) fn action(request: &Request<Bytes>) -> String {
    parameter(request, "Action").unwrap_or_default()
}

/// Performs the request's action for the caller; returns what stands inside `<ACTIONResult>`.
pub(super) fn call(
    directory: &Directory,
    caller: &Caller,
    request: &Request<Bytes>,
) -> Result<Value, Failure> {
    match action(request).as_str() {
        "GetCallerIdentity" => Ok(caller_identity(caller)),
        "AssumeRole" => assume_role(directory, caller, request),
        "" => Err(Failure::new(StatusCode::BAD_REQUEST, "MissingAction", "the request names no action")),
        other => {
            let message = format!("Could not find operation {other} for version 2011-06-15");
            Err(Failure::new(StatusCode::BAD_REQUEST, "InvalidAction", message))
        }
    }
}

fn caller_identity(caller: &Caller) -> Value {
    json!({ "Account": caller.principal.account(), "Arn": caller.arn(), "UserId": caller.user_id() })
}

fn assume_role(directory: &Directory, caller: &Caller, request: &Request<Bytes>) -> Result<Value, Failure> {
    let arn = required(request, "RoleArn")?;
    let session_name = required(request, "RoleSessionName")?;
    check_role_arn(&arn)?;
    check_session_name(&session_name)?;
    let ttl = duration(request)?;
    let denied = || Failure::denied("AccessDenied", &caller.arn(), "sts:AssumeRole", &arn);
    let role = directory.role(&arn).ok_or_else(denied)?;
    if !trusts(&role, caller, parameter(request, "ExternalId").as_deref())
        || directory.is_denied(&caller.principal.arn, "sts:AssumeRole")
    {
        return Err(denied());
    }
    check_duration(&role, caller, ttl)?;
    let (credentials, expires_at) = directory.open_session(&role.principal, &session_name, ttl);
    let session =
        Caller { principal: role.principal, session_name: Some(session_name), region: caller.region.clone() };
    Ok(json!({
        "AssumedRoleUser": { "Arn": session.arn(), "AssumedRoleId": session.user_id() },
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token,
            "Expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
    }))
}

/// A session is trusted by its own ARN, by its role's, or by its account's.
fn trusts(role: &Role, caller: &Caller, external_id: Option<&str>) -> bool {
    let root = format!("arn:aws:iam::{}:root", caller.principal.account());
    let names = ["*", root.as_str(), caller.principal.arn.as_str(), &caller.arn()].map(str::to_owned);
    let knows_the_external_id = match &role.spec.external_id {
        Some(expected) => external_id == Some(expected),
        None => true,
    };
    knows_the_external_id && role.spec.trusted.iter().any(|trusted| names.contains(trusted))
}

fn check_role_arn(arn: &str) -> Result<(), Failure> {
    if arn.starts_with("arn:aws:iam::") { Ok(()) } else { Err(validation(format!("{arn} is invalid"))) }
}

fn check_session_name(name: &str) -> Result<(), Failure> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let constraint = match name.len() {
        _ if !name.chars().all(allowed) => "satisfy regular expression pattern: [\\w+=,.@-]*",
        ..2 => "have length greater than or equal to 2",
        2..=64 => return Ok(()),
        _ => "have length less than or equal to 64",
    };
    Err(unsatisfied("roleSessionName", name, constraint))
}

fn duration(request: &Request<Bytes>) -> Result<Duration, Failure> {
    let text = parameter(request, "DurationSeconds").unwrap_or_else(|| "3600".to_owned());
    let constraint = match text.parse() {
        Ok(secs @ 900..=43_200) => return Ok(Duration::from_secs(secs)),
        Ok(0..900) => "have value greater than or equal to 900",
        Ok(_) => "have value less than or equal to 43200",
        Err(_) => "be an integer",
    };
    Err(unsatisfied("durationSeconds", &text, constraint))
}

fn check_duration(role: &Role, caller: &Caller, ttl: Duration) -> Result<(), Failure> {
    if caller.session_name.is_some() && ttl > Duration::from_hours(1) {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
        return Err(validation(message.to_owned()));
    }
    if ttl > role.spec.max_session {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(validation(message.to_owned()));
    }
    Ok(())
}

fn required(request: &Request<Bytes>, name: &str) -> Result<String, Failure> {
    let member = format!("{}{}", name[..1].to_ascii_lowercase(), &name[1..]);
    parameter(request, name).ok_or_else(|| {
        validation(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

fn unsatisfied(member: &str, value: &str, constraint: &str) -> Failure {
    validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
    ))
}

fn validation(message: String) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "ValidationError", message)
}

/// Returns a parameter of the query protocol: from the body of a POST, else from the query.
fn parameter(request: &Request<Bytes>, name: &str) -> Option<String> {
    let raw = if request.method() == Method::POST {
        String::from_utf8_lossy(request.body())
    } else {
        request.uri().query().unwrap_or_default().into()
    };
    let (_, value) = pairs(&raw).into_iter().find(|(key, _)| key == name.as_bytes())?;
    String::from_utf8(value).ok()
}
