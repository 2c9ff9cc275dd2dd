//! The shipped binary on the real API server, with the real authenticator and the real kubectl.
//!
//! Rows 2 and 9 to 12 of the article, and what the article's `kubectl apply` cannot do.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

mod before_rolecall;
mod cached_answers;
mod faults;
mod killed;
mod own_entry;
mod readme;
mod refused_files;
mod together;

use std::path::Path;

use rolecall_testenv::story::{Cast, FirstEntry, Narrator, Told, tell, user};
use rolecall_testenv::{Cluster, ClusterOptions, FaultProxy};

/// The binary under test.
fn rolecall() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rolecall"))
}

/// A cluster with the nodes' entry and the pipeline's, least privilege.
fn cast() -> Cast {
    cast_on(ClusterOptions::default())
}

fn cast_on(options: ClusterOptions) -> Cast {
    let cast = Cast::assemble(rolecall(), options).unwrap();
    cast.let_the_pipeline_in(FirstEntry::LeastPrivilege).unwrap().succeeded().unwrap();
    cast
}

/// The users of most tests: one who stays, and `admin`.
fn with_admin() -> String {
    format!("{}{}", user("oncall", "system:masters"), user("admin", "system:masters"))
}

fn without_admin() -> String {
    user("oncall", "system:masters")
}

/// A proxy that every connection to the cluster goes through from now on, as EKS tells its endpoint.
fn proxy_before(cluster: &Cluster) -> FaultProxy {
    let proxy = FaultProxy::start(cluster).unwrap();
    let mut record = cluster.eks_record();
    record.endpoint = Some(proxy.endpoint());
    cluster.announce(record);
    proxy
}

/// Tells nobody.
struct Nobody;

impl Narrator for Nobody {
    fn step(&mut self, _: &str) {}
    fn command(&mut self, _: &str, _: &Told) {}
    fn remark(&mut self, _: &str) {}
}

#[test]
fn the_story_with_least_privilege() {
    tell(rolecall(), FirstEntry::LeastPrivilege, &mut Nobody).unwrap();
}

#[test]
fn the_story_as_in_the_article() {
    tell(rolecall(), FirstEntry::AsInTheArticle, &mut Nobody).unwrap();
}
