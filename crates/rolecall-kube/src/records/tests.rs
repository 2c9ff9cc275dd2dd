//! Records as ConfigMaps: which objects, how large.

use rolecall_core::record::Intent;
use rolecall_core::source::SourceRevision;

use super::*;

fn record_with(data_after: &str) -> Record {
    let intent = Intent {
        name: "apply-1".to_owned(),
        started_at: "2026-11-24T08:00:00Z".parse().unwrap(),
        revision: SourceRevision::cli(),
        caller: None,
        adds: [].into(),
        alters: [].into(),
        removes: [].into(),
        before: String::new(),
        after: String::new(),
    };
    Record {
        intent,
        completion: None,
        plan: json!({ "changes": [] }),
        data_before: None,
        data_after: [("mapRoles".to_owned(), data_after.to_owned())].into(),
    }
}

/// Text that does not compress to less than half: hex of a simple generator.
fn noise(length: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let word = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{:016x}", state.rotate_left(21))
    };
    (0..length / 16).map(word).collect()
}

fn stored(draft: &(String, Value)) -> ConfigMap {
    serde_json::from_value(draft.1.clone()).unwrap()
}

/// Puts the parts together as `read_record` does.
fn reread(drafts: &Drafts) -> Result<Record, String> {
    let item = stored(&drafts.record);
    let head = Head::of(&item)?;
    assert_eq!(head.n_parts, drafts.parts.len());
    let mut content = packing::bytes(&item, "content")?;
    for part in &drafts.parts {
        content.extend(packing::bytes(&stored(part), "content")?);
    }
    record(&item, &head, &content)
}

#[test]
fn a_small_record_is_one_readable_object() {
    let record = record_with("- rolearn: x");
    let drafts = Drafts::of(&record);
    assert!(drafts.parts.is_empty());
    let (name, object) = &drafts.record;
    assert_eq!(name, "apply-1");
    assert_eq!(object["metadata"]["labels"][RECORD_LABEL], "unfinished");
    assert!(object["data"]["intent"].as_str().unwrap().contains("\"startedAt\": \"2026-11-24T08:00:00Z\""));
    assert_eq!(reread(&drafts), Ok(record));
}

#[test]
fn a_record_that_does_not_fit_goes_on_in_parts() {
    let record = record_with(&noise(4_500_000));
    let drafts = Drafts::of(&record);
    let names: Vec<&str> = drafts.parts.iter().map(|part| part.0.as_str()).collect();
    assert_eq!(names, ["apply-1-1", "apply-1-2"]);
    for (name, object) in drafts.parts.iter().chain([&drafts.record]) {
        let item: ConfigMap = serde_json::from_value(object.clone()).unwrap();
        let size = packing::bytes(&item, "content").unwrap().len();
        assert!(size <= CAPACITY, "{name}: {size}");
    }
    assert_eq!(reread(&drafts), Ok(record));
}

#[test]
fn content_that_is_not_the_record_s_is_refused() {
    let mut drafts = Drafts::of(&record_with("- rolearn: x"));
    drafts.record.1["data"]["digest"] = json!("sha256:0");
    assert!(reread(&drafts).unwrap_err().contains("digest"));
    drafts.record.1["data"] = json!({});
    assert!(reread(&drafts).is_err());
}
