//! Every decision of Rolecall, as values computed without I/O.
//!
//! The modules stand in reading order, which is the order of the line: what a principal is, what a map
//! says, what the files want, what the cluster has, what would change, whether it may, and how it is told.
//! There is no async function, clock, environment, randomness or logging in here; "now" is an argument.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub use jiff::Timestamp;

pub mod check;
pub mod document;
pub mod edit;
pub mod effective;
pub mod finding;
#[cfg(test)]
mod fixtures;
pub mod identity_mapping;
pub mod principal;

pub mod cluster;
pub mod config;
pub mod desired;
pub mod ledger;
pub mod observed;
pub mod policy;
pub mod project;
pub mod source;

pub mod guard;
pub mod plan;
pub mod predict;
pub mod reconcile;
pub mod record;
pub mod render;
pub mod rights;

pub mod exec_credential;
pub mod kubeconfig;
pub mod token;
pub mod whoami;
