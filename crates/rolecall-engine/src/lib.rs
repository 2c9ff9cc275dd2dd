//! The line from files to a cluster, and the ports it goes through.
//!
//! `port` is what the line asks of the outside; `line` walks it; `reconcile` is one pass of a controller;
//! `election` says which of several processes leads; `fake` is a cluster in memory, for tests and faults.
//! Deciding is `rolecall-core`'s business, talking to a cluster the adapters'.

pub mod port;

mod retry;

pub mod election;

pub mod line;

pub mod reconcile;

pub mod fake;
