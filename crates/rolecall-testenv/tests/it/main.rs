//! The test environment itself, on the real servers: what it promises to the
//! tests that build on it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod cluster;
mod faults;
mod lifetime;
mod ministack;
mod webhook;
