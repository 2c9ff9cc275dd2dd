use alloc::string::String;

use serde_json::json;

use super::{Mask, masked};

const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const ID: &str = "AKIAIOSFODNN7EXAMPLE";

#[test]
fn a_private_key_is_hidden_however_its_lines_are_broken() {
    let key = "-----BEGIN RSA PRIVATE KEY-----|MIIEpAIB gq3Z|AbCd|-----END RSA PRIVATE KEY-----";
    for (written, hidden) in [
        ("\n", "-----BEGIN RSA PRIVATE KEY-----\n******** ****\n****\n-----END RSA PRIVATE KEY-----"),
        (" ", "-----BEGIN RSA PRIVATE KEY----- ******** **** **** -----END RSA PRIVATE KEY-----"),
        ("\\n", "-----BEGIN RSA PRIVATE KEY-----********** ************-----END RSA PRIVATE KEY-----"),
        ("", "-----BEGIN RSA PRIVATE KEY-----******** ********-----END RSA PRIVATE KEY-----"),
    ] {
        let text = key.replace('|', written);
        let shown = masked(&text);
        assert_eq!(shown.chars().count(), text.chars().count(), "{written:?}");
        assert_eq!(shown, hidden);
    }
}

#[test]
fn a_private_key_that_does_not_end_is_hidden_all_the_same() {
    let check = |text: &str, hidden: &str| assert_eq!(masked(text), hidden);
    check("-----BEGIN PRIVATE KEY-----MIIE", "-----BEGIN PRIVATE KEY-----****");
    check("-----BEGIN\n PRIVATE KEY-----\nMIIE", "-----BEGIN\n PRIVATE KEY-----\n****");
    check("-----BEGIN PRIVATE KEY MIIE", "-----BEGIN PRIVATE KEY ****");
    check("-----BEGIN CERTIFICATE-----MIIE", "-----BEGIN CERTIFICATE-----MIIE");
}

#[test]
fn a_secret_starts_behind_a_line_break_in_quotes() {
    assert_eq!(masked("a\\nAKIAIOSFODNN7EXAMPLE"), "a\\n********************");
    assert_eq!(masked("nAKIAIOSFODNN7EXAMPLE"), "nAKIAIOSFODNN7EXAMPLE");
}

#[test]
fn what_a_file_holds_is_hidden_wherever_it_is_told() {
    let mut mask = Mask::default();
    mask.heed(&["secret: ", KEY, "\n-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA04\n-----END"].concat());
    let hides = |told: &str| assert!(!mask.over(told).contains("MIIE") && !mask.over(told).contains("wJalr"));
    for told in [["user `", KEY, "`"].concat(), ["a\\n", KEY].concat(), "a MIIEpAIBAAKCAQEA04 b".into()] {
        hides(&told);
    }
    let mut document = json!({ "a": [{ "username": KEY }], "n": 1 });
    mask.over_document(&mut document);
    assert_eq!(document, json!({ "a": [{ "username": "*".repeat(40) }], "n": 1 }));
}

#[test]
fn the_id_that_the_user_typed_is_repeated_to_him() {
    let mut mask = Mask::repeating(["--username", ID]);
    mask.heed(&["a: ", ID, " ASIAIOSFODNN7EXAMPLE"].concat());
    let told: String = [ID, " AKIAIOSFODNN7EXAMPLF ASIAIOSFODNN7EXAMPLE"].concat();
    assert_eq!(mask.over(&told), [ID, " ******************** ********************"].concat());
}
