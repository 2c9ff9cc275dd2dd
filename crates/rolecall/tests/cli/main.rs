//! The binary as its users have it: stdout, stderr and exit status.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

#[cfg(target_os = "linux")]
mod cluster;
mod completions;
mod explain;
mod findings;
mod kubeconfig;
#[cfg(target_os = "linux")]
mod ministack;
mod plan;
mod project;
mod readme;
mod reference;
mod run;
mod schemas;
mod token;
mod token_verify;
mod usage;
#[cfg(target_os = "linux")]
mod whoami;
