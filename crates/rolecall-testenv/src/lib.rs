//! The real test environment: kube-apiserver, etcd, kubectl and
//! aws-iam-authenticator, built once from pinned Go modules and started on
//! loopback for a test run, with a fault proxy before the API server.
//!
//! Every function blocks and may be called from any thread, async tests
//! included: what has to run in the background runs on a runtime of this crate,
//! so a cluster that several tests share outlives the runtime of the first.
//! Nothing in here is shipped, and nothing in here decides anything about
//! Rolecall. Linux only.

mod api;
mod assets;
mod background;
mod certificates;
mod cluster;
mod ec2;
mod fault_proxy;
mod ministack;
mod ports;
mod supervisor;
mod tls;
mod webhook;

pub mod git;
pub mod story;

pub use api::Answer;
pub use assets::Assets;
pub use background::run as block_on;
pub use cluster::{
    ACCOUNT, AuditMark, AuditedRequest, Cluster, ClusterOptions, KubeconfigUser, Part, PracticeAws, REGION,
    TokenCache, TokenReview, Turn, eventually,
};
pub use ec2::private_dns_name;
pub use fault_proxy::{Fault, FaultProxy, Hook, Match, RecordedRequest, RequestLine, Rule};
pub use ministack::MiniStack;
pub use webhook::{Webhook, WebhookUser};
