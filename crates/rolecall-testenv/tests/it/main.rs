//! The test environment itself, on the real servers: what it promises to the
//! tests that build on it.

mod cluster;
mod faults;
mod lifetime;
