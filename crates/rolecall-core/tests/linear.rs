//! Whoever writes a file chooses what costs most: no text makes reading it cost the square of its length.
//!
//! Each text is so long that the square would take minutes; there is no clock, and the test would hang.

use rolecall_core::check::{Settings, check, masked};
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::{TemplateValues, explain};
use rolecall_core::principal::PrincipalArn;

const ARN: &str = "arn:aws:iam::111122223333:role/a";

fn map(entry: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: aws-auth, namespace: kube-system}}\ndata:\n  mapRoles: |\n    \
         - rolearn: {ARN}\n{entry}"
    )
}

/// The codes of what is found in `text`, each once and in order.
fn codes(text: &str) -> String {
    let mut codes: Vec<&str> =
        check("f", text, &Settings::default()).findings.iter().map(|finding| finding.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(" ")
}

#[test]
fn templates_that_are_not_closed() {
    let text = map(&format!("      username: \"{}\"\n", "{{".repeat(200_000)));
    assert_eq!(codes(&text), "RC024 RC038");
    let (document, _) = AwsAuthDocument::parse("f", &text);
    let principal = PrincipalArn::parse(ARN).unwrap();
    let explanation = explain(document.unwrap().effective(), &principal, &TemplateValues::default());
    assert!(explanation.notes.is_empty());
}

#[test]
fn templates_in_another_case_are_mended() {
    let text = map(&format!("      username: \"{}\"\n", "{{accountid}}".repeat(40_000)));
    assert_eq!(codes(&text), "RC024 RC038");
}

#[test]
fn what_looks_like_the_beginning_of_a_secret() {
    for sign in [
        "AKIA",
        "FQoGZXIvYXdz",
        "ecret=",
        "k8s-aws-v1.",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "-----END ",
    ] {
        let text = sign.repeat(400_000 / sign.len());
        assert_eq!(masked(&text).len(), text.len(), "{sign}");
    }
}

#[test]
fn keys_that_are_not_known() {
    let keys: Vec<String> = (0..10_000).map(|n| format!("      k{n}: 1\n")).collect();
    assert_eq!(codes(&map(&format!("      username: a\n{}", keys.concat()))), "RC008 RC038");
}

#[test]
fn documents_in_one_file() {
    let text = "---\n".repeat(60_000) + &map("      username: a\n") + "# " + &"x".repeat(1_500_000);
    assert_eq!(codes(&text), "RC012 RC038");
}
