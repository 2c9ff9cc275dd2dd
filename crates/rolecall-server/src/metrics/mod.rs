//! What is counted, and how a Prometheus reads it.
//!
//! Every label is bounded: clusters, sources and receivers come from the configuration, guards, sections and
//! outcomes from types. Nothing that a request says becomes a label.

mod labels;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use rolecall_core::guard::Guard;
use rolecall_core::identity_mapping::Section;

use labels::{
    Cluster, ClusterGuard, ClusterOutcome, ClusterSection, ReceiverOutcome, SourceOutcome, TargetOutcome,
};
pub use labels::{FetchOutcome, NotificationOutcome, PassOutcome, WebhookOutcome};

/// The type of what [`Metrics::render`] returns.
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure>
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From a plan without changes on a near cluster to an apply that waits for a slow API server.
const PASS_SECONDS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// The receiver of deliveries to names that nobody configured; no receiver can be called so.
const NO_RECEIVER: &str = "_unknown";

type Seconds = Gauge<f64, AtomicU64>;

/// All that is counted. Shared by everybody who counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    passes: Family<ClusterOutcome, Counter>,
    pass_duration: Family<Cluster, Histogram, fn() -> Histogram>,
    drift: Family<Cluster, Gauge>,
    refusals: Family<ClusterGuard, Counter>,
    entries: Family<ClusterSection, Gauge>,
    last_success: Family<Cluster, Seconds>,
    heals: Family<Cluster, Counter>,
    hold: Family<Cluster, Gauge>,
    fetches: Family<SourceOutcome, Counter>,
    webhooks: Family<ReceiverOutcome, Counter>,
    notifications: Family<TargetOutcome, Counter>,
    leader: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Counts from nothing.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("rolecall");
        let register = &mut registry;
        let histogram: fn() -> Histogram = || Histogram::new(PASS_SECONDS);
        Self {
            passes: add(register, "passes", "Passes over a cluster by how they ended"),
            pass_duration: add_as(
                register,
                "pass_duration_seconds",
                "How long passes over a cluster took",
                Family::new_with_constructor(histogram),
            ),
            drift: add(register, "drift", "Changes that would make the cluster as the files say"),
            refusals: add(register, "refusals", "Plans that a guard refused"),
            entries: add(register, "entries", "Entries in the aws-auth map as it was last seen"),
            last_success: add(
                register,
                "last_success_timestamp_seconds",
                "When the cluster was last seen to be as the files say",
            ),
            heals: add(register, "heals", "Drift that was mended without a push"),
            hold: add(register, "hold", "Whether somebody holds the map as it is"),
            fetches: add(register, "git_fetches", "Fetches of a source by how they ended"),
            webhooks: add(register, "webhooks", "Deliveries to a receiver by what became of them"),
            notifications: add(register, "notifications", "News for people by what became of them"),
            leader: add(register, "leader", "Whether this process is the one that keeps the clusters"),
            registry,
        }
    }

    /// There will be something to count of this cluster: what counts begins at nothing, so that the first of it is
    /// an increase.
    pub fn expect_cluster(&self, cluster: &str) {
        drop(self.heals.get_or_create_owned(&cluster.into()));
        for outcome in PassOutcome::ALL {
            drop(self.passes.get_or_create_owned(&ClusterOutcome::new(cluster.into(), outcome)));
        }
        for guard in Guard::ALL {
            drop(self.refusals.get_or_create_owned(&ClusterGuard::new(cluster, guard)));
        }
    }

    /// A pass over a cluster has ended.
    pub fn pass(&self, cluster: &str, outcome: PassOutcome, took: Duration) {
        let cluster = Cluster::from(cluster);
        self.pass_duration.get_or_create_owned(&cluster).observe(took.as_secs_f64());
        self.passes.get_or_create_owned(&ClusterOutcome::new(cluster, outcome)).inc();
    }

    /// The cluster was seen to be as the files say.
    pub fn succeeded(&self, cluster: &str, at: Timestamp) {
        // Whole seconds of any year that jiff knows fit into 53 bits.
        self.last_success.get_or_create_owned(&cluster.into()).set(at.as_duration().as_secs_f64().floor());
    }

    /// So many changes would make the cluster as the files say.
    pub fn drift(&self, cluster: &str, changes: usize) {
        self.drift.get_or_create_owned(&cluster.into()).set(number(changes));
    }

    /// A guard has refused a plan.
    pub fn refused(&self, cluster: &str, guard: Guard) {
        self.refusals.get_or_create_owned(&ClusterGuard::new(cluster, guard)).inc();
    }

    /// So many entries are in a section of the map.
    pub fn entries(&self, cluster: &str, section: Section, count: usize) {
        self.entries.get_or_create_owned(&ClusterSection::new(cluster, section)).set(number(count));
    }

    /// Drift was mended without a push.
    pub fn healed(&self, cluster: &str) {
        self.heals.get_or_create_owned(&cluster.into()).inc();
    }

    /// Whether somebody holds the map as it is.
    pub fn hold(&self, cluster: &str, is_held: bool) {
        self.hold.get_or_create_owned(&cluster.into()).set(is_held.into());
    }

    /// A source was fetched, or was not.
    pub fn fetched(&self, source: &str, outcome: FetchOutcome) {
        self.fetches.get_or_create_owned(&SourceOutcome::new(source, outcome)).inc();
    }

    /// Whether this process is the one that keeps the clusters.
    pub fn leads(&self, is_leading: bool) {
        self.leader.set(is_leading.into());
    }

    /// Something was told, or was not.
    pub fn notified(&self, target: &str, outcome: NotificationOutcome) {
        self.notifications.get_or_create_owned(&TargetOutcome::new(target, outcome)).inc();
    }

    /// A delivery came to a configured receiver, or to none.
    pub fn webhook(&self, receiver: Option<&str>, outcome: WebhookOutcome) {
        let labels = ReceiverOutcome::new(receiver.unwrap_or(NO_RECEIVER), outcome);
        self.webhooks.get_or_create_owned(&labels).inc();
    }

    /// Nobody cares for the cluster any more: its series end, and are not mistaken for a cluster that is well.
    pub fn forget_cluster(&self, cluster: &str) {
        let by_cluster = Cluster::from(cluster);
        self.pass_duration.remove(&by_cluster);
        self.drift.remove(&by_cluster);
        self.last_success.remove(&by_cluster);
        self.heals.remove(&by_cluster);
        self.hold.remove(&by_cluster);
        for outcome in PassOutcome::ALL {
            self.passes.remove(&ClusterOutcome::new(cluster.into(), outcome));
        }
        for guard in Guard::ALL {
            self.refusals.remove(&ClusterGuard::new(cluster, guard));
        }
        for section in Section::ALL {
            self.entries.remove(&ClusterSection::new(cluster, section));
        }
    }

    /// Writes everything down, as [`CONTENT_TYPE`] says.
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes whatever is written");
        text
    }
}

fn add<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    add_as(registry, name, help, M::default())
}

/// The registry writes the full stop after the help.
fn add_as<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
