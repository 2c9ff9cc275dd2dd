//! The adapter on the real API server.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy allows it in the tests themselves, not in what they share.

mod bootstrap;
mod change;
mod faults;
mod kubeconfig;
mod lock;
mod observe;
mod records;
mod stage;
