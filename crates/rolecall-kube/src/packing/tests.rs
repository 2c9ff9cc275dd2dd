//! Readable, compressed, and back.

use super::*;

fn reread(packed: &Packed) -> ConfigMap {
    serde_json::from_value(packed.object(&json!({}))).unwrap()
}

#[test]
fn a_short_text_stays_readable() {
    let mut packed = Packed::default();
    packed.put("ledger", r#"{"owners":{}}"#.to_owned());
    let item = reread(&packed);
    assert_eq!(item.data["ledger"], r#"{"owners":{}}"#);
    assert!(item.binary_data.is_empty());
    assert_eq!(Packed::read::<Value>(&item, "ledger"), Ok(json!({ "owners": {} })));
}

#[test]
fn a_long_text_is_compressed_and_comes_back() {
    let long = json!(vec!["arn:aws:iam::111122223333:role/somebody"; 20_000]);
    let mut packed = Packed::default();
    packed.put("ledger", long.to_string());
    assert!(packed.len() < READABLE, "{}", packed.len());
    let item = reread(&packed);
    assert!(item.data.is_empty());
    assert_eq!(Packed::read::<Value>(&item, "ledger"), Ok(long));
}

#[test]
fn a_patch_takes_the_other_form_away() {
    let mut short = Packed::default();
    short.put("ledger", "{}".to_owned());
    let patch = short.patch(&json!({}));
    assert_eq!(patch["data"], json!({ "ledger": "{}" }));
    assert_eq!(patch["binaryData"], json!({ "ledger.gz": null }));

    let mut long = Packed::default();
    long.put("ledger", "x".repeat(READABLE + 1));
    let patch = long.patch(&json!({}));
    assert_eq!(patch["data"], json!({ "ledger": null }));
    assert!(patch["binaryData"]["ledger.gz"].is_string());
}

#[test]
fn what_cannot_be_read_is_no_empty_reading() {
    let broken = |field: &str, value: &str| {
        let object = json!({ field: { if field == "data" { "ledger" } else { "ledger.gz" }: value } });
        Packed::find::<Value>(&serde_json::from_value(object).unwrap(), "ledger")
    };
    assert!(broken("data", "{").unwrap_err().contains("`ledger`"));
    assert!(broken("binaryData", "not base64!").is_err());
    assert!(broken("binaryData", "bm90IGd6aXA=").is_err());
    assert_eq!(Packed::find::<Value>(&ConfigMap::default(), "ledger"), Ok(None));
    assert!(Packed::read::<Value>(&ConfigMap::default(), "ledger").is_err());
}

#[test]
fn a_bomb_is_refused() {
    let bomb = gzip(&vec![0; usize::try_from(LONGEST).unwrap() + 1]);
    assert!(gunzip(&bomb).unwrap_err().contains("64 MiB"));
}
