//! Values of upstream's source that ours must have too.

use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::SectionReading;
use rolecall_core::finding::has_errors;
use rolecall_core::identity_mapping::Section;
use rolecall_core::principal::PARTITIONS;
use rolecall_core::token;
use serde_json::{Value, json};

use super::text;

/// Constants of the server that nothing here repeats.
const CONSTANTS_ELSEWHERE: &[&str] = &[
    "feature gates, all default false",
    "STS HTTP timeout seconds",
    "webhook port",
    "uid format for scrubbed accounts",
    "webhook path",
    "default backend mode",
    "configmap watch retry seconds",
    "X-Amz-Date layout",
];

pub(crate) fn constant(what: &str, expected: &Value) {
    let is = |value: Value| assert_eq!(value, *expected, "{what}");
    match what {
        "cluster id header" => is(json!(token::CLUSTER_HEADER)),
        "X-Amz-Expires written by the client, seconds" => is(json!(token::EXPIRES_SECS)),
        "seconds after signing at which the exec credential expires" => {
            is(json!(token::ADVERTISED_LIFETIME.as_secs()));
        }
        "seconds after X-Amz-Date at which the server refuses" => is(json!(token::LIFETIME.as_secs())),
        "partitions" => is(json!(PARTITIONS)),
        "configmap" => one_map(expected.as_str().unwrap()),
        "sso permission set regex" => sso_names(),
        _ => assert!(CONSTANTS_ELSEWHERE.contains(&what), "no test replays the constant `{what}`"),
    }
}

/// Nothing else is taken for the map.
fn one_map(object: &str) {
    let (namespace, name) = object.split_once('/').unwrap();
    let is_taken = |namespace: &str, name: &str| {
        let meta = format!("metadata:\n  name: {name}\n  namespace: {namespace}\n");
        let text = format!("apiVersion: v1\nkind: ConfigMap\n{meta}data:\n  mapRoles: '[]'\n");
        let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", &text);
        document.is_some() && !has_errors(&findings)
    };
    assert!(is_taken(namespace, name));
    assert!(!is_taken(namespace, "aws-auth-2") && !is_taken("default", name));
}

/// `^[\w+=,.@-]{1,32}$`, with Go's `\w`, which is ASCII.
fn sso_names() {
    let check = |name: &str, is_valid: bool| {
        let mapping = json!([{ "sso": { "permissionSetName": name, "accountID": "012345678912" } }]);
        let reading = SectionReading::read(Section::MapRoles, Some(&mapping.to_string()));
        assert_eq!(reading.entries().len() == 1, is_valid, "{name}");
    };
    check("aZ0_+=,.@-", true);
    check(&"a".repeat(32), true);
    check(&"a".repeat(33), false);
    check("", false);
    check("a b", false);
    check("\u{e9}", false);
    check("a\n", false);
}

pub(crate) fn partition_domain(input: &Value, expected: &Value) {
    let partition = text(input, "partition");
    let ours = |host: &str| token::accept_host(host, partition, Some("no-such-region-1"));
    let accepts = |domain: &Value| {
        domain.as_str().map(|domain| ours(&format!("sts.no-such-region-1.{domain}")).is_ok())
    };
    assert_eq!(accepts(&expected["domain"]), Some(true), "{input}");
    assert_ne!(accepts(&expected["dual_stack_domain"]), Some(false), "{input}");
    assert!(ours("sts.no-such-region-1.example.com").is_err(), "{input}");
}
