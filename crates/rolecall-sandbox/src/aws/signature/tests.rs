use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Request;
use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::canonical::canonical_request;
use super::parse::{Form, Presented, Scope, parse};
use super::percent::{decode, encode, pairs};
use super::{Endpoint, Refusal, verify};
use crate::aws::Service;

/// The authenticator's own signing vector: throw-away keys that its project publishes.
const VECTORS: &str = include_str!("vectors.jsonl");

fn vector(area: &str) -> Value {
    let rows = VECTORS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.into_iter().find(|row| row["area"] == area).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn presigned(url: &str, cluster: &str) -> Request<Bytes> {
    let (host, rest) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();
    Request::get(format!("/{rest}"))
        .header("host", host)
        .header("x-k8s-aws-id", cluster)
        .body(Bytes::new())
        .unwrap()
}

/// Returns the request that the vector's token stands for, and its secret.
fn vector_request(cluster: &str) -> (Request<Bytes>, String) {
    let row = vector("token.generate");
    let token = text(&row["expected"]["token"]);
    let url = URL_SAFE_NO_PAD.decode(token.strip_prefix("k8s-aws-v1.").unwrap()).unwrap();
    let secret = STANDARD.decode(text(&row["input"]["secret_key_base64"])).unwrap();
    (presigned(&String::from_utf8(url).unwrap(), cluster), String::from_utf8(secret).unwrap())
}

fn vector_time() -> i64 {
    vector("token.generate")["input"]["now_unix"].as_i64().unwrap()
}

#[test]
fn the_published_vector_has_this_canonical_request() {
    let row = vector("observed.token.canonical_request");
    let request = presigned(&text(&row["input"]["url"]), &text(&row["input"]["cluster_id"]));
    let presented = parse(&request).unwrap();
    let canonical = String::from_utf8(canonical_request(&presented, &request)).unwrap();
    assert_eq!(canonical, text(&row["expected"]["canonical_request"]));
    assert_eq!(presented.signature, text(&row["expected"]["signature"]));
}

#[test]
fn the_published_vector_verifies() {
    let (request, secret) = vector_request("test-cluster");
    let presented = parse(&request).unwrap();
    let now = Timestamp::from_second(vector_time()).unwrap();
    assert_eq!(verify::scope(&presented, Service::Sts, &request), Ok(()));
    assert_eq!(verify::date(&presented, Service::Sts, now), Ok(()));
    assert_eq!(verify::signature(&presented, &request, &secret), Ok(()));
}

#[test]
fn the_vector_does_not_verify_for_another_cluster_or_secret() {
    let (request, secret) = vector_request("test-cluster2");
    let presented = parse(&request).unwrap();
    assert!(matches!(verify::signature(&presented, &request, &secret), Err(Refusal::Signature(_))));
    let (request, secret) = vector_request("test-cluster");
    let other = format!("{secret}x");
    assert!(matches!(verify::signature(&presented, &request, &other), Err(Refusal::Signature(_))));
}

#[test]
fn dates_count_to_the_second() {
    let (request, _) = vector_request("test-cluster");
    let header = Presented { form: Form::Header, ..parse(&request).unwrap() };
    let brief = Presented { form: Form::Query { expires_secs: 60 }, ..header.clone() };
    let check = |presented: &Presented, service, offset, good| {
        let now = Timestamp::from_second(vector_time() + offset).unwrap();
        let verdict = verify::date(presented, service, now);
        assert_eq!(verdict.is_ok(), good, "{service:?} {:?} {offset}: {verdict:?}", presented.form);
    };
    for (presented, service, earliest, latest) in [
        (&header, Service::Sts, -900, 900),
        (&brief, Service::Sts, -900, 900),
        (&header, Service::Eks, -300, 300),
        (&brief, Service::Eks, -300, 60),
    ] {
        check(presented, service, earliest, true);
        check(presented, service, earliest - 1, false);
        check(presented, service, latest, true);
        check(presented, service, latest + 1, false);
    }
}

#[test]
fn an_unreadable_date_is_incomplete() {
    let (request, _) = vector_request("test-cluster");
    for date in ["", "20230428", "2023-04-28T00:00:00Z", "20230428T000000", "20231328T000000Z", "yesterday"] {
        let presented = Presented { date: date.to_owned(), ..parse(&request).unwrap() };
        let verdict = verify::date(&presented, Service::Sts, Timestamp::UNIX_EPOCH);
        assert!(matches!(verdict, Err(Refusal::Incomplete(_))), "{date}: {verdict:?}");
    }
}

#[test]
fn a_header_is_read_in_its_parts() {
    let request = |authorization: &str| {
        Request::post("/")
            .header("authorization", authorization)
            .header("x-amz-date", "20230428T000000Z")
            .header("x-amz-security-token", "token")
            .body(Bytes::new())
            .unwrap()
    };
    let whole = "AWS4-HMAC-SHA256 Credential=AKIA/20230428/us-west-2/sts/aws4_request, \
                 SignedHeaders=host;x-amz-date,Signature=ab";
    let expected = Presented {
        form: Form::Header,
        access_key_id: "AKIA".to_owned(),
        scope: Scope {
            date: "20230428".to_owned(),
            region: "us-west-2".to_owned(),
            service: "sts".to_owned(),
        },
        signed_headers: vec!["host".to_owned(), "x-amz-date".to_owned()],
        signature: "ab".to_owned(),
        date: "20230428T000000Z".to_owned(),
        session_token: Some("token".to_owned()),
    };
    assert_eq!(parse(&request(whole)), Ok(expected));
    for broken in [
        whole.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        whole.replace("Credential", "Crudential"),
        whole.replace("/aws4_request", ""),
        whole.replace("aws4_request", "aws5_request"),
        whole.replace("SignedHeaders", "Headers"),
        whole.replace("Signature=", "Signature:"),
        "Basic dTpw".to_owned(),
    ] {
        let verdict = parse(&request(&broken));
        assert!(matches!(verdict, Err(Refusal::Incomplete(_))), "{broken}: {verdict:?}");
    }
}

#[test]
fn a_query_is_read_in_its_parts() {
    let check = |from: &str, to: &str, expected: &str| {
        let (request, _) = vector_request("test-cluster");
        let uri = request.uri().to_string();
        assert!(uri.contains(from), "{from}");
        let request = Request::get(uri.replace(from, to)).body(Bytes::new()).unwrap();
        let verdict = match parse(&request) {
            Ok(_) => "read",
            Err(Refusal::Unsigned) => "unsigned",
            Err(Refusal::Incomplete(_)) => "incomplete",
            Err(_) => "another refusal",
        };
        assert_eq!(verdict, expected, "{to}");
    };
    check("Expires=60", "Expires=0", "read");
    check("Expires=60", "Expires=604801", "incomplete");
    check("Expires=60", "Expires=-1", "incomplete");
    check("Expires=60", "Expires=soon", "incomplete");
    check("&X-Amz-Expires=60", "", "incomplete");
    check("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=none", "incomplete");
    check("X-Amz-Date=", "X-Amz-Day=", "incomplete");
    check("X-Amz-Date=", "X-Amz-Date=20230427T000000Z&X-Amz-Date=", "incomplete");
    check("X-Amz-Signature=", "x-amz-signature=", "unsigned");
}

#[test]
fn the_path_is_normalised_and_encoded_again() {
    let check = |path: &str, expected: &str| {
        let (request, _) = vector_request("test-cluster");
        let presented = parse(&request).unwrap();
        let request = Request::get(path).header("host", "h").body(Bytes::new()).unwrap();
        let canonical = String::from_utf8(canonical_request(&presented, &request)).unwrap();
        assert_eq!(canonical.lines().nth(1), Some(expected), "{path}");
    };
    check("/", "/");
    check("/clusters/a-b_c.d~e", "/clusters/a-b_c.d~e");
    check("/clusters//a/./b/../c/", "/clusters/a/c/");
    check("/../..", "/");
    check("/access-entries/arn%3Aaws", "/access-entries/arn%253Aaws");
    check("/a:b", "/a%3Ab");
}

#[test]
fn headers_are_trimmed_and_joined() {
    let (request, _) = vector_request("test-cluster");
    let presented = parse(&request).unwrap();
    let request = Request::get("/")
        .header("host", "h")
        .header("x-k8s-aws-id", "  a \t b  ")
        .header("x-k8s-aws-id", "c")
        .body(Bytes::new())
        .unwrap();
    let canonical = String::from_utf8(canonical_request(&presented, &request)).unwrap();
    assert!(canonical.contains("\nhost:h\nx-k8s-aws-id:a b,c\n\nhost;x-k8s-aws-id\n"), "{canonical}");
}

#[test]
fn the_scope_is_of_the_day_of_the_date() {
    let (request, _) = vector_request("test-cluster");
    let presented = parse(&request).unwrap();
    for date in ["20230427", "2023042", ""] {
        let scope = Scope { date: date.to_owned(), ..presented.scope.clone() };
        let presented = Presented { scope, ..presented.clone() };
        let verdict = verify::scope(&presented, Service::Sts, &request);
        assert!(matches!(verdict, Err(Refusal::Signature(_))), "{date}: {verdict:?}");
    }
}

#[test]
fn percent_encoding_is_exact() {
    assert_eq!(decode("a%2Fb%2fc+%zz%4"), b"a/b/c+%zz%4");
    assert_eq!(
        pairs("a=b+c&d&&e=f=g"),
        [(b"a".to_vec(), b"b c".to_vec()), (b"d".to_vec(), b"".to_vec()), (b"e".to_vec(), b"f=g".to_vec()),]
    );
    assert_eq!(encode("aZ09-._~ /+=é".as_bytes()), "aZ09-._~%20%2F%2B%3D%C3%A9");
}

#[test]
fn hosts_name_services_and_regions() {
    let check = |host: &str, expected: Option<(&str, &str)>| {
        let endpoint = Endpoint::of_host(host);
        let found = endpoint.as_ref().map(|endpoint| (endpoint.service.as_str(), endpoint.region.as_str()));
        assert_eq!(found, expected, "{host}");
    };
    check("sts.amazonaws.com", Some(("sts", "us-east-1")));
    check("STS.us-west-2.amazonaws.com:443", Some(("sts", "us-west-2")));
    check("sts-fips.us-west-2.amazonaws.com", Some(("sts", "us-west-2")));
    check("eks.eu-central-1.api.aws", Some(("eks", "eu-central-1")));
    check("127.0.0.1:8080", None);
    check("amazonaws.com", None);
    check("eks.amazonaws.com", None);
}
