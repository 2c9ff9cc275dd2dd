//! What proves a delivery, and what does not.

use http::HeaderValue;

use super::*;
use crate::receive::ReceiverError;
use crate::receive::verify::WINDOW_SECONDS;

#[test]
fn each_forge_is_believed() {
    for delivery in all() {
        let verified = delivery.verify();
        assert!(verified.is_ok_and(|verified| !verified.pushes.is_empty()), "{:?}", delivery.kind);
    }
}

/// <https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation>
#[test]
fn the_example_of_github_is_believed() {
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let mut delivery =
        Delivery::new(ReceiverKind::GitHub, &[("x-hub-signature-256", signature)], "Hello, World!");
    delivery.secret = "It's a Secret to Everybody";
    assert_eq!(delivery.verify().map(|verified| verified.pushes), Ok(Vec::new()));
}

#[test]
fn what_is_no_proof() {
    let prefixed = |code: &str| format!("sha256={code}");
    let upper_prefix = format!("SHA256={PUSH_CODE}");
    let cases: [(&str, Delivery, &'static str, Option<&str>, Refusal); 14] = [
        ("nothing", github(), "x-hub-signature-256", None, Refusal::Unsigned),
        ("empty", github(), "x-hub-signature-256", Some(""), Refusal::Unsigned),
        ("no prefix", github(), "x-hub-signature-256", Some(PUSH_CODE), Refusal::Unsigned),
        ("other prefix", github(), "x-hub-signature-256", Some(&upper_prefix), Refusal::Unsigned),
        ("of nothing", github(), "x-hub-signature-256", Some("sha256="), Refusal::Signature),
        ("too short", github(), "x-hub-signature-256", Some("sha256=36e2"), Refusal::Signature),
        ("of another body", github(), "x-hub-signature-256", Some(&prefixed(CLOUD_CODE)), Refusal::Signature),
        (
            "with more",
            github(),
            "x-hub-signature-256",
            Some(&prefixed(&format!("{PUSH_CODE}00"))),
            Refusal::Signature,
        ),
        ("no digits", github(), "x-hub-signature-256", Some(&prefixed(&"g".repeat(64))), Refusal::Signature),
        (
            "sha1",
            bitbucket_cloud(),
            "x-hub-signature",
            Some("sha1=9e107d9d372bb6826bd81d3542a419d6"),
            Refusal::Unsigned,
        ),
        ("prefixed", gitea(), "x-gitea-signature", Some(&prefixed(PUSH_CODE)), Refusal::Signature),
        ("no token", gitlab(), "x-gitlab-token", None, Refusal::Unsigned),
        ("empty token", gitlab(), "x-gitlab-token", Some(""), Refusal::Signature),
        (
            "longer token",
            gitlab(),
            "x-gitlab-token",
            Some("0123456789abcdef-hook-secret "),
            Refusal::Signature,
        ),
    ];
    for (name, mut delivery, header, value, refusal) in cases {
        delivery.headers.remove(header);
        if let Some(value) = value {
            delivery.headers.insert(header, HeaderValue::from_str(value).expect("a header of a test"));
        }
        assert_eq!(delivery.verify(), Err(refusal), "{name}");
    }
}

#[test]
fn a_proof_that_is_there_twice_is_none() {
    for mut delivery in [github(), gitlab(), gitea(), generic(), bitbucket_cloud()] {
        let proofs = [
            "x-hub-signature-256",
            "x-hub-signature",
            "x-gitlab-token",
            "x-gitea-signature",
            "x-rolecall-signature",
        ];
        let name = proofs.into_iter().find(|name| delivery.headers.contains_key(*name)).expect("a proof");
        let value = delivery.headers[name].clone();
        delivery.headers.append(name, value);
        assert_eq!(delivery.verify(), Err(Refusal::Unsigned), "{name}");
    }
}

#[test]
fn of_two_headers_forgejos_counts() {
    let mut delivery = forgejo();
    delivery.headers.insert("x-gitea-signature", HeaderValue::from_static("of no matter"));
    assert!(delivery.verify().is_ok());
    let mut delivery = gitea();
    delivery.headers.insert("x-forgejo-signature", HeaderValue::from_static("of all"));
    assert_eq!(delivery.verify(), Err(Refusal::Signature));
}

#[test]
fn another_secret_is_refused() {
    for mut delivery in all() {
        delivery.secret = "0123456789abcdef-hook-secreT";
        assert_eq!(delivery.verify(), Err(Refusal::Signature), "{:?}", delivery.kind);
    }
}

#[test]
fn a_generic_delivery_lives_for_five_minutes_either_way() {
    let cases = [(0, true), (WINDOW_SECONDS, true), (-WINDOW_SECONDS, true), (301, false), (-301, false)];
    for (age, is_believed) in cases {
        let delivery = Delivery { now: NOW + age, ..generic() };
        let expected = if is_believed { Ok(()) } else { Err(Refusal::Expired) };
        assert_eq!(delivery.verify().map(drop), expected, "{age} seconds");
    }
}

#[test]
fn a_generic_delivery_without_a_time_is_refused() {
    let mut delivery = generic();
    delivery.headers.remove("x-rolecall-timestamp");
    assert_eq!(delivery.verify(), Err(Refusal::Signature));
}

/// Signed by Python over the odd timestamp, a dot and the body `{}`.
#[test]
fn a_time_that_is_no_number_is_refused() {
    let cases = [
        ("+1795536000", "4f20e118057fc4aba31fb4f4926a27d4496b08d68cd6d5891f749d7eca1b9368"),
        ("-1", "42753839b1f274cb3781118802f9eb5a834c831a1dd6a31a2fdf037f2c2641ed"),
        ("", "befdea22e5939dbde1e9e4518f38d798de8073fa1c9c6ee1998001c16f1887c6"),
        ("99999999999999999999", "442d7bbb7a0bd8641d74edd1548ec7c03cf53668d5f5c50d99cfad9ba341205f"),
        ("1795536000.5", "7a28412a01adccd3b620a4e40198be43fa1bda4c561512e04fe6a2965d6d754f"),
    ];
    for (time, code) in cases {
        let signature = format!("sha256={code}");
        let headers = [("x-rolecall-timestamp", time), ("x-rolecall-signature", signature.as_str())];
        let delivery = Delivery::new(ReceiverKind::Generic, &headers, "{}");
        assert_eq!(delivery.verify(), Err(Refusal::Expired), "{time}");
    }
}

#[test]
fn receivers_that_let_everybody_in_are_not_taken() {
    let long = "a".repeat(64);
    let cases = [
        ("hook", "", ReceiverError::ShortSecret("hook".into())),
        ("hook", "fifteen-letters", ReceiverError::ShortSecret("hook".into())),
        ("", SECRET, ReceiverError::Name(String::new())),
        ("a/b", SECRET, ReceiverError::Name("a/b".into())),
        ("_unknown", SECRET, ReceiverError::Name("_unknown".into())),
        (&long, SECRET, ReceiverError::Name(long.clone())),
    ];
    for (name, secret, error) in cases {
        let receiver =
            Receiver { name: name.into(), kind: ReceiverKind::GitLab, secret: SecretString::from(secret) };
        assert_eq!(receiver.check(), Err(error));
    }
    assert_eq!(github().receiver().check(), Ok(()));
}

#[test]
fn nothing_that_can_be_printed_tells_a_secret() {
    let delivery = gitlab();
    let printed = format!("{:?} {:?}", delivery.receiver(), delivery.verify());
    assert!(!printed.contains(SECRET), "{printed}");
    let printed = format!("{:?}", github().verify());
    assert!(!printed.contains(PUSH_CODE), "{printed}");
}
