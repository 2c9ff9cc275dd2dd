//! ARNs of any kind, and none.

use proptest::prelude::*;
use rolecall_core::effective::arn_like;
use rolecall_core::principal::{PrincipalArn, strip_path};

use crate::cases;

fn arnish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "arn",
        "aws",
        "aws-cn",
        "iam",
        "sts",
        ":",
        ":",
        ":",
        "::",
        "111122223333",
        "role/",
        "user/",
        "root",
        "assumed-role/",
        "federated-user/",
        "/",
        "a",
        "B",
        "*",
        "?",
        "é",
        " ",
        "\n",
        "\u{130}",
    ]);
    let shuffled = prop::collection::vec(piece.clone(), 0..14).prop_map(|pieces| pieces.concat());
    let resource = prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat());
    let plain = (prop::sample::select(vec!["iam", "sts"]), resource)
        .prop_map(|(service, resource)| format!("arn:aws:{service}::111122223333:{resource}"));
    prop_oneof![shuffled, plain]
}

proptest! {
    #![proptest_config(cases(2048))]

    /// What is canonical stays as it is, and a path goes once.
    #[test]
    fn canonical_forms_are_stable(text in arnish()) {
        if let Ok(arn) = PrincipalArn::parse(&text) {
            let again = PrincipalArn::parse(arn.canonical()).unwrap();
            prop_assert_eq!(again.canonical(), arn.canonical());
            prop_assert_eq!((again.account(), again.name()), (arn.account(), arn.name()));
            prop_assert_eq!(arn.text(), text.as_str());
        }
        if let Ok(stripped) = strip_path(&text) {
            prop_assert_eq!(strip_path(&stripped), Ok(stripped));
        }
    }

    /// Everything is like itself, where nothing in it is special.
    #[test]
    fn matching_ends_with_an_answer(text in arnish(), pattern in arnish()) {
        let is_arn = |text: &str| text.starts_with("arn:") && text.split(':').count() >= 6;
        prop_assert_eq!(arn_like(&text, &pattern).is_some(), is_arn(&text) && is_arn(&pattern));
        if is_arn(&text) && !text.contains(['*', '?']) {
            prop_assert_eq!(arn_like(&text, &text), Some(true));
        }
    }

    #[test]
    fn any_text_is_an_arn_or_not(text in any::<String>()) {
        prop_assert!(PrincipalArn::parse(&text).is_err() || text.starts_with("arn:"));
    }
}
