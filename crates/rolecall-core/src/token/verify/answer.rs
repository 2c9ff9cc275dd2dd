//! What the answer of STS to a token means, and what the client did wrong.
//!
//! The words of STS are never quoted: where a signature is wrong they repeat what was signed.

use alloc::format;
use alloc::string::String;

use serde::Deserialize;

use super::super::CallerIdentity;
use super::super::inspect::{Check, Remark, remark};

const REMAKE: &str = "make a new token with `rolecall token`";

/// Judges the answer of STS as the server does (`pkg/token/token.go`): who it is, or why not.
///
/// `cluster_name` is the one that was sent along.
pub fn judge_answer(status: u16, body: &[u8], cluster_name: &str) -> Result<CallerIdentity, Remark> {
    if status != 200 {
        return Err(refused(status, body, cluster_name));
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|_| {
        let hint = "is there something between here and STS, a proxy or `AWS_ENDPOINT_URL`?";
        remark(Check::StsAnswer, "what answered with status 200 is not STS: it is not the JSON of it", hint)
    })?;
    let result = answer.get_caller_identity_response.get_caller_identity_result;
    CallerIdentity::from_sts(&result.arn, &result.account, &result.user_id).map_err(|error| {
        let hint = "only IAM users, roles, federated users and the root of an account can enter a cluster";
        remark(Check::Identity, format!("STS says who it is, and no server takes it: {error}"), hint)
    })
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Answer {
    get_caller_identity_response: Response,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Response {
    get_caller_identity_result: Identity,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Identity {
    account: String,
    arn: String,
    user_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Failure {
    error: Error,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Error {
    code: String,
    message: String,
}

fn refused(status: u16, body: &[u8], cluster_name: &str) -> Remark {
    // What the server looks for to answer 429 instead of 403.
    if body.windows(10).any(|window| window == b"Throttling") {
        let message = "STS is asked too much at the moment: servers answer 429, and clients try again";
        return remark(Check::Unanswered, message, "try again a little later");
    }
    if status >= 500 {
        let message = format!("STS is failing: it answered with status {status}");
        return remark(Check::Unanswered, message, "servers refuse every token meanwhile: try again later");
    }
    if (300..400).contains(&status) {
        let message = format!("STS answered with status {status}, and redirects are not followed");
        return remark(Check::StsAnswer, message, "is there a proxy between here and STS?");
    }
    let Error { code, message } = serde_json::from_slice::<Failure>(body).unwrap_or_default().error;
    by_code(status, &code, &message, cluster_name)
}

fn by_code(status: u16, code: &str, message: &str, cluster_name: &str) -> Remark {
    let speaks_of_time =
        message.contains("Signature expired") || message.contains("Signature not yet current");
    match code {
        "SignatureDoesNotMatch" | "RequestExpired" | "RequestTimeTooSkewed" if speaks_of_time => remark(
            Check::Clock,
            "by the clock of STS it was signed too long ago, or in the future",
            "set the clock of the machine that makes the tokens (NTP)",
        ),
        "SignatureDoesNotMatch" => remark(
            Check::Signature,
            format!(
                "the signature is not one for cluster `{cluster_name}`: the token was made for another cluster, \
                 was altered on the way, or the secret key does not belong to the key id"
            ),
            "make it with `--cluster-name` as EKS has the name, neither the ARN nor a context's name",
        ),
        "ExpiredToken" | "ExpiredTokenException" => remark(
            Check::Credentials,
            "the credentials that it was made with have expired",
            "sign in again, then make a new token",
        ),
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => remark(
            Check::AccessKey,
            "STS does not know its access key",
            "the key is deleted or disabled, its session token is missing or altered, or the token's region is \
             not enabled in the account",
        ),
        "RegionDisabledException" => remark(
            Check::Region,
            "STS is not active in the token's region for this account",
            "make the token with the region of the cluster, or activate STS there",
        ),
        "" => remark(Check::Sts, format!("STS refused it with status {status}, and did not say why"), REMAKE),
        code => {
            let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
            remark(Check::Sts, format!("STS refused it: `{code}`, status {status}"), REMAKE)
        }
    }
}
