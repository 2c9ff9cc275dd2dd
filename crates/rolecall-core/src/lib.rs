//! Every decision of Rolecall, as values computed without I/O.
//!
//! The modules stand in reading order, which is the order of the line: what a principal is, what a map
//! says, what the files want, what the cluster has, what would change, whether it may, and how it is told.
//! There is no async function, clock, environment, randomness or logging in here; "now" is an argument.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub use jiff::Timestamp;

#[cfg(test)]
mod fixtures;
pub mod interim;
pub mod principal;
pub mod finding;
pub mod identity_mapping;
pub mod effective;
pub mod document;

pub mod source;
pub mod cluster;
pub mod policy;
pub mod config;
pub mod desired;
pub mod ledger;
pub mod observed;

pub mod rights;
pub mod plan;
pub mod predict;
pub mod guard;
pub mod record;
pub mod render;

pub mod exec_credential;
pub mod kubeconfig;
pub mod token;
