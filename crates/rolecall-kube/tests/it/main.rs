//! The adapter on the real API server.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

mod bootstrap;
mod change;
mod faults;
mod in_cluster;
mod kubeconfig;
mod lock;
mod observe;
mod records;
mod stage;
mod term;
mod watch;
mod watch_faults;
mod watch_rights;
