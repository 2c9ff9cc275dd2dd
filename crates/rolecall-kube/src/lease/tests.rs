//! Who has the lock at which second.

use serde_json::json;

use super::object::{Lease, micro_time, seconds};
use super::*;
use crate::wire::Metadata;

const NOW: &str = "2026-11-24T08:00:00Z";

fn spec(holder: Option<&str>, renewed: Option<&str>, duration: Option<u32>) -> Spec {
    Spec {
        holder_identity: holder.map(str::to_owned),
        renew_time: renewed.map(|time| time.parse().unwrap()),
        lease_duration_seconds: duration,
        lease_transitions: None,
    }
}

/// The seconds that are left to somebody else, `None` where it is free for us.
fn check(spec: &Spec, expect: Option<u64>) {
    let expect =
        expect.map(|left| Lock::HeldBy { holder: "other".to_owned(), remaining: Duration::from_secs(left) });
    assert_eq!(spec.held_by_other("us", NOW.parse().unwrap()), expect, "{spec:?}");
}

#[test]
fn it_is_free_when_nobody_has_it_or_its_time_is_over() {
    check(&spec(None, Some(NOW), Some(30)), None);
    check(&spec(Some(""), Some(NOW), Some(30)), None);
    check(&spec(Some("us"), Some(NOW), Some(30)), None);
    check(&spec(Some("other"), None, Some(30)), None);
    check(&spec(Some("other"), Some(NOW), None), None);
    check(&spec(Some("other"), Some("2026-11-24T07:59:28Z"), Some(30)), None);
    check(&spec(Some("other"), Some("2026-11-23T00:00:00Z"), Some(30)), None);
}

#[test]
fn it_is_held_until_its_end_and_a_margin() {
    check(&spec(Some("other"), Some(NOW), Some(30)), Some(32));
    check(&spec(Some("other"), Some("2026-11-24T07:59:40Z"), Some(30)), Some(12));
    check(&spec(Some("other"), Some("2026-11-24T07:59:29Z"), Some(30)), Some(1));
    check(&spec(Some("other"), Some("2026-11-24T08:00:05.000000Z"), Some(30)), Some(37));
}

#[test]
fn a_takeover_counts_and_names_its_precondition() {
    let lease = Lease {
        metadata: Metadata { resource_version: "7".to_owned(), ..Metadata::default() },
        spec: Spec { lease_transitions: Some(4), ..Spec::default() },
    };
    let expect = json!({
        "metadata": { "resourceVersion": "7" },
        "spec": {
            "holderIdentity": "us",
            "leaseDurationSeconds": 31,
            "acquireTime": "2026-11-24T08:00:00.000000Z",
            "renewTime": "2026-11-24T08:00:00.000000Z",
            "leaseTransitions": 5,
        },
    });
    assert_eq!(takeover(&lease, ("us", Duration::from_millis(30_001)), NOW.parse().unwrap()), expect);
}

#[test]
fn a_lease_lasts_whole_seconds() {
    assert_eq!(seconds(Duration::from_millis(1)), 1);
    assert_eq!(seconds(Duration::ZERO), 1);
    assert_eq!(seconds(Duration::from_secs(30)), 30);
    assert_eq!(micro_time("2026-11-24T08:00:00.12Z".parse().unwrap()), "2026-11-24T08:00:00.120000Z");
}
