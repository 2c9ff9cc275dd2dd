//! `/metrics`, read as strictly as Prometheus' own tool does.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rolecall_core::guard::Guard;
use rolecall_core::identity_mapping::Section;
use rolecall_server::metrics::{FetchOutcome, Metrics, NotificationOutcome, PassOutcome, WebhookOutcome};

use crate::client::get;
use crate::exposition::read;
use crate::practice::{Setup, start};

/// A cluster's name as nobody would write it, to see it escaped.
const ODD: &str = "a\"b\\c\nd}e,f=\"";

fn count_everything(metrics: &Metrics, cluster: &str) {
    metrics.pass(cluster, PassOutcome::Applied, Duration::from_millis(300));
    metrics.pass(cluster, PassOutcome::Failed, Duration::from_mins(2));
    metrics.succeeded(cluster, Timestamp::from_second(1_795_536_000).expect("a time"));
    metrics.drift(cluster, 3);
    metrics.refused(cluster, Guard::Rg02);
    for (section, count) in [(Section::MapRoles, 12), (Section::MapUsers, 2), (Section::MapAccounts, 0)] {
        metrics.entries(cluster, section, count);
    }
    metrics.healed(cluster);
    metrics.leads(true);
    metrics.notified("ops", NotificationOutcome::Sent);
    metrics.hold(cluster, true);
    metrics.fetched("https://git.example/access.git", FetchOutcome::Moved);
    metrics.webhook(Some("github"), WebhookOutcome::Accepted);
    metrics.webhook(None, WebhookOutcome::Refused);
}

/// `name label="value"… value`, for all samples of all families but buckets.
fn lines(text: &str, cluster: &str) -> Vec<String> {
    let families = read(text).expect("what Prometheus reads");
    let samples = families.into_values().flat_map(|family| family.samples);
    let samples = samples.filter(|sample| !sample.name.ends_with("_bucket"));
    let mut lines: Vec<String> = samples
        .map(|sample| {
            let shown = |value: &String| if value == cluster { "C".to_owned() } else { value.clone() };
            let labels: Vec<String> = sample.labels.values().map(shown).collect();
            format!("{} {} {}", sample.name, labels.join(","), sample.value)
        })
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn everything_is_told_as_prometheus_reads_it() {
    for cluster in ["prod-eu", ODD] {
        let practice = start(Setup::default()).await;
        count_everything(&practice.metrics, cluster);
        let answered = get(practice.address, "/metrics").await;
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(answered.header("content-type"), Some(content_type));
        let expected = [
            "rolecall_drift C 3",
            "rolecall_entries C,mapAccounts 0",
            "rolecall_entries C,mapRoles 12",
            "rolecall_entries C,mapUsers 2",
            "rolecall_git_fetches_total moved,https://git.example/access.git 1",
            "rolecall_heals_total C 1",
            "rolecall_hold C 1",
            "rolecall_last_success_timestamp_seconds C 1795536000",
            "rolecall_leader  1",
            "rolecall_notifications_total sent,ops 1",
            "rolecall_pass_duration_seconds_count C 2",
            "rolecall_pass_duration_seconds_sum C 120.3",
            "rolecall_passes_total C,applied 1",
            "rolecall_passes_total C,failed 1",
            "rolecall_refusals_total C,RG02 1",
            "rolecall_webhooks_total accepted,github 1",
            "rolecall_webhooks_total refused,_unknown 1",
        ];
        assert_eq!(lines(&answered.body, cluster), expected);
    }
}

/// The names and types that alert rules rely on.
#[test]
fn the_families_are_these() {
    let metrics = Metrics::new();
    count_everything(&metrics, "prod-eu");
    let families = read(&metrics.render()).expect("what Prometheus reads");
    let kinds: BTreeMap<&str, &str> =
        families.iter().map(|(name, family)| (name.as_str(), family.kind.as_str())).collect();
    let expected = [
        ("rolecall_drift", "gauge"),
        ("rolecall_entries", "gauge"),
        ("rolecall_git_fetches", "counter"),
        ("rolecall_heals", "counter"),
        ("rolecall_hold", "gauge"),
        ("rolecall_last_success_timestamp_seconds", "gauge"),
        ("rolecall_leader", "gauge"),
        ("rolecall_notifications", "counter"),
        ("rolecall_pass_duration_seconds", "histogram"),
        ("rolecall_passes", "counter"),
        ("rolecall_refusals", "counter"),
        ("rolecall_webhooks", "counter"),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
}

#[test]
fn a_cluster_that_is_gone_has_no_series() {
    let metrics = Metrics::new();
    count_everything(&metrics, "prod-eu");
    for outcome in [PassOutcome::Unchanged, PassOutcome::Refused, PassOutcome::Held] {
        metrics.pass("prod-eu", outcome, Duration::ZERO);
    }
    count_everything(&metrics, "prod-us");
    metrics.forget_cluster("prod-eu");
    let text = metrics.render();
    assert!(!text.contains("prod-eu") && text.contains("prod-us"), "{text}");
    read(&text).expect("what Prometheus reads");
}

#[test]
fn nothing_counted_is_nothing_told_but_that_it_does_not_lead() {
    let text = Metrics::new().render();
    let told: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(told, ["rolecall_leader 0"]);
}

/// Alert rules speak of series that there are, by their labels.
#[test]
fn the_alert_rules_speak_of_what_is_told() {
    let rules = include_str!("../../../../deploy/alerts/rolecall.yaml");
    let metrics = Metrics::new();
    count_everything(&metrics, "prod-eu");
    let text = metrics.render();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = rules.split(|c: char| !is_word(c));
    let series: Vec<&str> = words.filter(|word| word.starts_with("rolecall_")).collect();
    assert!(series.len() > 6, "{series:?}");
    for name in series {
        let is_told =
            text.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
        assert!(is_told, "`{name}` is no series: {text}");
    }
    for label in ["cluster", "outcome", "guard", "source"] {
        assert!(rules.contains(label) && text.contains(&format!("{label}=")), "{label}");
    }
}

/// Counting is done by many at once, and a scrape comes in between.
#[test]
fn whoever_counts_does_not_wait_for_whoever_reads() {
    let metrics = Metrics::new();
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let metrics = &metrics;
            threads.spawn(move || (0..200).for_each(|_| count_everything(metrics, &format!("c{thread}"))));
        }
        for _ in 0..20 {
            read(&metrics.render()).expect("what Prometheus reads");
        }
    });
    let text = metrics.render();
    assert!(text.contains("rolecall_heals_total{cluster=\"c3\"} 200\n"), "{text}");
}
