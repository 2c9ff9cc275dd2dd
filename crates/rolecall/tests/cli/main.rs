//! The binary as its users have it: stdout, stderr and exit status.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

mod chart;
mod check;
#[cfg(target_os = "linux")]
mod cluster;
#[cfg(unix)]
mod controller;
mod documents;
mod explain;
mod findings;
mod kubeconfig;
mod map;
#[cfg(target_os = "linux")]
mod map_cluster;
mod mend;
#[cfg(target_os = "linux")]
mod ministack;
mod packaging;
mod plan;
mod project;
mod reference;
#[cfg(target_os = "linux")]
mod replay;
mod resources;
mod run;
mod schema;
mod schemas;
mod secrets;
mod serve;
mod together;
mod token;
mod token_verify;
mod usage;
mod voices;
#[cfg(target_os = "linux")]
mod whoami;
