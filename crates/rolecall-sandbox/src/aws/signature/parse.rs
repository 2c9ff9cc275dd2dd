//! What a request says about its own signature, in the `Authorization` header or in the query.
//! Nothing here is believed yet.

use std::collections::BTreeMap;

use http::Request;
use http::header::AUTHORIZATION;
use hyper::body::Bytes;

use super::{Refusal, pairs};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The claims of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Presented {
    pub(super) form: Form,
    pub(super) access_key_id: String,
    pub(super) scope: Scope,
    /// As given: lower-case names in order, if the signer follows the rules.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    /// `YYYYMMDDTHHMMSSZ`.
    pub(super) date: String,
    pub(super) session_token: Option<String>,
}

/// Where the signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL, good for so many seconds.
    Query { expires_secs: i64 },
}

/// What the signing key is limited to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// `YYYYMMDD`.
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
}

impl Scope {
    /// Returns the scope as it stands in the string to sign.
    pub(super) fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

/// Reads the claims, in the one form or the other.
pub(super) fn parse(request: &Request<Bytes>) -> Result<Presented, Refusal> {
    let query = query_parameters(request)?;
    match (request.headers().get(AUTHORIZATION), query.contains_key("X-Amz-Signature")) {
        (None, false) => Err(Refusal::Unsigned),
        (None, true) => parse_query(&query),
        (Some(header), false) => parse_header(request, header.to_str().unwrap_or_default()),
        (Some(_), true) => {
            Err(Refusal::Incomplete("the request is signed both in its header and in its query".to_owned()))
        }
    }
}

fn parse_header(request: &Request<Bytes>, header: &str) -> Result<Presented, Refusal> {
    let fields = header.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with(' '));
    let fields =
        fields.ok_or_else(|| Refusal::Incomplete(format!("Authorization header requires '{ALGORITHM}'.")))?;
    let fields: BTreeMap<&str, &str> =
        fields.split(',').filter_map(|field| field.trim().split_once('=')).collect();
    let field = |name: &str| {
        let missing = || Refusal::Incomplete(format!("Authorization header requires '{name}' parameter."));
        fields.get(name).copied().ok_or_else(missing)
    };
    let text =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (access_key_id, scope) = credential(field("Credential")?)?;
    Ok(Presented {
        form: Form::Header,
        access_key_id,
        scope,
        signed_headers: signed_headers(field("SignedHeaders")?),
        signature: field("Signature")?.to_owned(),
        date: text("x-amz-date").ok_or_else(|| {
            Refusal::Incomplete(
                "Authorization header requires existence of a 'X-Amz-Date' header.".to_owned(),
            )
        })?,
        session_token: text("x-amz-security-token"),
    })
}

fn parse_query(query: &BTreeMap<String, String>) -> Result<Presented, Refusal> {
    let field = |name: &str| {
        let missing = || Refusal::Incomplete(format!("AWS query-string parameters must include '{name}'."));
        query.get(name).ok_or_else(missing)
    };
    if field("X-Amz-Algorithm")? != ALGORITHM {
        return Err(Refusal::Incomplete(format!("X-Amz-Algorithm must be '{ALGORITHM}'.")));
    }
    let (access_key_id, scope) = credential(field("X-Amz-Credential")?)?;
    let expires_secs = field("X-Amz-Expires")?.parse().ok().filter(|secs| (0..=604_800).contains(secs));
    let expires_secs = expires_secs.ok_or_else(|| {
        Refusal::Incomplete("X-Amz-Expires must be a number of seconds up to one week.".to_owned())
    })?;
    Ok(Presented {
        form: Form::Query { expires_secs },
        access_key_id,
        scope,
        signed_headers: signed_headers(field("X-Amz-SignedHeaders")?),
        signature: field("X-Amz-Signature")?.clone(),
        date: field("X-Amz-Date")?.clone(),
        session_token: query.get("X-Amz-Security-Token").cloned(),
    })
}

/// Returns the query's parameters. Of a part of the signature that comes twice nobody knows which one counts.
fn query_parameters(request: &Request<Bytes>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut parameters = BTreeMap::new();
    for (name, value) in pairs(request.uri().query().unwrap_or_default()) {
        let name = String::from_utf8_lossy(&name).into_owned();
        let former = parameters.insert(name.clone(), String::from_utf8_lossy(&value).into_owned());
        if former.is_some() && name.starts_with("X-Amz-") {
            return Err(Refusal::Incomplete(format!("the query names '{name}' twice")));
        }
    }
    Ok(parameters)
}

/// Reads `KEY/YYYYMMDD/REGION/SERVICE/aws4_request`.
fn credential(text: &str) -> Result<(String, Scope), Refusal> {
    let parts: Vec<&str> = text.split('/').collect();
    let [key, date, region, service, "aws4_request"] = parts[..] else {
        let message =
            "Credential must have exactly 5 slash-delimited elements, the last of them 'aws4_request'";
        return Err(Refusal::Incomplete(message.to_owned()));
    };
    let scope = Scope { date: date.to_owned(), region: region.to_owned(), service: service.to_owned() };
    Ok((key.to_owned(), scope))
}

fn signed_headers(list: &str) -> Vec<String> {
    list.split(';').map(str::to_owned).collect()
}
